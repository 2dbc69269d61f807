"""The network decoder in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network decoder.

    Inputs:
        code: float32[batch, 3, 4, 6]

    Outputs:
        conv2d_transpose_2: float32[batch, 11, 23, 2]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(3, 4, 6), name="code"),
            keras.layers.Conv2DTranspose(
                4, 3, strides=2, padding="same", activation="relu"
            ),
            keras.layers.Conv2DTranspose(
                3, (3, 5), strides=(2, 3), padding="same", output_padding=(0, 1)
            ),
            keras.layers.Conv2DTranspose(
                2, 3, padding="same", dilation_rate=2, use_bias=False
            ),
        ],
        name="decoder",
    )


if __name__ == "__main__":
    build_model().summary()
