"""The network repeat_values in Keras."""

import keras


def build_model(units: tuple[int, ...] = (3, 4), base: int = 2) -> keras.Model:
    """Build the network repeat_values."""
    features = keras.Input(shape=(3,), name="features")
    x = features
    for i, units_here in enumerate([4, 2]):
        x = keras.layers.Dense(units_here, name=f"dense.{i}")(x)
    for i, activation in enumerate(["relu", "tanh"]):
        x = keras.layers.Dense(3, activation=activation, name=f"dense_1.{i}")(x)
    for i, sizes in enumerate([[1, 2], [3]]):
        x = keras.layers.Dense(len(sizes), name=f"dense_2.{i}")(x)
        x = keras.layers.Dense(sizes[-1], name=f"dense_3.{i}")(x)
    for i, n in enumerate([2, base * 3, 1]):
        x = keras.layers.Dense(n, name=f"dense_4.{i}")(x)
    for i, n in enumerate(units):
        x = keras.layers.Dense(n, name=f"dense_5.{i}")(x)
    for i, n in enumerate(range(base)):
        x = keras.layers.Dense(n + 1, name=f"dense_6.{i}")(x)
    for i in range(2):
        x = keras.layers.Dense(2, name=f"dense_7.{i}")(x)
    for i in range(0):
        x = keras.layers.Flatten(name=f"flatten.{i}")(x)
    return keras.Model(inputs=features, outputs=x, name="repeat_values")


if __name__ == "__main__":
    build_model().summary()
