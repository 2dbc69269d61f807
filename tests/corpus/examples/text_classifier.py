"""The network text_classifier in Keras."""

import keras


def build_model() -> keras.Sequential:
    """Tells whether a text speaks well of its subject.

    Inputs:
        tokens: int32[batch, words]

    Outputs:
        positive: float32[batch, 1]
    """
    model = keras.Sequential(
        [
            keras.Input(shape=(None,), name="tokens", dtype="int32"),
            keras.layers.Embedding(1000, 32, mask_zero=True),
            keras.layers.Bidirectional(keras.layers.LSTM(24)),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(1, activation="sigmoid", name="positive"),
        ],
        name="text_classifier",
    )
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


if __name__ == "__main__":
    build_model().summary()
