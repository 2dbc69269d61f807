"""The network transformer_encoder in Keras."""

import keras


def build_model() -> keras.Model:
    """Classifies a sequence of tokens by one block of self-attention.

    Inputs:
        tokens: int32[batch, length]

    Outputs:
        label: float32[batch, 4]
    """
    tokens = keras.Input(shape=(None,), name="tokens", dtype="int32")
    embedded = keras.layers.Embedding(500, 64, name="embedded")(tokens)
    normed = keras.layers.LayerNormalization(epsilon=1e-06, name="normed")(embedded)
    attention = keras.layers.MultiHeadAttention(4, 16, dropout=0.1, name="attention")(
        normed, value=normed
    )
    attended = keras.layers.Add(name="attended")([embedded, attention])
    x = keras.layers.LayerNormalization(epsilon=1e-06)(attended)
    x = keras.layers.Dense(256, activation="gelu")(x)
    x = keras.layers.Dense(64)(x)
    x = keras.layers.Dropout(0.1, name="dropout")(x)
    encoded = keras.layers.Add(name="encoded")([attended, x])
    x = keras.layers.GlobalAveragePooling1D()(encoded)
    label = keras.layers.Dense(4, activation="softmax", name="label")(x)
    model = keras.Model(inputs=tokens, outputs=label, name="transformer_encoder")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.0005),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


if __name__ == "__main__":
    build_model().summary()
