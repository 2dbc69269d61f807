"""Layers that move, turn, bend and blur images while the network is trained."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic_core import PydanticCustomError

from ..fields import DataFormat, Float, PositiveInt, Rate, Seed, lower
from ..records import doc
from ..schemas import Before, Parsed
from ..types import Signature, TensorType
from .augmentation import (
    DATA_FORMAT,
    FILL_MODE,
    FILL_VALUE,
    HALF,
    INTERPOLATION,
    SEED,
    VALUE_RANGE,
    Augmentation,
    FillMode,
    Fraction,
    Interpolation,
    Range,
    SignedFraction,
    factor_within,
)
from .base import LayerError

# The greatest kernel of a blur: a size beyond it is a slip of the finger.
MOST_BLUR = 9999

ZoomFactor = Annotated[Any, factor_within(-1, 1, above=True)]


def parse_odd(value: Any) -> Any:
    """An odd whole number, or a list of two. Raises PydanticCustomError."""
    sizes = factor_within(1, MOST_BLUR, whole=True).function(value)
    if any(size % 2 == 0 for size in (sizes if isinstance(sizes, tuple) else (sizes,))):
        context = {"help": "write an odd number, so that the kernel has a middle"}
        raise PydanticCustomError("odd", "must be odd", context)
    return sizes


Odd = Annotated[Any, Parsed(parse_odd, words="odd integer, or a list of two")]


class RandomCrop(Augmentation):
    """Takes a random part of images in training.

    At inference Keras gives the whole image, where it declares a part: only a size that is the image's is taken.
    """

    height: PositiveInt = doc("Height of the part.")
    width: PositiveInt = doc("Width of the part.")
    seed: Seed = SEED
    data_format: DataFormat = DATA_FORMAT

    autocast: ClassVar[bool] = False
    takes_whole: ClassVar[bool] = False
    sized: ClassVar[bool] = True

    def infer(self, inputs: TensorType) -> Signature:
        signature = super().infer(inputs)
        sizes, wanted = self.spatial(inputs), (self.height, self.width)
        if sizes != wanted:
            field = "height" if sizes[0] != self.height else "width"
            raise LayerError(
                f"RandomCrop gives {self.height}x{self.width} in training, and {sizes[0]}x{sizes[1]} at inference: "
                "Keras then passes its input on",
                code="NN203",
                field=field,
                help="use CenterCrop, or crop in the data pipeline",
            )
        if inputs.dtype != self.policy.compute:
            message = f"RandomCrop of {self.policy.compute} passes {inputs.dtype} on at inference"
            raise LayerError(message, code="NN202", help=f"give it dtype: {inputs.dtype}")
        return signature


class RandomElasticTransform(Augmentation):
    """Bends images as if they were of rubber."""

    factor: Fraction = doc("Part of the images: a number, or the least and the greatest.", 1.0)
    scale: Fraction = doc("How far: a number, or the least and the greatest.", 1.0)
    interpolation: Interpolation = INTERPOLATION
    fill_mode: Annotated[Literal["reflect", "wrap", "constant", "nearest", "mirror"], Before(lower)] = (
        FILL_MODE
    )
    fill_value: Float = FILL_VALUE
    value_range: Range = VALUE_RANGE
    seed: Seed = SEED
    data_format: DataFormat = DATA_FORMAT

    sized: ClassVar[bool] = True
    untrainable: ClassVar[tuple[str, ...]] = HALF


class RandomFlip(Augmentation):
    """Flips some images."""

    mode: Annotated[Literal["horizontal_and_vertical", "horizontal", "vertical"], Before(lower)] = doc(
        "Which way.", "horizontal_and_vertical"
    )
    seed: Seed = SEED
    data_format: DataFormat = DATA_FORMAT


class RandomGaussianBlur(Augmentation):
    """Blurs some images."""

    factor: Fraction = doc("Part of the images: a number, or the least and the greatest.", 1.0)
    kernel_size: Odd = doc("Height and width of the kernel: odd numbers.", 3)
    sigma: Fraction = doc("Standard deviation: a number, or the least and the greatest.", 1.0)
    value_range: Range = VALUE_RANGE
    data_format: DataFormat = DATA_FORMAT
    seed: Seed = SEED

    untrainable: ClassVar[tuple[str, ...]] = HALF


class RandomPerspective(Augmentation):
    """Shows some images from aside."""

    factor: Fraction = doc("Part of the images: a number, or the least and the greatest.", 1.0)
    scale: Rate = doc("How far the corners move, as a part of the image.", 1.0)
    interpolation: Interpolation = INTERPOLATION
    fill_value: Float = doc("What stands beyond the edges.", 0.0)
    seed: Seed = SEED
    data_format: DataFormat = DATA_FORMAT

    sized: ClassVar[bool] = True


class RandomRotation(Augmentation):
    """Turns images."""

    factor: SignedFraction = doc("How far, in turns: a number for both ways, or two.")
    fill_mode: FillMode = FILL_MODE
    interpolation: Interpolation = INTERPOLATION
    seed: Seed = SEED
    fill_value: Float = FILL_VALUE
    data_format: DataFormat = DATA_FORMAT


class RandomShear(Augmentation):
    """Slants images."""

    x_factor: Fraction = doc("How far along the width: a number for both ways, or two.", 0.0)
    y_factor: Fraction = doc("How far along the height: a number for both ways, or two.", 0.0)
    interpolation: Interpolation = INTERPOLATION
    fill_mode: FillMode = FILL_MODE
    fill_value: Float = FILL_VALUE
    data_format: DataFormat = DATA_FORMAT
    seed: Seed = SEED


class RandomTranslation(Augmentation):
    """Moves images."""

    height_factor: SignedFraction = doc("How far up or down, as a part of the height: a number, or two.")
    width_factor: SignedFraction = doc("How far left or right, as a part of the width: a number, or two.")
    fill_mode: FillMode = FILL_MODE
    interpolation: Interpolation = INTERPOLATION
    seed: Seed = SEED
    fill_value: Float = FILL_VALUE
    data_format: DataFormat = DATA_FORMAT


class RandomZoom(Augmentation):
    """Shows images from nearer or from farther off."""

    height_factor: ZoomFactor = doc("How much the height changes: a number for both ways, or two.")
    width_factor: ZoomFactor | None = doc("How much the width does; null for as much as the height.", None)
    fill_mode: FillMode = FILL_MODE
    interpolation: Interpolation = INTERPOLATION
    seed: Seed = SEED
    fill_value: Float = FILL_VALUE
    data_format: DataFormat = DATA_FORMAT
