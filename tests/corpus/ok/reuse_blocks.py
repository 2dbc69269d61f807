"""The network twins in Keras."""

import keras


def shared(block, *inputs: keras.KerasTensor, **arguments):
    """A function that applies a block with the same layers each time."""
    inputs = [keras.Input(batch_shape=x.shape, dtype=x.dtype) for x in inputs]
    model = keras.Model(inputs, block(*inputs, **arguments))
    return lambda *values: model.call(list(values))


def tower(
    x: keras.KerasTensor, units: int = 6, depth: int = 2, name: str = "tower"
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The block tower."""
    batch_normalizations = []
    for i in range(depth):
        x = keras.layers.Dense(units, activation="tanh", name=f"{name}.dense.{i}")(x)
        batch_normalization = keras.layers.BatchNormalization(
            name=f"{name}.batch_normalization.{i}",
        )(x)
        batch_normalizations.append(batch_normalization)
        x = batch_normalization
    level = keras.ops.mean(x, axis=-1, keepdims=True)
    subtract = keras.layers.Subtract(
        name=f"{name}.subtract",
    )([batch_normalizations[-1], level])
    return subtract, level


def build_model() -> keras.Model:
    """Build the network twins."""
    left = keras.Input(shape=(6,), name="left")
    right = keras.Input(shape=(6,), name="right")
    tower_block = shared(tower, left, depth=2, name="tower")
    tower_, _ = tower_block(left)
    x = tower_
    tower_1s = []
    tower_1_levels = []
    for _ in range(2):
        tower_1, tower_1_level = tower_block(x)
        tower_1s.append(tower_1)
        tower_1_levels.append(tower_1_level)
        x = tower_1
    other, other_level = tower_block(right)
    concatenate = keras.layers.Concatenate(
        name="concatenate",
    )([other, tower_1s[-1], tower_1_levels[0]])
    return keras.Model(
        inputs=[left, right],
        outputs={"both": concatenate, "level": other_level},
        name="twins",
    )


if __name__ == "__main__":
    build_model().summary()
