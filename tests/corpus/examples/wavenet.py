"""The network wavenet in Keras."""

from functools import partial

import keras

Causal = partial(keras.layers.Conv1D, kernel_size=2, padding="causal")
Mix = partial(keras.layers.Conv1D, kernel_size=1)


def gate(
    x: keras.KerasTensor, filters: int, dilation_rate: int, name: str = "gate"
) -> keras.KerasTensor:
    """What is to be said, times how much of it."""
    conv1d = Causal(
        filters,
        dilation_rate=dilation_rate,
        activation="tanh",
        name=f"{name}.conv1d",
    )(x)
    y = Causal(
        filters,
        dilation_rate=dilation_rate,
        activation="sigmoid",
        name=f"{name}.conv1d_1",
    )(x)
    return keras.layers.Multiply(name=f"{name}.multiply")([conv1d, y])


def build_model(
    depth: int = 8, filters: int = 32, skip_filters: int = 64, levels: int = 256
) -> keras.Model:
    """WaveNet that predicts at every step of a sound which level comes next.

    Args:
        depth: How many layers there are, each of twice the dilation.
        filters: Channels of what goes from layer to layer.
        skip_filters: Channels of what the layers give to the result.
        levels: How many levels a sample is rounded to.

    Variants:
        tiny: filters=8, skip_filters=8, levels=16
    """
    audio = keras.Input(shape=(None, 1), name="audio")
    stem = Causal(filters, name="stem")(audio)
    x = stem
    skips = []
    for i in range(depth - 1):
        skip = gate(x, filters=filters, dilation_rate=2**i, name=f"skip.{i}")
        skips.append(skip)
        y = Mix(filters, name=f"conv1d.{i}")(skip)
        x = keras.layers.Add(name=f"add.{i}")([x, y])
    last = gate(x, filters=filters, dilation_rate=2 ** (depth - 1), name="last")
    x = keras.layers.Concatenate(name="concatenate")([*skips, last])
    x = Mix(skip_filters, activation="relu", name="conv1d_1")(x)
    x = Mix(skip_filters, activation="relu", name="conv1d_2")(x)
    next_ = Mix(levels, activation="softmax", name="next")(x)
    return keras.Model(inputs=audio, outputs=next_, name="wavenet")


if __name__ == "__main__":
    build_model().summary()
