"""The network augmentation in Keras."""

from functools import partial

import keras

Unit = partial(keras.layers.Rescaling, scale=0.00392156862745098)


def build_model() -> keras.Sequential:
    """Build the network augmentation.

    Inputs:
        pixels: uint8[batch, 8, 6, 3]

    Outputs:
        conv2d: float32[batch, 6, 4, 2]
    """
    return keras.Sequential(
        [
            keras.Input(shape=(8, 6, 3), name="pixels", dtype="uint8"),
            keras.layers.RandomFlip("horizontal"),
            keras.layers.RandomRotation(0.1, fill_mode="constant", seed=1),
            keras.layers.RandomTranslation(0.1, (-0.2, 0.1), interpolation="nearest"),
            keras.layers.RandomZoom((-0.3, -0.1), fill_mode="wrap"),
            keras.layers.RandomShear(0.2, y_factor=(0.0, 0.1)),
            keras.layers.RandomPerspective(0.5, scale=0.3),
            keras.layers.RandomElasticTransform(
                scale=0.4, fill_mode="mirror", fill_value=0.5
            ),
            keras.layers.RandomGaussianBlur(kernel_size=(3, 5), sigma=(0.2, 0.8)),
            keras.layers.RandomCrop(8, 6, seed=5),
            keras.layers.AutoContrast(name="contrast"),
            Unit(),
            keras.layers.RandomBrightness(0.2, value_range=(0, 1)),
            keras.layers.RandomContrast(0.3, value_range=(0, 1)),
            keras.layers.RandomSaturation((0.4, 0.6), value_range=(0, 1)),
            keras.layers.RandomHue(0.1, value_range=(0, 1)),
            keras.layers.RandomColorJitter(
                (0, 1), brightness_factor=0.1, hue_factor=0.2, seed=2
            ),
            keras.layers.RandomColorDegeneration(0.5, value_range=(0, 1)),
            keras.layers.RandomGrayscale(0.25),
            keras.layers.RandomInvert(0.1, value_range=(0, 1)),
            keras.layers.RandomPosterization((4, 8), value_range=(0, 1)),
            keras.layers.RandomSharpness(0.3, value_range=(0, 1)),
            keras.layers.Solarization(
                0.1, threshold_factor=(0.6, 0.9), value_range=(0, 1)
            ),
            keras.layers.Pipeline(
                [keras.layers.Equalization((0, 1), bins=64)], name="equalization"
            ),
            keras.layers.RandAugment((0, 1), num_ops=3, factor=0.2),
            keras.layers.AugMix((0, 1), num_chains=2, all_ops=False),
            keras.layers.CutMix(0.5),
            keras.layers.MixUp(0.4, seed=9),
            keras.layers.RandomErasing(
                scale=(0.1, 0.2), fill_value=(0.5, 0.4, 0.3), value_range=(0, 1)
            ),
            keras.layers.Conv2D(2, 3),
        ],
        name="augmentation",
    )


if __name__ == "__main__":
    build_model().summary()
