"""The network presets_of_presets in Keras."""

from functools import partial

import keras

Same = partial(keras.layers.Conv2D, kernel_size=3, padding="same", activation="relu")
Smooth = partial(keras.layers.Conv2D, kernel_size=3, padding="same", activation="tanh")
Pointwise = partial(
    keras.layers.Conv2D, filters=2, kernel_size=1, padding="same", activation="tanh"
)
Shut = partial(
    keras.layers.Conv2D, filters=2, kernel_size=1, padding="same", activation="tanh"
)
Bare = partial(
    keras.layers.Conv2D, filters=2, kernel_size=1, padding="same", activation="tanh"
)


def build_model() -> keras.Sequential:
    """Build the network presets_of_presets.

    Inputs:
        image: float32[batch, 6, 6, 2]

    Outputs:
        flatten: float32[batch, 9]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(6, 6, 2), name="image"),
            Same(2),
            Smooth(3, strides=2),
            Pointwise(),
            Shut(activation="linear"),
            Bare(filters=1),
            keras.layers.Flatten(),
        ],
        name="presets_of_presets",
    )


if __name__ == "__main__":
    build_model().summary()
