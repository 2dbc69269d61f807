"""The network simple_rnn in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network simple_rnn.

    Inputs:
        series: float32[batch, time, 2]
        start: float32[batch, 3]

    Outputs:
        backwards: float32[batch, 3]
    """
    series = keras.Input(shape=(None, 2), name="series")
    start = keras.Input(shape=(3,), name="start")
    backwards = keras.layers.SimpleRNN(
        3,
        activation="relu",
        use_bias=False,
        dropout=0.1,
        go_backwards=True,
        name="backwards",
    )(series, initial_state=[start])
    return keras.Model(inputs=[series, start], outputs=backwards, name="simple_rnn")


if __name__ == "__main__":
    build_model().summary()
