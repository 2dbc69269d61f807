"""The network references_by_path in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network references_by_path."""
    series = keras.Input(shape=(None, 3), name="series")
    features = keras.Input(shape=(3,), name="features")
    encoder, encoder_state_h, encoder_state_c = keras.layers.LSTM(
        3,
        return_state=True,
        name="encoder",
    )(series)
    add = keras.layers.Add(name="add")([encoder, encoder_state_c, features])
    x = encoder_state_h
    for i in range(2):
        x = keras.layers.Dense(3, name=f"dense.{i}")(x)
    stack = x
    concatenate = keras.layers.Concatenate(name="concatenate")([stack, add])
    x = keras.layers.Dense(2, name="dense_1")(features)
    chosen = x
    a_b = keras.layers.Concatenate(name="a.b")([chosen, concatenate, chosen])
    a_c = keras.layers.Dense(2, name="a.c")(a_b)
    return keras.Model(
        inputs=[series, features], outputs=a_c, name="references_by_path"
    )


if __name__ == "__main__":
    build_model().summary()
