"""The network batch_normalization in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network batch_normalization.

    Inputs:
        image: float32[batch, 8, 8, 3]

    Outputs:
        dense: float32[batch, 2]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(8, 8, 3), name="image"),
            keras.layers.Conv2D(4, 3, use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.Activation("relu"),
            keras.layers.BatchNormalization(3, momentum=0.9, epsilon=0.01, scale=False),
            keras.layers.BatchNormalization(1, center=False),
            keras.layers.Flatten(),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(2),
        ],
        name="batch_normalization",
    )


if __name__ == "__main__":
    build_model().summary()
