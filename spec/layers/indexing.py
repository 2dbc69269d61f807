"""Functions of `keras.ops` that choose elements of a tensor by their numbers, or make vectors of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic_core import PydanticCustomError

from ..fields import MAX_SIZE, Int, Ints, PositiveInt, flat, numbers_shape, parse_numbers
from ..records import doc
from ..schemas import Parsed
from ..size import Size, product, shape_text
from ..types import Dtype, Signature, TensorType, reach_along
from .base import LayerError, Port
from .merge import differ
from .moving import AxisFunction

# The dtypes that TensorFlow takes for the numbers of elements.
INDICES = ("int16", "int32", "int64")


class Slice(AxisFunction, op="slice"):
    """Some elements next to each other along each axis."""

    start_indices: Ints = doc("The first element for each axis, the batch being axis 0 and having 0.")
    shape: Ints = doc("How many elements, -1 being all to the end; the batch has -1.")

    ports: ClassVar[tuple[Port, ...]] = (Port("inputs"),)
    verb: ClassVar[str] = "cut"

    def infer(self, inputs: TensorType) -> Signature:
        for field in ("start_indices", "shape"):
            self._check_length(inputs, field)
        whole = (self.start_indices[:1], self.shape[:1]) == ((0,), (-1,))
        if not whole and not inputs.is_constant:
            field = "start_indices" if self.start_indices[0] else "shape"
            message = "Slice cannot cut the batch, axis 0"
            help = "begin start_indices with 0 and shape with -1"
            raise LayerError(message, code="NN201", field=field, help=help)
        sizes = tuple(self.size(inputs, axis) for axis in range(inputs.rank))
        return Signature((inputs.with_shape(*sizes),), reach="all")

    def size(self, inputs: TensorType, axis: int) -> Size:
        """How many elements are taken along an axis. Raises LayerError where there are not as many."""
        start, count, size = self.start_indices[axis], self.shape[axis], inputs.shape[axis]
        if start < 0:
            message = f"start_indices has {start}, and elements are counted from 0"
            raise LayerError(message, code="NN104", field="start_indices", help="write 0 or more")
        if count < 1 and count != -1:
            message = f"shape has {count}, which is no number of elements"
            raise LayerError(
                message, code="NN104", field="shape", help="write 1 or more, or -1 for all to the end"
            )
        spare = self.spare(size, axis)
        if isinstance(spare, int) and spare < 0:
            taken = "none" if count == -1 else f"not {count}"
            message = f"axis {axis} has {size} elements, and {taken} from element {start} on"
            raise LayerError(message, code="NN204", field="shape", help="begin earlier, or take fewer")
        return size - start if count == -1 else count

    def needs(self, *inputs: TensorType) -> Iterator[Size]:
        (x,) = inputs
        yield from (self.spare(size, axis) + 1 for axis, size in enumerate(x.shape))

    def spare(self, size: Size, axis: int) -> Size:
        """How many elements there are behind those that must be there."""
        return size - self.start_indices[axis] - max(self.shape[axis], 1)

    def _check_length(self, inputs: TensorType, field: str) -> None:
        given = len(getattr(self, field))
        if given != inputs.rank:
            message = f"{field} has {given} numbers, and the input has {inputs.rank} axes"
            help = "give a number for each axis, the batch first"
            raise LayerError(message, code="NN201", field=field, help=help)


def parse_indices(value: Any) -> Any:
    """A whole number, or nested lists of them, of equal lengths, as tuples. Raises PydanticCustomError."""
    found = parse_numbers(value)
    if all(isinstance(number, int) and abs(number) <= MAX_SIZE for number in flat(found)):
        return found
    context = {"code": "NN103", "help": "write one number, or [0, 2, -1], where -1 is the last element"}
    raise PydanticCustomError("indices", "must be whole numbers", context)


class Take(AxisFunction, op="take"):
    """The elements of an axis that are chosen by their numbers, of which -1 is the last."""

    indices: Annotated[Any, Parsed(parse_indices)] | None = doc(
        "The numbers of the elements, where they are not an input.", None
    )
    axis: Int | None = doc("The axis, the batch being axis 0; by default all elements in a row.", None)

    ports: ClassVar[tuple[Port, ...]] = (Port("x"), Port("indices", optional=True))
    verb: ClassVar[str] = "choose from"

    def infer(self, x: TensorType, indices: TensorType | None = None) -> Signature:
        chosen = self.chosen(indices)
        axis, sizes = self.taken_axis(x), self.sizes(x)
        if not chosen.is_constant and not (axis == 0 and x.is_constant):
            message = "Take would put the batch of the indices among the axes of each sample"
            help = "let x be a constant, and axis 0; or use TakeAlongAxis, which chooses for each sample"
            raise LayerError(message, code="NN201", help=help)
        for number in flat(self.indices) if self.indices is not None else ():
            self._check(number, sizes[axis])
        output = x.with_shape(*sizes[:axis], *chosen.shape, *sizes[axis + 1 :])
        return Signature((output,), reach=reach_along((axis,), x.rank))

    def needs(self, *inputs: TensorType) -> Iterator[Size]:
        size = self.elements(inputs[0])
        yield from (
            size - number if number >= 0 else size + number + 1 for number in flat(self.indices or ())
        )

    def sizes(self, x: TensorType) -> tuple[Size, ...]:
        """The sizes of what elements are taken from: all in a row where no axis is given."""
        return (product(x.shape),) if self.axis is None else x.shape

    def elements(self, x: TensorType) -> Size:
        """How many elements there are to choose from."""
        return self.sizes(x)[self.taken_axis(x)]

    def taken_axis(self, x: TensorType) -> int:
        """The axis from 0, of the elements in a row where none is given. Raises LayerError for the batch."""
        if self.axis is not None:
            return self.axis_of(x, self.axis)
        self.all_axes(x, None)
        return 0

    def chosen(self, indices: TensorType | None) -> TensorType:
        """The type of the numbers. Raises LayerError unless they are given once, and whole."""
        if (indices is None) == (self.indices is None):
            message = "Take is given no indices" if indices is None else "Take is given indices twice"
            help = "write them, as in Take: {indices: [0, 2], axis: 1}, or take them from an input"
            raise LayerError(message, code="NN201", help=help)
        found = indices or TensorType(numbers_shape(self.indices), "int32")
        if found.dtype not in INDICES:
            message = f"indices are of dtype {found.dtype}, and TensorFlow takes int32 and int64"
            raise LayerError(message, code="NN202", help="put Cast: int32 before it")
        return found

    def _check(self, number: int, size: Size) -> None:
        if isinstance(size, int) and not -size <= number < size:
            message = f"there is no element {number}: the axis has {size}"
            help = f"choose from {-size} to {size - 1}"
            raise LayerError(message, code="NN204", field="indices", help=help)


class TakeAlongAxis(AxisFunction, op="take_along_axis"):
    """The elements of an axis that are chosen by numbers of their own at every other place."""

    axis: Int | None = doc("The axis, the batch being axis 0; by default all elements in a row.", None)

    ports: ClassVar[tuple[Port, ...]] = (Port("x"), Port("indices"))
    verb: ClassVar[str] = "choose from"

    def infer(self, x: TensorType, indices: TensorType) -> Signature:
        if self.axis is None:
            message = "TakeAlongAxis without an axis would choose from all samples in a row"
            raise LayerError(message, code="NN201", help=self.advice("axis", x.rank))
        if x.rank != indices.rank:
            message = f"indices has {indices.rank} axes, and x has {x.rank}"
            raise LayerError(message, code="NN203", help="give both the same number of axes, with ExpandDims")
        axis = self.axis_of(x if indices.is_constant else indices, self.axis)
        shape = tuple(
            indices.shape[i] if i == axis else self._met(i, a, b)
            for i, (a, b) in enumerate(zip(x.shape, indices.shape, strict=True))
        )
        return Signature((x.with_shape(*shape),), reach=reach_along((axis,), x.rank))

    def elements(self, x: TensorType) -> Size:
        """How many elements there are to choose from."""
        return x.shape[self.axis or 0]

    def _met(self, axis: int, a: Size, b: Size) -> Size:
        if 1 not in (a, b) and (example := differ(a, b)) is not None:
            message = f"axis {axis} has {a} elements in x and {b} in indices{example}"
            help = "beside the axis to choose along, the sizes must be equal, or 1"
            raise LayerError(message, code="NN203", help=help)
        return b if a == 1 else a


class OneHot(AxisFunction, op="one_hot"):
    """For each whole number a vector with 1 at its place; zeros for a number that has none."""

    num_classes: PositiveInt = doc("Size of the vectors.")
    axis: Int = doc("Where the new axis stands: before that axis of the input, or last for -1.", -1)
    dtype: Dtype | None = doc("Dtype of the result; by default float32.", None)  # type: ignore[assignment]

    verb: ClassVar[str] = "stand before"
    refused: ClassVar[dict[str, str]] = {
        "trainable": "a function has no weights: leave it out",
        "sparse": "ONNX has no sparse tensors: leave it out",
    }

    def infer(self, x: TensorType) -> Signature:
        axis = self.new_axis(x)
        return Signature(
            (TensorType((*x.shape[:axis], self.num_classes, *x.shape[axis:]), self.given_dtype),)
        )

    @property
    def given_dtype(self) -> str:
        return self.dtype or "float32"

    def new_axis(self, x: TensorType) -> int:
        """The new axis from 0 in the output."""
        if self.axis == -1:
            return x.rank
        if not 0 <= self.axis < x.rank:
            message = (
                f"axis is {self.axis}, and the new axis stands last for -1, or before one of {x.rank} axes"
            )
            help = (
                f"write -1, or a number from 1 to {x.rank - 1}" if x.rank > 1 else "write -1, or leave it out"
            )
            raise LayerError(message, code="NN201", field="axis", help=help)
        if self.axis == 0 and not x.is_constant:
            raise self.batch_error("axis", x.rank)
        return self.axis


class MultiHot(OneHot, op="multi_hot"):
    """For the whole numbers along axis 1 one vector, with 1 at the place of each: the greatest of what OneHot gives."""

    def infer(self, x: TensorType) -> Signature:
        if x.rank < 2 or x.is_constant:
            message = f"MultiHot takes whole numbers along axis 1, which {shape_text(x.shape)} does not have"
            raise LayerError(message, code="NN201", help="give each sample a list of numbers, or use OneHot")
        shape = super().infer(x).output.shape
        return Signature((TensorType((shape[0], *shape[2:]), self.given_dtype),), reach="all")
