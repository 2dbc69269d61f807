"""The network average in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network average.

    Inputs:
        left: float32[batch, 4]
        right: float32[batch, 4]
        count: int32[batch, 1]

    Outputs:
        mean: float32[batch, 4]
        greatest: float32[batch, 4]
        least: float32[batch, 4]
    """
    left = keras.Input(shape=(4,), name="left")
    right = keras.Input(shape=(4,), name="right")
    count = keras.Input(shape=(1,), name="count", dtype="int32")
    mean = keras.layers.Average(name="mean")([left, right, count])
    greatest = keras.layers.Maximum(name="greatest")([left, right, count])
    least = keras.layers.Minimum(name="least")([left, right, count])
    return keras.Model(
        inputs=[left, right, count],
        outputs={"mean": mean, "greatest": greatest, "least": least},
        name="average",
    )


if __name__ == "__main__":
    build_model().summary()
