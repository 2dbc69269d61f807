"""The network shape_functions in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network shape_functions.

    Inputs:
        image: float32[batch, height, width, 3]
        vector: float32[batch, 3]

    Outputs:
        row: float32[batch, 1, 3]
        swapped: float32[batch, 3, width, height]
        moved: float32[batch, width, 3, height]
        pair: float32[batch, height, width, 3, 2]
        transposed: float32[batch, width, height, 4]
    """
    image = keras.Input(shape=(None, None, 3), name="image")
    vector = keras.Input(shape=(3,), name="vector")
    pixel = keras.ops.expand_dims(vector, axis=(1, 2))
    row = keras.ops.squeeze(pixel, axis=1)
    swapped = keras.ops.swapaxes(image, axis1=1, axis2=-1)
    moved = keras.ops.moveaxis(image, source=(1, 2), destination=(-1, 1))
    pair = keras.ops.stack([image, image], axis=-1)
    x = keras.layers.Conv2D(4, 1)(image)
    transposed = keras.ops.swapaxes(x, axis1=2, axis2=1)
    return keras.Model(
        inputs=[image, vector],
        outputs={
            "row": row,
            "swapped": swapped,
            "moved": moved,
            "pair": pair,
            "transposed": transposed,
        },
        name="shape_functions",
    )


if __name__ == "__main__":
    build_model().summary()
