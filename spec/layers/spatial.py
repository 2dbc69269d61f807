"""Layers that change the size of an image: padding, cropping, up-sampling."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, ClassVar, Literal, TypeAlias

from ..fields import BothSides, Sizes, lower
from ..records import doc
from ..schemas import Before
from ..types import Signature, TensorType, Window
from .base import LayerError
from .windows import WINDOWED, Spatial, times

# Positions that an interpolation takes along each axis.
SUPPORT = {"area": 1, "bicubic": 4, "bilinear": 2, "lanczos3": 6, "lanczos5": 10, "nearest": 1}

Interpolation: TypeAlias = Annotated[
    Literal["area", "bicubic", "bilinear", "lanczos3", "lanczos5", "nearest"], Before(lower)
]


class ZeroPadding(Spatial):
    """Zeros around the input, of any rank."""

    padding: BothSides = doc(
        "Positions to add: one number, one for each axis, or one for each end of each.", 1
    )

    def infer(self, inputs: TensorType) -> Signature:
        self.require_input(inputs)
        axes = zip(self.spatial(inputs), self.padding, strict=True)
        larger = tuple(size + before + after for size, (before, after) in axes)
        return Signature((self.resized(inputs, larger),))


class ZeroPadding2D(ZeroPadding):
    """Zeros around an image."""

    rank: ClassVar[int] = 2


class Cropping(Spatial):
    """The input without its margins, of any rank."""

    cropping: BothSides = doc(
        "Positions to cut: one number, one for each axis, or one for each end of each.", 0
    )

    def infer(self, inputs: TensorType) -> Signature:
        self.require_input(inputs)
        sizes = self.spatial(inputs)
        axes = zip(sizes, self.cropping, strict=True)
        left = tuple(size - before - after for size, (before, after) in axes)
        if any(isinstance(size, int) and size <= 0 for size in left):
            cut = times(sum(sides) for sides in self.cropping)
            raise LayerError(
                f"cropping {cut} in all leaves nothing of input {times(sizes)}",
                code="NN204",
                field="cropping",
                help="cut less than the input has along each axis",
            )
        return Signature((self.resized(inputs, left),))


class Cropping2D(Cropping):
    """An image without its margins."""

    rank: ClassVar[int] = 2


class UpSampling(Spatial):
    """The input made larger by whole factors, of any rank."""

    size: Sizes = doc("Factor for each spatial axis.", 2)

    @property
    def support(self) -> int:
        """How many input positions an output position comes from along each axis that grows."""
        return 1

    def infer(self, inputs: TensorType) -> Signature:
        self.require_input(inputs)
        axes = zip(self.spatial(inputs), self.size, strict=True)
        larger = tuple(size * factor for size, factor in axes)
        reach = tuple(Window(self.support if factor > 1 else 1, Fraction(1, factor)) for factor in self.size)
        return Signature((self.resized(inputs, larger),), reach=reach)


class UpSampling2D(UpSampling):
    """An image made larger by whole factors."""

    # What TensorFlow interpolates; `nearest` only repeats, and takes anything.
    dtypes: ClassVar[tuple[str, ...]] = WINDOWED

    rank: ClassVar[int] = 2
    interpolation: Interpolation = doc("How new positions come from those around them.", "nearest")

    @property
    def support(self) -> int:
        return SUPPORT[self.interpolation]

    def infer(self, inputs: TensorType) -> Signature:
        self.require_input(inputs, None if self.interpolation == "nearest" else self.dtypes)
        return super().infer(inputs)
