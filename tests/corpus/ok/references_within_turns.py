"""The network references_within_turns in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network references_within_turns."""
    features = keras.Input(shape=(4,), name="features")
    start = keras.layers.Dense(4, name="start")(features)
    x = start
    for i in range(2):
        inner = keras.layers.Dense(4, name=f"inner.{i}")(x)
        x = keras.layers.Dense(4, name=f"dense.{i}")(inner)
        x = keras.layers.Add(name=f"add.{i}")([x, inner, start])
    return keras.Model(inputs=features, outputs=x, name="references_within_turns")


if __name__ == "__main__":
    build_model().summary()
