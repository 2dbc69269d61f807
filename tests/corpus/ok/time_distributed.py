"""The network time_distributed in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network time_distributed.

    Inputs:
        film: float32[batch, frames, 8, 8, 3]

    Outputs:
        scenes: float32[batch, frames, 2]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(None, 8, 8, 3), name="film"),
            keras.layers.TimeDistributed(
                keras.layers.Conv2D(4, 3, activation="relu"), name="edges"
            ),
            keras.layers.TimeDistributed(keras.layers.MaxPooling2D()),
            keras.layers.TimeDistributed(keras.layers.Flatten()),
            keras.layers.LSTM(5, return_sequences=True),
            keras.layers.TimeDistributed(
                keras.layers.Dense(2, activation="softmax"), name="scenes"
            ),
        ],
        name="time_distributed",
    )


if __name__ == "__main__":
    build_model().summary()
