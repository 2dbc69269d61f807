"""The network when_nested in Keras."""

import keras


def build_model(deep: bool = True, wide: bool = False, depth: int = 3) -> keras.Model:
    """Build the network when_nested.

    Variants:
        shallow: deep=False, wide=True
    """
    features = keras.Input(shape=(4,), name="features")
    x = features
    if deep:
        if wide:
            body = keras.layers.Dense(8, name="body")(x)
            x = body
        else:
            body = keras.layers.Dense(4, name="body")(x)
            x = body
    else:
        body = keras.layers.Dense(2, name="body")(x)
        x = body
    evens = []
    steps = []
    for i in range(depth):
        even = None
        step = keras.layers.Dense(3, name=f"step.{i}")(x)
        steps.append(step)
        x = step
        if i < depth - 1:
            x = keras.layers.ReLU(name=f"re_lu.{i}")(x)
        if i % 2 == 0:
            even = keras.layers.Dense(3, name=f"even.{i}")(x)
            x = even
        evens.append(even)
    x = keras.layers.Add(name="add")([x, evens[0], evens[2], steps[1]])
    x = keras.layers.Concatenate(name="concatenate")([x, body])
    return keras.Model(inputs=features, outputs=x, name="when_nested")


if __name__ == "__main__":
    build_model().summary()
