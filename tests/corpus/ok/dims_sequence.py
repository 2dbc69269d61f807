"""The network sequence in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network sequence.

    Inputs:
        series: float32[batch, time, 2]

    Outputs:
        lstm: float32[batch, 3]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(None, 2), name="series"),
            keras.layers.Conv1D(4, 5, activation="relu"),
            keras.layers.MaxPooling1D(),
            keras.layers.Conv1D(4, 3, dilation_rate=4),
            keras.layers.AveragePooling1D(2),
            keras.layers.LSTM(3),
        ],
        name="sequence",
    )


if __name__ == "__main__":
    build_model().summary()
