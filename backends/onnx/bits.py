"""Operators of bits, which ONNX has from opset 18 on, and what they are composed of before."""

from __future__ import annotations

import numpy as np

from .context import Context
from .operators import reduce

# How many bits of an int64 are worth a power of two; the one more is its sign's.
PLACES = 63


def bitwise_and(ctx: Context, x: str, y: str) -> str:
    """BitwiseAnd(18), or the sum of those powers of two whose bits both numbers have."""
    if ctx.opset >= 18:
        return ctx.op("BitwiseAnd", x, y)
    powers = ctx.constant(np.array([2**n for n in range(PLACES)], np.int64), "powers")
    wide = [ctx.cast(value, "int64") for value in (x, y)]
    common = ctx.op("Mul", *(_bits(ctx, value, powers) for value in wide))
    total = reduce(ctx, "ReduceSum", ctx.op("Mul", common, powers), [-1], keepdims=False)
    zero, least = (ctx.scalar(n, "value", "int64") for n in (0, -(2**PLACES)))
    negative = ctx.op("And", *(ctx.op("Less", value, zero) for value in wide))
    return ctx.cast(ctx.op("Add", total, ctx.op("Where", negative, least, zero)), ctx.dtype)


def _bits(ctx: Context, x: str, powers: str) -> str:
    """Whether each power of two is in the number, along a new last axis: the number divided by it and rounded down is
    odd."""
    spread = ctx.op("Unsqueeze", x, ctx.ints([-1], "axes"))
    whole = ctx.op("Div", ctx.op("Sub", spread, ctx.op("Mod", spread, powers)), powers)
    return ctx.op("Mod", whole, ctx.scalar(2, "value", "int64"))


def bitwise_or(ctx: Context, x: str, y: str) -> str:
    """BitwiseOr(18), or x + y - (x and y)."""
    if ctx.opset >= 18:
        return ctx.op("BitwiseOr", x, y)
    return ctx.op("Sub", ctx.op("Add", x, y), bitwise_and(ctx, x, y))


def bitwise_xor(ctx: Context, x: str, y: str) -> str:
    """BitwiseXor(18), or what one or both have, less what both have."""
    if ctx.opset >= 18:
        return ctx.op("BitwiseXor", x, y)
    return ctx.op("Sub", bitwise_or(ctx, x, y), bitwise_and(ctx, x, y))
