"""The network index_functions in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network index_functions.

    Inputs:
        frames: float32[batch, time, 4, 3]
        places: int32[batch, 2, 4, 1]
        ids: uint8[batch, 5]

    Outputs:
        window: float32[batch, time - 1, 2, 2]
        rows: float32[batch, time, 3, 3]
        green: float32[batch, time, 4]
        moments: float32[batch, 2, 4, 3]
        letters: int8[batch, 6, 5]
        bag: float32[batch, 6]
        best: float32[batch, time, 4, 2]
        which: int32[batch, time, 4, 2]
        sorted: float32[batch, time, 4, 3]
        ranks: int32[batch, time, 4, 3]
    """
    frames = keras.Input(shape=(None, 4, 3), name="frames")
    places = keras.Input(shape=(2, 4, 1), name="places", dtype="int32")
    ids = keras.Input(shape=(5,), name="ids", dtype="uint8")
    window = keras.ops.slice(frames, start_indices=(0, 1, 0, 1), shape=(-1, -1, 2, -1))
    rows = keras.ops.take(frames, (0, -1, 2), axis=2)
    green = keras.ops.take(frames, 1, axis=-1)
    moments = keras.ops.take_along_axis(frames, places, axis=1)
    letters = keras.ops.one_hot(ids, num_classes=6, axis=1, dtype="int8")
    bag = keras.ops.multi_hot(ids, num_classes=6)
    best, best_indices = keras.ops.top_k(frames, k=2)
    sorted_ = keras.ops.sort(frames, axis=1)
    ranks = keras.ops.argsort(frames, axis=-2)
    return keras.Model(
        inputs=[frames, places, ids],
        outputs={
            "window": window,
            "rows": rows,
            "green": green,
            "moments": moments,
            "letters": letters,
            "bag": bag,
            "best": best,
            "which": best_indices,
            "sorted": sorted_,
            "ranks": ranks,
        },
        name="index_functions",
    )


if __name__ == "__main__":
    build_model().summary()
