"""The network expressions_operators in Keras."""

import math

import keras


def divisible(x: float, by: int) -> int:
    """The multiple of `by` nearest to `x` that is not below 9/10 of it."""
    near = max(by, int(x + by / 2) // by * by)
    return near + by if near < 0.9 * x else near


def build_model(
    two: int = 2,
    half: float = 0.5,
    sizes: tuple[int, ...] = (3, 5, 7),
    kind: str = "wide",
    deep: bool = True,
) -> keras.Model:
    """Build the network expressions_operators."""
    features = keras.Input(shape=(4,), name="features")
    x = keras.layers.Dense(1 + two - 1, name="dense")(features)
    x = keras.layers.Dense(int(two * 3 / 2), name="dense_1")(x)
    x = keras.layers.Dense(7 // two, name="dense_2")(x)
    x = keras.layers.Dense(7 % 4, name="dense_3")(x)
    x = keras.layers.Dense(two**3, name="dense_4")(x)
    x = keras.layers.Dense(two, name="dense_5")(x)
    x = keras.layers.Dense(4 if kind == "wide" and (not deep) else 5, name="dense_6")(x)
    x = keras.layers.Dense(4 if two != 2 or half < 1 <= two else 5, name="dense_7")(x)
    x = keras.layers.Dense(sizes[0] + sizes[-1], name="dense_8")(x)
    x = keras.layers.Dense([1, 2, 3][1], name="dense_9")(x)
    x = keras.layers.Dense(min(4, two) + max(4, two), name="dense_10")(x)
    x = keras.layers.Dense(
        abs(-3) + round(2.5) + math.floor(2.5) + math.ceil(2.5), name="dense_11"
    )(x)
    x = keras.layers.Dense(
        int(3.0) + int(float(two)) + len(sizes) + len(kind), name="dense_12"
    )(x)
    x = keras.layers.Dense(list(range(2, 9, 3))[2], name="dense_13")(x)
    x = keras.layers.Dense(divisible(30 * half, 8), name="dense_14")(x)
    x = keras.layers.Dense(4 if True and 5 in list(sizes) else 5, name="dense_15")(x)
    x = keras.layers.Dense(1000 // 250, name="dense_16")(x)
    return keras.Model(inputs=features, outputs=x, name="expressions_operators")


if __name__ == "__main__":
    build_model().summary()
