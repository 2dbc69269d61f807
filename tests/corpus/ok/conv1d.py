"""The network wave in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network wave.

    Inputs:
        series: float32[batch, time, 2]

    Outputs:
        conv1d_3: float32[batch, ceil(time/2), 3]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(None, 2), name="series"),
            keras.layers.Conv1D(8, 2, padding="causal", activation="relu"),
            keras.layers.Conv1D(
                8, 2, padding="causal", dilation_rate=2, activation="relu"
            ),
            keras.layers.Conv1D(
                8, 2, padding="causal", dilation_rate=4, use_bias=False
            ),
            keras.layers.Conv1D(3, 5, strides=2, padding="same"),
        ],
        name="wave",
    )


if __name__ == "__main__":
    build_model().summary()
