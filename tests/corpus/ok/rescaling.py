"""The network rescaling in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Build the network rescaling.

    Inputs:
        image: uint8[batch, 4, 4, 3]

    Outputs:
        rescaling_1: float32[batch, 4, 4, 3]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(4, 4, 3), name="image", dtype="uint8"),
            keras.layers.Rescaling(0.00784313725490196, offset=-1.0),
            keras.layers.Rescaling((4.367, 4.464, 4.444), offset=(0.065, 0.192, 0.418)),
        ],
        name="rescaling",
    )


if __name__ == "__main__":
    build_model().summary()
