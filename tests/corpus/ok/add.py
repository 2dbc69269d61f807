"""The network add in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network add.

    Inputs:
        series: float32[batch, time, 4]
        offset: float32[batch, 4]

    Outputs:
        moved: float32[batch, time, 4]
        without_offset: float32[batch, time, 4]
    """
    series = keras.Input(shape=(None, 4), name="series")
    offset = keras.Input(shape=(4,), name="offset")
    projected = keras.layers.Dense(4, name="projected")(series)
    moved = keras.layers.Add(name="moved")([series, projected, offset])
    without_offset = keras.layers.Subtract(name="without_offset")([moved, offset])
    return keras.Model(
        inputs=[series, offset],
        outputs={"moved": moved, "without_offset": without_offset},
        name="add",
    )


if __name__ == "__main__":
    build_model().summary()
