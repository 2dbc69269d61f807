"""The network dropout in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network dropout.

    Inputs:
        image: float32[batch, 8, 8, 3]

    Outputs:
        dense: float32[batch, 36, 2]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(8, 8, 3), name="image"),
            keras.layers.Conv2D(4, 3),
            keras.layers.SpatialDropout2D(0.25, seed=1),
            keras.layers.Reshape((36, 4)),
            keras.layers.SpatialDropout1D(0.25),
            keras.layers.Dropout(0.5, noise_shape=(None, 1, 4), seed=2),
            keras.layers.GaussianNoise(0.1, seed=3),
            keras.layers.Dense(2),
        ],
        name="dropout",
    )


if __name__ == "__main__":
    build_model().summary()
