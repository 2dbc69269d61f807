"""The network multiply in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network multiply.

    Inputs:
        image: float32[batch, height, width, 3]

    Outputs:
        scaled: float32[batch, height, width, 8]
    """
    image = keras.Input(shape=(None, None, 3), name="image")
    features = keras.layers.Conv2D(
        8,
        3,
        padding="same",
        activation="relu",
        name="features",
    )(image)
    x = keras.layers.GlobalAveragePooling2D()(features)
    x = keras.layers.Dense(2, activation="relu")(x)
    scale = keras.layers.Dense(8, activation="sigmoid", name="scale")(x)
    scaled = keras.layers.Multiply(name="scaled")([features, scale])
    return keras.Model(inputs=image, outputs=scaled, name="multiply")


if __name__ == "__main__":
    build_model().summary()
