"""The network backbone in Keras."""

from functools import partial

import keras

BatchNorm = partial(keras.layers.BatchNormalization, momentum=0.9)


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


def build_model(filters: int = 16, depth: int = 2) -> keras.Model:
    """Residual network that gives the features of an image at three scales.

    Args:
        filters: Filters at the first scale; each next one has twice as many.
        depth: Residual blocks at each scale.

    Variants:
        large: filters=64, depth=3
    """
    image = keras.Input(shape=(None, None, 3), name="image")
    stem = shared_conv_bn_relu(
        image, filters=filters, kernel_size=7, strides=2, name="stem"
    )
    x = keras.layers.MaxPooling2D(
        3,
        strides=2,
        padding="same",
        name="max_pooling2d",
    )(stem)
    featuress = []
    for scale in range(3):
        featuress_ = []
        for i in range(depth):
            features = shared_residual(
                x,
                filters=filters * 2**scale,
                strides=2 if i == 0 else 1,
                name=f"features.{scale}.{i}",
            )
            featuress_.append(features)
            x = features
        featuress.append(featuress_)
    return keras.Model(
        inputs=image,
        outputs={
            "c3": featuress[0][-1],
            "c4": featuress[1][-1],
            "c5": featuress[2][-1],
        },
        name="backbone",
    )


if __name__ == "__main__":
    build_model().summary()
