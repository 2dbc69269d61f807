"""The network fashion_cnn in Keras."""

from functools import partial

import keras

DefaultConv2D = partial(
    keras.layers.Conv2D,
    kernel_size=3,
    padding="same",
    activation="relu",
    kernel_initializer="he_normal",
)


def build_model() -> keras.Sequential:
    """Convolutional classifier for 28x28 grey images of ten kinds of clothes.

    Inputs:
        image: float32[batch, 28, 28, 1]

    Outputs:
        probabilities: float32[batch, 10]
    """
    model = keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1), name="image"),
            DefaultConv2D(64, kernel_size=7, name="stem"),
            keras.layers.MaxPooling2D(),
            DefaultConv2D(128),
            DefaultConv2D(128),
            keras.layers.MaxPooling2D(),
            DefaultConv2D(256),
            DefaultConv2D(256),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu", kernel_initializer="he_normal"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(64, activation="relu", kernel_initializer="he_normal"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, activation="softmax", name="probabilities"),
        ],
        name="fashion_cnn",
    )
    model.compile(
        optimizer=keras.optimizers.Nadam(learning_rate=0.001),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


if __name__ == "__main__":
    build_model().summary()
