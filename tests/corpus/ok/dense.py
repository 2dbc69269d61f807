"""The network dense in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network dense.

    Inputs:
        series: float32[batch, time, 3]

    Outputs:
        label: float32[batch, 2]
    """
    series = keras.Input(shape=(None, 3), name="series")
    hidden = keras.layers.Dense(
        5,
        activation="tanh",
        kernel_initializer="glorot_normal",
        bias_initializer="ones",
        name="hidden",
    )(series)
    x = keras.layers.Identity()(hidden)
    x = keras.ops.max(x, axis=1)
    label = keras.layers.Dense(
        2,
        activation="softmax",
        use_bias=False,
        kernel_regularizer=keras.regularizers.L2(l2=0.001),
        name="label",
    )(x)
    return keras.Model(inputs=series, outputs=label, name="dense")


if __name__ == "__main__":
    build_model().summary()
