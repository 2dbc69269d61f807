"""The network concatenate in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network concatenate.

    Inputs:
        image: float32[batch, 8, 8, 3]
        first: float32[batch, time, 3]
        second: float32[batch, other, 3]

    Outputs:
        channels: float32[batch, 8, 8, 6]
        sequence: float32[batch, other + time, 3]
    """
    image = keras.Input(shape=(8, 8, 3), name="image")
    first = keras.Input(shape=(None, 3), name="first")
    second = keras.Input(shape=(None, 3), name="second")
    wide = keras.layers.Conv2D(4, 3, padding="same", name="wide")(image)
    narrow = keras.layers.Conv2D(2, 1, name="narrow")(image)
    channels = keras.layers.Concatenate(name="channels")([wide, narrow])
    sequence = keras.layers.Concatenate(1, name="sequence")([first, second])
    return keras.Model(
        inputs=[image, first, second],
        outputs={"channels": channels, "sequence": sequence},
        name="concatenate",
    )


if __name__ == "__main__":
    build_model().summary()
