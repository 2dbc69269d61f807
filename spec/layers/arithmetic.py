"""Functions of `keras.ops` of two inputs or more, number by number. Shapes are broadcast from the last axis on."""

from __future__ import annotations

from functools import reduce
from typing import ClassVar

from ..fields import Number
from ..promotion import as_float, as_number, holds, result_type
from ..records import doc
from ..size import Size, shape_text
from ..types import DTYPES, Signature, TensorType, is_float
from .base import GREATEST, LayerError, Port
from .elementwise import NUMBERS, require_dtype
from .functions import Function
from .merge import differ

WHOLE = tuple(dtype for dtype in NUMBERS if not is_float(dtype))


class Broadcasting(Function):
    """A function of several inputs that are broadcast to one shape. Where there is a batch, it stays first: inputs
    with a batch have as many axes as the result, and constants may have fewer."""

    # Whether a number in the spec takes the dtype of the inputs; Keras makes int32 or float32 of it first where not.
    weak: ClassVar[bool] = True
    # The dtypes that Keras computes it in.
    takes: ClassVar[tuple[str, ...]] = DTYPES

    def common_dtype(self, *operands: TensorType | float) -> str:
        """The dtype in which the function computes. Raises LayerError where Keras has none."""
        kinds = [x.dtype if isinstance(x, TensorType) else self.number_dtype(x) for x in operands]
        dtype = self.computes_in(result_type(kinds))
        require_dtype(dtype, self.takes, type(self).__name__)
        return dtype

    def number_dtype(self, number: float) -> str:
        kind = "int" if isinstance(number, int) else "float"
        return kind if self.weak else f"{kind}32"

    def computes_in(self, dtype: str) -> str:
        """The dtype in which the function computes for inputs whose common dtype is this one."""
        return dtype

    def output_dtype(self, dtype: str) -> str:
        """The dtype of the result where the function computes in this one."""
        return dtype

    def operand(self, name: str, given: TensorType | None) -> TensorType | float:
        """An input, or the number that stands for it. Raises LayerError unless there is one of them."""
        number: float | None = getattr(self, name, None)
        if given is not None and number is None:
            return given
        kind, ports = type(self).__name__, ", ".join(f"{port.name}: …" for port in self.ports)
        if number is None:
            message, help = f"{kind} needs an input {name}", f"write from: {{{ports}}}"
            number_help = f", or a number: {kind}: {{{name}: 2}}" if name in self.fields else ""
            raise LayerError(message, code="NN201", help=help + number_help)
        if given is not None:
            message = f"{kind} has {name} twice, as a number and as an input"
            help = f"leave the number out, or name the inputs: from: {{{ports}}}"
            raise LayerError(message, code="NN201", field=name, help=help)
        return number

    def number(self, name: str) -> float:
        """The number that stands for an input that is not given."""
        return getattr(self, name)

    def require_held(self, name: str, number: float, dtype: str) -> None:
        """Raises LayerError for a number that is not one of the dtype's."""
        if not holds(dtype, number) or abs(number) > GREATEST.get(dtype, abs(number)):
            message = f"{name} is {number}, which {dtype} does not hold"
            raise LayerError(message, code="NN202", field=name, help="put Cast: float32 before it")


class Binary(Broadcasting):
    """A function of two inputs, of which the second may be a number in the spec: `Power: 2`."""

    x2: Number | None = doc("The second input, where it is a number.", None)

    ports: ClassVar[tuple[Port, ...]] = (Port("x1"), Port("x2", optional=True))

    def infer(self, x1: TensorType, x2: TensorType | None = None) -> Signature:
        second = self.operand("x2", x2)
        dtype = self.common_dtype(x1, second)
        if not isinstance(second, TensorType):
            self.require_held("x2", second, dtype if self.weak else self.number_dtype(second))
            self.require_sensible(second, dtype)
            return Signature((TensorType(x1.shape, self.output_dtype(dtype)),))
        shape = broadcast(type(self).__name__, x1, second)
        return Signature((TensorType(shape, self.output_dtype(dtype)),))

    def require_sensible(self, number: float, dtype: str) -> None:
        """Raises LayerError for a number that the function cannot be computed with."""


