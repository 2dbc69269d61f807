"""The network repeat_nested in Keras."""

import keras


def ladder(
    x: keras.KerasTensor, depth: int = 2, units: int = 2, name: str = "ladder"
) -> keras.KerasTensor:
    """The block ladder."""
    for i in range(depth):
        x = keras.layers.Dense(units + i, name=f"{name}.dense.{i}")(x)
    return x


def build_model() -> keras.Model:
    """Build the network repeat_nested."""
    features = keras.Input(shape=(3,), name="features")
    x = features
    for i in range(2):
        for j in range(i + 1):
            x = keras.layers.Dense(10 * i + j + 1, name=f"dense.{i}.{j}")(x)
        x = keras.layers.Dense(3, name=f"after.{i}")(x)
    for k, depth in enumerate([1, 2]):
        x = ladder(x, depth=depth, name=f"ladder.{k}")
    return keras.Model(inputs=features, outputs=x, name="repeat_nested")


if __name__ == "__main__":
    build_model().summary()
