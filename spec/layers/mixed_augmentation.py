"""Layers that mix images with each other, or changes of one image, while the network is trained."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic_core import PydanticCustomError

from ..fields import DataFormat, PositiveFloat, Seed
from ..records import doc
from ..schemas import Bounds, Parsed
from ..types import Signature, TensorType
from .augmentation import (
    DATA_FORMAT,
    HALF,
    INTERPOLATION,
    SEED,
    VALUE_RANGE,
    Augmentation,
    Fraction,
    Interpolation,
    Range,
    is_number,
)
from .base import LayerError

# How many changes one image goes through at most: training has operators for each.
MOST_CHANGES = 100

Changes = Annotated[int, Bounds(ge=1, le=MOST_CHANGES)]


def parse_fill(value: Any) -> Any:
    """A number, or one for each of three channels. Raises PydanticCustomError."""
    if is_number(value):
        return value
    if isinstance(value, list | tuple) and len(value) == 3 and all(map(is_number, value)):
        return tuple(value)
    context = {"code": "NN103", "help": "write one number, or [0.5, 0.5, 0.5]"}
    raise PydanticCustomError("fill_value", "must be a number, or a list of three", context)


class AugMix(Augmentation):
    """Mixes each image with several of its own that went through chains of random changes."""

    value_range: Range = VALUE_RANGE
    num_chains: Changes = doc("Number of chains.", 3)
    chain_depth: Changes = doc("Number of changes in a chain.", 3)
    factor: Fraction = doc("How strong a change is: a number, or the least and the greatest.", 0.3)
    alpha: PositiveFloat = doc("How evenly chains are mixed: the concentration of the distribution.", 1.0)
    all_ops: bool = doc("Whether brightness, colour, contrast and sharpness are changed too.", True)
    interpolation: Interpolation = INTERPOLATION
    seed: Seed = SEED
    data_format: DataFormat = DATA_FORMAT

    def allowed_channels(self) -> tuple[int, ...]:
        return (1, 3) if self.all_ops else ()


class RandAugment(Augmentation):
    """Changes each image by random layers of a list that Keras has."""

    value_range: Range = VALUE_RANGE
    num_ops: Changes = doc("Number of changes.", 2)
    factor: Fraction = doc("How strong a change is: a number, or the least and the greatest.", 0.5)
    interpolation: Interpolation = INTERPOLATION
    seed: Seed = SEED
    data_format: DataFormat = DATA_FORMAT

    channels: ClassVar[tuple[int, ...]] = (1, 3)


class CutMix(Augmentation):
    """Puts a part of another image of the batch into each."""

    factor: Fraction = doc("How much of it, from 0 for most or least to 1 for any: a number, or two.", 1.0)
    seed: Seed = SEED
    data_format: DataFormat = DATA_FORMAT

    sized: ClassVar[bool] = True
    untrainable: ClassVar[tuple[str, ...]] = (*HALF, "bfloat16")


class MixUp(Augmentation):
    """Mixes each image with another of the batch."""

    alpha: PositiveFloat = doc("How evenly: the concentration of the distribution.", 0.2)
    data_format: DataFormat = DATA_FORMAT
    seed: Seed = SEED

    takes_whole: ClassVar[bool] = False


class RandomErasing(Augmentation):
    """Fills a random part of some images."""

    factor: Fraction = doc("Part of the images: a number, or the least and the greatest.", 1.0)
    scale: Fraction = doc(
        "The part's size, of the image: a number, or the least and the greatest.", (0.02, 0.33)
    )
    fill_value: Annotated[Any, Parsed(parse_fill, words="number, or a list of three")] | None = doc(
        "What it is filled with: a number, three for the channels, or null for noise.", None
    )
    value_range: Range = VALUE_RANGE
    seed: Seed = SEED
    data_format: DataFormat = DATA_FORMAT

    sized: ClassVar[bool] = True
    untrainable: ClassVar[tuple[str, ...]] = HALF

    def infer(self, inputs: TensorType) -> Signature:
        signature = super().infer(inputs)
        if isinstance(self.fill_value, tuple) and inputs.shape[-1] != 3:
            message = f"three values are spread over the last axis, and the input is {inputs}"
            help = "write one number, or give images with three channels last"
            raise LayerError(message, code="NN203", field="fill_value", help=help)
        return signature
