"""The network margins in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network margins.

    Inputs:
        series: float32[batch, time, 2]
        scan: float32[batch, 2, 4, 3, depth]

    Outputs:
        longer: float32[batch, 3*time + 6, 2]
        larger: float32[batch, 2, 4, 6, 3*depth - 3]
    """
    series = keras.Input(shape=(None, 2), name="series")
    scan = keras.Input(shape=(2, 4, 3, None), name="scan")
    x = keras.layers.ZeroPadding1D((2, 1))(series)
    x = keras.layers.Cropping1D((1, 0))(x)
    longer = keras.layers.UpSampling1D(3, name="longer")(x)
    x = keras.layers.ZeroPadding3D((1, (0, 2), 0), data_format="channels_first")(scan)
    x = keras.layers.Cropping3D(((2, 0), 1, (0, 1)), data_format="channels_first")(x)
    larger = keras.layers.UpSampling3D(
        (1, 2, 3),
        data_format="channels_first",
        name="larger",
    )(x)
    return keras.Model(
        inputs=[series, scan],
        outputs={"longer": longer, "larger": larger},
        name="margins",
    )


if __name__ == "__main__":
    build_model().summary()
