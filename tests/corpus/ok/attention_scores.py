"""The network attention_scores in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network attention_scores.

    Inputs:
        series: float32[batch, time, 6]
        seen: bool[batch, 1, time]

    Outputs:
        mixed: float32[batch, time, 6]
        scores: float32[batch, 2, time, time]
    """
    series = keras.Input(shape=(None, 6), name="series")
    seen = keras.Input(shape=(1, None), name="seen", dtype="bool")
    attention, attention_scores = keras.layers.MultiHeadAttention(
        2,
        3,
        sliding_window=2,
        use_gate=True,
        name="attention",
    )(series, value=series, attention_mask=seen, return_attention_scores=True)
    return keras.Model(
        inputs=[series, seen],
        outputs={"mixed": attention, "scores": attention_scores},
        name="attention_scores",
    )


if __name__ == "__main__":
    build_model().summary()
