"""The network group_normalization in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network group_normalization.

    Inputs:
        image: float32[batch, height, width, 6]
        vector: float32[batch, 8]

    Outputs:
        features: float32[batch, height - 1, width - 1, 4]
        numbers: float32[batch, 8]
    """
    image = keras.Input(shape=(None, None, 6), name="image")
    vector = keras.Input(shape=(8,), name="vector")
    x = keras.layers.GroupNormalization(3, epsilon=0.01)(image)
    x = keras.layers.Conv2D(4, 2)(x)
    features = keras.layers.GroupNormalization(-1, scale=False, name="features")(x)
    numbers = keras.layers.GroupNormalization(2, center=False, name="numbers")(vector)
    return keras.Model(
        inputs=[image, vector],
        outputs={"features": features, "numbers": numbers},
        name="group_normalization",
    )


if __name__ == "__main__":
    build_model().summary()
