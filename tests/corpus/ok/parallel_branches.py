"""The network parallel_branches in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network parallel_branches."""
    image = keras.Input(shape=(6, 6, 2), name="image")
    y = keras.layers.Conv2D(2, 3, padding="same", name="conv2d")(image)
    re_lu = keras.layers.ReLU(name="re_lu")(y)
    shortcut = keras.layers.Conv2D(2, 1, name="shortcut")(image)
    x = keras.layers.Add(name="add")([re_lu, image, shortcut])
    conv2d_1 = keras.layers.Conv2D(3, 1, name="conv2d_1")(x)
    y = keras.layers.MaxPooling2D(3, strides=1, padding="same", name="max_pooling2d")(x)
    inception = keras.layers.Concatenate(name="inception")([conv2d_1, y])
    conv2d_2 = keras.layers.Conv2D(3, 6, name="conv2d_2")(inception)
    y = keras.layers.AveragePooling2D(6, name="average_pooling2d")(inception)
    y = keras.layers.Conv2D(3, 1, name="conv2d_3")(y)
    x = keras.layers.Concatenate(1, name="concatenate")([conv2d_2, y])
    flatten = keras.layers.Flatten(name="flatten")(x)
    y = keras.layers.Dense(6, name="dense")(flatten)
    x = keras.layers.Dot(1, name="dot")([flatten, y])
    x = keras.layers.Multiply(name="multiply")([x, shortcut])
    return keras.Model(inputs=image, outputs=x, name="parallel_branches")


if __name__ == "__main__":
    build_model().summary()
