"""The network steps in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network steps.

    Inputs:
        series: float32[batch, time, 3]

    Outputs:
        average_pooling1d: float32[batch, ceil(time/2) - 1, 3]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(None, 3), name="series"),
            keras.layers.MaxPooling1D(3, strides=2, padding="same"),
            keras.layers.AveragePooling1D(2, strides=1),
        ],
        name="steps",
    )


if __name__ == "__main__":
    build_model().summary()
