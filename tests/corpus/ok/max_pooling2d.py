"""The network windows in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network windows.

    Inputs:
        image: float32[batch, height, 9, 2]

    Outputs:
        maxima: float32[batch, height, 5, 2]
        means: float32[batch, ceil(height/2), 3, 2]
    """
    image = keras.Input(shape=(None, 9, 2), name="image")
    maxima = keras.layers.MaxPooling2D(
        (3, 2),
        strides=(1, 2),
        padding="same",
        name="maxima",
    )(image)
    means = keras.layers.AveragePooling2D(
        3,
        strides=2,
        padding="same",
        name="means",
    )(maxima)
    return keras.Model(
        inputs=image, outputs={"maxima": maxima, "means": means}, name="windows"
    )


if __name__ == "__main__":
    build_model().summary()
