"""The network lookup in Keras."""

from functools import partial

import keras

Words = partial(
    keras.layers.StringLookup,
    mask_token="",
    vocabulary=["the", "cat", "sat on", 'çok "iyi"'],
)


def build_model() -> keras.Model:
    """Build the network lookup.

    Inputs:
        words: string[batch, time]
        codes: int32[batch, 4]
        kind: string[batch, 1]

    Outputs:
        read: float32[batch, 4]
        counts: int64[batch, 4]
        weighted: float32[batch, 8]
        back: string[batch, time]
        kinds: int64[batch, 3]
        spread: int64[batch, 4]
        there: int64[batch, 4]
        meant: int64[batch, 4]
    """
    words = keras.Input(shape=(None,), name="words", dtype="string")
    codes = keras.Input(shape=(4,), name="codes", dtype="int32")
    kind = keras.Input(shape=(1,), name="kind", dtype="string")
    numbers = Words(name="numbers")(words)
    x = keras.layers.Embedding(6, 3, mask_zero=True)(numbers)
    read = keras.layers.GRU(4, name="read")(x)
    counts = Words(num_oov_indices=0, output_mode="count", name="counts")(words)
    weighted = Words(
        8,
        idf_weights=[0.5, 1.5, 2.5, 1.0],
        output_mode="tf_idf",
        pad_to_max_tokens=True,
        name="weighted",
    )(words)
    back = Words(invert=True, name="back")(numbers)
    kinds = keras.layers.StringLookup(
        vocabulary=["red", "green"],
        output_mode="one_hot",
        name="kinds",
    )(kind)
    spread = keras.layers.IntegerLookup(
        num_oov_indices=3,
        mask_token=0,
        vocabulary=[40, 7, -3],
        name="spread",
    )(codes)
    there = keras.layers.IntegerLookup(
        vocabulary=[40, 7, -3],
        output_mode="multi_hot",
        name="there",
    )(codes)
    meant = keras.layers.IntegerLookup(
        oov_token=99,
        vocabulary=[40, 7, -3],
        invert=True,
        name="meant",
    )(codes)
    return keras.Model(
        inputs=[words, codes, kind],
        outputs={
            "read": read,
            "counts": counts,
            "weighted": weighted,
            "back": back,
            "kinds": kinds,
            "spread": spread,
            "there": there,
            "meant": meant,
        },
        name="lookup",
    )


if __name__ == "__main__":
    build_model().summary()