def broadcast(name: str, *types: TensorType) -> tuple[Size, ...]:
    """The shape that all of them are broadcast to. Raises LayerError where there is none, or where the batch would
    not stay first."""
    rank = max(t.rank for t in types)
    short = next((t for t in types if t.rank < rank and not t.is_constant), None)
    if short is not None:
        longest = next(t for t in types if t.rank == rank)
        message = (
            f"{name} compares sizes from the last axis on: the batch of {shape_text(short.shape)} would meet "
            f"an axis of {shape_text(longest.shape)} that is not its batch"
        )
        help = "give the inputs the same number of axes, with Reshape or RepeatVector"
        raise LayerError(message, code="NN203", help=help)
    padded = [(*(1,) * (rank - t.rank), *t.shape) for t in types]
    return tuple(reduce(lambda a, b: _met(name, a, b, types), sizes) for sizes in zip(*padded, strict=True))


def _met(name: str, a: Size, b: Size, types: tuple[TensorType, ...]) -> Size:
    """The size that two become. Raises LayerError where they are not the same and none is 1."""
    if 1 not in (a, b) and (example := differ(a, b)) is not None:
        shapes = " and ".join(shape_text(t.shape) for t in types)
        message = f"sizes {a} and {b} do not fit for {name}: the inputs are {shapes}{example}"
        raise LayerError(message, code="NN203", help="make them equal, or one of them 1")
    return b if a == 1 else a


# --- arithmetic


class Quotient(Binary):
    """A function that gives floats of anything."""

    def computes_in(self, dtype: str) -> str:
        return as_float(dtype)


class Divide(Quotient, op="divide"):
    """The first by the second; integers become float32."""


class DivideNoNan(Quotient, op="divide_no_nan"):
    """The first by the second, and 0 where the second is 0."""


class WholeQuotient(Binary):
    """A function that has no result for whole numbers where the second is 0."""

    def require_sensible(self, number: float, dtype: str) -> None:
        if number == 0 and not is_float(dtype):
            message = f"{type(self).__name__} of whole numbers by 0 has no result"
            raise LayerError(message, code="NN104", field="x2", help="write another number")


class FloorDivide(WholeQuotient, op="floor_divide"):
    """The first by the second, rounded down."""

    takes: ClassVar[tuple[str, ...]] = NUMBERS


class Mod(WholeQuotient, op="mod"):
    """What a division leaves; it has the sign of the second."""

    weak: ClassVar[bool] = False

    def computes_in(self, dtype: str) -> str:
        return as_number(dtype)


class Fmod(Mod, op="fmod"):
    """What a division leaves; it has the sign of the first."""


class Power(Binary, op="power"):
    """The first to the power of the second."""

    takes: ClassVar[tuple[str, ...]] = NUMBERS

    def require_sensible(self, number: float, dtype: str) -> None:
        if number < 0 and not is_float(dtype):
            message = f"Power of whole numbers takes no negative x2 such as {number}"
            raise LayerError(
                message, code="NN202", field="x2", help=f"write {float(number)}, which gives floats"
            )


class FloatPair(Quotient):
    """A function that gives floats of anything, and in which a number is float32 or int32 first."""

    weak: ClassVar[bool] = False


class Arctan2(FloatPair, op="arctan2"):
    """Angle of the point (x2, x1), from -π to π."""


class LogAddExp(FloatPair, op="logaddexp"):
    """log(exp(x1) + exp(x2))."""


class LogAddExp2(FloatPair, op="logaddexp2"):
    """log2(2 ** x1 + 2 ** x2)."""


class Fmax(Binary, op="fmax"):
    """The greater of two numbers; of a number and NaN, the number."""

    takes: ClassVar[tuple[str, ...]] = NUMBERS


class Fmin(Binary, op="fmin"):
    """The lesser of two numbers; of a number and NaN, the number."""

    takes: ClassVar[tuple[str, ...]] = NUMBERS


