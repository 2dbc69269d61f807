"""The network line_filters in Keras."""

from pathlib import Path

import keras
import numpy as np

HERE = Path(__file__).parent


def build_model() -> keras.Sequential:
    """Feature maps of vertical and horizontal lines in colour images of any size.

    Inputs:
        image: float32[batch, height, width, 3]

    Outputs:
        lines: float32[batch, height, width, 2]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(None, None, 3), name="image"),
            keras.layers.Conv2D(
                2,
                7,
                padding="same",
                use_bias=False,
                kernel_initializer=keras.initializers.Constant(
                    np.load(HERE / "lines.npy")
                ),
                trainable=False,
                name="lines",
            ),
        ],
        name="line_filters",
    )


if __name__ == "__main__":
    build_model().summary()
