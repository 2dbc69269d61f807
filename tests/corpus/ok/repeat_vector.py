"""The network repeat_vector in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network repeat_vector.

    Inputs:
        series: float32[batch, time, 2]

    Outputs:
        remade: float32[batch, 5, 2]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(None, 2), name="series"),
            keras.layers.LSTM(4),
            keras.layers.RepeatVector(5),
            keras.layers.LSTM(4, return_sequences=True),
            keras.layers.TimeDistributed(keras.layers.Dense(2), name="remade"),
        ],
        name="repeat_vector",
    )


if __name__ == "__main__":
    build_model().summary()
