"""The network residual_cnn in Keras."""

from functools import partial

import keras

Conv = partial(
    keras.layers.Conv2D,
    kernel_size=3,
    padding="same",
    use_bias=False,
    kernel_initializer="he_normal",
)


def build_model() -> keras.Model:
    """Residual network that tells what an image shows and where its centre is.

    Inputs:
        image: float32[batch, 64, 64, 3]

    Outputs:
        kind: float32[batch, 10]
        centre: float32[batch, 2]
    """
    image = keras.Input(shape=(64, 64, 3), name="image")
    stem = Conv(32, strides=2, name="stem")(image)
    x = keras.layers.BatchNormalization()(stem)
    entry = keras.layers.ReLU(name="entry")(x)
    x = Conv(32)(entry)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.ReLU()(x)
    x = Conv(32)(x)
    x = keras.layers.BatchNormalization()(x)
    first = keras.layers.Add(name="first")([entry, x])
    first_out = keras.layers.ReLU(name="first_out")(first)
    x = Conv(64, strides=2)(first_out)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.ReLU()(x)
    x = Conv(64)(x)
    second_deep = keras.layers.BatchNormalization(name="second_deep")(x)
    x = Conv(64, kernel_size=1, strides=2)(first_out)
    second_short = keras.layers.BatchNormalization(name="second_short")(x)
    x = keras.layers.Add()([second_deep, second_short])
    x = keras.layers.ReLU()(x)
    features = keras.layers.GlobalAveragePooling2D(name="features")(x)
    kind = keras.layers.Dense(10, activation="softmax", name="kind")(features)
    centre = keras.layers.Dense(2, activation="sigmoid", name="centre")(features)
    model = keras.Model(
        inputs=image, outputs={"kind": kind, "centre": centre}, name="residual_cnn"
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(learning_rate=0.001, weight_decay=0.0001),
        loss={"kind": "sparse_categorical_crossentropy", "centre": "mse"},
        loss_weights={"kind": 1.0, "centre": 0.5},
        metrics={"kind": ["accuracy"]},
    )
    return model


if __name__ == "__main__":
    build_model().summary()
