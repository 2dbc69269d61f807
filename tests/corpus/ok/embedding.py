"""The network embedding in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network embedding.

    Inputs:
        words: int32[batch, length]

    Outputs:
        mean: float32[batch, 4]
        tag: float32[batch, length, 2]
    """
    words = keras.Input(shape=(None,), name="words", dtype="int32")
    meaning = keras.layers.Embedding(
        20,
        4,
        embeddings_initializer="he_normal",
        mask_zero=True,
        name="meaning",
    )(words)
    mean = keras.layers.GlobalAveragePooling1D(name="mean")(meaning)
    tag = keras.layers.Embedding(20, 2, name="tag")(words)
    return keras.Model(
        inputs=words, outputs={"mean": mean, "tag": tag}, name="embedding"
    )


if __name__ == "__main__":
    build_model().summary()
