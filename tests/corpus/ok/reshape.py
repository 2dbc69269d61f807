"""The network reshape in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network reshape.

    Inputs:
        vector: float32[batch, 24]
        series: float32[batch, time, 6]

    Outputs:
        image: float32[batch, 2, 3, 4]
        steps: float32[batch, 2*time, 3]
    """
    vector = keras.Input(shape=(24,), name="vector")
    series = keras.Input(shape=(None, 6), name="series")
    image = keras.layers.Reshape((2, 3, 4), name="image")(vector)
    steps = keras.layers.Reshape((-1, 3), name="steps")(series)
    return keras.Model(
        inputs=[vector, series],
        outputs={"image": image, "steps": steps},
        name="reshape",
    )


if __name__ == "__main__":
    build_model().summary()
