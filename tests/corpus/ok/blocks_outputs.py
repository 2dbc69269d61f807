"""The network blocks_outputs in Keras."""

import keras


def encoder(
    x: keras.KerasTensor, name: str = "encoder"
) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
    """The block encoder."""
    lstm, lstm_state_h, _ = keras.layers.LSTM(
        4,
        return_sequences=True,
        return_state=True,
        name=f"{name}.lstm",
    )(x)
    head = keras.layers.Dense(2, name=f"{name}.head")(lstm)
    return head, lstm, lstm_state_h


def one(x: keras.KerasTensor, name: str = "one") -> keras.KerasTensor:
    """The block one."""
    return keras.layers.Dense(3, name=f"{name}.kept")(x)


def halves(
    inputs: keras.KerasTensor, units: int = 2, name: str = "halves"
) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
    """The block halves."""
    low = keras.layers.Dense(units, name=f"{name}.low")(inputs)
    high = keras.layers.Dense(units, name=f"{name}.high")(inputs)
    return low, high, inputs


def build_model() -> keras.Model:
    """Build the network blocks_outputs."""
    series = keras.Input(shape=(None, 3), name="series")
    encoder_, encoder_lstm, encoder_lstm_state_h = encoder(series, name="encoder")
    x = one(encoder_, name="one")
    halves_, halves_top, halves_whole = halves(x, name="halves")
    concatenate = keras.layers.Concatenate(
        name="concatenate",
    )([halves_, halves_top, halves_whole, encoder_lstm])
    return keras.Model(
        inputs=series,
        outputs={"all": concatenate, "state": encoder_lstm_state_h},
        name="blocks_outputs",
    )


if __name__ == "__main__":
    build_model().summary()
