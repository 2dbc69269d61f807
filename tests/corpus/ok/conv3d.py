"""The network volumes in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network volumes.

    Inputs:
        scan: float32[batch, depth, 7, 6, 2]

    Outputs:
        conv3d_transpose: float32[batch, depth, 8, 6, 2]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(None, 7, 6, 2), name="scan"),
            keras.layers.Conv3D(
                4,
                (1, 3, 3),
                strides=(1, 2, 2),
                padding="same",
                groups=2,
                activation="relu",
            ),
            keras.layers.Conv3D(
                3, 2, padding="same", dilation_rate=(2, 1, 1), use_bias=False
            ),
            keras.layers.BatchNormalization(),
            keras.layers.Conv3DTranspose(
                2, (1, 2, 3), strides=(1, 2, 2), padding="same"
            ),
        ],
        name="volumes",
    )


if __name__ == "__main__":
    build_model().summary()
