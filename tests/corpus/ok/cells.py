"""The network cells in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network cells.

    Inputs:
        words: int32[batch, time]

    Outputs:
        last: float32[batch, 3]
        states_state_0: float32[batch, 3]
    """
    words = keras.Input(shape=(None,), name="words", dtype="int32")
    x = keras.layers.Embedding(20, 4, mask_zero=True)(words)
    stack = keras.layers.RNN(
        [keras.layers.LSTMCell(3), keras.layers.GRUCell(2, reset_after=False)],
        return_sequences=True,
        go_backwards=True,
        name="stack",
    )(x)
    states_outputs = keras.layers.RNN(
        keras.layers.StackedRNNCells(
            [
                keras.layers.SimpleRNNCell(3, activation="relu"),
                keras.layers.LSTMCell(3, unit_forget_bias=False),
            ]
        ),
        return_sequences=True,
        return_state=True,
        name="states",
    )(stack)
    states = states_outputs[0]
    states_state_0 = states_outputs[1]
    states_state_1_h = states_outputs[2][0]
    states_state_1_c = states_outputs[2][1]
    last = keras.layers.RNN(
        keras.layers.LSTMCell(3),
        zero_output_for_mask=True,
        name="last",
    )(states, initial_state=[states_state_1_h, states_state_1_c])
    return keras.Model(
        inputs=words,
        outputs={"last": last, "states_state_0": states_state_0},
        name="cells",
    )


if __name__ == "__main__":
    build_model().summary()
