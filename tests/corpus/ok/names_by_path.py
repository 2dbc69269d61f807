"""The network names_by_path in Keras."""

import keras


def input_block(
    features: keras.KerasTensor, name: str = "input_block"
) -> keras.KerasTensor:
    """The block input_block."""
    return keras.layers.Dense(2, name=f"{name}.stem")(features)


def build_model() -> keras.Model:
    """Build the network names_by_path."""
    features = keras.Input(shape=(4,), name="features")
    stem = keras.layers.Dense(3, name="stem")(features)
    Stage = input_block(stem, name="Stage")
    other_inner = keras.layers.Dense(2, name="other.inner")(Stage)
    return keras.Model(inputs=features, outputs=other_inner, name="names_by_path")


if __name__ == "__main__":
    build_model().summary()
