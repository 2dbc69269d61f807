"""The network depthwise in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network depthwise.

    Inputs:
        image: float32[batch, 9, 8, 3]

    Outputs:
        depthwise_conv2d_1: float32[batch, 3, 4, 6]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(9, 8, 3), name="image"),
            keras.layers.DepthwiseConv2D(
                3, strides=2, padding="same", depth_multiplier=2, activation="relu6"
            ),
            keras.layers.DepthwiseConv2D((2, 1), dilation_rate=2, use_bias=False),
        ],
        name="depthwise",
    )


if __name__ == "__main__":
    build_model().summary()
