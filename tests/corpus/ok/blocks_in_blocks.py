"""The network blocks_in_blocks in Keras."""

import keras


def unit(
    x: keras.KerasTensor,
    filters: int,
    kernel: int = 3,
    stride: int = 1,
    name: str = "unit",
) -> keras.KerasTensor:
    """The block unit."""
    body = keras.layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding="same",
        name=f"{name}.body",
    )(x)
    return keras.layers.ReLU(name=f"{name}.re_lu")(body)


def residual(
    inputs: keras.KerasTensor, filters: int, stride: int = 1, name: str = "residual"
) -> keras.KerasTensor:
    """The block residual."""
    body = unit(inputs, filters=filters, stride=stride, name=f"{name}.body")
    x = unit(inputs, filters=filters, kernel=1, stride=stride, name=f"{name}.unit")
    return keras.layers.Add(name=f"{name}.add")([body, x])


def build_model() -> keras.Model:
    """Build the network blocks_in_blocks."""
    image = keras.Input(shape=(8, 8, 2), name="image")
    body = residual(image, filters=3, name="body")
    x = residual(body, filters=4, stride=2, name="residual")
    x = unit(x, filters=2, name="unit")
    return keras.Model(inputs=image, outputs=x, name="blocks_in_blocks")


if __name__ == "__main__":
    build_model().summary()
