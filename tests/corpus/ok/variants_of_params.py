"""The network variants_of_params in Keras."""

import keras


def build_model(
    depth: int = 2, width: float = 1.0, head: str = "relu", wide=None
) -> keras.Model:
    """Build the network variants_of_params.

    Variants:
        tiny: depth=0, width=0.25
        linear: head="linear\"
        computed: depth=1 + 2
        same: the defaults
    """
    if wide is None:
        wide = 8 * width
    features = keras.Input(shape=(4,), name="features")
    x = features
    for i in range(depth):
        x = keras.layers.Dense(int(wide), name=f"dense.{i}")(x)
    x = keras.layers.Dense(2, activation=head, name="dense_1")(x)
    return keras.Model(inputs=features, outputs=x, name="variants_of_params")


if __name__ == "__main__":
    build_model().summary()
