"""The network presets_of_params in Keras."""

import keras


def stack(
    x: keras.KerasTensor,
    width: int,
    width_: float,
    activation: str,
    scale: float,
    name: str = "stack",
) -> keras.KerasTensor:
    """The block stack."""
    x = keras.layers.Dense(
        int(4 * width_), activation=activation, name=f"{name}.dense"
    )(x)
    return keras.layers.Dense(
        width,
        kernel_initializer=keras.initializers.VarianceScaling(
            scale=scale, seed=int(2 * width_)
        ),
        name=f"{name}.dense_1",
    )(x)


def build_model(
    width: float = 1.5, activation: str = "relu", scale: float = 0.5
) -> keras.Model:
    """Build the network presets_of_params."""
    features = keras.Input(shape=(4,), name="features")
    x = keras.layers.Dense(
        int(4 * width),
        activation=activation,
        name="dense",
    )(features)
    x = keras.layers.Dense(int(4 * width), name="dense_1")(x)
    x = stack(
        x, width=3, width_=width, activation=activation, scale=scale, name="stack"
    )
    return keras.Model(inputs=features, outputs=x, name="presets_of_params")


if __name__ == "__main__":
    build_model().summary()
