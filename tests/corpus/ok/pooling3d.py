"""The network summaries in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network summaries.

    Inputs:
        scan: float32[batch, depth, 7, 6, 2]

    Outputs:
        maxima: float32[batch, depth, 4, 3, 2]
        means: float32[batch, ceil(depth/2), 4, 3, 2]
        mean: float32[batch, 1, 1, 1, 2]
        maximum: float32[batch, 2]
    """
    scan = keras.Input(shape=(None, 7, 6, 2), name="scan")
    maxima = keras.layers.MaxPooling3D(
        (1, 3, 2),
        strides=(1, 2, 2),
        padding="same",
        name="maxima",
    )(scan)
    means = keras.layers.AveragePooling3D(
        2,
        strides=(2, 1, 1),
        padding="same",
        name="means",
    )(maxima)
    mean = keras.layers.GlobalAveragePooling3D(keepdims=True, name="mean")(means)
    maximum = keras.layers.GlobalMaxPooling3D(name="maximum")(means)
    return keras.Model(
        inputs=scan,
        outputs={"maxima": maxima, "means": means, "mean": mean, "maximum": maximum},
        name="summaries",
    )


if __name__ == "__main__":
    build_model().summary()
