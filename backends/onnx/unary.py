"""Functions of each number by itself in ONNX, in whatever form the input has."""

from __future__ import annotations

import math

import numpy as np

from ...spec.activations import ACTIVATIONS
from ...spec.layers.base import GREATEST
from ...spec.layers.elementwise import Cast, Clip, Elementwise, Like, NanToNum, Round
from ...spec.types import is_float
from .activation import activate
from .context import Context
from .formulas import DOUBLE, FORMULAS, OPERATORS, Formula
from .layout import Tensor, axes_of
from .operators import converted

# What integers are computed in, where onnxruntime has no kernel for them.
WIDER = {"bool": "int32", "int16": "int32", "uint16": "int32"}


def curve(ctx: Context, layer: Elementwise, x: Tensor) -> Tensor:
    """A function of real numbers: by its operator, or by a formula, halves then in float32."""
    kind, dtype = type(layer).__name__, ctx.output.dtype
    formula = (DOUBLE if dtype == "float64" else {}).get(kind) or FORMULAS.get(kind)
    if dtype == "bfloat16" or (dtype == "float16" and formula is not None):
        dtype = "float32"
    compute = formula or (lambda inner, value: inner.op(OPERATORS[kind], value))
    return applied(ctx, x, dtype, compute)


def applied(ctx: Context, x: Tensor, dtype: str, formula: Formula, gives: str | None = None) -> Tensor:
    """What the formula makes of the input in that dtype, in the dtype that the function gives; the formula itself
    gives `gives`, by default the dtype that it computes in."""
    name, form = x.as_is
    y = formula(ctx.computing_in(dtype), converted(ctx, name, x.type.dtype, dtype))
    return ctx.tensor(converted(ctx, y, gives or dtype, ctx.output.dtype), form)


def unchanged(ctx: Context, x: Tensor) -> Tensor:
    """The input, in the dtype that the function gives, and without its mask."""
    return applied(ctx, x, x.type.dtype, lambda inner, value: value)


# --- functions of integers too


def signed(ctx: Context, layer: Elementwise, x: Tensor) -> Tensor:
    """Abs, Neg, Sign: as the input is, but for bfloat16; what has no sign is its own magnitude."""
    kind = type(layer).__name__
    dtype = x.type.dtype
    if kind == "Abs" and (dtype == "bool" or dtype.startswith("u")):
        return unchanged(ctx, x)
    type_ = "Neg" if kind == "Negative" else kind
    return applied(ctx, x, _single(dtype), lambda inner, value: inner.op(type_, value))


def square(ctx: Context, layer: Elementwise, x: Tensor) -> Tensor:
    return applied(ctx, x, _single(ctx.output.dtype), lambda inner, value: inner.op("Mul", value, value))


def trunc(ctx: Context, layer: Elementwise, x: Tensor) -> Tensor:
    """Floor of the magnitude, with the sign."""
    if not is_float(x.type.dtype):
        return unchanged(ctx, x)
    return applied(
        ctx,
        x,
        _single(x.type.dtype),
        lambda inner, value: inner.op(
            "Mul", inner.op("Sign", value), inner.op("Floor", inner.op("Abs", value))
        ),
    )


def round_(ctx: Context, layer: Round, x: Tensor) -> Tensor:
    """Round, of the number times a power of 10 where decimals are asked for."""
    whole, decimals = not is_float(x.type.dtype), layer.decimals
    if whole and decimals >= 0:
        return unchanged(ctx, x)

    def rounded(inner: Context, value: str) -> str:
        if not decimals:
            return inner.op("Round", value)
        factor = inner.scalar(10.0**decimals)
        return inner.op("Div", inner.op("Round", inner.op("Mul", value, factor)), factor)

    return applied(ctx, x, "float64" if x.type.dtype == "float64" else "float32", rounded)


def clip(ctx: Context, layer: Clip, x: Tensor) -> Tensor:
    """Clip; where the bounds are the wrong way round, Keras gives the lower one."""
    return bounded(ctx, x, layer.x_min, max(layer.x_min, layer.x_max))


def bounded(ctx: Context, x: Tensor, low: float, high: float) -> Tensor:
    dtype = _single(WIDER.get(ctx.output.dtype, ctx.output.dtype))
    return applied(
        ctx, x, dtype, lambda inner, value: inner.op("Clip", value, inner.scalar(low), inner.scalar(high))
    )


