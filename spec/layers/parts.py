"""Functions of `keras.ops` that give several parts of a tensor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Any, ClassVar

from pydantic_core import PydanticCustomError

from ..fields import Int, PositiveInt
from ..ranges import counterexample
from ..records import doc
from ..schemas import Parsed
from ..size import Size
from ..types import Signature, TensorType, reach_along
from .base import LayerError
from .merge import differ, or_unit
from .moving import AxisFunction

# More parts than these are a slip.
MOST_PARTS = 1000


class Parting(AxisFunction):
    """What functions share that give several parts of a tensor: `parts.0`, `parts.1`, …"""

    verb: ClassVar[str] = "cut"

    @property
    def count(self) -> int:
        """How many parts there are."""
        raise NotImplementedError

    @property
    def output_names(self) -> tuple[str, ...]:
        return tuple(map(str, range(self.count)))


class Cutting(Parting):
    """What functions share whose parts lie along an axis that stays."""

    axis: Int = doc("The axis to cut, the batch being axis 0.", 0)

    def infer(self, x: TensorType) -> Signature:
        axis = self.axis_of(x, self.axis)
        parts = (
            x.with_shape(*x.shape[:axis], size, *x.shape[axis + 1 :])
            for size in self.part_sizes(x.shape[axis])
        )
        return Signature(tuple(parts), reach=reach_along((axis,), x.rank))

    def part_sizes(self, size: Size) -> Sequence[Size]:
        """The parts' sizes along the axis. Raises LayerError where one would be empty."""
        raise NotImplementedError


def parse_cuts(value: Any) -> int | tuple[int, ...]:
    """A number of parts, or where to cut. Raises PydanticCustomError."""
    match value:
        case bool():
            pass
        case int() if 1 <= value <= MOST_PARTS:
            return value
        case list() | tuple() if value and len(value) < MOST_PARTS:
            if all(isinstance(at, int) and not isinstance(at, bool) for at in value) and _grows(value):
                return tuple(value)
    message = "must be a number of parts, or indices of 1 or more that grow"
    help = f"write a number up to {MOST_PARTS}, or [2, 5] to cut before the elements 2 and 5"
    raise PydanticCustomError("cuts", message, {"code": "NN103", "help": help})


def _grows(indices: list[int] | tuple[int, ...]) -> bool:
    return all(a < b for a, b in pairwise([0, *indices]))


class Split(Cutting, op="split"):
    """Cuts a tensor into parts along an axis: `parts.0`, `parts.1`, …"""

    indices_or_sections: Annotated[Any, Parsed(parse_cuts)] = doc(
        "How many equal parts, or the numbers of the elements before which to cut."
    )

    leading: ClassVar[tuple[str, ...]] = ("indices_or_sections",)

    def needs(self, *inputs: TensorType) -> Iterator[Size]:
        """That nothing is left over: a division rounds down."""
        (x,) = inputs
        size = x.shape[self.axis]
        yield size // self.count * self.count - size + 1

    @property
    def count(self) -> int:
        cuts = self.indices_or_sections
        return cuts if isinstance(cuts, int) else len(cuts) + 1

    def part_sizes(self, size: Size) -> Sequence[Size]:
        cuts = self.indices_or_sections
        return self._equal(size, cuts) if isinstance(cuts, int) else self._between(size, cuts)

    def _equal(self, size: Size, count: int) -> list[Size]:
        part = size // count
        if (example := counterexample(part * count, size)) is not None or part == 0:
            shown = "".join(f", such as {axis} = {length}" for axis, length in (example or {}).items())
            message = f"{size} elements{shown} cannot be cut into {count} equal parts"
            help = "choose a number that divides the axis's size, or use ArraySplit"
            if not isinstance(size, int):
                help = or_unit(part * count, size, "give the axis a number")
            raise LayerError(message, code="NN205", field="indices_or_sections", help=help)
        return [part] * count

    def _between(self, size: Size, cuts: tuple[int, ...]) -> list[int]:
        if not isinstance(size, int):
            message = f"Keras has to know the axis's size to cut before elements, and it is {size}"
            raise LayerError(message, code="NN207", field="axis", help="give the axis a number, or use Slice")
        if cuts[-1] >= size:
            message = f"there is no element {cuts[-1]} to cut before: the axis has {size}"
            help = f"choose numbers from 1 to {size - 1}"
            raise LayerError(message, code="NN204", field="indices_or_sections", help=help)
        return [b - a for a, b in pairwise((0, *cuts, size))]


class ArraySplit(Cutting, op="array_split"):
    """Cuts a tensor into parts along an axis, the first of which may have one element more than the others."""

    indices_or_sections: PositiveInt = doc("How many parts.")

    leading: ClassVar[tuple[str, ...]] = ("indices_or_sections",)

    @property
    def count(self) -> int:
        return min(self.indices_or_sections, MOST_PARTS)

    def part_sizes(self, size: Size) -> Sequence[Size]:
        count = self.indices_or_sections
        if not isinstance(size, int):
            message = f"ArraySplit has to know the axis's size, and it is {size}"
            raise LayerError(message, code="NN207", field="axis", help="give the axis a number, or use Split")
        if count > min(size, MOST_PARTS):
            message = f"{size} elements cannot be cut into {count} parts"
            help = f"choose a number up to {min(size, MOST_PARTS)}"
            raise LayerError(message, code="NN204", field="indices_or_sections", help=help)
        return [size // count + (part < size % count) for part in range(count)]


class Unstack(Parting, op="unstack"):
    """Takes an axis away, and gives each of its elements: `parts.0`, `parts.1`, …"""

    num: PositiveInt = doc("How many elements the axis has.")
    axis: Int = doc("The axis, the batch being axis 0.", 0)

    verb: ClassVar[str] = "take away"

    @property
    def count(self) -> int:
        return min(self.num, MOST_PARTS)

    def infer(self, x: TensorType) -> Signature:
        axis = self.axis_of(x, self.axis)
        size = x.shape[axis]
        if (example := differ(size, self.num)) is not None or self.num > MOST_PARTS:
            message = f"num is {self.num}, and axis {axis} has {size} elements{example or ''}"
            help = f"write num: {size}" if isinstance(size, int) else "give the axis a number"
            raise LayerError(message, code="NN201", field="num", help=help)
        part = x.with_shape(*x.shape[:axis], *x.shape[axis + 1 :])
        return Signature((part,) * self.num, reach=reach_along((axis,), x.rank))
