"""The network separable in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network separable.

    Inputs:
        image: float32[batch, 10, 9, 3]

    Outputs:
        separable_conv2d_1: float32[batch, 4, 4, 5]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(10, 9, 3), name="image"),
            keras.layers.SeparableConv2D(4, 3, padding="same", use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.SeparableConv2D(
                5, (3, 2), strides=2, depth_multiplier=2, activation="relu"
            ),
        ],
        name="separable",
    )


if __name__ == "__main__":
    build_model().summary()
