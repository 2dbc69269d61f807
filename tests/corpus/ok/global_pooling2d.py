"""The network summaries in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network summaries.

    Inputs:
        image: float32[batch, 3, height, width]

    Outputs:
        mean: float32[batch, 3]
        maximum: float32[batch, 3, 1, 1]
    """
    image = keras.Input(shape=(3, None, None), name="image")
    mean = keras.layers.GlobalAveragePooling2D("channels_first", name="mean")(image)
    maximum = keras.layers.GlobalMaxPooling2D(
        "channels_first",
        keepdims=True,
        name="maximum",
    )(image)
    return keras.Model(
        inputs=image, outputs={"mean": mean, "maximum": maximum}, name="summaries"
    )


if __name__ == "__main__":
    build_model().summary()
