"""The network pooling in Keras."""

import keras


def build_model() -> keras.Model:
    """Max, average and global average pooling of one image, and the mean over height
    and width.

    Inputs:
        image: float32[batch, 32, 48, 3]

    Outputs:
        max: float32[batch, 16, 24, 3]
        average: float32[batch, 16, 24, 3]
        global_average: float32[batch, 3]
        mean: float32[batch, 3]
    """
    image = keras.Input(shape=(32, 48, 3), name="image")
    max_ = keras.layers.MaxPooling2D(name="max")(image)
    average = keras.layers.AveragePooling2D(
        3,
        strides=2,
        padding="same",
        name="average",
    )(image)
    global_average = keras.layers.GlobalAveragePooling2D(name="global_average")(image)
    mean = keras.ops.mean(image, axis=(1, 2))
    return keras.Model(
        inputs=image,
        outputs={
            "max": max_,
            "average": average,
            "global_average": global_average,
            "mean": mean,
        },
        name="pooling",
    )


if __name__ == "__main__":
    build_model().summary()
