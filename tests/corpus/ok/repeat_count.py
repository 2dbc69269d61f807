"""The network repeat_count in Keras."""

import keras


def build_model(depth: int = 2) -> keras.Model:
    """Build the network repeat_count."""
    features = keras.Input(shape=(3,), name="features")
    x = features
    for j in range(2):
        x = keras.layers.Dense(4, name=f"dense.{j}")(x)
        x = keras.layers.ReLU(name=f"re_lu.{j}")(x)
    for i in range(3):
        x = keras.layers.Dense(i + 1, name=f"dense_1.{i}")(x)
    for j in range(depth + 1):
        x = keras.layers.Dense(5, name=f"dense_2.{j}")(x)
    for j in range(1):
        x = keras.layers.Dense(6, name=f"once.{j}")(x)
    for i in range(depth - 2):
        x = keras.layers.Dense(1000 // i, name=f"never.{i}")(x)
    x = keras.layers.Dense(2, name="dense_3")(x)
    return keras.Model(inputs=features, outputs=x, name="repeat_count")


if __name__ == "__main__":
    build_model().summary()
