"""Operators that are spelled otherwise from one opset to the next, for every family of layers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...spec.layers.base import Layer
from ...spec.types import is_float
from .context import Context
from .layout import Tensor

# The opset since which a reduction takes its axes as an input and not as an attribute; 18 for the others.
AXES_AS_INPUT = {"ReduceSum": 13}

# What bfloat16 is computed in, for which onnxruntime has few operators.
VIA_FLOAT32 = {"bfloat16": "float32"}

# What convolutions and means of windows are computed in: onnxruntime has neither for float64.
WINDOWS_IN = {**VIA_FLOAT32, "float64": "float32"}


def reduce(ctx: Context, type_: str, x: str, axes: Sequence[int], *, keepdims: bool = True) -> str:
    """ReduceMean, ReduceSum, ReduceMax, … over physical axes."""
    if ctx.opset >= AXES_AS_INPUT.get(type_, 18):
        return ctx.op(type_, x, ctx.ints(sorted(axes), "axes"), keepdims=int(keepdims))
    return ctx.op(type_, x, axes=sorted(axes), keepdims=int(keepdims))


def split(ctx: Context, x: str, count: int, axis: int) -> list[str]:
    """The value in `count` equal parts along a physical axis."""
    return ctx.ops("Split", x, outputs=count, axis=axis, num_outputs=count if ctx.opset >= 18 else None)


def widened(ctx: Context, x: str, dtype: str, wider: Mapping[str, str], make: Callable[[str], str]) -> str:
    """What `make` makes of a value of that dtype; one that the table has goes through the wider one and back."""
    if dtype not in wider:
        return make(x)
    return ctx.cast(make(ctx.cast(x, wider[dtype])), dtype)


def in_float32(lower: Callable[..., tuple[Tensor, ...]]) -> Callable[..., tuple[Tensor, ...]]:
    """The lowering, with float32 for what a layer computes in bfloat16."""

    def lowered(ctx: Context, layer: Layer, *given: Any, **ports: Any) -> tuple[Tensor, ...]:
        wider = VIA_FLOAT32.get(ctx.dtype)
        if wider is None:
            return lower(ctx, layer, *given, **ports)
        widen = functools.partial(_widened, ctx, wider)
        ports = {name: widen(value) for name, value in ports.items()}
        outputs = lower(ctx.computing_in(wider), layer, *map(widen, given), **ports)
        return tuple(_as_declared(ctx, output) for output in outputs)

    return lowered


def _widened(ctx: Context, dtype: str, given: Any) -> Any:
    """A tensor, or several, with floats in another dtype, as they lie."""
    if not isinstance(given, Tensor):
        return [_widened(ctx, dtype, one) for one in given]
    if not is_float(given.type.dtype):
        return given
    name, form = given.as_is
    return Tensor(given.type.with_dtype(dtype), {form: ctx.cast(name, dtype)}, given.mask)


def _as_declared(ctx: Context, output: Tensor) -> Tensor:
    name, form = output.as_is
    return Tensor(output.type, {form: ctx.cast(name, output.type.dtype)}, output.mask)


def converted(ctx: Context, x: str, dtype: str, wanted: str) -> str:
    """A value of one dtype in another, which may be the one that it has."""
    return x if dtype == wanted else ctx.cast(x, wanted)


def where(ctx: Context, condition: str, x: str, y: str, dtype: str) -> str:
    """x where the condition holds and y elsewhere, both of that dtype; Where has bfloat16 since opset 16."""
    if dtype != "bfloat16" or ctx.opset >= 16:
        return ctx.op("Where", condition, x, y)
    wide = (ctx.cast(value, "float32") for value in (x, y))
    return ctx.cast(ctx.op("Where", condition, *wide), dtype)


def unsqueeze(ctx: Context, x: str, axes: Sequence[int]) -> str:
    """The value with axes of size 1 at these places of the result; the value itself where there are none."""
    return ctx.op("Unsqueeze", x, ctx.ints(axes, "axes")) if axes else x


def chain(ctx: Context, type_: str, names: Sequence[str]) -> str:
    """An operator of two inputs over several, from the first to the last."""
    return functools.reduce(lambda left, right: ctx.op(type_, left, right), names)
