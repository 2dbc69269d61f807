"""The network dot in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network dot.

    Inputs:
        question: float32[batch, asked, 6]
        answer: float32[batch, answered, 6]
        left: float32[batch, 5]
        right: float32[batch, 5]

    Outputs:
        alike: float32[batch, asked, answered]
        cosine: float32[batch, 1]
    """
    question = keras.Input(shape=(None, 6), name="question")
    answer = keras.Input(shape=(None, 6), name="answer")
    left = keras.Input(shape=(5,), name="left")
    right = keras.Input(shape=(5,), name="right")
    alike = keras.layers.Dot(2, name="alike")([question, answer])
    cosine = keras.layers.Dot(1, normalize=True, name="cosine")([left, right])
    return keras.Model(
        inputs=[question, answer, left, right],
        outputs={"alike": alike, "cosine": cosine},
        name="dot",
    )


if __name__ == "__main__":
    build_model().summary()
