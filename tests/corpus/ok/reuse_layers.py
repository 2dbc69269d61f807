"""The network pair in Keras."""

from functools import partial

import keras

Conv = partial(keras.layers.Conv2D, kernel_size=3, padding="same")


def build_model() -> keras.Model:
    """Build the network pair."""
    left = keras.Input(shape=(8, 8, 3), name="left")
    right = keras.Input(shape=(8, 8, 3), name="right")
    stem_layer = Conv(4, name="stem")
    stem = stem_layer(left)
    batch_normalization_layer = keras.layers.BatchNormalization(
        name="batch_normalization"
    )
    batch_normalization = batch_normalization_layer(stem)
    x = stem_layer(right)
    batch_normalization_1 = batch_normalization_layer(x)
    turned = stem_layer(right)
    x = keras.layers.ReLU(1.0, name="re_lu")(turned)
    global_average_pooling2d_layer = keras.layers.GlobalAveragePooling2D(
        name="global_average_pooling2d"
    )
    global_average_pooling2d = global_average_pooling2d_layer(x)
    global_average_pooling2d_1 = global_average_pooling2d_layer(batch_normalization)
    pooled = global_average_pooling2d_layer(batch_normalization_1)
    dense_layer = keras.layers.Dense(5, activation="relu", name="dense")
    dense = dense_layer(global_average_pooling2d)
    dense_1 = dense_layer(global_average_pooling2d_1)
    dense_1_1 = dense_layer(pooled)
    multiply = keras.layers.Multiply(name="multiply")([dense, dense_1, dense_1_1])
    return keras.Model(
        inputs=[left, right], outputs={"pair": multiply, "seen": dense_1}, name="pair"
    )


if __name__ == "__main__":
    build_model().summary()
