"""The network params_null in Keras."""

import keras


def build_model(activation=None, steps=None) -> keras.Model:
    """Build the network params_null."""
    series = keras.Input(shape=(steps, 3), name="series")
    x = keras.layers.Dense(4, activation=activation, name="dense")(series)
    x = keras.layers.Dense(2 if activation is None else 3, name="dense_1")(x)
    return keras.Model(inputs=series, outputs=x, name="params_null")


if __name__ == "__main__":
    build_model().summary()
