"""The network blocks_inputs in Keras."""

import keras


def mix(
    query: keras.KerasTensor,
    memory: keras.KerasTensor,
    units: int = 3,
    name: str = "mix",
) -> keras.KerasTensor:
    """The block mix."""
    key = keras.layers.Dense(units, name=f"{name}.key")(memory)
    x = keras.layers.Dense(units, name=f"{name}.dense")(query)
    return keras.layers.Add(name=f"{name}.add")([x, key])


def named(tensor: keras.KerasTensor, name: str = "named") -> keras.KerasTensor:
    """The block named."""
    x = keras.layers.Dense(2, name=f"{name}.dense")(tensor)
    return keras.layers.Concatenate(name=f"{name}.concatenate")([tensor, x])


def build_model() -> keras.Model:
    """Build the network blocks_inputs."""
    left = keras.Input(shape=(4,), name="left")
    right = keras.Input(shape=(4,), name="right")
    first = mix(left, right, name="first")
    x = mix(first, left, units=5, name="mix")
    named_ = named(x, name="named")
    second = named(right, name="second")
    return keras.Model(
        inputs=[left, right],
        outputs={"named": named_, "second": second},
        name="blocks_inputs",
    )


if __name__ == "__main__":
    build_model().summary()
