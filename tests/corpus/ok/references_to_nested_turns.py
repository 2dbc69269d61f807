"""The network references_to_nested_turns in Keras."""

import keras


def two(
    x: keras.KerasTensor, name: str = "two"
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """The block two."""
    a = keras.layers.Dense(3, name=f"{name}.a")(x)
    b = keras.layers.Dense(2, name=f"{name}.b")(a)
    return a, b


def build_model() -> keras.Model:
    """Build the network references_to_nested_turns."""
    series = keras.Input(shape=(None, 3), name="series")
    x = series
    deeps = []
    pairs = []
    pair_bs = []
    lstms = []
    lstm_state_hs = []
    lstm_state_cs = []
    for i in range(2):
        deeps_ = []
        for j in range(2):
            deep = keras.layers.Dense(i + 2, name=f"deep.{i}.{j}")(x)
            deeps_.append(deep)
            x = deep
        lstm, lstm_state_h, lstm_state_c = keras.layers.LSTM(
            3,
            return_sequences=True,
            return_state=True,
            name=f"lstm.{i}",
        )(x)
        lstms.append(lstm)
        lstm_state_hs.append(lstm_state_h)
        lstm_state_cs.append(lstm_state_c)
        pair, pair_b = two(lstm, name=f"pair.{i}")
        pairs.append(pair)
        pair_bs.append(pair_b)
        x = pair
        deeps.append(deeps_)
    concatenate = keras.layers.Concatenate(
        name="concatenate",
    )([deeps[0][1], deeps[1][0], deeps[-1][-1], pairs[0], pair_bs[1], lstms[0]])
    state = keras.layers.Dense(2, name="state")(lstm_state_hs[0])
    return keras.Model(
        inputs=series,
        outputs={"all": concatenate, "state": state, "last": lstm_state_cs[-1]},
        name="references_to_nested_turns",
    )


if __name__ == "__main__":
    build_model().summary()
