"""Functions of `keras.ops` of each number by itself: the shape stays."""

from __future__ import annotations

from typing import ClassVar

from ..fields import Int, Number, OptionalDtype
from ..promotion import as_float, as_number, holds
from ..records import doc
from ..types import DTYPES, FLOATS, Dtype, Signature, TensorType, is_float
from .base import LayerError
from .functions import Function

SIGNED = (*FLOATS, "int8", "int16", "int32", "int64")
NUMBERS = tuple(dtype for dtype in DTYPES if dtype != "bool")


class Elementwise(Function):
    """A function of each number. By default it gives the dtype that it is given."""

    # The dtypes that Keras computes it for.
    takes: ClassVar[tuple[str, ...]] = DTYPES

    def infer(self, x: TensorType) -> Signature:
        require_dtype(x.dtype, self.takes, type(self).__name__)
        return Signature((TensorType(x.shape, self.output_dtype(x.dtype)),))

    def output_dtype(self, dtype: str) -> str:
        """The dtype of the result for an input of this one."""
        return dtype


class Curve(Elementwise):
    """A function of real numbers: integers and booleans become float32."""

    def output_dtype(self, dtype: str) -> str:
        return as_float(dtype)


class FloatCurve(Elementwise):
    """A function of real numbers that takes floats only."""

    takes: ClassVar[tuple[str, ...]] = FLOATS


class Test(Elementwise):
    """A question of each number."""

    def output_dtype(self, dtype: str) -> str:
        return "bool"


def require_dtype(dtype: str, taken: tuple[str, ...], name: str) -> None:
    """Raises LayerError for a dtype that Keras has no such function for."""
    if dtype not in taken:
        kind = "floats" if taken == FLOATS else "whole numbers" if not set(taken) & set(FLOATS) else "numbers"
        wanted = "int32" if kind == "whole numbers" else "float32"
        raise LayerError(
            f"{name} takes {kind}, not {dtype}", code="NN202", help=f"put Cast: {wanted} before it"
        )


# --- arithmetic


class Abs(Elementwise, op="abs"):
    """Magnitude of each number."""


class Negative(Elementwise, op="negative"):
    """Each number with the other sign."""

    takes: ClassVar[tuple[str, ...]] = SIGNED


class Reciprocal(FloatCurve, op="reciprocal"):
    """1 by each number."""


class Sign(Elementwise, op="sign"):
    """-1, 0 or 1, as each number is negative, zero or positive."""

    takes: ClassVar[tuple[str, ...]] = tuple(dtype for dtype in NUMBERS if dtype != "uint64")


class Square(Elementwise, op="square"):
    """Each number times itself."""

    def output_dtype(self, dtype: str) -> str:
        return as_number(dtype)


class Sqrt(Curve, op="sqrt"):
    """Square root of each number."""


class Rsqrt(FloatCurve, op="rsqrt"):
    """1 by the square root of each number."""


class Cbrt(Curve, op="cbrt"):
    """Cube root of each number."""

    def output_dtype(self, dtype: str) -> str:
        return "float64" if dtype == "int64" else as_float(dtype)


# --- exponentials and logarithms


class Exp(Curve, op="exp"):
    """e to the power of each number."""


class Exp2(Curve, op="exp2"):
    """2 to the power of each number."""

    # Of other floats Keras computes it step by step only, and not in `predict`.
    takes: ClassVar[tuple[str, ...]] = tuple(d for d in DTYPES if d == "float32" or not is_float(d))


class Expm1(Curve, op="expm1"):
    """e to the power of each number, less 1."""


class Log(Curve, op="log"):
    """Natural logarithm of each number."""


class Log1p(Curve, op="log1p"):
    """Natural logarithm of 1 and each number."""


class Log2(Curve, op="log2"):
    """Logarithm to the base of 2 of each number."""


class Log10(Curve, op="log10"):
    """Logarithm to the base of 10 of each number."""


# --- trigonometry


class Sin(Curve, op="sin"):
    """Sine of each number, in radians."""


class Cos(Curve, op="cos"):
    """Cosine of each number, in radians."""


class Tan(Curve, op="tan"):
    """Tangent of each number, in radians."""


class Arcsin(Curve, op="arcsin"):
    """Angle from -π/2 to π/2 whose sine each number is."""


class Arccos(Curve, op="arccos"):
    """Angle from 0 to π whose cosine each number is."""


class Arctan(Curve, op="arctan"):
    """Angle from -π/2 to π/2 whose tangent each number is."""


class Sinh(Curve, op="sinh"):
    """Hyperbolic sine of each number."""


class Cosh(Curve, op="cosh"):
    """Hyperbolic cosine of each number."""


class Tanh(Curve, op="tanh"):
    """Hyperbolic tangent of each number."""


class Arcsinh(Curve, op="arcsinh"):
    """Number whose hyperbolic sine each number is."""


