"""The network repeat_tuples in Keras."""

import keras


def build_model(stages: tuple[tuple[int, ...], ...] = ((2, 1), (3, 2))) -> keras.Model:
    """Build the network repeat_tuples."""
    image = keras.Input(shape=(8, 8, 1), name="image")
    x = image
    for i, (filters, kernel, activation) in enumerate(
        [[2, 3, "relu"], [4, 1, "linear"]]
    ):
        x = keras.layers.Conv2D(
            filters, kernel, activation=activation, name=f"conv2d.{i}"
        )(x)
    for i, (filters, stride) in enumerate(stages):
        x = keras.layers.Conv2D(filters, 2, strides=stride, name=f"conv2d_1.{i}")(x)
    for i, filters in enumerate([[5], [6]]):
        x = keras.layers.Conv2D(filters[0], 1, name=f"conv2d_2.{i}")(x)
    return keras.Model(inputs=image, outputs=x, name="repeat_tuples")


if __name__ == "__main__":
    build_model().summary()
