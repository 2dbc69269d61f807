"""The network normalization in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network normalization.

    Inputs:
        x: float32[batch, 4, 3]

    Outputs:
        normalization_2: float32[batch, 4, 3]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(4, 3), name="x"),
            keras.layers.Normalization(),
            keras.layers.Normalization(
                (1, 2), mean=(1.0, 2.0, 3.0), variance=(4.0, 0.0, 1.0)
            ),
            keras.layers.Normalization(None, mean=0.5, variance=4.0, invert=True),
        ],
        name="normalization",
    )


if __name__ == "__main__":
    build_model().summary()
