"""The network conv_lstm in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network conv_lstm.

    Inputs:
        images: float32[batch, time, 6, 5, 2]
        signal: float32[batch, 4, 9, 2]
        volumes: float32[batch, 3, 2, 3, 4, 3]

    Outputs:
        both_ways: float32[batch, 1, 1, 4]
        masked: float32[batch, 9, 2]
        masked_state_c: float32[batch, 9, 2]
        last_volume: float32[batch, 2, 2, 3, 2]
    """
    images = keras.Input(shape=(None, 6, 5, 2), name="images")
    signal = keras.Input(shape=(4, 9, 2), name="signal")
    volumes = keras.Input(shape=(3, 2, 3, 4, 3), name="volumes")
    frames = keras.layers.ConvLSTM2D(
        3,
        (3, 2),
        strides=2,
        activation="relu",
        recurrent_activation="hard_sigmoid",
        return_sequences=True,
        name="frames",
    )(images)
    both_ways = keras.layers.Bidirectional(
        keras.layers.ConvLSTM2D(2, 2, use_bias=False),
        name="both_ways",
    )(frames)
    x = keras.layers.Masking()(signal)
    masked, _, masked_state_c = keras.layers.ConvLSTM1D(
        2,
        3,
        padding="same",
        dilation_rate=2,
        unit_forget_bias=False,
        return_state=True,
        go_backwards=True,
        name="masked",
    )(x)
    last_volume = keras.layers.ConvLSTM3D(
        2,
        2,
        data_format="channels_first",
        name="last_volume",
    )(volumes)
    return keras.Model(
        inputs=[images, signal, volumes],
        outputs={
            "both_ways": both_ways,
            "masked": masked,
            "masked_state_c": masked_state_c,
            "last_volume": last_volume,
        },
        name="conv_lstm",
    )


if __name__ == "__main__":
    build_model().summary()
