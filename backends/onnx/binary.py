"""Functions of two inputs or more, number by number, in ONNX. What lies alike is computed as it lies."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from ...spec.layers.arithmetic import Broadcasting, Where
from ...spec.types import is_float
from ..dtypes import numpy_dtype
from . import bits
from .context import Context
from .formulas import arctan as arctan_double
from .layout import Flattened, Layout, Tensor, logical
from .merge import common_form
from .operators import converted, unsqueeze

Operand: TypeAlias = Tensor | float
# (context that computes in the values' dtype, both values' names) -> the result's name
Formula: TypeAlias = Callable[[Context, str, str], str]


def binary(ctx: Context, layer: Broadcasting, x1: Tensor, x2: Tensor | None = None) -> Tensor:
    """The function's formula, of both inputs in the dtype that Keras computes in, or a wider one."""
    second = layer.number("x2") if x2 is None else x2
    dtype = layer.common_dtype(*(x.type if isinstance(x, Tensor) else x for x in (x1, second)))
    kind = type(layer).__name__
    inner = ctx.computing_in(wider(kind, dtype))
    names, form = operands(inner, layer, (x1, second), dtype)
    y = FORMULAS[kind](inner, *names)
    made = "bool" if layer.output_dtype(dtype) == "bool" else inner.dtype
    return ctx.tensor(converted(ctx, y, made, ctx.output.dtype), form)


def bitwise(ctx: Context, layer: Broadcasting, x: Tensor, y: Tensor) -> Tensor:
    return binary(ctx, layer, x, y)


def where(
    ctx: Context, layer: Where, condition: Tensor, x1: Tensor | None = None, x2: Tensor | None = None
) -> Tensor:
    """Where, of numbers that onnxruntime has it for."""
    given: list[Operand] = [layer.number(n) if x is None else x for n, x in (("x1", x1), ("x2", x2))]
    dtype = ctx.output.dtype
    inner = ctx.computing_in(SELECTED_IN.get(dtype, dtype))
    tensors = [condition, *(x for x in given if isinstance(x, Tensor))]
    form = shared_form(tensors)
    choice = converted(ctx, stretched(ctx, condition, form), condition.type.dtype, "bool")
    names = [placed(inner, layer, x, form, dtype) for x in given]
    y = inner.op("Where", choice, *names)
    return ctx.tensor(converted(ctx, y, inner.dtype, dtype), form)


# What Where is computed in, for the dtypes that onnxruntime has none for.
SELECTED_IN = {
    "bool": "uint8",
    "int16": "int32",
    "uint16": "int32",
    "uint64": "int64",
    "bfloat16": "float32",
}

# What functions are computed in that onnxruntime has for some dtypes only: the results are those of the dtype.
COMPUTED_IN: dict[str, dict[str, str]] = {
    "Fmax": {"int16": "int32", "uint16": "int32"},
    "Fmin": {"int16": "int32", "uint16": "int32"},
    # Keras computes unsigned powers in int32.
    "Power": dict.fromkeys(("int8", "int16", "uint8", "uint16", "uint32"), "int32"),
}
# Functions of several operators, which are computed in float32 for halves.
NATIVE_HALF = ("Divide", "Power", "Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual")


def wider(kind: str, dtype: str) -> str:
    """The dtype to compute a function in that Keras computes in this one."""
    if dtype == "bfloat16" or (dtype == "float16" and kind not in NATIVE_HALF):
        return "float32"
    return COMPUTED_IN.get(kind, {}).get(dtype, dtype)


# --- operands in one form


def operands(
    ctx: Context, layer: Broadcasting, given: Sequence[Operand], dtype: str
) -> tuple[list[str], Layout | Flattened]:
    """The operands in one form, and in the dtype that the context computes in, by way of the given one."""
    form = shared_form([x for x in given if isinstance(x, Tensor)])
    return [placed(ctx, layer, x, form, dtype) for x in given], form


