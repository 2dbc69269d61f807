"""The network siamese in Keras."""

import keras


def shared(block, *inputs: keras.KerasTensor, **arguments):
    """A function that applies a block with the same layers each time."""
    inputs = [keras.Input(batch_shape=x.shape, dtype=x.dtype) for x in inputs]
    model = keras.Model(inputs, block(*inputs, **arguments))
    return lambda *values: model.call(list(values))


def encoder(
    x: keras.KerasTensor, features: int, name: str = "encoder"
) -> keras.KerasTensor:
    """An image as a vector."""
    for i, filters in enumerate([32, 64]):
        x = keras.layers.Conv2D(
            filters, 3, activation="relu", name=f"{name}.conv2d.{i}"
        )(x)
        x = keras.layers.MaxPooling2D(name=f"{name}.max_pooling2d.{i}")(x)
    x = keras.layers.Flatten(name=f"{name}.flatten")(x)
    return keras.layers.Dense(features, activation="sigmoid", name=f"{name}.dense")(x)


def build_model(features: int = 64) -> keras.Model:
    """Tells whether two grey images show the same kind of thing.

    Args:
        features: Size of the vector that stands for an image.
    """
    left = keras.Input(shape=(28, 28, 1), name="left")
    right = keras.Input(shape=(28, 28, 1), name="right")
    left_code_block = shared(encoder, left, features=features, name="left_code")
    left_code = left_code_block(left)
    right_code = left_code_block(right)
    difference = keras.layers.Subtract(name="difference")([left_code, right_code])
    x = keras.layers.Multiply(name="multiply")([difference, difference])
    same = keras.layers.Dense(1, activation="sigmoid", name="same")(x)
    model = keras.Model(inputs=[left, right], outputs=same, name="siamese")
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


if __name__ == "__main__":
    build_model().summary()
