"""The network sizes in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network sizes.

    Inputs:
        photo: uint8[batch, height, width, 3]
        image: float32[batch, 12, 10, 3]
        planes: float32[batch, 2, 6, 9]

    Outputs:
        cut: uint8[batch, 6, 8, 3]
        framed: uint8[batch, 5, 7, 3]
        smooth: float32[batch, 7, 13, 3]
        sharp: float32[batch, 2, 9, 4]
        small: float32[batch, 5, 5, 3]
        middle: float32[batch, 8, 7, 3]
        larger: float32[batch, 2, 4, 12]
    """
    photo = keras.Input(shape=(None, None, 3), name="photo", dtype="uint8")
    image = keras.Input(shape=(12, 10, 3), name="image")
    planes = keras.Input(shape=(2, 6, 9), name="planes")
    cut = keras.layers.Resizing(6, 8, crop_to_aspect_ratio=True, name="cut")(photo)
    framed = keras.layers.Resizing(
        5,
        7,
        interpolation="nearest",
        pad_to_aspect_ratio=True,
        fill_value=7,
        name="framed",
    )(photo)
    smooth = keras.layers.Resizing(
        7,
        13,
        interpolation="bicubic",
        antialias=True,
        name="smooth",
    )(image)
    sharp = keras.layers.Resizing(
        9,
        4,
        interpolation="lanczos3",
        pad_to_aspect_ratio=True,
        data_format="channels_first",
        fill_value=0,
        name="sharp",
    )(planes)
    small = keras.layers.Resizing(5, 5, interpolation="area", name="small")(image)
    middle = keras.layers.CenterCrop(8, 7, name="middle")(image)
    larger = keras.layers.CenterCrop(
        4,
        12,
        data_format="channels_first",
        name="larger",
    )(planes)
    return keras.Model(
        inputs=[photo, image, planes],
        outputs={
            "cut": cut,
            "framed": framed,
            "smooth": smooth,
            "sharp": sharp,
            "small": small,
            "middle": middle,
            "larger": larger,
        },
        name="sizes",
    )


if __name__ == "__main__":
    build_model().summary()