def shared_form(tensors: Sequence[Tensor]) -> Layout | Flattened:
    """A form for all tensors: one that those of full rank share, as long as the others can take it."""
    rank = max(t.rank for t in tensors)
    full = [t for t in tensors if t.rank == rank]
    form = common_form(full)
    return logical(rank) if isinstance(form, Flattened) and len(full) < len(tensors) else form


def placed(ctx: Context, layer: Broadcasting, x: Operand, form: Layout | Flattened, dtype: str) -> str:
    """An operand in a form; a number is made one of the dtype that Keras makes it one of."""
    if isinstance(x, Tensor):
        name = converted(ctx, stretched(ctx, x, form), x.type.dtype, dtype)
        return converted(ctx, name, dtype, ctx.dtype)
    own = layer.number_dtype(x)
    number = np.asarray(x) if own in ("int", "float") else np.asarray(x, numpy_dtype(own))
    held = number.astype(numpy_dtype(dtype)).astype(numpy_dtype(ctx.dtype))
    return ctx.scalar(held.item(), "value")


def stretched(ctx: Context, tensor: Tensor, form: Layout | Flattened) -> str:
    """The tensor in a form of perhaps more axes, the first of which it then lacks."""
    if isinstance(form, Flattened):
        return tensor.forms[form]
    lacking = len(form) - tensor.rank
    if not lacking:
        return ctx.in_layout(tensor, form)
    name = ctx.logical(tensor)
    if form == logical(len(form)):
        return name
    return ctx.op("Transpose", unsqueeze(ctx, name, range(lacking)), perm=list(form))


# --- formulas


def operator(type_: str) -> Formula:
    return lambda ctx, x1, x2: ctx.op(type_, x1, x2)


def divide_no_nan(ctx: Context, x1: str, x2: str) -> str:
    zero = ctx.scalar(0.0)
    return ctx.op("Where", ctx.op("Equal", x2, zero), zero, ctx.op("Div", x1, x2))


def floor_divide(ctx: Context, x1: str, x2: str) -> str:
    """Div rounds integers to 0: where the remainder's sign changes with the divisor's, one less. A quotient of halves
    is a half before it is rounded."""
    quotient = ctx.op("Div", x1, x2)
    if is_float(ctx.dtype):
        half = ctx.output.dtype
        if half != ctx.dtype:
            quotient = ctx.cast(ctx.cast(quotient, half), ctx.dtype)
        return ctx.op("Floor", quotient)
    if ctx.dtype.startswith("u"):
        return quotient
    same = ctx.op("Equal", ctx.op("Mod", x1, x2), ctx.op("Mod", x1, x2, fmod=1))
    return ctx.op("Sub", quotient, ctx.cast(ctx.op("Not", same), ctx.dtype))


def mod(ctx: Context, x1: str, x2: str) -> str:
    """Mod of integers has the divisor's sign, that of floats must be brought to it."""
    if not is_float(ctx.dtype):
        return ctx.op("Mod", x1, x2)
    zero = ctx.scalar(0.0)
    rest = ctx.op("Mod", x1, x2, fmod=1)
    opposite = ctx.op("Xor", ctx.op("Less", x1, zero), ctx.op("Less", x2, zero))
    moved = ctx.op("Mod", ctx.op("Add", rest, x2), x2, fmod=1)
    return ctx.op("Where", opposite, moved, rest)


def fmod(ctx: Context, x1: str, x2: str) -> str:
    return ctx.op("Mod", x1, x2, fmod=1)


def not_equal(ctx: Context, x1: str, x2: str) -> str:
    return ctx.op("Not", ctx.op("Equal", x1, x2))


def arctan2(ctx: Context, y: str, x: str) -> str:
    """atan(y / x), and half a turn more or less where x is negative; where it is 0, a quarter of a turn."""
    zero, half_turn = ctx.scalar(0.0), ctx.scalar(math.pi)
    quotient = ctx.op("Div", y, x)
    angle = arctan_double(ctx, quotient) if ctx.dtype == "float64" else ctx.op("Atan", quotient)
    turn = ctx.op("Where", ctx.op("Less", y, zero), ctx.scalar(-math.pi), half_turn)
    behind = ctx.op("Where", ctx.op("Less", x, zero), ctx.op("Add", angle, turn), angle)
    upright = ctx.op("Mul", ctx.op("Sign", y), ctx.scalar(math.pi / 2))
    return ctx.op("Where", ctx.op("Equal", x, zero), upright, behind)


