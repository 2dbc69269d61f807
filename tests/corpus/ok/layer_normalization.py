"""The network layer_normalization in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network layer_normalization.

    Inputs:
        x: float32[batch, 5, 4, 3]

    Outputs:
        layer_normalization_3: float32[batch, 5, 4, 3]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(5, 4, 3), name="x"),
            keras.layers.LayerNormalization(),
            keras.layers.LayerNormalization((-1, -2), epsilon=0.01),
            keras.layers.LayerNormalization((1, 3), center=False),
            keras.layers.LayerNormalization(1, scale=False),
        ],
        name="layer_normalization",
    )


if __name__ == "__main__":
    build_model().summary()
