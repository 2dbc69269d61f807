"""The network multi_head_attention in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network multi_head_attention.

    Inputs:
        said: float32[batch, steps, 8]
        words: int32[batch, length]

    Outputs:
        other: float32[batch, steps, 7]
    """
    said = keras.Input(shape=(None, 8), name="said")
    words = keras.Input(shape=(None,), name="words", dtype="int32")
    itself = keras.layers.MultiHeadAttention(2, 4, name="itself")(
        said, value=said, use_causal_mask=True
    )
    text = keras.layers.Embedding(30, 6, mask_zero=True, name="text")(words)
    other = keras.layers.MultiHeadAttention(
        3,
        4,
        value_dim=5,
        dropout=0.1,
        use_bias=False,
        output_shape=7,
        name="other",
    )(itself, value=text)
    return keras.Model(inputs=[said, words], outputs=other, name="multi_head_attention")


if __name__ == "__main__":
    build_model().summary()
