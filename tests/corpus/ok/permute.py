"""The network permute in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network permute.

    Inputs:
        image: float32[batch, 4, 5, 3]

    Outputs:
        planes: float32[batch, 3, 4, 5]
        state: float32[batch, 6]
    """
    image = keras.Input(shape=(4, 5, 3), name="image")
    planes = keras.layers.Permute((3, 1, 2), name="planes")(image)
    x = keras.layers.Reshape((3, 20))(planes)
    state = keras.layers.GRU(6, name="state")(x)
    return keras.Model(
        inputs=image, outputs={"planes": planes, "state": state}, name="permute"
    )


if __name__ == "__main__":
    build_model().summary()
