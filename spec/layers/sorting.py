"""Functions of `keras.ops` that put elements in order by their values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ..fields import Int, PositiveInt
from ..records import doc
from ..size import Size
from ..types import Signature, TensorType, reach_along
from .base import LayerError
from .functions import Function
from .moving import AxisFunction


class TopK(Function, op="top_k"):
    """The greatest elements along the last axis, and their numbers; of equal ones the first come first."""

    k: PositiveInt = doc("How many.")
    sorted: bool = doc("Whether the greatest comes first.", True)

    @property
    def output_names(self) -> tuple[str, ...]:
        return ("values", "indices")

    def infer(self, x: TensorType) -> Signature:
        if x.dtype == "bool":
            help = "put Cast: int8 before it"
            raise LayerError("TensorFlow cannot put booleans in order", code="NN202", help=help)
        if x.rank < (1 if x.is_constant else 2):
            raise LayerError("TopK would compare samples", code="NN201", help="give the input one more axis")
        size = x.shape[-1]
        if isinstance(size, int) and self.k > size:
            message = f"the last axis has {size} elements, and TopK is to choose {self.k}"
            raise LayerError(message, code="NN204", field="k", help=f"write a number up to {size}")
        values = x.with_shape(*x.shape[:-1], self.k)
        return Signature((values, values.with_dtype("int32")), reach=reach_along((x.rank - 1,), x.rank))

    def needs(self, *inputs: TensorType) -> Iterator[Size]:
        (x,) = inputs
        yield x.shape[-1] - self.k + 1


class Ordering(AxisFunction):
    """What functions share that put the elements of an axis in order."""

    axis: Int | None = doc("The axis, the batch being axis 0; by default all elements in a row.", -1)

    verb: ClassVar[str] = "sort"

    def infer(self, x: TensorType) -> Signature:
        axis = self.sorted_axis(x)
        output = TensorType(x.shape, self.output_dtype(x.dtype))
        return Signature((output,), reach=reach_along((axis,), x.rank))

    def sorted_axis(self, x: TensorType) -> int:
        """The axis from 0. Raises LayerError for the batch."""
        if self.axis is None:
            message = f"{self.kind} without an axis would put all elements in a row"
            raise LayerError(message, code="NN201", help=self.advice("axis", x.rank))
        return self.axis_of(x, self.axis)

    def output_dtype(self, dtype: str) -> str:
        """The dtype of the result for an input of this one."""
        return dtype


class Sort(Ordering, op="sort"):
    """The elements of an axis, the least first."""


class ArgSort(Ordering, op="argsort"):
    """The numbers of an axis's elements, that of the least first; of equal ones the first come first."""

    def output_dtype(self, dtype: str) -> str:
        return "int32"
