"""Functions of `keras.ops`, by their own names as items. They have no weights, and cast no input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from ..fields import Float, Ints, OptionalAxes
from ..records import doc
from ..schemas import After
from ..size import Size
from ..types import Signature, TensorType, integer_bits, is_float, reach_along
from .base import Layer, LayerError, Port, normalize_axes, normalize_axis


class Function(Layer):
    """What functions share. The batch stays the first axis of what they give: outputs are by sample. What is computed
    of constants alone is a constant, and has no batch."""

    # The function's own name in `keras.ops`.
    op: ClassVar[str]
    is_function: ClassVar[bool] = True
    ports: ClassVar[tuple[Port, ...]] = (Port("x"),)
    autocast: ClassVar[bool] = False
    refused: ClassVar[dict[str, str]] = {
        "trainable": "a function has no weights: leave it out",
        "dtype": "a function gives the dtype that its input has",
    }

    def needs(self, *inputs: TensorType) -> Iterator[Size]:
        """Sizes that must be 1 or more, beside those of the output: as many elements as the function takes away, or
        chooses from, may be more than a dynamic axis has."""
        yield from ()


class Reduction(Function):
    """A function that makes one number of all those along some axes."""

    axis: OptionalAxes = doc("Axis or axes to reduce, the batch being axis 0.", None)
    keepdims: bool = doc("Whether a reduced axis stays, with size 1.", False)

    def infer(self, x: TensorType) -> Signature:
        axes = self.reduced_axes(x)
        sizes = [
            1 if axis in axes else size
            for axis, size in enumerate(x.shape)
            if self.keepdims or axis not in axes
        ]
        output = TensorType(tuple(sizes), self.output_dtype(x.dtype))
        return Signature((output,), reach=reach_along(axes, x.rank))

    def reduced_axes(self, x: TensorType) -> tuple[int, ...]:
        """The axes from 0. Raises LayerError where the batch would be among them."""
        name, rest = type(self).__name__, list(range(1, x.rank))
        if x.is_constant:
            return normalize_axes(tuple(range(x.rank)) if self.axis is None else self.axis, x.rank)
        help = (
            f"name axes behind the batch: {name}: {{axis: {rest}}}"
            if rest
            else "the input has only its batch"
        )
        if self.axis is None:
            message = f"{name} of every axis would reduce the batch too"
            raise LayerError(message, code="NN201", help=help)
        axes = normalize_axes(self.axis, x.rank)
        if 0 in axes:
            raise LayerError(f"{name} cannot reduce the batch, axis 0", code="NN201", field="axis", help=help)
        return axes

    def output_dtype(self, dtype: str) -> str:
        """The dtype of the result for an input of this one."""
        return dtype


class Mean(Reduction):
    """Mean along some axes."""

    op: ClassVar[str] = "mean"

    def output_dtype(self, dtype: str) -> str:
        return dtype if is_float(dtype) else "float32"


class Sum(Reduction):
    """Sum along some axes. Small integers and booleans are added up in 32 bits."""

    op: ClassVar[str] = "sum"

    def output_dtype(self, dtype: str) -> str:
        if dtype in ("bool", "int8", "int16"):
            return "int32"
        return "uint32" if dtype in ("uint8", "uint16") else dtype


class Max(Reduction):
    """Greatest number along some axes."""

    op: ClassVar[str] = "max"

    # Keras takes no 1.0 for integers, and a 1 for floats.
    initial: Annotated[Float, After(lambda v: int(v) if v.is_integer() else v)] | None = doc(
        "The least that a result can be.", None
    )

    def infer(self, x: TensorType) -> Signature:
        if self.initial is not None and not holds(x.dtype, self.initial):
            message = f"initial is {self.initial}, and the input is of dtype {x.dtype}"
            raise LayerError(message, code="NN202", field="initial", help="give a number that the dtype has")
        return super().infer(x)


class Transpose(Function):
    """Puts the axes in another order. The batch stays first."""

    op: ClassVar[str] = "transpose"

    axes: Ints | None = doc("The input's axes in their new order, the batch being axis 0.", None)

    def infer(self, x: TensorType) -> Signature:
        return Signature((x.with_shape(*(x.shape[axis] for axis in self.order(x))),), reach="all")

    def order(self, x: TensorType) -> tuple[int, ...]:
        """The axes from 0. Raises LayerError unless each is named once, and the batch first."""
        given = tuple(reversed(range(x.rank))) if self.axes is None else self.axes
        axes = tuple(normalize_axis(axis, x.rank, "axes") for axis in given)
        rest = [0, *reversed(range(1, x.rank))]
        if sorted(axes) != list(range(x.rank)):
            message = f"axes {list(given)} does not name each of the input's {x.rank} axes once"
            raise LayerError(message, code="NN201", field="axes", help=f"write axes: {rest}")
        if axes[0] != 0 and not x.is_constant:
            message = f"Transpose would move the batch from the first axis: the order is {list(axes)}"
            raise LayerError(message, code="NN201", field="axes", help=f"keep axis 0 first: axes: {rest}")
        return axes


def holds(dtype: str, number: float) -> bool:
    """Whether a number is one of the dtype's."""
    if is_float(dtype):
        return True
    if dtype == "bool":
        return number in (0, 1)
    bits = integer_bits(dtype)
    least = 0 if dtype.startswith("u") else -(2 ** (bits - 1))
    return isinstance(number, int) and least <= number < least + 2**bits
