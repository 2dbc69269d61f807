"""The network bidirectional in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network bidirectional.

    Inputs:
        words: int32[batch, time]

    Outputs:
        averaged: float32[batch, 2]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(None,), name="words", dtype="int32"),
            keras.layers.Embedding(20, 4, mask_zero=True),
            keras.layers.Bidirectional(
                keras.layers.LSTM(3, return_sequences=True), name="beside"
            ),
            keras.layers.Bidirectional(
                keras.layers.GRU(2),
                merge_mode="ave",
                backward_layer=keras.layers.SimpleRNN(
                    2, activation="relu", go_backwards=True
                ),
                name="averaged",
            ),
        ],
        name="bidirectional",
    )


if __name__ == "__main__":
    build_model().summary()
