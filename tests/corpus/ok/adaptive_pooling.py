"""The network adaptive in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network adaptive.

    Inputs:
        series: float32[batch, 9, 2]
        image: float32[batch, 7, 6, 3]
        scan: float32[batch, 2, 4, 3, 5]

    Outputs:
        mean_of_steps: float32[batch, 4, 2]
        maximum_of_steps: float32[batch, 3, 2]
        mean_of_image: float32[batch, 3, 4, 3]
        maximum_of_image: float32[batch, 5, 5, 3]
        mean_of_scan: float32[batch, 2, 2, 3, 2]
        maximum_of_scan: float32[batch, 2, 4, 2, 3]
    """
    series = keras.Input(shape=(9, 2), name="series")
    image = keras.Input(shape=(7, 6, 3), name="image")
    scan = keras.Input(shape=(2, 4, 3, 5), name="scan")
    mean_of_steps = keras.layers.AdaptiveAveragePooling1D(
        4,
        name="mean_of_steps",
    )(series)
    maximum_of_steps = keras.layers.AdaptiveMaxPooling1D(
        3,
        name="maximum_of_steps",
    )(series)
    mean_of_image = keras.layers.AdaptiveAveragePooling2D(
        (3, 4),
        name="mean_of_image",
    )(image)
    maximum_of_image = keras.layers.AdaptiveMaxPooling2D(
        5,
        name="maximum_of_image",
    )(image)
    mean_of_scan = keras.layers.AdaptiveAveragePooling3D(
        (2, 3, 2),
        data_format="channels_first",
        name="mean_of_scan",
    )(scan)
    maximum_of_scan = keras.layers.AdaptiveMaxPooling3D(
        (4, 2, 3),
        data_format="channels_first",
        name="maximum_of_scan",
    )(scan)
    return keras.Model(
        inputs=[series, image, scan],
        outputs={
            "mean_of_steps": mean_of_steps,
            "maximum_of_steps": maximum_of_steps,
            "mean_of_image": mean_of_image,
            "maximum_of_image": maximum_of_image,
            "mean_of_scan": mean_of_scan,
            "maximum_of_scan": maximum_of_scan,
        },
        name="adaptive",
    )


if __name__ == "__main__":
    build_model().summary()
