"""The network lstm in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network lstm.

    Inputs:
        series: float32[batch, time, 2]

    Outputs:
        last: float32[batch, 3]
        memory: float32[batch, 3]
    """
    series = keras.Input(shape=(None, 2), name="series")
    encoder, encoder_state_h, encoder_state_c = keras.layers.LSTM(
        3,
        recurrent_activation="hard_sigmoid",
        return_sequences=True,
        return_state=True,
        name="encoder",
    )(series)
    decoder = keras.layers.LSTM(
        3,
        unit_forget_bias=False,
        kernel_regularizer=keras.regularizers.L2(l2=0.001),
        name="decoder",
    )(encoder, initial_state=[encoder_state_h, encoder_state_c])
    return keras.Model(
        inputs=series, outputs={"last": decoder, "memory": encoder_state_c}, name="lstm"
    )


if __name__ == "__main__":
    build_model().summary()
