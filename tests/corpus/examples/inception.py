"""The network googlenet in Keras."""

from functools import partial

import keras

Conv = partial(keras.layers.Conv2D, padding="same", activation="relu")
Shrink = partial(keras.layers.MaxPooling2D, pool_size=3, strides=2, padding="same")


def inception(
    x: keras.KerasTensor,
    conv1: int,
    reduce3: int,
    conv3: int,
    reduce5: int,
    conv5: int,
    pool: int,
    name: str = "inception",
) -> keras.KerasTensor:
    """Convolutions of several sizes side by side, the large ones of fewer channels."""
    conv2d = Conv(conv1, 1, name=f"{name}.conv2d")(x)
    y = Conv(reduce3, 1, name=f"{name}.conv2d_1")(x)
    conv2d_2 = Conv(conv3, 3, name=f"{name}.conv2d_2")(y)
    y = Conv(reduce5, 1, name=f"{name}.conv2d_3")(x)
    conv2d_4 = Conv(conv5, 5, name=f"{name}.conv2d_4")(y)
    y = keras.layers.MaxPooling2D(
        3, strides=1, padding="same", name=f"{name}.max_pooling2d"
    )(x)
    y = Conv(pool, 1, name=f"{name}.conv2d_5")(y)
    return keras.layers.Concatenate(
        name=f"{name}.concatenate",
    )([conv2d, conv2d_2, conv2d_4, y])


def build_model(classes: int = 1000, dropout: float = 0.4) -> keras.Model:
    """GoogLeNet, nine Inception modules that classify colour images.

    Args:
        classes: How many kinds of images to tell apart.
        dropout: What part of the features is dropped in training.
    """
    image = keras.Input(shape=(None, None, 3), name="image")
    stem = Conv(64, 7, strides=2, name="stem")(image)
    x = Shrink(name="max_pooling2d")(stem)
    x = Conv(64, 1, name="conv2d")(x)
    x = Conv(192, 3, name="conv2d_1")(x)
    for i, modules in enumerate(
        [
            [[64, 96, 128, 16, 32, 32], [128, 128, 192, 32, 96, 64]],
            [
                [192, 96, 208, 16, 48, 64],
                [160, 112, 224, 24, 64, 64],
                [128, 128, 256, 24, 64, 64],
                [112, 144, 288, 32, 64, 64],
                [256, 160, 320, 32, 128, 128],
            ],
            [[256, 160, 320, 32, 128, 128], [384, 192, 384, 48, 128, 128]],
        ]
    ):
        x = Shrink(name=f"max_pooling2d_1.{i}")(x)
        for j, (conv1, reduce3, conv3, reduce5, conv5, pool) in enumerate(modules):
            x = inception(
                x,
                conv1=conv1,
                reduce3=reduce3,
                conv3=conv3,
                reduce5=reduce5,
                conv5=conv5,
                pool=pool,
                name=f"module.{i}.{j}",
            )
    x = keras.layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    predictions = keras.layers.Dense(
        classes,
        activation="softmax",
        name="predictions",
    )(x)
    return keras.Model(inputs=image, outputs=predictions, name="googlenet")


if __name__ == "__main__":
    build_model().summary()
