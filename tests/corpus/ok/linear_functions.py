"""The network linear_functions in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network linear_functions.

    Inputs:
        query: float32[batch, time, 4]
        key: float32[batch, steps, 4]

    Outputs:
        scores: float32[batch, time, steps]
        mixed: float32[batch, time, 2]
        inner: float32[batch, time, 3]
        outer: float32[batch, time, 2]
        triples: float32[batch, time, steps, 3]
    """
    query = keras.Input(shape=(None, 4), name="query")
    key = keras.Input(shape=(None, 4), name="key")
    turned = keras.ops.swapaxes(key, axis1=1, axis2=2)
    scores = keras.ops.matmul(query, turned)
    matrix = keras.ops.convert_to_tensor(
        [[1.0, 0.5], [0.0, -1.0], [2.0, 0.0], [0.5, 0.5]], dtype="float32"
    )
    mixed = keras.ops.matmul(query, matrix)
    row = keras.ops.convert_to_tensor([[0.5, 1, 2, 0.25]], dtype="float32")
    rows = keras.ops.broadcast_to(row, shape=(3, 4))
    inner = keras.ops.inner(query, rows)
    outer = keras.ops.tensordot(query, matrix, axes=((2,), (0,)))
    triples = keras.ops.einsum("abc,adc,ec->abde", query, key, rows)
    return keras.Model(
        inputs=[query, key],
        outputs={
            "scores": scores,
            "mixed": mixed,
            "inner": inner,
            "outer": outer,
            "triples": triples,
        },
        name="linear_functions",
    )


if __name__ == "__main__":
    build_model().summary()
