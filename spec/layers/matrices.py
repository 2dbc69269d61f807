"""Functions of `keras.ops` of the matrices that two axes span, and of the vectors along one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ..fields import Int, NonNegativeFloat, NonNegativeInt, OptionalAxes, PositiveInt
from ..promotion import as_float, as_sum, result_type
from ..records import doc
from ..size import Size, shape_text
from ..types import Signature, TensorType, is_float, reach_along
from .arithmetic import broadcast
from .base import LayerError, Port, normalize_axis
from .functions import Function
from .moving import AxisFunction


class OnDiagonal(AxisFunction):
    """What functions share that take the elements of a diagonal of the matrices that two axes span."""

    offset: Int = doc("The diagonal: above the main one where positive, below it where negative.", 0)
    axis1: Int = doc("The axis of the rows, the batch being axis 0.", 0)
    axis2: Int = doc("The axis of the columns.", 1)

    verb: ClassVar[str] = "take a diagonal of"
    # How many elements there must be.
    least: ClassVar[int] = 1

    def plane(self, x: TensorType) -> tuple[int, int]:
        """The axes of the rows and the columns, from 0. Raises LayerError where they are one, or the batch."""
        rows, columns = (self.axis_of(x, getattr(self, field), field) for field in ("axis1", "axis2"))
        if rows == columns:
            message = f"axis1 and axis2 are both axis {rows}"
            raise LayerError(message, code="NN104", field="axis2", help="name two axes")
        return rows, columns

    def length(self, x: TensorType) -> Size:
        """How many elements the diagonal has. Raises LayerError where there are none, or no one can tell."""
        rows, columns = (x.shape[axis] for axis in self.plane(x))
        if rows == columns:
            length = rows - abs(self.offset)
        elif isinstance(rows, int) and isinstance(columns, int):
            length = min(rows + min(self.offset, 0), columns - max(self.offset, 0))
        else:
            message = f"the diagonal of {rows} rows and {columns} columns may end at either"
            raise LayerError(message, code="NN207", help="give both axes numbers, or the same name")
        if isinstance(length, int) and length < self.least:
            message = f"a matrix of {rows} rows and {columns} columns has no diagonal {self.offset}"
            help = f"write a number from {self.least - rows} to {columns - self.least}"
            raise LayerError(message, code="NN204", field="offset", help=help)
        return length

    def others(self, x: TensorType) -> tuple[Size, ...]:
        """The sizes of the other axes."""
        return tuple(size for axis, size in enumerate(x.shape) if axis not in self.plane(x))


class Diagonal(OnDiagonal, op="diagonal"):
    """The elements of a diagonal, along a new last axis."""

    def infer(self, x: TensorType) -> Signature:
        return Signature((x.with_shape(*self.others(x), self.length(x)),), reach="all")


class Trace(OnDiagonal, op="trace"):
    """Sum of a diagonal's elements. Small integers and booleans are added up in 32 bits."""

    least: ClassVar[int] = 0

    def infer(self, x: TensorType) -> Signature:
        self.length(x)
        self._check(x)
        return Signature((TensorType(self.others(x), as_sum(x.dtype)),), reach="all")

    def _check(self, x: TensorType) -> None:
        rows, columns = (x.shape[axis] for axis in self.plane(x))
        if not (isinstance(rows, int) and isinstance(columns, int)) or self.offset == 0:
            return
        if (columns - self.offset > rows) if self.offset > 0 else (rows + self.offset > columns):
            message = f"Keras cannot add up diagonal {self.offset} of {rows} rows and {columns} columns"
            help = "it can where the diagonal ends in the corner: use Diagonal, and Sum of it"
            raise LayerError(message, code="NN204", field="offset", help=help)

    def needs(self, *inputs: TensorType) -> Iterator[Size]:
        yield self.length(inputs[0]) + 1


class Triangle(Function):
    """What functions share that leave zeros on one side of a diagonal of the last two axes."""

    k: Int = doc("The diagonal: above the main one where positive, below it where negative.", 0)

    def infer(self, x: TensorType) -> Signature:
        if x.rank < (2 if x.is_constant else 3):
            message = f"{type(self).__name__} takes matrices, not {shape_text(x.shape)}"
            help = "give each sample two axes, with Reshape or ExpandDims"
            raise LayerError(message, code="NN201", help=help)
        self._check(x)
        return Signature((x.with_shape(*x.shape),))

    def spare(self, x: TensorType) -> Size:
        """How many diagonals there are beyond this one, on the side where TensorFlow must have it."""
        raise NotImplementedError

    def needs(self, *inputs: TensorType) -> Iterator[Size]:
        yield self.spare(inputs[0]) + 1

    def _check(self, x: TensorType) -> None:
        spare = self.spare(x)
        if isinstance(spare, int) and spare < 0:
            message = f"TensorFlow has no diagonal {self.k} in {x.shape[-2]} rows and {x.shape[-1]} columns"
            help = "leave it out: it would change nothing"
            raise LayerError(message, code="NN204", field="k", help=help)


class Tril(Triangle, op="tril"):
    """The elements on a diagonal and below it, zeros above."""

    def spare(self, x: TensorType) -> Size:
        return x.shape[-1] - max(self.k, 0)


