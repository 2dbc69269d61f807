"""The network blocks_params in Keras."""

import keras


def kernel(x: keras.KerasTensor, size, name: str = "kernel") -> keras.KerasTensor:
    """The block kernel."""
    return keras.layers.Conv1D(
        int(size[1]), size[0], padding="same", name=f"{name}.conv1d"
    )(x)


def plain(x: keras.KerasTensor, name: str = "plain") -> keras.KerasTensor:
    """The block plain."""
    return keras.layers.ReLU(name=f"{name}.re_lu")(x)


def stage(
    x: keras.KerasTensor,
    units: int,
    rate: float = 0.5,
    activation: str = "relu",
    inner=None,
    name: str = "stage",
) -> keras.KerasTensor:
    """Two layers and what is between them."""
    if inner is None:
        inner = units * 2
    x = keras.layers.Dense(inner, activation=activation, name=f"{name}.dense")(x)
    x = keras.layers.Dropout(rate, name=f"{name}.dropout")(x)
    return keras.layers.Dense(units, name=f"{name}.dense_1")(x)


def build_model(width: int = 2) -> keras.Model:
    """Build the network blocks_params."""
    series = keras.Input(shape=(5, 3), name="series")
    x = kernel(series, size=(3, 4), name="kernel")
    x = kernel(x, size=(1, 5), name="kernel_1")
    x = plain(x, name="plain")
    x = stage(x, units=4, name="stage")
    x = stage(x, units=3 * width, activation="tanh", name="stage_1")
    x = plain(x, name="plain_1")
    last = stage(x, units=2, rate=1 / 4, inner=9, name="last")
    return keras.Model(inputs=series, outputs=last, name="blocks_params")


if __name__ == "__main__":
    build_model().summary()
