"""The network noise in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network noise.

    Inputs:
        volume: float32[batch, 4, 3, 5, 2]

    Outputs:
        dense_1: float32[batch, 3]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(4, 3, 5, 2), name="volume"),
            keras.layers.SpatialDropout3D(0.25, seed=7),
            keras.layers.Flatten(),
            keras.layers.Dense(8, activation="selu"),
            keras.layers.AlphaDropout(0.1, noise_shape=(None, 1), seed=3),
            keras.layers.GaussianDropout(0.2),
            keras.layers.ActivityRegularization(0.01, l2=0.001, name="penalty"),
            keras.layers.Dense(3),
        ],
        name="noise",
    )


if __name__ == "__main__":
    build_model().summary()
