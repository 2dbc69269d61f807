"""The network margins in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network margins.

    Inputs:
        image: float32[batch, height, 6, 2]

    Outputs:
        framed: float32[batch, height + 3, 12, 2]
        cut: float32[batch, height, 8, 2]
    """
    image = keras.Input(shape=(None, 6, 2), name="image")
    framed = keras.layers.ZeroPadding2D(((1, 2), 3), name="framed")(image)
    cut = keras.layers.Cropping2D(((2, 1), (0, 4)), name="cut")(framed)
    return keras.Model(
        inputs=image, outputs={"framed": framed, "cut": cut}, name="margins"
    )


if __name__ == "__main__":
    build_model().summary()
