"""The network mobilenet_v2 in Keras."""

from functools import partial

import keras

Conv = partial(keras.layers.Conv2D, kernel_size=1, padding="same", use_bias=False)
BatchNorm = partial(keras.layers.BatchNormalization, momentum=0.999)
ReLU6 = partial(keras.layers.ReLU, max_value=6.0)
Depthwise = partial(
    keras.layers.DepthwiseConv2D, kernel_size=3, padding="same", use_bias=False
)


def divisible(x: float, by: int) -> int:
    """The multiple of `by` nearest to `x` that is not below 9/10 of it."""
    near = max(by, int(x + by / 2) // by * by)
    return near + by if near < 0.9 * x else near


def inverted_residual(
    inputs_: keras.KerasTensor,
    inputs: int,
    filters: int,
    expansion: int,
    strides: int = 1,
    name: str = "inverted_residual",
) -> keras.KerasTensor:
    """A block that is wide inside, and narrow at its ends, which have no activation."""
    x = inputs_
    if expansion > 1:
        x = Conv(expansion * inputs, name=f"{name}.expand")(x)
        x = BatchNorm(name=f"{name}.batch_normalization")(x)
        x = ReLU6(name=f"{name}.re_lu")(x)
    depthwise = Depthwise(strides=strides, name=f"{name}.depthwise")(x)
    x = BatchNorm(name=f"{name}.batch_normalization_1")(depthwise)
    x = ReLU6(name=f"{name}.re_lu_1")(x)
    project = Conv(filters, name=f"{name}.project")(x)
    x = BatchNorm(name=f"{name}.batch_normalization_2")(project)
    if strides == 1 and inputs == filters:
        x = keras.layers.Add(name=f"{name}.add")([inputs_, x])
    return x


def build_model(alpha: float = 1.0, classes: int = 1000) -> keras.Model:
    """MobileNetV2, a classifier of colour images whose every width scales with alpha.

    Args:
        alpha: Scales the number of filters everywhere.
        classes: How many kinds of images to tell apart.

    Variants:
        small: alpha=0.35
        large: alpha=1.4
    """
    image = keras.Input(shape=(None, None, 3), name="image")
    stem = Conv(divisible(32 * alpha, 8), kernel_size=3, strides=2, name="stem")(image)
    x = BatchNorm(name="batch_normalization")(stem)
    x = ReLU6(name="re_lu")(x)
    for j, (inputs, filters, expansion, depth, strides) in enumerate(
        [
            [32, 16, 1, 1, 1],
            [16, 24, 6, 2, 2],
            [24, 32, 6, 3, 2],
            [32, 64, 6, 4, 2],
            [64, 96, 6, 3, 1],
            [96, 160, 6, 3, 2],
            [160, 320, 6, 1, 1],
        ]
    ):
        for i in range(depth):
            x = inverted_residual(
                x,
                inputs=divisible(int((inputs if i == 0 else filters) * alpha), 8),
                filters=divisible(int(filters * alpha), 8),
                expansion=expansion,
                strides=strides if i == 0 else 1,
                name=f"inverted_residual.{j}.{i}",
            )
    top = Conv(divisible(1280 * max(alpha, 1.0), 8), name="top")(x)
    x = BatchNorm(name="batch_normalization_1")(top)
    x = ReLU6(name="re_lu_1")(x)
    x = keras.layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    predictions = keras.layers.Dense(
        classes,
        activation="softmax",
        name="predictions",
    )(x)
    return keras.Model(inputs=image, outputs=predictions, name="mobilenet_v2")


if __name__ == "__main__":
    build_model().summary()
