"""The network unet in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network unet.

    Inputs:
        image: float32[batch, height, width, 3]

    Outputs:
        classes: float32[batch, height, width, 2]
    """
    image = keras.Input(shape=(None, None, 3), name="image")
    fine = keras.layers.Conv2D(
        4,
        3,
        padding="same",
        activation="relu",
        name="fine",
    )(image)
    x = keras.layers.MaxPooling2D()(fine)
    coarse = keras.layers.Conv2D(
        8,
        3,
        padding="same",
        activation="relu",
        name="coarse",
    )(x)
    x = keras.layers.MaxPooling2D()(coarse)
    x = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    x = keras.layers.Conv2DTranspose(8, 2, strides=2)(x)
    x = keras.layers.Concatenate()([x, coarse])
    x = keras.layers.Conv2DTranspose(4, 2, strides=2)(x)
    x = keras.layers.Concatenate()([x, fine])
    classes = keras.layers.Conv2D(2, 1, activation="softmax", name="classes")(x)
    return keras.Model(inputs=image, outputs=classes, name="unet")


if __name__ == "__main__":
    build_model().summary()
