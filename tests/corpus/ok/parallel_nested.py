"""The network parallel_nested in Keras."""

import keras


def fork(x: keras.KerasTensor, units: int, name: str = "fork") -> keras.KerasTensor:
    """The block fork."""
    dense = keras.layers.Dense(units, name=f"{name}.dense")(x)
    y = keras.layers.Dense(units + 1, name=f"{name}.dense_1")(x)
    return keras.layers.Concatenate(name=f"{name}.concatenate")([dense, y])


def build_model() -> keras.Model:
    """Build the network parallel_nested."""
    features = keras.Input(shape=(4,), name="features")
    dense = keras.layers.Dense(2, name="dense")(features)
    y = keras.layers.Concatenate(name="concatenate")([dense, features])
    fork_ = fork(y, units=3, name="fork")
    y = features
    growns = []
    for i in range(2):
        dense_1 = keras.layers.Dense(i + 1, name=f"dense_1.{i}")(y)
        grown = keras.layers.Concatenate(name=f"grown.{i}")([dense_1, y])
        growns.append(grown)
        y = grown
    branch = y
    y = fork(features, units=1, name="fork_1")
    x = keras.layers.Concatenate(name="concatenate_1")([fork_, branch, y])
    x = keras.layers.Concatenate(name="concatenate_2")([x, growns[0]])
    return keras.Model(inputs=features, outputs=x, name="parallel_nested")


if __name__ == "__main__":
    build_model().summary()
