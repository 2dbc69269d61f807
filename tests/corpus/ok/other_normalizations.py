"""The network other_normalizations in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network other_normalizations.

    Inputs:
        x: float32[batch, 4, 6]

    Outputs:
        unit_normalization_1: float32[batch, 3, 5]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(4, 6), name="x"),
            keras.layers.RMSNormalization(),
            keras.layers.RMSNormalization((1, 2), epsilon=0.01),
            keras.layers.UnitNormalization(),
            keras.layers.SpectralNormalization(
                keras.layers.Conv1D(5, 2, activation="relu"), power_iterations=2
            ),
            keras.layers.UnitNormalization((1, 2)),
        ],
        name="other_normalizations",
    )


if __name__ == "__main__":
    build_model().summary()
