"""Layers that change the colours of images while the network is trained."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from ..fields import DataFormat, PositiveInt, Rate, Seed
from ..records import doc
from ..types import Signature, TensorType
from .augmentation import (
    DATA_FORMAT,
    SEED,
    VALUE_RANGE,
    Augmentation,
    Fraction,
    Range,
    SignedFraction,
    factor_within,
)
from .base import Layer, LayerError, require_rank


class RandomBrightness(Augmentation):
    """Adds a random part of the range to all pixels of an image."""

    factor: SignedFraction = doc("How much, as a part of the range: one number for both signs, or two.")
    value_range: Range = VALUE_RANGE
    seed: Seed = SEED
    data_format: DataFormat = DATA_FORMAT

    takes_whole: ClassVar[bool] = False


class RandomColorDegeneration(Augmentation):
    """Mixes each image with its grey one."""

    factor: SignedFraction = doc("How much of the grey one: a number, or the least and the greatest.")
    value_range: Range = VALUE_RANGE
    data_format: DataFormat = DATA_FORMAT
    seed: Seed = SEED

    channels: ClassVar[tuple[int, ...]] = (3,)
    takes_whole: ClassVar[bool] = False


class RandomColorJitter(Augmentation):
    """Changes brightness, contrast, saturation and hue, those that have a factor, in this order."""

    value_range: Range = VALUE_RANGE
    brightness_factor: SignedFraction | None = doc("As RandomBrightness has it.", None)
    contrast_factor: Fraction | None = doc("As RandomContrast has it.", None)
    saturation_factor: SignedFraction | None = doc("As RandomSaturation has it.", None)
    hue_factor: Fraction | None = doc("As RandomHue has it.", None)
    seed: Seed = SEED
    data_format: DataFormat = DATA_FORMAT

    takes_whole: ClassVar[bool] = False

    def allowed_channels(self) -> tuple[int, ...]:
        return (3,) if self.saturation_factor is not None or self.hue_factor is not None else ()

    def infer(self, inputs: TensorType) -> Signature:
        others = (self.contrast_factor, self.saturation_factor, self.hue_factor)
        if self.data_format == "channels_first" and any(factor is not None for factor in others):
            raise LayerError(
                "Keras changes contrast, saturation and hue along channels_last whatever the data_format is",
                code="NN112",
                field="data_format",
                help="name RandomContrast, RandomSaturation and RandomHue themselves",
            )
        return super().infer(inputs)


class RandomContrast(Augmentation):
    """Moves pixels away from the mean of their channel, or towards it."""

    factor: Fraction = doc("How much: a number for both ways, or one towards and one away.")
    value_range: Range = VALUE_RANGE
    seed: Seed = SEED
    data_format: DataFormat = DATA_FORMAT

    takes_whole: ClassVar[bool] = False


class RandomGrayscale(Augmentation):
    """Makes some images grey."""

    factor: Rate = doc("Part of the images.", 0.5)
    data_format: DataFormat = DATA_FORMAT
    seed: Seed = SEED

    channels: ClassVar[tuple[int, ...]] = (1, 3)
    takes_whole: ClassVar[bool] = False


class RandomHue(Augmentation):
    """Turns the hue of images."""

    factor: Fraction = doc("How far, as a part of half a turn: a number, or the least and the greatest.")
    value_range: Range = VALUE_RANGE
    data_format: DataFormat = DATA_FORMAT
    seed: Seed = SEED

    channels: ClassVar[tuple[int, ...]] = (3,)
    takes_whole: ClassVar[bool] = False


class RandomInvert(Augmentation):
    """Inverts the values of some images."""

    factor: Fraction = doc("Part of the images: a number, or the least and the greatest.", 1.0)
    value_range: Range = VALUE_RANGE
    seed: Seed = SEED
    data_format: DataFormat = DATA_FORMAT

    takes_whole: ClassVar[bool] = False


class RandomPosterization(Augmentation):
    """Keeps fewer bits of each value."""

    factor: Annotated[Any, factor_within(1, 8, whole=True)] = doc(
        "How many bits: a number, or the least and the greatest."
    )
    value_range: Range = VALUE_RANGE
    data_format: DataFormat = DATA_FORMAT
    seed: Seed = SEED

    takes_whole: ClassVar[bool] = False


class RandomSaturation(Augmentation):
    """Makes colours stronger or weaker: 0.5 leaves them, 0 is grey, 1 is full."""

    factor: SignedFraction = doc("How much: a number, or the least and the greatest.")
    value_range: Range = VALUE_RANGE
    data_format: DataFormat = DATA_FORMAT
    seed: Seed = SEED

    channels: ClassVar[tuple[int, ...]] = (3,)
    takes_whole: ClassVar[bool] = False


class RandomSharpness(Augmentation):
    """Blurs or sharpens images: 0 blurs, 0.5 leaves them, 1 sharpens."""

    factor: Fraction = doc("How much: a number, or the least and the greatest.")
    value_range: Range = VALUE_RANGE
    data_format: DataFormat = DATA_FORMAT
    seed: Seed = SEED


class Solarization(Augmentation):
    """Adds a random number to images, and inverts what is then above a random threshold."""

    addition_factor: Fraction = doc("What is added, as a part of the range: a number, or two.", 0.0)
    threshold_factor: Fraction = doc("The threshold, as a part of the range: a number, or two.", 0.0)
    value_range: Range = VALUE_RANGE
    seed: Seed = SEED
    data_format: DataFormat = DATA_FORMAT


class Equalization(Augmentation):
    """Spreads the values of each channel evenly over the range, in training only."""

    value_range: Range = VALUE_RANGE
    bins: PositiveInt = doc("Number of bins of the histogram.", 256)
    data_format: DataFormat = DATA_FORMAT

    takes_whole: ClassVar[bool] = False


class AutoContrast(Layer):
    """Stretches the values of each image to the whole range, at inference as in training.

    Keras takes the least and the greatest value along the axes 1 and 2, whatever the data_format is.
    """

    value_range: Range = VALUE_RANGE
    data_format: DataFormat = DATA_FORMAT

    refused: ClassVar[dict[str, str]] = Augmentation.refused

    def infer(self, inputs: TensorType) -> Signature:
        require_rank(inputs, 4, "AutoContrast", "batch, height, width, channels")
        return Signature((TensorType(inputs.shape, self.policy.compute),), reach="all")
