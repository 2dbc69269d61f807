"""The network text_and_series in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network text_and_series.

    Inputs:
        ids: int32[batch, time]
        series: float32[batch, steps, 3]

    Outputs:
        mean: float32[batch, 1, 4]
        greatest: float32[batch, 3]
    """
    ids = keras.Input(shape=(None,), name="ids", dtype="int32")
    series = keras.Input(shape=(None, 3), name="series")
    x = keras.layers.Embedding(10, 4, mask_zero=True)(ids)
    mean = keras.layers.GlobalAveragePooling1D(keepdims=True, name="mean")(x)
    greatest = keras.layers.GlobalMaxPooling1D(name="greatest")(series)
    return keras.Model(
        inputs=[ids, series],
        outputs={"mean": mean, "greatest": greatest},
        name="text_and_series",
    )


if __name__ == "__main__":
    build_model().summary()
