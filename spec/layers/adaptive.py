"""Adaptive pooling: windows chosen so that the output has a given size, whatever the size of the input."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

from ..fields import Sizes
from ..records import doc
from ..size import Size
from ..types import FLOATS, Signature, TensorType, Window
from .base import LayerError
from .pooling import VOLUMES
from .windows import WINDOWED, Spatial


class AdaptivePooling(Spatial):
    """What all adaptive pooling has. Along an axis of n positions, output position i of m comes from those from
    floor(i * n / m) to ceil((i + 1) * n / m), so that windows overlap where m does not divide n."""

    # The dtypes that TensorFlow has the pooling for.
    dtypes: ClassVar[tuple[str, ...]]

    output_size: Sizes = doc("Size of the output along each spatial axis.")

    def infer(self, inputs: TensorType) -> Signature:
        self.require_input(inputs, self.dtypes)
        axes = list(zip(self.fixed(inputs), self.output_size, strict=True))
        reach = tuple(Window(n // m if n % m == 0 else -(-n // m) + 1, Fraction(n, m)) for n, m in axes)
        return Signature((self.resized(inputs, self.output_size),), reach=reach)

    def fixed(self, inputs: TensorType) -> list[int]:
        """The sizes of the spatial axes. Raises LayerError where one is dynamic, for which Keras has no windows."""
        return [self._fixed(size) for size in self.spatial(inputs)]

    def _fixed(self, size: Size) -> int:
        if isinstance(size, int):
            return size
        name = type(self).__name__
        raise LayerError(
            f"{name} cannot pool the dynamic size {size}: its windows depend on it",
            code="NN207",
            help=f"give that axis of the input a number, or use {name.replace('Adaptive', 'Global')}",
        )


class AdaptiveAveragePooling(AdaptivePooling):
    """The mean of each window, of any rank."""

    dtypes: ClassVar[tuple[str, ...]] = FLOATS


class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """The mean of each of a given number of windows of steps, channel by channel."""

    rank: ClassVar[int] = 1


class AdaptiveAveragePooling2D(AdaptiveAveragePooling):
    """The mean of each of a given number of windows of an image, channel by channel."""

    rank: ClassVar[int] = 2


class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """The mean of each of a given number of windows of a volume, channel by channel."""

    dtypes: ClassVar[tuple[str, ...]] = VOLUMES

    rank: ClassVar[int] = 3


class AdaptiveMaxPooling(AdaptivePooling):
    """The greatest number in each window, of any rank."""

    dtypes: ClassVar[tuple[str, ...]] = WINDOWED

    def infer(self, inputs: TensorType) -> Signature:
        signature = super().infer(inputs)
        for n, m in zip(self.fixed(inputs), self.output_size, strict=True):
            self._require_room(n, m)
        return signature

    def _require_room(self, size: int, made: int) -> None:
        """Raises LayerError where a window of one position more than a part has would not fit. Keras pools over such
        windows too, whether or not it takes any of them, and TensorFlow ends the process."""
        if -(-size // made) < size:
            return
        kind = f"GlobalMaxPooling{self.rank}D"
        raise LayerError(
            f"output_size {made} leaves Keras no room in an axis of size {size} for its larger windows",
            code="NN204",
            field="output_size",
            help=f"use {kind}: {{keepdims: true}} for a size of 1, or an axis of 2 or more",
        )


class AdaptiveMaxPooling1D(AdaptiveMaxPooling):
    """The greatest number in each of a given number of windows of steps, channel by channel."""

    rank: ClassVar[int] = 1


class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """The greatest number in each of a given number of windows of an image, channel by channel."""

    rank: ClassVar[int] = 2


class AdaptiveMaxPooling3D(AdaptiveMaxPooling):
    """The greatest number in each of a given number of windows of a volume, channel by channel."""

    dtypes: ClassVar[tuple[str, ...]] = VOLUMES

    rank: ClassVar[int] = 3
