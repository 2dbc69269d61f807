"""The network references_to_turns in Keras."""

import keras


def build_model(depth: int = 3) -> keras.Model:
    """Build the network references_to_turns."""
    features = keras.Input(shape=(3,), name="features")
    x = features
    skips = []
    for i in range(depth):
        skip = keras.layers.Dense(i + 1, name=f"skip.{i}")(x)
        skips.append(skip)
        x = skip
    x = keras.layers.Concatenate(
        name="concatenate",
    )([skips[0], skips[-1], skips[1], skips[-2], skips[depth - 1]])
    ups = []
    for i in range(depth):
        x = keras.layers.Dense(2, name=f"dense.{i}")(x)
        up = keras.layers.Concatenate(
            name=f"up.{i}",
        )([x, skips[depth - 1 - i], skips[0]])
        ups.append(up)
        x = up
    dense_1 = keras.layers.Dense(2, name="dense_1")(ups[-1])
    return keras.Model(
        inputs=features,
        outputs={"dense_1": dense_1, "skip.1": skips[1]},
        name="references_to_turns",
    )


if __name__ == "__main__":
    build_model().summary()
