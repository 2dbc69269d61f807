"""Functions of one real number: operators of ONNX, and formulas of several where it has none."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from .context import Context

# (context that computes in the value's dtype, the value's name) -> the result's name
Formula: TypeAlias = Callable[[Context, str], str]

# Functions that one operator computes, of every float.
OPERATORS: dict[str, str] = {
    "Ceil": "Ceil",
    "Cos": "Cos",
    "Exp": "Exp",
    "Floor": "Floor",
    "Log": "Log",
    "Reciprocal": "Reciprocal",
    "Sigmoid": "Sigmoid",
    "Sin": "Sin",
    "Sqrt": "Sqrt",
    "Tanh": "Tanh",
    # Of float64 by a formula in DOUBLE.
    "Arccos": "Acos",
    "Arccosh": "Acosh",
    "Arcsin": "Asin",
    "Arcsinh": "Asinh",
    "Arctan": "Atan",
    "Arctanh": "Atanh",
    "Cosh": "Cosh",
    "Erf": "Erf",
    "Sinh": "Sinh",
    "Tan": "Tan",
}


def cbrt(ctx: Context, x: str) -> str:
    """sign(x) · |x| ^ 1/3."""
    return ctx.op("Mul", ctx.op("Sign", x), ctx.op("Pow", ctx.op("Abs", x), ctx.scalar(1 / 3)))


def deg2rad(ctx: Context, x: str) -> str:
    return ctx.op("Mul", x, ctx.scalar(math.pi / 180))


def rad2deg(ctx: Context, x: str) -> str:
    return ctx.op("Mul", x, ctx.scalar(180 / math.pi))


def erfc(ctx: Context, x: str) -> str:
    value = erf(ctx, x) if ctx.dtype == "float64" else ctx.op("Erf", x)
    return ctx.op("Sub", ctx.scalar(1.0), value)


def exp2(ctx: Context, x: str) -> str:
    return ctx.op("Pow", ctx.scalar(2.0), x)


def expm1(ctx: Context, x: str) -> str:
    return ctx.op("Sub", ctx.op("Exp", x), ctx.scalar(1.0))


def log1p(ctx: Context, x: str) -> str:
    return ctx.op("Log", ctx.op("Add", x, ctx.scalar(1.0)))


def log2(ctx: Context, x: str) -> str:
    return ctx.op("Div", ctx.op("Log", x), ctx.scalar(math.log(2)))


def log10(ctx: Context, x: str) -> str:
    return ctx.op("Div", ctx.op("Log", x), ctx.scalar(math.log(10)))


def rsqrt(ctx: Context, x: str) -> str:
    return ctx.op("Reciprocal", ctx.op("Sqrt", x))


def sinc(ctx: Context, x: str) -> str:
    """sin(πx) / πx, 1 where x is 0."""
    turned = ctx.op("Mul", x, ctx.scalar(math.pi))
    ratio = ctx.op("Div", ctx.op("Sin", turned), turned)
    return ctx.op("Where", ctx.op("Equal", x, ctx.scalar(0.0)), ctx.scalar(1.0), ratio)


# --- formulas for float64, for which onnxruntime has neither inverse nor hyperbolic functions


def tan(ctx: Context, x: str) -> str:
    return ctx.op("Div", ctx.op("Sin", x), ctx.op("Cos", x))


def arctan(ctx: Context, x: str) -> str:
    """The angle in float32, and a step that mends it: of an angle y it lacks the one whose tangent is
    (x cos y - sin y) / (cos y + x sin y), which is so small that it is its tangent."""
    x = ctx.op("Clip", x, ctx.scalar(-1e300), ctx.scalar(1e300))
    y = _in_single(ctx, "Atan", x)
    sin, cos = ctx.op("Sin", y), ctx.op("Cos", y)
    above = ctx.op("Sub", ctx.op("Mul", x, cos), sin)
    return ctx.op("Add", y, ctx.op("Div", above, ctx.op("Add", cos, ctx.op("Mul", x, sin))))


def arcsin(ctx: Context, x: str) -> str:
    """The angle in float32, and a step that mends it: of an angle y it lacks the one whose sine is
    x cos y - √(1 - x²) sin y."""
    y = _in_single(ctx, "Asin", x)
    one = ctx.scalar(1.0)
    opposite = ctx.op("Sqrt", ctx.op("Mul", ctx.op("Sub", one, x), ctx.op("Add", one, x)))
    lacking = ctx.op("Sub", ctx.op("Mul", x, ctx.op("Cos", y)), ctx.op("Mul", opposite, ctx.op("Sin", y)))
    return ctx.op("Add", y, lacking)


def arccos(ctx: Context, x: str) -> str:
    return ctx.op("Sub", ctx.scalar(math.pi / 2), arcsin(ctx, x))


def sinh(ctx: Context, x: str) -> str:
    return _half(ctx, ctx.op("Sub", ctx.op("Exp", x), ctx.op("Exp", ctx.op("Neg", x))))


def cosh(ctx: Context, x: str) -> str:
    return _half(ctx, ctx.op("Add", ctx.op("Exp", x), ctx.op("Exp", ctx.op("Neg", x))))


def arcsinh(ctx: Context, x: str) -> str:
    """sign(x) · log(|x| + √(x² + 1))."""
    size = ctx.op("Abs", x)
    root = ctx.op("Sqrt", ctx.op("Add", ctx.op("Mul", x, x), ctx.scalar(1.0)))
    return ctx.op("Mul", ctx.op("Sign", x), ctx.op("Log", ctx.op("Add", size, root)))


def arccosh(ctx: Context, x: str) -> str:
    """log(x + √(x - 1) √(x + 1))."""
    below, above = (ctx.op("Sqrt", ctx.op(type_, x, ctx.scalar(1.0))) for type_ in ("Sub", "Add"))
    return ctx.op("Log", ctx.op("Add", x, ctx.op("Mul", below, above)))


def arctanh(ctx: Context, x: str) -> str:
    """log((1 + x) / (1 - x)) / 2."""
    one = ctx.scalar(1.0)
    return _half(ctx, ctx.op("Log", ctx.op("Div", ctx.op("Add", one, x), ctx.op("Sub", one, x))))


def erf(ctx: Context, x: str) -> str:
    """2/√π · x · ∫ exp(-x²t²) dt from 0 to 1, by Gauss and Legendre's rule of 32 points: from 6 on it is 1."""
    x = ctx.op("Clip", x, ctx.scalar(-6.0), ctx.scalar(6.0))
    nodes, weights = np.polynomial.legendre.leggauss(32)
    squares = ctx.constant(-(((nodes + 1) / 2) ** 2), "nodes")
    column = ctx.constant((weights / math.sqrt(math.pi))[:, None], "weights")
    last = ctx.ints([-1], "axes")
    spread = ctx.op("Mul", ctx.op("Unsqueeze", ctx.op("Mul", x, x), last), squares)
    area = ctx.op("Squeeze", ctx.op("MatMul", ctx.op("Exp", spread), column), last)
    return ctx.op("Mul", x, area)


def _in_single(ctx: Context, type_: str, x: str) -> str:
    return ctx.cast(ctx.op(type_, ctx.cast(x, "float32")), ctx.dtype)


def _half(ctx: Context, x: str) -> str:
    return ctx.op("Mul", x, ctx.scalar(0.5))


FORMULAS: dict[str, Formula] = {
    "Cbrt": cbrt,
    "Deg2Rad": deg2rad,
    "Erfc": erfc,
    "Exp2": exp2,
    "Expm1": expm1,
    "Log10": log10,
    "Log1p": log1p,
    "Log2": log2,
    "Rad2Deg": rad2deg,
    "Rsqrt": rsqrt,
    "Sinc": sinc,
}

DOUBLE: dict[str, Formula] = {
    "Arccos": arccos,
    "Arccosh": arccosh,
    "Arcsin": arcsin,
    "Arcsinh": arcsinh,
    "Arctan": arctan,
    "Arctanh": arctanh,
    "Cosh": cosh,
    "Erf": erf,
    "Sinh": sinh,
    "Tan": tan,
}
