"""The network question_and_answer in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network question_and_answer."""
    question = keras.Input(shape=(None,), name="question", dtype="int32")
    answer = keras.Input(shape=(7,), name="answer", dtype="int32")
    words_layer = keras.layers.Embedding(11, 6, mask_zero=True, name="words")
    words = words_layer(question)
    reader_layer = keras.layers.Bidirectional(
        keras.layers.GRU(3, return_sequences=True), name="reader"
    )
    reader = reader_layer(words)
    memory_layer = keras.layers.LSTM(
        4, return_sequences=True, return_state=True, name="memory"
    )
    memory, memory_state_h, memory_state_c = memory_layer(reader)
    answered = words_layer(answer)
    read = reader_layer(answered)
    recalled, _, recalled_state_c = memory_layer(
        read, initial_state=[memory_state_h, memory_state_c]
    )
    layer_normalization_layer = keras.layers.LayerNormalization(
        name="layer_normalization"
    )
    layer_normalization = layer_normalization_layer(recalled)
    look_layer = keras.layers.MultiHeadAttention(2, 3, name="look")
    look = look_layer(layer_normalization, value=layer_normalization)
    normalized = layer_normalization_layer(memory)
    look_1 = look_layer(normalized, value=normalized)
    score_layer = keras.layers.Dense(3, name="score")
    score = score_layer(look)
    score_1 = score_layer(look_1)
    return keras.Model(
        inputs=[question, answer],
        outputs={"forth": score, "back": score_1, "state": recalled_state_c},
        name="question_and_answer",
    )


if __name__ == "__main__":
    build_model().summary()