class Triu(Triangle, op="triu"):
    """The elements on a diagonal and above it, zeros below."""

    def spare(self, x: TensorType) -> Size:
        return x.shape[-2] + min(self.k, 0)


class Diff(AxisFunction, op="diff"):
    """Each element less the one before it; of booleans, whether they differ."""

    n: NonNegativeInt = doc("How many times this is done.", 1)
    axis: Int = doc("The axis, the batch being axis 0.", -1)

    ports: ClassVar[tuple[Port, ...]] = (Port("a"),)
    verb: ClassVar[str] = "subtract along"

    def infer(self, a: TensorType) -> Signature:
        axis, sizes = self.axis_of(a, self.axis), list(a.shape)
        size = sizes[axis]
        if isinstance(size, int) and size <= self.n:
            message = f"axis {axis} has {size} elements, and {self.n} differences in turn leave none"
            help = f"write a number below {size}" if size > 1 else "leave it out"
            raise LayerError(message, code="NN204", field="n", help=help)
        sizes[axis] = size - self.n
        return Signature((a.with_shape(*sizes),), reach=reach_along((axis,), a.rank))


class Normalize(AxisFunction, op="normalize"):
    """Each vector along some axes divided by its length, or by `epsilon` where that is greater."""

    axis: OptionalAxes = doc("The axis or axes, the batch being axis 0.", (-1,))
    order: PositiveInt = doc("Which length: 1 is the sum of the magnitudes, 2 Euclid's, and so on.", 2)
    epsilon: NonNegativeFloat | None = doc("The least number to divide by; by default 1e-7.", None)

    verb: ClassVar[str] = "normalize over"

    def infer(self, x: TensorType) -> Signature:
        axes = self.all_axes(x, self.axis)
        if self.order == 2 and not is_float(x.dtype):
            message = f"Keras normalizes {x.dtype} by no length of order 2"
            raise LayerError(message, code="NN202", help="put Cast: float32 before it")
        if self.order == 2 and self.epsilon == 0:
            message = "epsilon is 0, and Keras multiplies by 1 / epsilon"
            raise LayerError(message, code="NN104", field="epsilon", help="write a number above 0")
        if len(axes) > (1 if self.order > 2 else 2 if self.order == 1 else len(axes)):
            message = f"there is no length of order {self.order} over {len(axes)} axes"
            raise LayerError(message, code="NN104", field="order", help="write order: 2, or name one axis")
        return Signature((TensorType(x.shape, as_float(x.dtype)),), reach=reach_along(axes, x.rank))


class Cross(AxisFunction, op="cross"):
    """Vector products in space; vectors of two numbers have 0 for the third, and two of them give that one alone."""

    axisa: Int = doc("The axis of the first input's vectors, the batch being axis 0.", -1)
    axisb: Int = doc("The axis of the second input's vectors.", -1)
    axisc: Int = doc("The axis of the output's vectors.", -1)
    axis: Int | None = doc("The axis of all three, in place of those.", None)

    ports: ClassVar[tuple[Port, ...]] = (Port("x1"), Port("x2"))
    verb: ClassVar[str] = "multiply along"

    def infer(self, x1: TensorType, x2: TensorType) -> Signature:
        dtype = result_type((x1.dtype, x2.dtype))
        if dtype == "bool":
            raise LayerError("Cross takes numbers, not bool", code="NN202", help="put Cast: int32 before it")
        rest = broadcast(self.kind, *(self._without(x, axis) for x, axis in self.vectors(x1, x2)))
        place = self.place(x1, x2, rest)
        shape = rest if place is None else (*rest[:place], 3, *rest[place:])
        return Signature((TensorType(shape, dtype),), reach="all")

    def vectors(self, x1: TensorType, x2: TensorType) -> list[tuple[TensorType, int]]:
        """Each input and the axis of its vectors, from 0. Raises LayerError unless these have two numbers or three."""
        found: list[tuple[TensorType, int]] = []
        for x, field in ((x1, "axisa"), (x2, "axisb")):
            field, given = self._given(field)
            axis = self.axis_of(x, given, field)
            if x.shape[axis] not in (2, 3):
                message = f"axis {axis} of {shape_text(x.shape)} has {x.shape[axis]} elements, and vectors have 2 or 3"
                raise LayerError(message, code="NN201", field=field, help="name the axis of the vectors")
            found.append((x, axis))
        return found

    def place(self, x1: TensorType, x2: TensorType, rest: tuple[Size, ...]) -> int | None:
        """The axis of the output's vectors, from 0; None where each is one number. `rest` has the other axes."""
        flat = all(x.shape[axis] == 2 for x, axis in self.vectors(x1, x2))
        field, given = self._given("axisc")
        whole = TensorType(rest if flat else (*rest, 3), x1.dtype)
        if flat:
            normalize_axis(given, whole.rank, field)
            return None
        return self.axis_of(whole, given, field)

    def _given(self, field: str) -> tuple[str, int]:
        """The field that says an axis, and the axis."""
        return (field, getattr(self, field)) if self.axis is None else ("axis", self.axis)

    def _without(self, x: TensorType, axis: int) -> TensorType:
        return x.with_shape(*x.shape[:axis], *x.shape[axis + 1 :])
