"""Functions of `keras.ops` that put elements elsewhere along axes, or repeat them, and compute nothing of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from ..fields import Axes, Int, NonNegativeInt, Number, OneOrMany, OptionalAxes, PositiveInt, lower, many
from ..promotion import holds
from ..records import doc
from ..schemas import Before
from ..size import Size
from ..types import Signature, TensorType, is_float, reach_along
from .base import LayerError, normalize_axes
from .functions import Function


class AxisFunction(Function):
    """What functions share that work along axes, and leave the batch alone."""

    # What they do to an axis, as messages say it.
    verb: ClassVar[str] = "move"

    @property
    def kind(self) -> str:
        return type(self).__name__

    def axes_of(self, x: TensorType, axes: tuple[int, ...], field: str = "axis") -> tuple[int, ...]:
        """The axes from 0, each once. Raises LayerError where one is the batch, or is not there."""
        found = normalize_axes(axes, x.rank, field) if axes else ()
        if 0 in found and not x.is_constant:
            raise self.batch_error(field, x.rank)
        return found

    def axis_of(self, x: TensorType, axis: int, field: str = "axis") -> int:
        """The axis from 0. Raises LayerError where it is the batch, or is not there."""
        return self.axes_of(x, (axis,), field)[0]

    def all_axes(self, x: TensorType, axes: tuple[int, ...] | None) -> tuple[int, ...]:
        """The axes from 0, all of them for None. Raises LayerError where the batch is among them."""
        if axes is not None:
            return self.axes_of(x, axes)
        if x.is_constant:
            return tuple(range(x.rank))
        message = f"{self.kind} of every axis would {self.verb} the batch too"
        raise LayerError(message, code="NN201", help=self.advice("axis", x.rank))

    def batch_error(self, field: str, rank: int) -> LayerError:
        message = f"{self.kind} cannot {self.verb} the batch, axis 0"
        return LayerError(message, code="NN201", field=field, help=self.advice(field, rank))

    def advice(self, field: str, rank: int) -> str:
        if rank < 2:
            return "the input has only its batch"
        return f"name axes behind the batch, which are 1 to {rank - 1}, or {1 - rank} to -1"


class Flip(AxisFunction, op="flip"):
    """Reverses the order along axes."""

    axis: OptionalAxes = doc("The axes, the batch being axis 0; by default all.", None)

    verb: ClassVar[str] = "reverse"

    def infer(self, x: TensorType) -> Signature:
        return Signature((x.with_shape(*x.shape),), reach=reach_along(self.all_axes(x, self.axis), x.rank))


class Roll(AxisFunction, op="roll"):
    """Shifts the elements along axes; those that leave one end enter at the other."""

    shift: Axes = doc("How far, for each axis; backwards where negative.")
    axis: OptionalAxes = doc("The axes, the batch being axis 0; by default the elements in a row.", None)

    verb: ClassVar[str] = "shift"

    def infer(self, x: TensorType) -> Signature:
        axes = tuple(axis for axis, _ in self.shifts(x))
        return Signature((x.with_shape(*x.shape),), reach=reach_along(axes, x.rank))

    def shifts(self, x: TensorType) -> list[tuple[int, int]]:
        """Each axis from 0 and how far it is shifted. An axis that is named twice is shifted by both."""
        if self.axis is None:
            message = "Roll without an axis would shift elements from sample to sample"
            raise LayerError(message, code="NN201", help=self.advice("axis", x.rank))
        if len(self.shift) != len(self.axis):
            message = f"Roll cannot shift {len(self.axis)} axes by {len(self.shift)} numbers"
            raise LayerError(message, code="NN104", field="shift", help="give one number for each axis")
        axes = [self.axis_of(x, axis) for axis in self.axis]
        return list(zip(axes, self.shift, strict=True))


def pairs(value: Any) -> Any:
    """One number in a list stands for both ends of an axis."""
    given = many(value)
    if not isinstance(given, tuple):
        return value
    sides = [many(side) * 2 if isinstance(side, list | tuple) and len(side) == 1 else side for side in given]
    return tuple(tuple(side) if isinstance(side, list) else side for side in sides)


class Pad(AxisFunction, op="pad"):
    """Adds elements at the ends of axes."""

    pad_width: Annotated[tuple[tuple[NonNegativeInt, NonNegativeInt], ...], Before(pairs)] = doc(
        "How many before and after, for each axis, the batch being axis 0 and having [0, 0]."
    )
    mode: Annotated[Literal["constant", "reflect", "symmetric"], Before(lower)] = doc(
        "Whether these are one number, or the elements mirrored, without the outermost or with it.",
        "constant",
    )
    constant_values: Number | None = doc("The number, 0 by default, where the mode is constant.", None)

    verb: ClassVar[str] = "pad"

    def infer(self, x: TensorType) -> Signature:
        self._check_number(x)
        if len(self.pad_width) != x.rank:
            message = f"pad_width is for {len(self.pad_width)} axes, and the input has {x.rank}"
            help = f"give a pair for each axis, the batch first: {[[0, 0], *[[1, 1]] * (x.rank - 1)]}"
            raise LayerError(message, code="NN201", field="pad_width", help=help)
        if self.pad_width[:1] != ((0, 0),) and not x.is_constant:
            raise self.batch_error("pad_width", x.rank)
        for axis, size in enumerate(x.shape):
            self._check_mirror(axis, size)
        sizes = (size + before + after for size, (before, after) in zip(x.shape, self.pad_width, strict=True))
        return Signature((x.with_shape(*sizes),), reach="all")

    def needs(self, *inputs: TensorType) -> Iterator[Size]:
        (x,) = inputs
        yield from (self.spare(size, axis) + 1 for axis, size in enumerate(x.shape))

    def spare(self, size: Size, axis: int) -> Size:
        """How many more elements an axis has than are mirrored."""
        most = max(self.pad_width[axis])
        return size if self.mode == "constant" or not most else size - most - (self.mode == "reflect")

    def _check_mirror(self, axis: int, size: Size) -> None:
        spare = self.spare(size, axis)
        if isinstance(spare, int) and spare < 0:
            message = f"axis {axis} has {size} elements, and {max(self.pad_width[axis])} cannot be mirrored"
            help = f"add at most {size - (self.mode == 'reflect')} on either side"
            raise LayerError(message, code="NN204", field="pad_width", help=help)

    def _check_number(self, x: TensorType) -> None:
        number = self.constant_values
        if number is None:
            return
        if self.mode != "constant":
            message = f'constant_values goes with the mode constant, and the mode is "{self.mode}"'
            raise LayerError(message, code="NN104", field="constant_values", help="leave it out")
        whole = isinstance(number, int) and x.dtype != "bool" and holds(x.dtype, number)
        if not (is_float(x.dtype) or whole):
            message = f"constant_values is {number}, and the input is of dtype {x.dtype}"
            raise LayerError(
                message, code="NN202", field="constant_values", help="give a number that the dtype has"
            )


Counts = Annotated[tuple[NonNegativeInt, ...], Before(many), OneOrMany]
PositiveCounts = Annotated[tuple[PositiveInt, ...], Before(many), OneOrMany]


class Tile(AxisFunction, op="tile"):
    """Repeats the whole along axes."""

    repeats: PositiveCounts = doc("How often, for each of the last axes.")

    verb: ClassVar[str] = "repeat"

    def infer(self, x: TensorType) -> Signature:
        repeats = self.all_repeats(x)
        if x.dtype == "uint16" and max(repeats) > 1:
            help = "give the input the dtype int32, or use Repeat or Concatenate"
            raise LayerError("TensorFlow cannot tile uint16", code="NN202", help=help)
        sizes = (*(1,) * (len(repeats) - x.rank), *x.shape)
        tiled = (size * count for size, count in zip(sizes, repeats, strict=True))
        return Signature((x.with_shape(*tiled),), reach="all")

    def all_repeats(self, x: TensorType) -> tuple[int, ...]:
        """How often, for each axis of the output."""
        repeats = (*(1,) * (x.rank - len(self.repeats)), *self.repeats)
        if (len(repeats) > x.rank or repeats[0] != 1) and not x.is_constant:
            message = f"repeats {list(self.repeats)} would repeat the batch"
            if len(repeats) > x.rank:
                message = f"repeats {list(self.repeats)} is for more axes than the input's {x.rank}"
            help = "give numbers for the axes behind the batch alone, or 1 for the batch"
            raise LayerError(message, code="NN201", field="repeats", help=help)
        return repeats


class Repeat(AxisFunction, op="repeat"):
    """Repeats each element along an axis."""

    repeats: Counts = doc("How often, for all elements of the axis or each.")
    axis: Int | None = doc("The axis, the batch being axis 0; by default all elements in a row.", None)

    verb: ClassVar[str] = "repeat"

    def infer(self, x: TensorType) -> Signature:
        axis, sizes = self.repeated_axis(x), list(x.shape)
        sizes[axis] = self.size(x, axis)
        return Signature((x.with_shape(*sizes),), reach=reach_along((axis,), x.rank))

    def repeated_axis(self, x: TensorType) -> int:
        """The axis from 0."""
        if self.axis is None:
            message = "Repeat without an axis would put all samples in a row"
            raise LayerError(message, code="NN201", help=self.advice("axis", x.rank))
        return self.axis_of(x, self.axis)

    def size(self, x: TensorType, axis: int) -> Size:
        """The axis's size in the output. Raises LayerError where the numbers are not one for each element."""
        size = x.shape[axis]
        if not sum(self.repeats):
            message = "Repeat leaves no elements"
            raise LayerError(message, code="NN104", field="repeats", help="give numbers of 1 or more")
        if len(self.repeats) == 1:
            return size * self.repeats[0]
        if size != len(self.repeats):
            message = f"repeats has {len(self.repeats)} numbers, and axis {axis} has {size} elements"
            help = "give one number for all, or as many as the axis has elements"
            raise LayerError(message, code="NN201", field="repeats", help=help)
        return sum(self.repeats)
