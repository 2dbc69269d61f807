"""The network categories in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network categories.

    Inputs:
        words: int32[batch, 6]
        scores: float32[batch, 6]
        kind: int64[batch, 1]
        ages: float32[batch, time, 2]

    Outputs:
        there: float32[batch, 10]
        weighted: float32[batch, 10]
        kinds: float32[batch, 5]
        bins: int32[batch, time, 2]
        thirds: float32[batch, time, 2, 3]
        signs: float32[batch, 2, 2]
    """
    words = keras.Input(shape=(6,), name="words", dtype="int32")
    scores = keras.Input(shape=(6,), name="scores")
    kind = keras.Input(shape=(1,), name="kind", dtype="int64")
    ages = keras.Input(shape=(None, 2), name="ages")
    there = keras.layers.CategoryEncoding(10, name="there")(words)
    weighted = keras.layers.CategoryEncoding(10, output_mode="count", name="weighted")(
        words, count_weights=scores
    )
    kinds = keras.layers.CategoryEncoding(5, output_mode="one_hot", name="kinds")(kind)
    bins = keras.layers.Discretization((-0.5, 0.0, 0.5), name="bins")(ages)
    thirds = keras.layers.Discretization(
        (-1.0, 1.0),
        output_mode="one_hot",
        name="thirds",
    )(ages)
    signs = keras.layers.Discretization((0.0,), output_mode="count", name="signs")(ages)
    return keras.Model(
        inputs=[words, scores, kind, ages],
        outputs={
            "there": there,
            "weighted": weighted,
            "kinds": kinds,
            "bins": bins,
            "thirds": thirds,
            "signs": signs,
        },
        name="categories",
    )


if __name__ == "__main__":
    build_model().summary()
