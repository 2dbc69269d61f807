"""The network stem in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network stem.

    Inputs:
        image: float32[batch, height, width, 3]

    Outputs:
        conv2d_2: float32[batch, ceil(height/2), ceil(width/2), 2]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(None, None, 3), name="image"),
            keras.layers.Conv2D(
                4, (3, 5), strides=2, padding="same", activation="relu"
            ),
            keras.layers.Conv2D(
                6, 3, padding="same", dilation_rate=(1, 2), use_bias=False
            ),
            keras.layers.BatchNormalization(),
            keras.layers.Conv2D(
                2, 1, activation="sigmoid", kernel_initializer="he_normal"
            ),
        ],
        name="stem",
    )


if __name__ == "__main__":
    build_model().summary()
