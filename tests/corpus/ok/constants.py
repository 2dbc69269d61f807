"""The network constants in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network constants.

    Inputs:
        x: float32[batch, 4, 3]
        kind: int32[batch]

    Outputs:
        turned: float32[batch, 4, 3]
        chosen: float32[batch, 3, 3]
        row: float32[batch, 3]
    """
    x = keras.Input(shape=(4, 3), name="x")
    kind = keras.Input(shape=(), name="kind", dtype="int32")
    backwards = keras.ops.arange(3, stop=-1, step=-1)
    turned = keras.ops.take(x, backwards, axis=1)
    table = keras.ops.convert_to_tensor(
        [[1, 0, -1], [0, 2, 3], [2, 0, 1]], dtype="float32"
    )
    below = keras.ops.eye(3, k=-1)
    lower = keras.ops.tri(3)
    tables = keras.ops.stack([table, below, lower])
    chosen = keras.ops.take(tables, kind, axis=0)
    line = keras.ops.linspace(-1.0, 1.0, num=3)
    none = keras.ops.zeros((3,))
    all_ = keras.ops.ones((3,))
    half = keras.ops.full((3,), 0.5)
    rows = keras.ops.stack([line, none, all_, half])
    row = keras.ops.take(rows, kind, axis=0)
    return keras.Model(
        inputs=[x, kind],
        outputs={"turned": turned, "chosen": chosen, "row": row},
        name="constants",
    )


if __name__ == "__main__":
    build_model().summary()
