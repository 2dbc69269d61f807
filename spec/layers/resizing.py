"""Layers that bring images to a given size: by interpolation, or by leaving margins out."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from math import ceil
from typing import Annotated, ClassVar, Literal, TypeAlias

from ..fields import Float, PositiveInt
from ..promotion import holds
from ..ranges import least
from ..records import doc
from ..schemas import After
from ..size import Size
from ..types import Reach, Signature, TensorType, Window
from .base import LayerError
from .spatial import SUPPORT
from .windows import WINDOWED, Spatial

# Keras takes these as they are written here only.
Method: TypeAlias = Literal["bilinear", "nearest", "bicubic", "lanczos3", "lanczos5", "area"]


def single(number: float) -> float:
    """The nearest number of float32, in which TensorFlow computes sizes."""
    return struct.unpack("f", struct.pack("f", number))[0]


def in_proportion(size: int, made: int, other: int, rounded: Callable[[float], float]) -> int:
    """How long an axis is that stands to another, of this size, as `made` to `other`; cut to a whole number."""
    return int(rounded(rounded(size * made) / other))


class OfGivenSize(Spatial):
    """What gives images of a given size."""

    rank: ClassVar[int] = 2

    @property
    def made(self) -> tuple[int, int]:
        """The output's height and width."""
        raise NotImplementedError

    def part_in_proportion(
        self, height: int, width: int, rounded: Callable[[float], float] = single
    ) -> tuple[int, int]:
        """The largest height and width within an image that have the output's proportion, as Keras finds them."""
        high, wide = self.in_proportion(height, width, rounded)
        return max(min(height, high), 1), max(min(width, wide), 1)

    def in_proportion(
        self, height: int, width: int, rounded: Callable[[float], float] = single
    ) -> tuple[int, int]:
        """The height that goes with an image's width in the output's proportion, and the width with its height."""
        high, wide = self.made
        return in_proportion(width, high, wide, rounded), in_proportion(height, wide, high, rounded)


class HeightAndWidth(OfGivenSize):
    """A layer that has the output's size in two fields."""

    refused: ClassVar[dict[str, str]] = {
        "bounding_box_format": "it is for boxes, which a spec has no inputs for",
    }

    height: PositiveInt = doc("Height of the output.")
    width: PositiveInt = doc("Width of the output.")

    @property
    def made(self) -> tuple[int, int]:
        return self.height, self.width


class Interpolated(OfGivenSize):
    """What brings an image to a given size by interpolation."""

    interpolation: Method = doc("How new positions come from those around them.", "bilinear")
    crop_to_aspect_ratio: bool = doc("Whether the image is first cut to the output's proportion.", False)
    pad_to_aspect_ratio: bool = doc("Whether it is first padded to the output's proportion.", False)
    fill_mode: Literal["constant"] = doc("How padding is filled.", "constant")
    # Keras fills whole numbers with no 0.0, and floats with a 0 just as well.
    fill_value: Annotated[Float, After(lambda v: int(v) if v.is_integer() else v)] = doc(
        "What padding is.", 0
    )
    antialias: bool = doc(
        "Whether what becomes smaller is smoothed, so that no position is passed over.", False
    )

    def type_of(self, inputs: TensorType) -> Signature:
        """What comes of images of that type. Raises LayerError where they cannot be taken."""
        self.require_input(inputs, WINDOWED)
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise LayerError(
                "crop_to_aspect_ratio and pad_to_aspect_ratio cannot both be true",
                code="NN104",
                field="pad_to_aspect_ratio",
                help="choose whether the image is cut or padded to the output's proportion",
            )
        if self.pad_to_aspect_ratio:
            self._require_fill(inputs)
        return Signature((self.resized(inputs, self.made),), reach=self._reach(*self.spatial(inputs)))

    def padding(self, height: int, width: int) -> tuple[int, int]:
        """How many positions are added at both ends of each axis for the output's proportion."""
        high, wide = self.in_proportion(height, width)
        return max(high - height, 0) // 2, max(wide - width, 0) // 2

    def source(self, height: int, width: int) -> tuple[int, int]:
        """The size of what is interpolated of an image."""
        if self.crop_to_aspect_ratio:
            return self.part_in_proportion(height, width)
        if self.pad_to_aspect_ratio:
            above, left = self.padding(height, width)
            return height + 2 * above, width + 2 * left
        return height, width

    def _require_fill(self, inputs: TensorType) -> None:
        """Raises LayerError where padding may be filled with what the input's dtype has not."""
        height, width = self.spatial(inputs)
        if isinstance(height, int) and isinstance(width, int) and not any(self.padding(height, width)):
            return
        if not holds(inputs.dtype, self.fill_value):
            message = f"fill_value is {self.fill_value}, and the input is of dtype {inputs.dtype}"
            raise LayerError(
                message, code="NN202", field="fill_value", help="give a number that the dtype has"
            )

    def _reach(self, height: Size, width: Size) -> Reach:
        """All positions where a size is dynamic: how far it is to the next one is not known."""
        if not (isinstance(height, int) and isinstance(width, int)):
            return "all"
        axes = zip(self.source(height, width), self.made, strict=True)
        return tuple(Window(self._support(Fraction(*axis)), Fraction(*axis)) for axis in axes)

    def _support(self, ratio: Fraction) -> int:
        if ratio == 1:
            return 1
        if self.interpolation == "area":
            return ceil(ratio) + 1
        widened = self.antialias and self.interpolation != "nearest"
        return ceil(SUPPORT[self.interpolation] * max(ratio, 1)) if widened else SUPPORT[self.interpolation]


class Resizing(HeightAndWidth, Interpolated):
    """An image brought to a given size by interpolation. Whole numbers are rounded again."""

    field_order: ClassVar[tuple[str, ...]] = (
        *("height", "width", "interpolation", "crop_to_aspect_ratio", "pad_to_aspect_ratio"),
        *("fill_mode", "fill_value", "antialias", "data_format"),
    )

    def infer(self, inputs: TensorType) -> Signature:
        return self.type_of(inputs)


class CenterCrop(HeightAndWidth):
    """The middle of an image. Of one that is smaller than that, the largest part in the same proportion, made larger:
    in float32, whatever the layer computes in."""

    field_order: ClassVar[tuple[str, ...]] = ("height", "width", "data_format")

    def infer(self, inputs: TensorType) -> Signature:
        self.require_input(inputs)
        output = self.resized(inputs, self.made).with_dtype(self.policy.compute)
        if self.fits(inputs):
            return Signature((output,))
        if not self.falls_short(inputs):
            self._require_one_dtype(inputs)
        return Signature((output.with_dtype("float32"),), reach="all")

    def fits(self, inputs: TensorType) -> bool:
        """Whether the image is never smaller than the output."""
        axes = zip(self.spatial(inputs), self.made, strict=True)
        return all((least(size) or 0) >= made for size, made in axes)

    def falls_short(self, inputs: TensorType) -> bool:
        """Whether it always is, along one axis or the other."""
        axes = zip(self.spatial(inputs), self.made, strict=True)
        return any(isinstance(size, int) and size < made for size, made in axes)

    def _require_one_dtype(self, inputs: TensorType) -> None:
        """Raises LayerError where the size of the run would decide the output's dtype."""
        dtype = self.policy.compute
        if dtype == "float32":
            return
        height, width = self.spatial(inputs)
        raise LayerError(
            f"CenterCrop gives {dtype} for an image of {self.height}x{self.width} or more and float32 for a smaller "
            f"one, and the sizes are {height} and {width}",
            code="NN207",
            help="give dynamic axes a min in `dims`, or the layer the dtype float32",
        )
