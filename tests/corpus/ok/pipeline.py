"""The network pipeline in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network pipeline.

    Inputs:
        pixels: uint8[batch, 8, 6, 3]

    Outputs:
        pipeline: float32[batch, 2]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(8, 6, 3), name="pixels", dtype="uint8"),
            keras.layers.Pipeline(
                [
                    keras.layers.Rescaling(0.5, offset=-1.0),
                    keras.layers.Pipeline([keras.layers.Equalization((-1, 127))]),
                    keras.layers.RandomFlip("horizontal"),
                    keras.layers.AutoContrast((-1, 127)),
                ],
                name="prepare",
            ),
            keras.layers.Conv2D(2, 3),
            keras.layers.Pipeline(
                [keras.layers.ReLU(), keras.layers.GlobalAveragePooling2D()],
                name="pipeline",
            ),
        ],
        name="pipeline",
    )


if __name__ == "__main__":
    build_model().summary()
