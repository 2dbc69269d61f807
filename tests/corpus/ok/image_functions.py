"""The network pixels in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network pixels.

    Inputs:
        image: float32[batch, height, 8, 3]
        scan: float32[batch, 4, 6, 5, 2]

    Outputs:
        finer: float32[batch, height, 8, 2]
        windows: float32[batch, height/2, 4, 27]
        tiles: float32[batch, 2, 2, 1, 60]
        pairs: float32[batch, height - 2, 7, 12]
        small: float32[batch, 4, 6, 3]
    """
    image = keras.Input(shape=(None, 8, 3), name="image")
    scan = keras.Input(shape=(4, 6, 5, 2), name="scan")
    x = keras.ops.space_to_depth(image, block_size=2)
    x = keras.layers.Conv2D(8, 3, padding="same")(x)
    finer = keras.ops.depth_to_space(x, block_size=2)
    windows = keras.ops.image.extract_patches(
        image, size=(3, 3), strides=2, padding="same"
    )
    tiles = keras.ops.image.extract_patches(scan, size=(2, 3, 5))
    pairs = keras.ops.image.extract_patches(
        image, size=(2, 2), strides=1, dilation_rate=(2, 1)
    )
    small = keras.ops.image.resize(image, size=(4, 6))
    return keras.Model(
        inputs=[image, scan],
        outputs={
            "finer": finer,
            "windows": windows,
            "tiles": tiles,
            "pairs": pairs,
            "small": small,
        },
        name="pixels",
    )


if __name__ == "__main__":
    build_model().summary()
