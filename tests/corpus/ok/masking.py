"""The network masking in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network masking.

    Inputs:
        series: float32[batch, time, 2]

    Outputs:
        gru: float32[batch, 2]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(None, 2), name="series"),
            keras.layers.Masking(-1.0),
            keras.layers.LSTM(3, return_sequences=True),
            keras.layers.Masking(),
            keras.layers.GRU(2),
        ],
        name="masking",
    )


if __name__ == "__main__":
    build_model().summary()
