"""The network softmax_of_a_mask in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network softmax_of_a_mask.

    Inputs:
        scores: float32[batch, time, 4]
        keep: bool[batch, time, 4]

    Outputs:
        softmax: float32[batch, time, 4]
    """
    scores = keras.Input(shape=(None, 4), name="scores")
    keep = keras.Input(shape=(None, 4), name="keep", dtype="bool")
    x = keras.layers.Softmax(1)(scores, mask=keep)
    return keras.Model(inputs=[scores, keep], outputs=x, name="softmax_of_a_mask")


if __name__ == "__main__":
    build_model().summary()
