"""The network expressions_everywhere in Keras."""

import keras


def build_model(
    seed: int = 7,
    units: int = 4,
    size: int = 3,
    rate: float = 0.01,
    most: int = 16,
    loss: str = "mse",
    type_: str = "float32",
) -> keras.Model:
    """Build the network expressions_everywhere."""
    image = keras.Input(shape=(2 * size, size, 2), name="image")
    series = keras.Input(shape=(None, units), name="series")
    x = keras.layers.Conv2D(
        units,
        (size, 1),
        strides=(size - 1, 1),
        name="conv2d",
    )(image)
    x = keras.layers.Reshape((2 * size, units), name="reshape")(x)
    x = keras.layers.Dense(
        units, kernel_initializer=keras.initializers.HeNormal(seed=seed), name="dense"
    )(x)
    x = keras.layers.TimeDistributed(
        keras.layers.Dense(units, kernel_regularizer=keras.regularizers.L2(l2=rate)),
        name="time_distributed",
    )(x)
    seeded = keras.layers.Dense(
        units + 1,
        kernel_initializer=keras.initializers.HeNormal(seed=seed),
        name="seeded",
    )(x)
    encoded = keras.layers.Bidirectional(
        keras.layers.GRU(units, activation=keras.layers.LeakyReLU(negative_slope=rate)),
        name="encoded",
    )(series)
    model = keras.Model(
        inputs=[image, series],
        outputs={"seeded": seeded, "encoded": encoded},
        name="expressions_everywhere",
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=rate / 10),
        loss={"seeded": loss, "encoded": loss},
    )
    return model


if __name__ == "__main__":
    build_model().summary()
