"""The network flatten in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network flatten.

    Inputs:
        image: float32[batch, 6, 5, 3]
        planes: float32[batch, 3, 2, 2]

    Outputs:
        seen: float32[batch, 5]
        flat: float32[batch, 12]
    """
    image = keras.Input(shape=(6, 5, 3), name="image")
    planes = keras.Input(shape=(3, 2, 2), name="planes")
    x = keras.layers.Conv2D(4, 3)(image)
    x = keras.layers.Flatten()(x)
    seen = keras.layers.Dense(5, name="seen")(x)
    flat = keras.layers.Flatten("channels_first", name="flat")(planes)
    return keras.Model(
        inputs=[image, planes], outputs={"seen": seen, "flat": flat}, name="flatten"
    )


if __name__ == "__main__":
    build_model().summary()
