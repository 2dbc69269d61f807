"""Functions of `keras.ops` along axes: one number of many, or running totals."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic_core import PydanticCustomError

from ..fields import Float, OptionalAxes, OptionalDtype, OptionalInt, parse_number
from ..promotion import as_float, as_number, as_sum, holds, result_type
from ..records import doc
from ..schemas import After, Parsed
from ..size import Size
from ..types import DTYPES, FLOATS, Signature, TensorType, reach_along
from .base import LayerError, normalize_axes
from .elementwise import NUMBERS, Cast, require_dtype
from .functions import Function


class Along(Function):
    """A function along some axes. The batch is not among them."""

    axis: OptionalAxes = doc("Axis or axes to reduce, the batch being axis 0.", None)

    # The dtypes that Keras computes it for.
    takes: ClassVar[tuple[str, ...]] = DTYPES
    # What it does to its axes, as a message says it.
    verb: ClassVar[str] = "reduce"
    # Whether it takes one axis only.
    one_axis: ClassVar[bool] = False

    def infer(self, x: TensorType) -> Signature:
        require_dtype(x.dtype, self.takes, type(self).__name__)
        axes = self.reduced_axes(x)
        output = TensorType(self.sizes_left(x, axes), self.output_dtype(x.dtype))
        return Signature((output,), reach=reach_along(axes, x.rank))

    def reduced_axes(self, x: TensorType) -> tuple[int, ...]:
        """The axes from 0. Raises LayerError where the batch would be among them."""
        given = (self.axis,) if isinstance(self.axis, int) else self.axis
        name = type(self).__name__
        if x.is_constant:
            return normalize_axes(self._all_axes(x) if given is None else given, x.rank)
        rest = 1 if self.one_axis else list(range(1, x.rank))
        named = f"name {'an axis' if self.one_axis else 'axes'} behind the batch: {name}: {{axis: {rest}}}"
        help = named if x.rank > 1 else "the input has only its batch"
        if given is None:
            message = f"{name} of every axis would {self.verb} the batch too"
            raise LayerError(message, code="NN201", help=help)
        axes = normalize_axes(given, x.rank)
        if 0 in axes:
            message = f"{name} cannot {self.verb} the batch, axis 0"
            raise LayerError(message, code="NN201", field="axis", help=help)
        return axes

    def _all_axes(self, x: TensorType) -> tuple[int, ...]:
        """Every axis of a constant. Raises LayerError where there are several, and the function takes one."""
        if self.one_axis and x.rank != 1:
            message = f"{type(self).__name__} needs an axis to {self.verb}"
            raise LayerError(message, code="NN201", help="name it: {axis: 0}")
        return tuple(range(x.rank))

    @property
    def keeps(self) -> bool:
        """Whether a reduced axis stays, with size 1."""
        return getattr(self, "keepdims", False)

    def sizes_left(self, x: TensorType, axes: tuple[int, ...]) -> tuple[Size, ...]:
        """The shape of the result."""
        sizes = [1 if axis in axes else size for axis, size in enumerate(x.shape)]
        return tuple(size for axis, size in enumerate(sizes) if self.keeps or axis not in axes)

    def output_dtype(self, dtype: str) -> str:
        """The dtype of the result for an input of this one."""
        return dtype


class Reduction(Along):
    """A function that makes one number of all those along some axes."""

    keepdims: bool = doc("Whether a reduced axis stays, with size 1.", False)


class FloatReduction(Reduction):
    """A reduction that gives floats of anything."""

    def output_dtype(self, dtype: str) -> str:
        return as_float(dtype)


# --- sums


class Sum(Reduction, op="sum"):
    """Sum along some axes. Small integers and booleans are added up in 32 bits."""

    def output_dtype(self, dtype: str) -> str:
        return as_sum(dtype)


class Prod(Reduction, op="prod"):
    """Product along some axes. Small integers and booleans are multiplied in 32 bits."""

    refused: ClassVar[dict[str, str]] = {
        **Function.refused,
        "dtype": "Keras computes in the input's dtype all the same: put Cast before it",
    }

    def output_dtype(self, dtype: str) -> str:
        return as_sum(result_type([dtype]))


class Mean(FloatReduction, op="mean"):
    """Mean along some axes."""


class Var(FloatReduction, op="var"):
    """Variance along some axes: the mean square of the distance from the mean."""


class Std(FloatReduction, op="std"):
    """Standard deviation along some axes: the square root of the variance."""


class Median(FloatReduction, op="median"):
    """Median along some axes: of an even number of them the mean of the two in the middle."""


class LogSumExp(Reduction, op="logsumexp"):
    """Logarithm of the sum of exponentials along some axes."""

    takes: ClassVar[tuple[str, ...]] = FLOATS


class CountNonzero(Along, op="count_nonzero"):
    """How many numbers along some axes are not 0."""

    def output_dtype(self, dtype: str) -> str:
        return "int32"


def parse_order(value: object) -> float | str | None:
    """`fro`, a number, or None. Raises PydanticCustomError."""
    if value is None:
        return None
    if value == "fro":
        return "fro"
    if isinstance(value, str):
        help = "write fro or a number; Abs and Max give the norm of order infinity"
        raise PydanticCustomError("order", "must be fro or a finite number", {"code": "NN103", "help": help})
    return parse_number(value)


class Norm(FloatReduction, op="norm"):
    """Norm of the vectors along one axis, or of the matrices along two."""

    ord: Annotated[float | None, Parsed(parse_order)] = doc(
        "Order of the norm; by default 2 for vectors and fro for matrices.", None
    )

    leading: ClassVar[tuple[str, ...]] = ("ord", "axis", "keepdims")

    def infer(self, x: TensorType) -> Signature:
        count = len(self.reduced_axes(x))
        if count > 2:
            message = f"Norm takes one axis or two, not {count}"
            raise LayerError(
                message, code="NN104", field="axis", help="name one axis, or the two of matrices"
            )
        known = (None, "fro", 1, -1) if count == 2 else (None,)
        if self.ord not in known and (count == 2 or isinstance(self.ord, str)):
            message = f"the norm of {'matrices' if count == 2 else 'vectors'} has no order {self.ord}"
            help = "write 1, -1 or fro" if count == 2 else "write a number, or name two axes"
            raise LayerError(message, code="NN104", field="ord", help=help)
        return super().infer(x)


# --- the greatest and the least


class Extreme(Reduction):
    """What Max and Min share."""

    # Keras takes no 1.0 for integers, and a 1 for floats.
    initial: Annotated[Float, After(lambda v: int(v) if v.is_integer() else v)] | None = doc(
        "A number beside those along the axes.", None
    )

    def infer(self, x: TensorType) -> Signature:
        if self.initial is not None and not holds(x.dtype, self.initial):
            message = f"initial is {self.initial}, and the input is of dtype {x.dtype}"
            raise LayerError(message, code="NN202", field="initial", help="give a number that the dtype has")
        return super().infer(x)


class Max(Extreme, op="max"):
    """Greatest number along some axes."""


class Min(Extreme, op="min"):
    """Least number along some axes."""


class Ptp(Reduction, op="ptp"):
    """Distance from the least number along some axes to the greatest."""

    takes: ClassVar[tuple[str, ...]] = NUMBERS


class Place(Along):
    """A function that gives places along one axis, the first where there are several."""

    axis: OptionalInt = doc("Axis along which to look, the batch being axis 0.", None)  # pyright: ignore[reportIncompatibleVariableOverride]
    keepdims: bool = doc("Whether the axis stays, with size 1.", False)

    verb: ClassVar[str] = "look along"
    one_axis: ClassVar[bool] = True

    def output_dtype(self, dtype: str) -> str:
        return "int32"


class ArgMax(Place, op="argmax"):
    """Place of the greatest number along an axis."""


class ArgMin(Place, op="argmin"):
    """Place of the least number along an axis."""


# --- truths


class Truth(Reduction):
    """A question of all numbers along some axes, of which those are true that are not 0."""

    def output_dtype(self, dtype: str) -> str:
        return "bool"


class All(Truth, op="all"):
    """Whether all along some axes are true."""


class Any(Truth, op="any"):
    """Whether any along some axes is true."""


# --- running totals


class Running(Along):
    """A function that gives what there is so far at each place along an axis."""

    axis: OptionalInt = doc("Axis to go along, the batch being axis 0.", None)  # pyright: ignore[reportIncompatibleVariableOverride]
    dtype: OptionalDtype = doc("Dtype to compute in; by default the input's.", None)  # pyright: ignore[reportIncompatibleVariableOverride]

    refused: ClassVar[dict[str, str]] = Cast.refused
    verb: ClassVar[str] = "go along"
    one_axis: ClassVar[bool] = True

    def sizes_left(self, x: TensorType, axes: tuple[int, ...]) -> tuple[Size, ...]:
        return x.shape

    def output_dtype(self, dtype: str) -> str:
        return as_number(self.dtype or dtype)


class CumSum(Running, op="cumsum"):
    """Sum of the numbers up to each, along an axis."""


class CumProd(Running, op="cumprod"):
    """Product of the numbers up to each, along an axis."""
