"""The network params_kinds in Keras."""

import keras


def build_model(
    units: int = 6,
    rate: float = 0.25,
    bias: bool = True,
    activation: str = "relu",
    axes: tuple[int, ...] = (1,),
    classes: int = 3,
    momentum: float = 1.0,
    centre: bool = False,
    initializer: str = "he_normal",
    window: tuple[int, ...] = (2, 1),
    width: float = 0.5,
    wide=None,
    wider=None,
) -> keras.Model:
    """Build the network params_kinds.

    Args:
        classes: How many kinds there are.
    """
    if wide is None:
        wide = units * 2
    if wider is None:
        wider = wide + units
    image = keras.Input(shape=(4, 4, 2), name="image")
    x = keras.layers.MaxPooling2D(window, name="max_pooling2d")(image)
    x = keras.layers.BatchNormalization(
        momentum=momentum, center=centre, name="batch_normalization"
    )(x)
    x = keras.ops.mean(x, axis=axes)
    x = keras.layers.Dense(
        units,
        activation=activation,
        use_bias=bias,
        kernel_initializer=initializer,
        name="dense",
    )(x)
    x = keras.layers.Dropout(rate, name="dropout")(x)
    x = keras.layers.Dense(wide, name="dense_1")(x)
    x = keras.layers.Dense(wider, name="dense_2")(x)
    x = keras.layers.Dense(int(8 * width), name="dense_3")(x)
    x = keras.layers.Dense(classes, name="dense_4")(x)
    return keras.Model(inputs=image, outputs=x, name="params_kinds")


if __name__ == "__main__":
    build_model().summary()
