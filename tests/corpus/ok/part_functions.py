"""The network part_functions in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network part_functions.

    Inputs:
        frames: float32[batch, time, 6, 3]

    Outputs:
        sum: float32[batch, time, 3, 3]
        begin: float32[batch, time, 1, 3]
        middle: float32[batch, time, 2, 3]
        rest: float32[batch, time, 3, 3]
        second: float32[batch, time, 2, 3]
        last: float32[batch, time, 1, 3]
        blue: float32[batch, time, 6]
    """
    frames = keras.Input(shape=(None, 6, 3), name="frames")
    halves, halves_1 = keras.ops.split(frames, indices_or_sections=2, axis=-2)
    pieces, pieces_1, pieces_2 = keras.ops.split(
        frames, indices_or_sections=(1, 3), axis=2
    )
    _, shares_1, _, shares_3 = keras.ops.array_split(
        frames, indices_or_sections=4, axis=2
    )
    _, _, channels_2 = keras.ops.unstack(frames, num=3, axis=-1)
    sum_ = keras.layers.Add(name="sum")([halves, halves_1])
    rest = keras.ops.flip(pieces_2, axis=1)
    return keras.Model(
        inputs=frames,
        outputs={
            "sum": sum_,
            "begin": pieces,
            "middle": pieces_1,
            "rest": rest,
            "second": shares_1,
            "last": shares_3,
            "blue": channels_2,
        },
        name="part_functions",
    )


if __name__ == "__main__":
    build_model().summary()
