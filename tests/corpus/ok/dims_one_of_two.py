"""The network one_of_two in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network one_of_two.

    Inputs:
        image: float32[batch, height, width, 1]

    Outputs:
        global_max_pooling2d: float32[batch, 2]
    """
    image = keras.Input(shape=(None, None, 1), name="image")
    bands = keras.layers.Conv2D(2, (16, 1), strides=(16, 1), name="bands")(image)
    brightest = keras.layers.MaxPooling2D((16, 1), name="brightest")(image)
    x = keras.layers.Multiply()([bands, brightest])
    x = keras.layers.GlobalMaxPooling2D()(x)
    return keras.Model(inputs=image, outputs=x, name="one_of_two")


if __name__ == "__main__":
    build_model().summary()
