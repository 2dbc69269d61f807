"""The network detector in Keras."""

from functools import partial

import keras

BatchNorm = partial(keras.layers.BatchNormalization, momentum=0.9)


def shared(block, *inputs: keras.KerasTensor, **arguments):
    """A function that applies a block with the same layers each time."""
    inputs = [keras.Input(batch_shape=x.shape, dtype=x.dtype) for x in inputs]
    model = keras.Model(inputs, block(*inputs, **arguments))
    return lambda *values: model.call(list(values))


def shared_conv_bn_relu(
    x: keras.KerasTensor,
    filters: int,
    kernel_size: int = 3,
    strides: int = 1,
    name: str = "conv_bn_relu",
) -> keras.KerasTensor:
    """A convolution with batch normalization and ReLU."""
    x = keras.layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=False,
        name=f"{name}.conv2d",
    )(x)
    x = BatchNorm(name=f"{name}.batch_normalization")(x)
    return keras.layers.ReLU(name=f"{name}.re_lu")(x)


def shared_residual(
    x: keras.KerasTensor, filters: int, strides: int = 1, name: str = "residual"
) -> keras.KerasTensor:
    """Two convolutions of an image, added to it; smaller and of other channels where
    strides are 2.
    """
    y = x
    if strides > 1:
        y = keras.layers.Conv2D(
            filters, 1, strides=strides, use_bias=False, name=f"{name}.conv2d"
        )(y)
        y = BatchNorm(name=f"{name}.batch_normalization")(y)
    branch = y
    y = shared_conv_bn_relu(
        x, filters=filters, strides=strides, name=f"{name}.conv_bn_relu"
    )
    y = keras.layers.Conv2D(
        filters, 3, padding="same", use_bias=False, name=f"{name}.conv2d_1"
    )(y)
    y = BatchNorm(name=f"{name}.batch_normalization_1")(y)
    x = keras.layers.Add(name=f"{name}.add")([branch, y])
    return keras.layers.ReLU(name=f"{name}.re_lu")(x)


def backbone(
    image: keras.KerasTensor, filters: int = 16, depth: int = 2, name: str = "backbone"
) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
    """Residual network that gives the features of an image at three scales."""
    stem = shared_conv_bn_relu(
        image, filters=filters, kernel_size=7, strides=2, name=f"{name}.stem"
    )
    x = keras.layers.MaxPooling2D(
        3, strides=2, padding="same", name=f"{name}.max_pooling2d"
    )(stem)
    featuress = []
    for scale in range(3):
        featuress_ = []
        for i in range(depth):
            features = shared_residual(
                x,
                filters=filters * 2**scale,
                strides=2 if i == 0 else 1,
                name=f"{name}.features.{scale}.{i}",
            )
            featuress_.append(features)
            x = features
        featuress.append(featuress_)
    return featuress[0][-1], featuress[1][-1], featuress[2][-1]


def lateral(
    fine: keras.KerasTensor,
    coarse: keras.KerasTensor,
    channels: int,
    name: str = "lateral",
) -> keras.KerasTensor:
    """A finer level, with the coarser one added to it."""
    doubled = keras.layers.UpSampling2D(name=f"{name}.doubled")(coarse)
    x = keras.layers.Conv2D(channels, 1, name=f"{name}.conv2d")(fine)
    return keras.layers.Add(name=f"{name}.add")([x, doubled])


def head(
    x: keras.KerasTensor, channels: int, classes: int, name: str = "head"
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """What is at each place, and where it ends."""
    conv_bn_relus = []
    for i in range(2):
        conv_bn_relu = shared_conv_bn_relu(
            x, filters=channels, name=f"{name}.conv_bn_relu.{i}"
        )
        conv_bn_relus.append(conv_bn_relu)
        x = conv_bn_relu
    kind = keras.layers.Conv2D(
        classes,
        3,
        padding="same",
        activation="sigmoid",
        name=f"{name}.kind",
    )(x)
    box = keras.layers.Conv2D(
        4,
        3,
        padding="same",
        name=f"{name}.box",
    )(conv_bn_relus[-1])
    return kind, box


def build_model(classes: int = 3, channels: int = 32, filters: int = 16) -> keras.Model:
    """Says for each place of an image, at three scales, whether something is there and
    where it ends.

    Args:
        classes: How many kinds of things to find.
        channels: Channels of the pyramid.
        filters: Filters of the backbone's first scale.

    Variants:
        large: classes=80, channels=256, filters=64
    """
    image = keras.Input(shape=(None, None, 3), name="image")
    backbone_, backbone_c4, backbone_c5 = backbone(
        image, filters=filters, name="backbone"
    )
    p5 = keras.layers.Conv2D(channels, 1, name="p5")(backbone_c5)
    p4 = lateral(backbone_c4, p5, channels=channels, name="p4")
    p3 = lateral(backbone_, p4, channels=channels, name="p3")
    head3_block = shared(head, p3, channels=channels, classes=classes, name="head3")
    head3, head3_box = head3_block(p3)
    head4, head4_box = head3_block(p4)
    head5, head5_box = head3_block(p5)
    return keras.Model(
        inputs=image,
        outputs={
            "kind3": head3,
            "box3": head3_box,
            "kind4": head4,
            "box4": head4_box,
            "kind5": head5,
            "box5": head5_box,
        },
        name="detector",
    )


if __name__ == "__main__":
    build_model().summary()
