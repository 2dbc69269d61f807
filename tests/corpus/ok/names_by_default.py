"""The network names_by_default in Keras."""

from functools import partial

import keras

Wide = partial(keras.layers.Dense, units=3)


def stage(x: keras.KerasTensor, name: str = "stage") -> keras.KerasTensor:
    """The block stage."""
    x = keras.layers.Dense(3, name=f"{name}.dense")(x)
    return keras.layers.Dense(3, name=f"{name}.dense_1")(x)


def build_model() -> keras.Model:
    """Build the network names_by_default."""
    features = keras.Input(shape=(4,), name="features")
    dense = keras.layers.Dense(3, name="dense")(features)
    dense_1 = keras.layers.Dense(3, name="dense_1")(dense)
    dense_2 = keras.layers.Dense(3, name="dense_2")(dense_1)
    x = Wide(name="dense_3")(dense_2)
    x = stage(x, name="stage")
    x = stage(x, name="stage_1")
    stage_2 = keras.layers.Dense(3, name="stage_2")(x)
    x = stage(stage_2, name="stage_3")
    y = keras.layers.Dense(3, name="dense_4")(x)
    x = keras.layers.Add(name="add")([x, y])
    y = keras.layers.Dense(3, name="dense_5")(x)
    x = keras.layers.Add(name="add_1")([x, y])
    x = keras.layers.Add(name="add_2")([x, dense, dense_2])
    for i in range(2):
        x = keras.layers.Dense(3, name=f"dense_6.{i}")(x)
    return keras.Model(inputs=features, outputs=x, name="names_by_default")


if __name__ == "__main__":
    build_model().summary()
