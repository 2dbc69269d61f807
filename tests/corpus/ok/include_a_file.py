"""The network include_a_file in Keras."""

from functools import partial

import keras

Wide = partial(keras.layers.Dense, activation="tanh")


def basic_unit(
    x: keras.KerasTensor, units: int, name: str = "unit"
) -> keras.KerasTensor:
    """The block unit."""
    x = Wide(units, name=f"{name}.dense")(x)
    return keras.layers.LayerNormalization(name=f"{name}.layer_normalization")(x)


def blocks_stage(
    x: keras.KerasTensor,
    units: int,
    depth: int = 1,
    slope: float = 0.1,
    name: str = "stage",
) -> keras.KerasTensor:
    """The block stage."""
    for i in range(depth):
        x = basic_unit(x, units=units, name=f"{name}.unit.{i}")
    return keras.layers.LeakyReLU(slope, name=f"{name}.leaky_re_lu")(x)


def encoder_head(x: keras.KerasTensor, name: str = "head") -> keras.KerasTensor:
    """The block head."""
    return keras.layers.Dense(2, name=f"{name}.dense")(x)


def encoder(
    series: keras.KerasTensor,
    units: int = 4,
    activation: str = "relu",
    name: str = "encoder",
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The file encoder."""
    x = keras.layers.LSTM(units, return_sequences=True, name=f"{name}.lstm")(series)
    features = keras.layers.Dense(
        units,
        activation=activation,
        name=f"{name}.features",
    )(x)
    x = blocks_stage(features, units=units, name=f"{name}.stage")
    x = encoder_head(x, name=f"{name}.head")
    summary = keras.ops.mean(x, axis=1)
    return summary, features


def build_model(units: int = 5) -> keras.Model:
    """Build the network include_a_file."""
    left = keras.Input(shape=(None, 3), name="left")
    right = keras.Input(shape=(8, 3), name="right")
    first, _ = encoder(left, units=units, activation="tanh", name="first")
    encoder_, encoder_features = encoder(right, name="encoder")
    concatenate = keras.layers.Concatenate(name="concatenate")([first, encoder_])
    head = encoder_head(encoder_features, name="head")
    return keras.Model(
        inputs=[left, right],
        outputs={"concatenate": concatenate, "head": head},
        name="include_a_file",
    )


if __name__ == "__main__":
    build_model().summary()