def log_add_exp(ctx: Context, x1: str, x2: str) -> str:
    """max(x1, x2) + log(1 + exp(-|x1 - x2|)); the sum where the difference is NaN, as that of infinities is."""
    decay = ctx.op("Exp", ctx.op("Neg", _distance(ctx, x1, x2)))
    return _log_sum(ctx, x1, x2, ctx.op("Log", ctx.op("Add", decay, ctx.scalar(1.0))))


def log_add_exp2(ctx: Context, x1: str, x2: str) -> str:
    """max(x1, x2) + log2(1 + 2 ^ -|x1 - x2|)."""
    log2 = ctx.scalar(math.log(2))
    decay = ctx.op("Exp", ctx.op("Neg", ctx.op("Mul", _distance(ctx, x1, x2), log2)))
    return _log_sum(ctx, x1, x2, ctx.op("Div", ctx.op("Log", ctx.op("Add", decay, ctx.scalar(1.0))), log2))


def _distance(ctx: Context, x1: str, x2: str) -> str:
    return ctx.op("Abs", ctx.op("Sub", x1, x2))


def _log_sum(ctx: Context, x1: str, x2: str, rest: str) -> str:
    undefined = ctx.op("IsNaN", ctx.op("Sub", x1, x2))
    return ctx.op("Where", undefined, ctx.op("Add", x1, x2), ctx.op("Add", ctx.op("Max", x1, x2), rest))


def extreme(type_: str) -> Formula:
    """The greater or lesser number; of a number and NaN, the number."""

    def formula(ctx: Context, x1: str, x2: str) -> str:
        y = ctx.op(type_, x1, x2)
        if not is_float(ctx.dtype):
            return y
        y = ctx.op("Where", ctx.op("IsNaN", x2), x1, y)
        return ctx.op("Where", ctx.op("IsNaN", x1), x2, y)

    return formula


def hypot(ctx: Context, x1: str, x2: str) -> str:
    """a √(1 + (b/a)²) with a the greater of the magnitudes, so that no square overflows."""
    sizes = [ctx.op("Abs", x) for x in (x1, x2)]
    greater, lesser = (ctx.op(type_, *sizes) for type_ in ("Max", "Min"))
    ratio = divide_no_nan(ctx, lesser, greater)
    root = ctx.op("Sqrt", ctx.op("Add", ctx.op("Mul", ratio, ratio), ctx.scalar(1.0)))
    return ctx.op("Mul", greater, root)


def heaviside(ctx: Context, x1: str, x2: str) -> str:
    zero, one = ctx.scalar(0.0), ctx.scalar(1.0)
    y = ctx.op("Where", ctx.op("Greater", x1, zero), one, x2)
    return ctx.op("Where", ctx.op("Less", x1, zero), zero, y)


FORMULAS: dict[str, Formula] = {
    "Arctan2": arctan2,
    "BitwiseAnd": bits.bitwise_and,
    "BitwiseOr": bits.bitwise_or,
    "BitwiseXor": bits.bitwise_xor,
    "Divide": operator("Div"),
    "DivideNoNan": divide_no_nan,
    "Equal": operator("Equal"),
    "FloorDivide": floor_divide,
    "Fmax": extreme("Max"),
    "Fmin": extreme("Min"),
    "Fmod": fmod,
    "Greater": operator("Greater"),
    "GreaterEqual": operator("GreaterOrEqual"),
    "Heaviside": heaviside,
    "Hypot": hypot,
    "Less": operator("Less"),
    "LessEqual": operator("LessOrEqual"),
    "LogAddExp": log_add_exp,
    "LogAddExp2": log_add_exp2,
    "LogicalAnd": operator("And"),
    "LogicalOr": operator("Or"),
    "LogicalXor": operator("Xor"),
    "Mod": mod,
    "NotEqual": not_equal,
    "Power": operator("Pow"),
}
