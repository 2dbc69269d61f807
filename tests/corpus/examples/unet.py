"""The network unet in Keras."""

from functools import partial

import keras

Conv = partial(keras.layers.Conv2D, kernel_size=3, padding="same", activation="relu")


def double_conv(
    x: keras.KerasTensor, filters: int, name: str = "double_conv"
) -> keras.KerasTensor:
    """Two convolutions of the same size."""
    x = Conv(filters, name=f"{name}.conv2d")(x)
    return Conv(filters, name=f"{name}.conv2d_1")(x)


def up(
    x: keras.KerasTensor, filters: int, learned: bool, name: str = "up"
) -> keras.KerasTensor:
    """Twice the size and half the channels."""
    if learned:
        x = keras.layers.Conv2DTranspose(
            filters, 2, strides=2, name=f"{name}.conv2d_transpose"
        )(x)
    else:
        x = keras.layers.UpSampling2D(name=f"{name}.up_sampling2d")(x)
        x = Conv(filters, kernel_size=2, name=f"{name}.conv2d")(x)
    return x


def build_model(
    depth: int = 4, filters: int = 16, classes: int = 2, learned: bool = True
) -> keras.Model:
    """U-Net that says of every pixel what it shows.

    Args:
        depth: How many times the image is halved.
        filters: Filters of the first level; each one below has twice as many.
        classes: How many kinds of pixels to tell apart.
        learned: Whether the way up has weights instead of repeated pixels.

    Variants:
        published: filters=64
        shallow: depth=2
        light: learned=False
    """
    image = keras.Input(shape=(None, None, 3), name="image")
    x = image
    skips = []
    for level in range(depth):
        skip = double_conv(x, filters=filters * 2**level, name=f"skip.{level}")
        skips.append(skip)
        x = keras.layers.MaxPooling2D(name=f"max_pooling2d.{level}")(skip)
    bottom = double_conv(x, filters=filters * 2**depth, name="bottom")
    x = keras.layers.Dropout(0.5, name="dropout")(bottom)
    for i, level in enumerate(range(depth - 1, -1, -1)):
        x = up(x, filters=filters * 2**level, learned=learned, name=f"up.{i}")
        x = keras.layers.Concatenate(name=f"concatenate.{i}")([skips[level], x])
        x = double_conv(x, filters=filters * 2**level, name=f"double_conv.{i}")
    segmentation = keras.layers.Conv2D(
        classes,
        1,
        activation="softmax",
        name="segmentation",
    )(x)
    return keras.Model(inputs=image, outputs=segmentation, name="unet")


if __name__ == "__main__":
    build_model().summary()
