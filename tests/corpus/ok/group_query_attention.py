"""The network group_query_attention in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network group_query_attention.

    Inputs:
        series: float32[batch, time, 8]
        known: bool[batch, time]

    Outputs:
        mixed: float32[batch, time, 8]
        scores: float32[batch, 2, time, time]
    """
    series = keras.Input(shape=(None, 8), name="series")
    known = keras.Input(shape=(None,), name="known", dtype="bool")
    grouped = keras.layers.GroupQueryAttention(3, 6, 2, name="grouped")(
        series, value=series, value_mask=known, use_causal_mask=True
    )
    x, grouped_query_attention_scores = keras.layers.GroupQueryAttention(
        4,
        2,
        1,
        use_bias=False,
        sliding_window=3,
        use_gate=True,
    )(grouped, value=series, key=grouped, return_attention_scores=True)
    return keras.Model(
        inputs=[series, known],
        outputs={"mixed": x, "scores": grouped_query_attention_scores},
        name="group_query_attention",
    )


if __name__ == "__main__":
    build_model().summary()
