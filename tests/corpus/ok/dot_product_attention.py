"""The network dot_product_attention in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network dot_product_attention.

    Inputs:
        query: float32[batch, time, 4, 6]
        known: float32[batch, length, 2, 6]
        bias: float32[batch, 1, time, length]
        seen: bool[batch, 4, 1, length]

    Outputs:
        weighed: float32[batch, time, 4, 6]
    """
    query = keras.Input(shape=(None, 4, 6), name="query")
    known = keras.Input(shape=(None, 2, 6), name="known")
    bias = keras.Input(shape=(1, None, None), name="bias")
    seen = keras.Input(shape=(4, 1, None), name="seen", dtype="bool")
    grouped = keras.ops.dot_product_attention(query, known, known, is_causal=True)
    doubled = keras.layers.Concatenate(2, name="doubled")([known, known])
    weighed = keras.ops.dot_product_attention(
        grouped, doubled, doubled, bias, seen, scale=0.25
    )
    return keras.Model(
        inputs=[query, known, bias, seen], outputs=weighed, name="dot_product_attention"
    )


if __name__ == "__main__":
    build_model().summary()
