"""The network reversible_embedding in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network reversible_embedding."""
    words = keras.Input(shape=(None,), name="words", dtype="int32")
    tokens_layer = keras.layers.ReversibleEmbedding(
        20, 6, mask_zero=True, logit_soft_cap=30.0, name="tokens"
    )
    tokens = tokens_layer(words)
    x = keras.layers.SpectralNormalization(
        keras.layers.Dense(6), name="spectral_normalization"
    )(tokens)
    hidden = keras.layers.GRU(6, return_sequences=True, name="hidden")(x)
    scores = tokens_layer(hidden, reverse=True)
    others = keras.layers.ReversibleEmbedding(9, 6, tie_weights=False, name="others")(
        hidden, reverse=True
    )
    return keras.Model(
        inputs=words,
        outputs={"scores": scores, "others": others},
        name="reversible_embedding",
    )


if __name__ == "__main__":
    build_model().summary()
