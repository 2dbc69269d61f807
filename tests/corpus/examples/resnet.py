"""The network resnet in Keras."""

from functools import partial

import keras

BatchNorm = partial(keras.layers.BatchNormalization, epsilon=1.001e-05)


def conv(
    x: keras.KerasTensor,
    filters: int,
    use_bias: bool,
    kernel_size: int = 3,
    strides: int = 1,
    relu: bool = True,
    name: str = "conv",
) -> keras.KerasTensor:
    """A convolution, padded alike on all sides, with batch normalization."""
    if kernel_size > 1:
        x = keras.layers.ZeroPadding2D(
            kernel_size // 2,
            name=f"{name}.zero_padding2d",
        )(x)
    x = keras.layers.Conv2D(
        filters, kernel_size, strides=strides, use_bias=use_bias, name=f"{name}.conv2d"
    )(x)
    x = BatchNorm(name=f"{name}.batch_normalization")(x)
    if relu:
        x = keras.layers.ReLU(name=f"{name}.re_lu")(x)
    return x


def residual(
    x: keras.KerasTensor,
    filters: int,
    expansion: int,
    strides: int,
    project: bool,
    use_bias: bool,
    name: str = "residual",
) -> keras.KerasTensor:
    """What comes in plus two or three convolutions of it."""
    y = x
    if project:
        y = conv(
            y,
            filters=expansion * filters,
            kernel_size=1,
            strides=strides,
            relu=False,
            use_bias=use_bias,
            name=f"{name}.shortcut",
        )
    branch = y
    y = x
    if expansion > 1:
        y = conv(
            y,
            filters=filters,
            kernel_size=1,
            strides=strides,
            use_bias=use_bias,
            name=f"{name}.conv1",
        )
        y = conv(y, filters=filters, use_bias=use_bias, name=f"{name}.conv2")
        y = conv(
            y,
            filters=expansion * filters,
            kernel_size=1,
            relu=False,
            use_bias=use_bias,
            name=f"{name}.conv3",
        )
    else:
        y = conv(
            y, filters=filters, strides=strides, use_bias=use_bias, name=f"{name}.conv1"
        )
        y = conv(
            y, filters=filters, relu=False, use_bias=use_bias, name=f"{name}.conv2"
        )
    x = keras.layers.Add(name=f"{name}.add")([branch, y])
    return keras.layers.ReLU(name=f"{name}.re_lu")(x)


def build_model(
    classes: int = 1000,
    depths: tuple[int, ...] = (2, 2, 2, 2),
    expansion: int = 1,
    use_bias: bool = False,
) -> keras.Model:
    """Residual network that classifies colour images of any size.

    Args:
        classes: How many kinds of images to tell apart.
        depths: How many residual blocks each stage has.
        expansion: How much wider a block ends than it is inside.
        use_bias: Whether convolutions have a bias.

    Variants:
        resnet18: the defaults
        resnet34: depths=[3, 4, 6, 3]
        resnet50: depths=[3, 4, 6, 3], expansion=4, use_bias=True
        resnet101: depths=[3, 4, 23, 3], expansion=4, use_bias=True
        resnet152: depths=[3, 8, 36, 3], expansion=4, use_bias=True
    """
    image = keras.Input(shape=(None, None, 3), name="image")
    stem = conv(
        image, filters=64, kernel_size=7, strides=2, use_bias=use_bias, name="stem"
    )
    x = keras.layers.ZeroPadding2D(name="zero_padding2d")(stem)
    x = keras.layers.MaxPooling2D(3, strides=2, name="max_pooling2d")(x)
    for stage in range(len(depths)):
        for i in range(depths[stage]):
            x = residual(
                x,
                filters=64 * 2**stage,
                expansion=expansion,
                strides=2 if i == 0 and stage > 0 else 1,
                project=i == 0 and (stage > 0 or expansion > 1),
                use_bias=use_bias,
                name=f"residual.{stage}.{i}",
            )
    x = keras.layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    predictions = keras.layers.Dense(
        classes,
        activation="softmax",
        name="predictions",
    )(x)
    return keras.Model(inputs=image, outputs=predictions, name="resnet")


if __name__ == "__main__":
    build_model().summary()