def invert(ctx: Context, layer: Elementwise, x: Tensor) -> Tensor:
    """BitwiseNot(18), or the greatest number, all of whose bits are set, less each."""

    def inverted(inner: Context, value: str) -> str:
        if inner.opset >= 18:
            return inner.op("BitwiseNot", value)
        ones = np.iinfo(inner.dtype).max if inner.dtype.startswith("u") else -1
        return inner.op("Sub", inner.scalar(ones), value)

    return applied(ctx, x, x.type.dtype, inverted)


# --- questions


def is_nan(ctx: Context, layer: Elementwise, x: Tensor) -> Tensor:
    return applied(ctx, x, _single(x.type.dtype), lambda inner, value: inner.op("IsNaN", value), "bool")


def infinite(ctx: Context, layer: Elementwise, x: Tensor) -> Tensor:
    """IsInf, and what is less than that in magnitude; NaN is not. No integer is infinite."""
    if not is_float(x.type.dtype):
        return filled(ctx, x, 0)
    compare = QUESTIONS[type(layer).__name__]
    return applied(ctx, x, _wide(x.type.dtype), compare, "bool")


QUESTIONS: dict[str, Formula] = {
    "IsFinite": lambda ctx, x: ctx.op("Less", ctx.op("Abs", x), ctx.scalar(math.inf)),
    "IsInf": lambda ctx, x: ctx.op("IsInf", x),
    "IsNegInf": lambda ctx, x: ctx.op("Equal", x, ctx.scalar(-math.inf)),
    "IsPosInf": lambda ctx, x: ctx.op("Equal", x, ctx.scalar(math.inf)),
}


def logical_not(ctx: Context, layer: Elementwise, x: Tensor) -> Tensor:
    return applied(ctx, x, "bool", lambda inner, value: inner.op("Not", value))


# --- values and dtypes


def nan_to_num(ctx: Context, layer: NanToNum, x: Tensor) -> Tensor:
    if not is_float(x.type.dtype):
        return unchanged(ctx, x)
    greatest = GREATEST.get(x.type.dtype, float(np.finfo(np.float64).max))
    posinf = greatest if layer.posinf is None else layer.posinf
    neginf = -greatest if layer.neginf is None else layer.neginf

    def replaced(inner: Context, value: str) -> str:
        y = inner.op("Where", inner.op("IsNaN", value), inner.scalar(layer.nan), value)
        for infinity, number in ((math.inf, posinf), (-math.inf, neginf)):
            found = inner.op("Equal", value, inner.scalar(infinity))
            y = inner.op("Where", found, inner.scalar(number), y)
        return y

    return applied(ctx, x, _wide(x.type.dtype), replaced)


def cast(ctx: Context, layer: Cast, x: Tensor) -> Tensor:
    return unchanged(ctx, x)


def like(ctx: Context, layer: Like, x: Tensor) -> Tensor:
    return filled(ctx, x, int(type(layer).__name__ == "OnesLike"))


def filled(ctx: Context, x: Tensor, number: int) -> Tensor:
    """The number at every place of the input."""
    name, form = x.as_is
    dtype = ctx.output.dtype
    y = ctx.op("Expand", ctx.scalar(number, dtype=_single(dtype)), ctx.op("Shape", name))
    return ctx.tensor(converted(ctx, y, _single(dtype), dtype), form)


def _single(dtype: str) -> str:
    """The dtype, float32 for bfloat16, which onnxruntime has few operators for."""
    return "float32" if dtype == "bfloat16" else dtype


def _wide(dtype: str) -> str:
    """The dtype, float32 for both halves."""
    return "float32" if dtype == "float16" else _single(dtype)


# --- activations


def activation(ctx: Context, layer: Elementwise, x: Tensor) -> Tensor:
    """The activation of the function's name, with the function's fields as its arguments."""
    fields = {name: getattr(layer, name) for name in type(layer).own_fields()}
    named = ACTIVATIONS.named(type(layer).op, **fields)
    form = x.as_is[1]

    def activated(inner: Context, value: str) -> str:
        return activate(inner, named, value, axes_of(form))

    return applied(ctx, x, x.type.dtype, activated)


def relu6(ctx: Context, layer: Elementwise, x: Tensor) -> Tensor:
    return bounded(ctx, x, 0, 6)


# Functions that are activations of the same name.
ACTIVATION_FUNCTIONS = (
    "Celu",
    "Gelu",
    "HardShrink",
    "HardSigmoid",
    "HardSilu",
    "HardTanh",
    "LogSigmoid",
    "LogSoftmax",
    "Selu",
    "Silu",
    "SoftShrink",
    "Softplus",
    "Softsign",
    "SparsePlus",
    "SparseSigmoid",
    "Sparsemax",
    "Squareplus",
    "TanhShrink",
    "Threshold",
)