class Arccosh(Curve, op="arccosh"):
    """Number from 0 whose hyperbolic cosine each number is."""


class Arctanh(Curve, op="arctanh"):
    """Number whose hyperbolic tangent each number is."""


class Sinc(Curve, op="sinc"):
    """sin(πx) / πx of each number, 1 of 0."""


class Erf(FloatCurve, op="erf"):
    """Error function of each number."""


class Erfc(FloatCurve, op="erfc"):
    """1 less the error function of each number."""


class Angle(Elementwise):
    """A turn of each number from one measure of angles to the other."""

    takes: ClassVar[tuple[str, ...]] = tuple(dtype for dtype in DTYPES if dtype != "uint64")

    def output_dtype(self, dtype: str) -> str:
        return "float64" if dtype == "int64" else as_float(dtype)


class Deg2Rad(Angle, op="deg2rad"):
    """Degrees as radians."""


class Rad2Deg(Angle, op="rad2deg"):
    """Radians as degrees."""


# --- rounding


class Floor(Curve, op="floor"):
    """Greatest whole number that is not above each number."""


class Ceil(Curve, op="ceil"):
    """Least whole number that is not below each number."""


class Trunc(Elementwise, op="trunc"):
    """Each number without its fraction."""


class Round(Elementwise, op="round"):
    """Each number rounded, halves to the even one."""

    decimals: Int = doc("Decimals to keep; before the point where it is negative.", 0)

    takes: ClassVar[tuple[str, ...]] = NUMBERS


class Clip(Elementwise, op="clip"):
    """Each number held within two bounds."""

    x_min: Number = doc("The lower bound.")
    x_max: Number = doc("The upper bound.")

    def infer(self, x: TensorType) -> Signature:
        require_held(self, ("x_min", "x_max"), as_number(x.dtype))
        return super().infer(x)

    def output_dtype(self, dtype: str) -> str:
        return as_number(dtype)


# --- questions


class FloatTest(Test):
    """A question that Keras asks of whole numbers for a known batch only."""

    takes: ClassVar[tuple[str, ...]] = FLOATS


class IsNan(FloatTest, op="isnan"):
    """Whether each number is NaN."""


class IsInf(FloatTest, op="isinf"):
    """Whether each number is infinite."""


class IsFinite(FloatTest, op="isfinite"):
    """Whether each number is neither NaN nor infinite."""


class IsPosInf(Test, op="isposinf"):
    """Whether each number is positive infinity."""


class IsNegInf(Test, op="isneginf"):
    """Whether each number is negative infinity."""


class LogicalNot(Test, op="logical_not"):
    """Whether each number is zero."""


class BitwiseInvert(Elementwise, op="bitwise_invert"):
    """Each whole number with all its bits turned."""

    takes: ClassVar[tuple[str, ...]] = tuple(dtype for dtype in NUMBERS if not is_float(dtype))


# --- values and dtypes


class NanToNum(Elementwise, op="nan_to_num"):
    """Each number, with others in place of NaN and of infinity."""

    nan: Number = doc("In place of NaN.", 0.0)
    posinf: Number | None = doc("In place of infinity; by default the greatest number of the dtype.", None)
    neginf: Number | None = doc(
        "In place of negative infinity; by default the least number of the dtype.", None
    )


class Cast(Elementwise, op="cast"):
    """Each number in another dtype."""

    dtype: Dtype = doc("Dtype of the output.")  # pyright: ignore[reportIncompatibleVariableOverride]

    refused: ClassVar[dict[str, str]] = {"trainable": Function.refused["trainable"]}

    def output_dtype(self, dtype: str) -> str:
        return self.dtype

    def output_mask(self, *inputs: TensorType) -> bool:
        """A tensor that has the dtype already is the very tensor, with its mask."""
        return inputs[0].masked and inputs[0].dtype == self.dtype


class Like(Elementwise):
    """As many numbers of one value as the input has."""

    dtype: OptionalDtype = doc("Dtype of the output; by default the input's.", None)  # pyright: ignore[reportIncompatibleVariableOverride]

    refused: ClassVar[dict[str, str]] = Cast.refused

    def output_dtype(self, dtype: str) -> str:
        return self.dtype or dtype


class ZerosLike(Like, op="zeros_like"):
    """As many zeros as the input has numbers."""


class OnesLike(Like, op="ones_like"):
    """As many ones as the input has numbers."""


def require_held(layer: Function, fields: tuple[str, ...], dtype: str) -> None:
    """Raises LayerError for a number of the layer that the dtype does not hold."""
    for field in fields:
        number = getattr(layer, field)
        if number is not None and not holds(dtype, number):
            message = f"{field} is {number}, which {dtype} does not hold"
            raise LayerError(message, code="NN202", field=field, help="put Cast: float32 before it")
