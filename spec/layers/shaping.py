"""Layers that lay the elements of a sample out anew, and change none of them."""

from __future__ import annotations

from typing import Annotated

from pydantic_core import PydanticCustomError

from ..fields import DataFormat, Ints, PositiveInt
from ..records import doc
from ..schemas import After
from ..size import Expr, Size, product, shape_text
from ..types import Signature, TensorType
from .base import Layer, LayerError, require_rank


def check_target(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Sizes of at least 1, with at most one -1 among them. Raises PydanticCustomError."""
    if any(size < 1 and size != -1 for size in shape):
        help = "a size is 1 or more, or -1 for what is left over"
        raise PydanticCustomError(
            "target_size", "{shape} is not a shape", {"shape": str(list(shape)), "help": help}
        )
    if shape.count(-1) > 1:
        help = "give all sizes but one"
        message = "only one size can be -1, and {shape} has more"
        raise PydanticCustomError("target_unknown", message, {"shape": str(list(shape)), "help": help})
    return shape


class Flatten(Layer):
    """Makes one axis of all axes but the batch, the channels last whatever their place in the input."""

    data_format: DataFormat = doc("Where the channels of the input stand.", "channels_last")

    def infer(self, inputs: TensorType) -> Signature:
        return Signature((inputs.with_shape(inputs.batch, inputs.size_per_sample),), reach="all")


class Reshape(Layer):
    """Lays the elements of a sample out in another shape, in their order."""

    target_shape: Annotated[Ints, After(check_target)] = doc(
        "Shape without the batch; one size may be -1, and is what the others leave."
    )

    def infer(self, inputs: TensorType) -> Signature:
        return Signature((inputs.with_shape(inputs.batch, *self.sizes(inputs)),), reach="all")

    def sizes(self, inputs: TensorType) -> tuple[Size, ...]:
        """The target's sizes. Raises LayerError where they do not hold the elements of a sample."""
        total = inputs.size_per_sample
        given = product(size for size in self.target_shape if size != -1)
        assert isinstance(given, int)
        left = total // given
        if left * given != total or (-1 not in self.target_shape and left != 1):
            raise self._misfit(inputs, total, given)
        return tuple(left if size == -1 else size for size in self.target_shape)

    def _misfit(self, inputs: TensorType, total: Size, given: int) -> LayerError:
        shape = shape_text(inputs.features)
        wanted = f"{given} for each index of the axis -1" if -1 in self.target_shape else str(given)
        message = f"{shape} has {total} elements, and target_shape {list(self.target_shape)} holds {wanted}"
        help = "the sizes of target_shape must multiply to the number of elements"
        if isinstance(total, Expr):
            help = "use -1 for the axis that depends on the input, in place of a size that divides"
        return LayerError(message, code="NN205", field="target_shape", help=help)


class Permute(Layer):
    """Puts the axes of a sample in another order."""

    dims: Ints = doc("The input's axes in their new order, counted from 1 behind the batch.")

    def infer(self, inputs: TensorType) -> Signature:
        count = len(self.dims)
        if sorted(self.dims) != list(range(1, count + 1)):
            message = f"dims {list(self.dims)} does not name each axis from 1 to {count} once"
            raise LayerError(message, code="NN104", field="dims", help="the batch is not named: dims: [2, 1]")
        if inputs.rank != count + 1:
            message = (
                f"dims {list(self.dims)} orders {count} axes, and the input has {inputs.rank - 1} of them"
            )
            raise LayerError(
                message, code="NN201", field="dims", help="name each axis of the input but the batch"
            )
        return Signature(
            (inputs.with_shape(inputs.batch, *(inputs.shape[axis] for axis in self.dims)),), reach="all"
        )


class RepeatVector(Layer):
    """Repeats a vector along a new axis, as the steps of a sequence."""

    n: PositiveInt = doc("How often the vector stands in the output.")

    def infer(self, inputs: TensorType) -> Signature:
        require_rank(inputs, 2, "RepeatVector", "batch, features")
        return Signature((inputs.with_shape(inputs.batch, self.n, inputs.shape[1]),), reach="all")
