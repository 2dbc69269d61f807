"""The network transformer in Keras."""

from functools import partial

import keras

LayerNorm = partial(keras.layers.LayerNormalization, epsilon=1e-06)


def embed(
    token: keras.KerasTensor,
    position: keras.KerasTensor,
    vocabulary: int,
    longest: int,
    width: int,
    dropout: float,
    name: str = "embed",
) -> keras.KerasTensor:
    """Tokens and their positions as vectors."""
    meaning = keras.layers.Embedding(vocabulary, width, name=f"{name}.meaning")(token)
    place = keras.layers.Embedding(longest, width, name=f"{name}.place")(position)
    x = keras.layers.Add(name=f"{name}.add")([meaning, place])
    return keras.layers.Dropout(dropout, name=f"{name}.dropout")(x)


def self_attention(
    x: keras.KerasTensor,
    width: int,
    heads: int,
    dropout: float,
    causal: bool = False,
    name: str = "self_attention",
) -> keras.KerasTensor:
    """Every step looks at all others, or at those up to it."""
    y = LayerNorm(name=f"{name}.layer_normalization")(x)
    y = keras.layers.MultiHeadAttention(
        heads, width // heads, dropout=dropout, name=f"{name}.multi_head_attention"
    )(y, value=y, use_causal_mask=causal)
    y = keras.layers.Dropout(dropout, name=f"{name}.dropout")(y)
    return keras.layers.Add(name=f"{name}.add")([x, y])


def feed_forward(
    x: keras.KerasTensor,
    width: int,
    hidden: int,
    dropout: float,
    name: str = "feed_forward",
) -> keras.KerasTensor:
    """Every step by itself."""
    y = LayerNorm(name=f"{name}.layer_normalization")(x)
    y = keras.layers.Dense(hidden, activation="relu", name=f"{name}.dense")(y)
    y = keras.layers.Dense(width, name=f"{name}.dense_1")(y)
    y = keras.layers.Dropout(dropout, name=f"{name}.dropout")(y)
    return keras.layers.Add(name=f"{name}.add")([x, y])


def encoder_layer(
    x: keras.KerasTensor,
    width: int,
    hidden: int,
    width_: int,
    heads: int,
    dropout: float,
    name: str = "encoder_layer",
) -> keras.KerasTensor:
    """Attention to the sequence itself, then each step by itself."""
    x = self_attention(
        x, width=width_, heads=heads, dropout=dropout, name=f"{name}.self_attention"
    )
    return feed_forward(
        x, width=width, hidden=hidden, dropout=dropout, name=f"{name}.feed_forward"
    )


def cross_attention(
    sequence: keras.KerasTensor,
    memory: keras.KerasTensor,
    width: int,
    heads: int,
    dropout: float,
    name: str = "cross_attention",
) -> keras.KerasTensor:
    """Every step looks at the memory."""
    y = LayerNorm(name=f"{name}.layer_normalization")(sequence)
    y = keras.layers.MultiHeadAttention(
        heads, width // heads, dropout=dropout, name=f"{name}.multi_head_attention"
    )(y, value=memory)
    y = keras.layers.Dropout(dropout, name=f"{name}.dropout")(y)
    return keras.layers.Add(name=f"{name}.add")([sequence, y])


def decoder_layer(
    sequence: keras.KerasTensor,
    memory: keras.KerasTensor,
    width: int,
    hidden: int,
    width_: int,
    heads: int,
    dropout: float,
    name: str = "decoder_layer",
) -> keras.KerasTensor:
    """As in the encoder, with a look at what this made of its sequence."""
    x = self_attention(
        sequence,
        causal=True,
        width=width_,
        heads=heads,
        dropout=dropout,
        name=f"{name}.self_attention",
    )
    x = cross_attention(
        x,
        memory,
        width=width_,
        heads=heads,
        dropout=dropout,
        name=f"{name}.cross_attention",
    )
    return feed_forward(
        x, width=width, hidden=hidden, dropout=dropout, name=f"{name}.feed_forward"
    )


def build_model(
    vocabulary: int = 1000,
    longest: int = 128,
    depth: int = 2,
    width: int = 64,
    heads: int = 4,
    hidden=None,
    dropout: float = 0.1,
) -> keras.Model:
    """Encoder-decoder transformer that translates one sequence of tokens into another.

    Args:
        vocabulary: How many tokens there are in either language.
        longest: How many positions there are.
        depth: How many layers the encoder and the decoder have.
        width: Size of the vector that stands for a token.
        heads: Heads of every attention.
        hidden: Units inside of a feed-forward part.
        dropout: What part is dropped in training.

    Variants:
        base: vocabulary=37000, longest=512, depth=6, width=512, heads=8
    """
    if hidden is None:
        hidden = 4 * width
    source = keras.Input(shape=(None,), name="source", dtype="int32")
    source_position = keras.Input(shape=(None,), name="source_position", dtype="int32")
    target = keras.Input(shape=(None,), name="target", dtype="int32")
    target_position = keras.Input(shape=(None,), name="target_position", dtype="int32")
    source_embedding = embed(
        source,
        source_position,
        vocabulary=vocabulary,
        longest=longest,
        width=width,
        dropout=dropout,
        name="source_embedding",
    )
    x = source_embedding
    for i in range(depth):
        x = encoder_layer(
            x,
            width=width,
            hidden=hidden,
            width_=width,
            heads=heads,
            dropout=dropout,
            name=f"encoder.{i}",
        )
    memory = LayerNorm(name="memory")(x)
    target_embedding = embed(
        target,
        target_position,
        vocabulary=vocabulary,
        longest=longest,
        width=width,
        dropout=dropout,
        name="target_embedding",
    )
    x = target_embedding
    for i in range(depth):
        x = decoder_layer(
            x,
            memory,
            width=width,
            hidden=hidden,
            width_=width,
            heads=heads,
            dropout=dropout,
            name=f"decoder.{i}",
        )
    x = LayerNorm(name="layer_normalization")(x)
    next_token = keras.layers.Dense(
        vocabulary,
        activation="softmax",
        name="next_token",
    )(x)
    return keras.Model(
        inputs=[source, source_position, target, target_position],
        outputs=next_token,
        name="transformer",
    )


if __name__ == "__main__":
    build_model().summary()