class Pair(Broadcasting):
    """A function of two tensors: Keras takes no number for the second."""

    ports: ClassVar[tuple[Port, ...]] = (Port("x1"), Port("x2"))

    def infer(self, x1: TensorType, x2: TensorType) -> Signature:
        dtype = self.output_dtype(self.common_dtype(x1, x2))
        return Signature((TensorType(broadcast(type(self).__name__, x1, x2), dtype),))


class Measure(Pair):
    """A function that gives floats, float64 of int64, and takes no booleans."""

    takes: ClassVar[tuple[str, ...]] = NUMBERS

    def computes_in(self, dtype: str) -> str:
        return "float64" if dtype == "int64" else dtype if dtype == "bool" else as_float(dtype)


class Hypot(Measure, op="hypot"):
    """Length of the vector (x1, x2)."""


class Heaviside(Measure, op="heaviside"):
    """0 where the first is negative, 1 where it is positive, and the second where it is 0."""


# --- comparison


class Comparison(Binary):
    """A question of two numbers."""

    weak: ClassVar[bool] = False

    def output_dtype(self, dtype: str) -> str:
        return "bool"


class Order(Comparison):
    """A question of the order of two numbers."""

    takes: ClassVar[tuple[str, ...]] = NUMBERS


class Equal(Comparison, op="equal"):
    """Whether two numbers are equal."""


class NotEqual(Comparison, op="not_equal"):
    """Whether two numbers differ."""


class Greater(Order, op="greater"):
    """Whether the first is above the second."""


class GreaterEqual(Order, op="greater_equal"):
    """Whether the first is not below the second."""


class Less(Order, op="less"):
    """Whether the first is below the second."""


class LessEqual(Order, op="less_equal"):
    """Whether the first is not above the second."""


# --- logic and bits


class Logical(Comparison):
    """A function of two truths: a number is true where it is not 0."""

    def computes_in(self, dtype: str) -> str:
        return "bool"

    def require_held(self, name: str, number: float, dtype: str) -> None:
        """Any number is true or false."""


class LogicalAnd(Logical, op="logical_and"):
    """Whether both are true."""


class LogicalOr(Logical, op="logical_or"):
    """Whether one of them, or both, are true."""


class LogicalXor(Logical, op="logical_xor"):
    """Whether one of them is true, and not both."""


class Bitwise(Pair):
    """A function of the bits of two whole numbers."""

    ports: ClassVar[tuple[Port, ...]] = (Port("x"), Port("y"))
    takes: ClassVar[tuple[str, ...]] = WHOLE

    def infer(self, x: TensorType, y: TensorType) -> Signature:  # pyright: ignore[reportIncompatibleMethodOverride]
        return super().infer(x, y)


class BitwiseAnd(Bitwise, op="bitwise_and"):
    """The bits that both have."""


class BitwiseOr(Bitwise, op="bitwise_or"):
    """The bits that one of them has, or both."""


class BitwiseXor(Bitwise, op="bitwise_xor"):
    """The bits that one of them has, and not both."""


# --- choice


class Where(Broadcasting, op="where"):
    """The first where the condition is true, and the second where not: `Where: {x2: 0.0}` keeps what a mask marks."""

    x1: Number | None = doc("The first, where it is a number.", None)
    x2: Number | None = doc("The second, where it is a number.", None)

    ports: ClassVar[tuple[Port, ...]] = (
        Port("condition"),
        Port("x1", optional=True),
        Port("x2", optional=True),
    )

    def infer(
        self, condition: TensorType, x1: TensorType | None = None, x2: TensorType | None = None
    ) -> Signature:
        operands = {"x1": self.operand("x1", x1), "x2": self.operand("x2", x2)}
        dtype = self.common_dtype(*operands.values())
        for name, operand in operands.items():
            if not isinstance(operand, TensorType):
                self.require_held(name, operand, dtype)
        tensors = [x for x in (condition, *operands.values()) if isinstance(x, TensorType)]
        return Signature((TensorType(broadcast("Where", *tensors), dtype),))
