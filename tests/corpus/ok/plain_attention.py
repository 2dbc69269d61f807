"""The network plain_attention in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network plain_attention.

    Inputs:
        said: float32[batch, steps, 6]
        words: int32[batch, length]
        seen: bool[batch, steps]

    Outputs:
        itself: float32[batch, steps, 6]
        scores: float32[batch, steps, steps]
        additive: float32[batch, steps, 6]
    """
    said = keras.Input(shape=(None, 6), name="said")
    words = keras.Input(shape=(None,), name="words", dtype="int32")
    seen = keras.Input(shape=(None,), name="seen", dtype="bool")
    text = keras.layers.Embedding(30, 6, mask_zero=True, name="text")(words)
    heard = keras.layers.Attention(True, dropout=0.1, name="heard")([said, text])
    itself, itself_scores = keras.layers.Attention(score_mode="concat", name="itself")(
        [heard, said, heard],
        mask=[seen, seen],
        return_attention_scores=True,
        use_causal_mask=True,
    )
    additive = keras.layers.AdditiveAttention(name="additive")([heard, text, text])
    return keras.Model(
        inputs=[said, words, seen],
        outputs={"itself": itself, "scores": itself_scores, "additive": additive},
        name="plain_attention",
    )


if __name__ == "__main__":
    build_model().summary()
