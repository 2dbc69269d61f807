"""The network larger in Keras."""

import keras


def build_model() -> keras.Model:
    """Build the network larger.

    Inputs:
        image: float32[batch, height, width, 2]

    Outputs:
        repeated: float32[batch, 2*height, 3*width, 2]
        smooth: float32[batch, 2*height, 2*width, 2]
    """
    image = keras.Input(shape=(None, None, 2), name="image")
    repeated = keras.layers.UpSampling2D((2, 3), name="repeated")(image)
    smooth = keras.layers.UpSampling2D(interpolation="bilinear", name="smooth")(image)
    return keras.Model(
        inputs=image, outputs={"repeated": repeated, "smooth": smooth}, name="larger"
    )


if __name__ == "__main__":
    build_model().summary()
