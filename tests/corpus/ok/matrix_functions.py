"""The network matrix_functions in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network matrix_functions.

    Inputs:
        square: float32[batch, size, size]
        table: int16[batch, 3, 4]
        frames: float32[batch, time, 6]

    Outputs:
        cross: int16[batch, 3, 4]
        below: float32[batch, size - 1]
        trace: int32[batch]
        lower: int16[batch, 3, 4]
        upper: float32[batch, size, size]
        changes: float32[batch, time - 2, 6]
        cubes: float32[batch, time, 6]
        units: float32[batch, time, 6]
    """
    square = keras.Input(shape=(None, None), name="square")
    table = keras.Input(shape=(3, 4), name="table", dtype="int16")
    frames = keras.Input(shape=(None, 6), name="frames")
    plane = keras.ops.convert_to_tensor([2, -1], dtype="int8")
    below = keras.ops.diagonal(square, offset=-1, axis1=1, axis2=2)
    trace = keras.ops.trace(table, offset=1, axis1=-1, axis2=-2)
    lower = keras.ops.tril(table, k=1)
    upper = keras.ops.triu(square, k=1)
    changes = keras.ops.diff(frames, n=2, axis=1)
    cubes = keras.ops.normalize(frames, axis=1, order=3)
    units = keras.ops.normalize(frames)
    cross = keras.ops.cross(table, plane, axisa=1, axisb=0, axisc=1)
    return keras.Model(
        inputs=[square, table, frames],
        outputs={
            "cross": cross,
            "below": below,
            "trace": trace,
            "lower": lower,
            "upper": upper,
            "changes": changes,
            "cubes": cubes,
            "units": units,
        },
        name="matrix_functions",
    )


if __name__ == "__main__":
    build_model().summary()
