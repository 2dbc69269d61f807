"""The network einsum_dense in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network einsum_dense.

    Inputs:
        x: float32[batch, 4, 3, 6]
        series: float32[batch, time, 4]

    Outputs:
        joined: float32[batch, time, 3]
        columns: float32[batch, 7, 2, 4]
    """
    x = keras.Input(shape=(4, 3, 6), name="x")
    series = keras.Input(shape=(None, 4), name="series")
    heads = keras.layers.EinsumDense(
        "...c,chd->...hd",
        (2, 5),
        bias_axes="hd",
        name="heads",
    )(series)
    joined = keras.layers.EinsumDense(
        "abcd,cde->abe",
        (None, 3),
        activation="tanh",
        name="joined",
    )(heads)
    x_ = keras.layers.Conv2D(5, 2)(x)
    rows = keras.layers.EinsumDense(
        "abcd,be->aecd",
        (7, 2, 5),
        bias_axes="e",
        kernel_initializer="he_normal",
        name="rows",
    )(x_)
    columns = keras.layers.EinsumDense(
        "abcd,cde->abce",
        (7, 2, 4),
        bias_axes="ce",
        name="columns",
    )(rows)
    return keras.Model(
        inputs=[x, series],
        outputs={"joined": joined, "columns": columns},
        name="einsum_dense",
    )


if __name__ == "__main__":
    build_model().summary()
