"""The network gru in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network gru.

    Inputs:
        words: int32[batch, time]

    Outputs:
        back: float32[batch, 2]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(None,), name="words", dtype="int32"),
            keras.layers.Embedding(20, 4, mask_zero=True),
            keras.layers.GRU(
                3, recurrent_dropout=0.2, seed=1, return_sequences=True, name="outwards"
            ),
            keras.layers.GRU(
                2,
                activation=keras.layers.LeakyReLU(negative_slope=0.1),
                go_backwards=True,
                reset_after=False,
                name="back",
            ),
        ],
        name="gru",
    )


if __name__ == "__main__":
    build_model().summary()
