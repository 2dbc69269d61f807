"""The network separator in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network separator.

    Inputs:
        mixture: float32[batch, time, 4]

    Outputs:
        conv1d_transpose: float32[batch, time, 3]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(None, 4), name="mixture"),
            keras.layers.DepthwiseConv1D(
                3, padding="same", depth_multiplier=2, activation="relu"
            ),
            keras.layers.SeparableConv1D(6, 4, strides=2, padding="same"),
            keras.layers.Conv1DTranspose(
                3, 4, strides=2, padding="same", use_bias=False
            ),
        ],
        name="separator",
    )


if __name__ == "__main__":
    build_model().summary()
