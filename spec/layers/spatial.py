"""Layers that change the sizes of spatial axes: padding, cropping, up-sampling."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, ClassVar, Literal, TypeAlias

from ..fields import BothSides, PositiveInt, Sizes, lower
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


class ZeroPadding1D(ZeroPadding):
    """Zeros before and behind the steps."""

    rank: ClassVar[int] = 1
    padding: BothSides = doc("Steps to add at both ends, or [before, behind].", 1)


class ZeroPadding2D(ZeroPadding):
    """Zeros around an image."""

    rank: ClassVar[int] = 2


class ZeroPadding3D(ZeroPadding):
    """Zeros around a volume."""

    rank: ClassVar[int] = 3


class Cropping(Spatial):
    """The input without its margins, of any rank."""

    cropping: BothSides = doc(
        "Positions to cut: one number, one for each axis, or one for each end of each.", 1
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


class Cropping1D(Cropping):
    """The steps without the first and the last."""

    rank: ClassVar[int] = 1
    # Keras has it for channels_last only.
    data_format = "channels_last"
    cropping: BothSides = doc("Steps to cut at both ends, or [before, behind].", 1)


class Cropping2D(Cropping):
    """An image without its margins."""

    rank: ClassVar[int] = 2
    cropping: BothSides = doc(
        "Positions to cut: one number, one for each axis, or one for each end of each.", 0
    )


class Cropping3D(Cropping):
    """A volume without its margins."""

    rank: ClassVar[int] = 3


class UpSampling(Spatial):
    """The input made larger by whole factors, of any rank."""

    size: Sizes = doc("Factor for each spatial axis.", 2)

    @property
    def factors(self) -> tuple[int, ...]:
        """The factor of each spatial axis."""
        return self.size

    @property
    def support(self) -> int:
        """How many input positions an output position comes from along each axis that grows."""
        return 1

    def infer(self, inputs: TensorType) -> Signature:
        self.require_input(inputs)
        axes = zip(self.spatial(inputs), self.factors, strict=True)
        larger = tuple(size * factor for size, factor in axes)
        reach = tuple(
            Window(self.support if factor > 1 else 1, Fraction(1, factor)) for factor in self.factors
        )
        return Signature((self.resized(inputs, larger),), reach=reach)


class UpSampling1D(UpSampling):
    """Each step repeated."""

    rank: ClassVar[int] = 1
    # Keras has it for channels_last only.
    data_format = "channels_last"
    size: PositiveInt = doc(  # pyright: ignore[reportIncompatibleVariableOverride]
        "How often each step stands in the output.", 2
    )

    @property
    def factors(self) -> tuple[int, ...]:
        return (self.size,)


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


class UpSampling3D(UpSampling):
    """A volume made larger by whole factors, each position repeated."""

    rank: ClassVar[int] = 3
