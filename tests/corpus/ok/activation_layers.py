"""The network activation_layers in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network activation_layers.

    Inputs:
        image: float32[batch, 6, 5, 3]

    Outputs:
        softmax: float32[batch, 5, 4, 4]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(6, 5, 3), name="image"),
            keras.layers.Conv2D(4, 2),
            keras.layers.ReLU(2.0, negative_slope=0.1, threshold=0.25),
            keras.layers.LeakyReLU(0.5),
            keras.layers.PReLU(
                keras.initializers.Constant(value=0.25), shared_axes=(1, 2)
            ),
            keras.layers.ELU(0.5),
            keras.layers.Softmax((1, 2)),
        ],
        name="activation_layers",
    )


if __name__ == "__main__":
    build_model().summary()
