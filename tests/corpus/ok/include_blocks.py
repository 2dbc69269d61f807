"""The network include_blocks in Keras."""

from functools import partial

import keras

Wide = partial(keras.layers.Dense, activation="tanh")
basic_Wide = partial(keras.layers.Dense, activation="tanh")
blocks_Leaky = partial(keras.layers.LeakyReLU, negative_slope=0.1)
Last = partial(keras.layers.Dense, units=3, activation="tanh")


def basic_unit(
    x: keras.KerasTensor, units: int, name: str = "unit"
) -> keras.KerasTensor:
    """The block unit."""
    x = Wide(units, name=f"{name}.dense")(x)
    return keras.layers.LayerNormalization(name=f"{name}.layer_normalization")(x)


def blocks_stage(
    x: keras.KerasTensor,
    units: int,
    depth: int = 1,
    slope: float = 0.1,
    name: str = "stage",
) -> keras.KerasTensor:
    """The block stage."""
    for i in range(depth):
        x = basic_unit(x, units=units, name=f"{name}.unit.{i}")
    return keras.layers.LeakyReLU(slope, name=f"{name}.leaky_re_lu")(x)


def build_model() -> keras.Model:
    """Build the network include_blocks."""
    features = keras.Input(shape=(4,), name="features")
    x = blocks_stage(features, units=4, name="stage")
    deep = blocks_stage(x, units=3, depth=2, name="deep")
    x = basic_unit(deep, units=2, name="unit")
    x = basic_Wide(5, name="dense")(x)
    x = blocks_Leaky(name="leaky_re_lu")(x)
    x = blocks_Leaky(negative_slope=0.3, name="leaky_re_lu_1")(x)
    x = Last(name="dense_1")(x)
    return keras.Model(inputs=features, outputs=x, name="include_blocks")


if __name__ == "__main__":
    build_model().summary()
