"""The network when_chosen in Keras."""

import keras


def build_model(deep: bool = True, units: int = 4, head: str = "none") -> keras.Model:
    """Build the network when_chosen.

    Variants:
        shallow: deep=False
        other: head="other\"
    """
    features = keras.Input(shape=(4,), name="features")
    x = features
    if deep:
        hidden = keras.layers.Dense(3, name="hidden")(x)
        x = keras.layers.ReLU(name="re_lu")(hidden)
    else:
        hidden = keras.layers.Dense(2, name="hidden")(x)
        x = hidden
    if units > 8:
        x = keras.layers.Dense(100, name="left_out")(x)
    if head == "none":
        x = keras.layers.Dense(5, name="dense")(x)
    if not deep:
        x = keras.layers.Dense(6, name="dense_1")(x)
    x = keras.layers.Concatenate(name="concatenate")([x, hidden])
    return keras.Model(inputs=features, outputs=x, name="when_chosen")


if __name__ == "__main__":
    build_model().summary()
