"""The network parts_in_blocks in Keras."""

from functools import partial

import keras

Halves = partial(keras.ops.split, indices_or_sections=2, axis=-1)


def swap(x: keras.KerasTensor, k: int, name: str = "swap") -> keras.KerasTensor:
    """The block swap."""
    halves, halves_1 = Halves(x)
    x = keras.ops.stack([halves_1, halves], axis=1)
    swapped, swapped_1 = keras.ops.unstack(x, num=2, axis=1)
    x = keras.layers.Concatenate(name=f"{name}.concatenate")([swapped, swapped_1])
    top, _ = keras.ops.top_k(x, k=k)
    x = keras.ops.einsum("abc,abd->acd", top, top)
    return keras.layers.Dense(8, name=f"{name}.dense")(x)


def build_model(middle: int = 2) -> keras.Model:
    """Build the network parts_in_blocks."""
    x = keras.Input(shape=(None, 8), name="x")
    x_ = x
    for i in range(2):
        x_ = swap(x_, k=4, name=f"swap.{i}")
    x_ = keras.ops.take(x_, (0, middle, -1), axis=-1)
    return keras.Model(inputs=x, outputs=x_, name="parts_in_blocks")


if __name__ == "__main__":
    build_model().summary()
