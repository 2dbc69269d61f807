"""The network references_to_all_turns in Keras."""

import keras


def dense_stack(
    x: keras.KerasTensor, depth: int, growth: int = 2, name: str = "dense_stack"
) -> keras.KerasTensor:
    """The block dense_stack."""
    x_ = x
    news = []
    for i in range(depth):
        new = keras.layers.Dense(growth, activation="tanh", name=f"{name}.new.{i}")(x_)
        news.append(new)
        x_ = new
    return keras.layers.Concatenate(name=f"{name}.concatenate")([x, *news])


def build_model(depth: int = 3) -> keras.Model:
    """Build the network references_to_all_turns.

    Variants:
        deep: depth=5
    """
    features = keras.Input(shape=(4,), name="features")
    stack = dense_stack(features, depth=depth, name="stack")
    x = stack
    heads = []
    for i in range(2):
        head = keras.layers.Dense(3, name=f"head.{i}")(stack)
        heads.append(head)
        x = head
    sum_ = keras.layers.Add(name="sum")(heads)
    x = keras.layers.Average(name="average")([*heads, sum_])
    return keras.Model(inputs=features, outputs=x, name="references_to_all_turns")


if __name__ == "__main__":
    build_model().summary()
