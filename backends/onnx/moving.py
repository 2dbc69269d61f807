"""Functions that put elements elsewhere along axes, in whatever layout their input has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...spec.layers.moving import Flip, Pad, Repeat, Roll, Tile
from ...spec.ranges import least
from .context import Context
from .layout import Tensor
from .operators import VIA_FLOAT32, unsqueeze, widened

# Where a slice ends that goes backwards to the first element, and one that goes on to the last.
TO_FIRST, TO_LAST = -(2**63) + 1, 2**63 - 1

# More numbers of elements than these are counted at run time, and stand in no model.
MOST_LISTED = 10_000

# The dtypes that onnxruntime does not pad, and those that hold their numbers.
PADDED_IN = {"int16": "int32", "uint16": "int32", **VIA_FLOAT32}


def flip(ctx: Context, layer: Flip, x: Tensor) -> Tensor:
    layout, axes = x.layout, layer.all_axes(x.type, layer.axis)
    return ctx.tensor(reverse(ctx, ctx.in_layout(x, layout), [layout.index(axis) for axis in axes]), layout)


def roll(ctx: Context, layer: Roll, x: Tensor) -> Tensor:
    """For each axis the last elements before the others."""
    layout, total = x.layout, dict[int, int]()
    for axis, shift in layer.shifts(x.type):
        total[axis] = total.get(axis, 0) + shift
    name = ctx.in_layout(x, layout)
    for axis, shift in total.items():
        name = rolled(ctx, name, layout.index(axis), shift, x, axis)
    return ctx.tensor(name, layout)


def rolled(ctx: Context, name: str, place: int, shift: int, x: Tensor, axis: int) -> str:
    """The value shifted along a physical axis, which is the logical `axis` of `x`."""
    size = x.shape[axis]
    shift = shift % size if isinstance(size, int) else shift
    if shift == 0:
        return name
    where = ctx.ints([-shift], "shift")
    if abs(shift) > (least(size) or 0):
        # The axis may be shorter than the shift, which then goes round several times.
        where = ctx.op("Mod", where, ctx.size(name, place))
    axes = ctx.ints([place], "axes")
    last = ctx.op("Slice", name, where, ctx.ints([TO_LAST], "end"), axes)
    first = ctx.op("Slice", name, ctx.ints([0], "start"), where, axes)
    return ctx.op("Concat", last, first, axis=place)


def pad(ctx: Context, layer: Pad, x: Tensor) -> Tensor:
    """Pad; the mode "symmetric", which ONNX does not have, joins slices that go backwards."""
    layout = x.layout
    sides = [layer.pad_width[axis] for axis in layout]
    if not any(before or after for before, after in sides):
        return Tensor(ctx.output, dict(x.forms))
    name = ctx.in_layout(x, layout)
    if layer.mode == "symmetric":
        return ctx.tensor(mirrored(ctx, name, sides), layout)
    y = widened(ctx, name, x.type.dtype, PADDED_IN, lambda value: padded(ctx, layer, value, sides))
    return ctx.tensor(y, layout)


def padded(ctx: Context, layer: Pad, name: str, sides: Sequence[tuple[int, int]]) -> str:
    pads = ctx.ints([*(before for before, _ in sides), *(after for _, after in sides)], "pads")
    if layer.mode == "reflect" or not layer.constant_values:
        return ctx.op("Pad", name, pads, mode=None if layer.mode == "constant" else layer.mode)
    dtype = PADDED_IN.get(ctx.output.dtype, ctx.output.dtype)
    return ctx.op("Pad", name, pads, ctx.scalar(layer.constant_values, "constant_values", dtype))


def mirrored(ctx: Context, name: str, sides: Sequence[tuple[int, int]]) -> str:
    """The value with each axis mirrored at its ends, the outermost elements among those that are."""
    for place, (before, after) in enumerate(sides):
        parts = [
            *([backwards(ctx, name, place, before - 1, TO_FIRST)] if before else []),
            name,
            *([backwards(ctx, name, place, -1, -after - 1)] if after else []),
        ]
        name = ctx.op("Concat", *parts, axis=place) if len(parts) > 1 else name
    return name


def backwards(ctx: Context, name: str, place: int, start: int, end: int) -> str:
    """The elements of a physical axis from `start` down to the one behind `end`."""
    bounds = ctx.ints([start], "start"), ctx.ints([end], "end")
    return ctx.op("Slice", name, *bounds, ctx.ints([place], "axes"), ctx.ints([-1], "steps"))


def reverse(ctx: Context, name: str, places: Sequence[int]) -> str:
    """The value with the order along physical axes reversed."""
    if not places:
        return name
    count, axes = len(places), ctx.ints(sorted(places), "axes")
    ends = ctx.ints([-1] * count, "start"), ctx.ints([TO_FIRST] * count, "end")
    return ctx.op("Slice", name, *ends, axes, ctx.ints([-1] * count, "steps"))


def tile(ctx: Context, layer: Tile, x: Tensor) -> Tensor:
    repeats = layer.all_repeats(x.type)
    if len(repeats) > x.rank:
        name, layout = (
            unsqueeze(ctx, ctx.logical(x), list(range(len(repeats) - x.rank))),
            tuple(range(len(repeats))),
        )
    else:
        layout = x.layout
        name = ctx.in_layout(x, layout)
    return ctx.tensor(tiled(ctx, name, [repeats[axis] for axis in layout], x.type.dtype), layout)


def tiled(ctx: Context, name: str, repeats: Sequence[int], dtype: str) -> str:
    if set(repeats) == {1}:
        return name
    counts = ctx.ints(repeats, "repeats")
    return widened(ctx, name, dtype, VIA_FLOAT32, lambda value: ctx.op("Tile", value, counts))


def repeat(ctx: Context, layer: Repeat, x: Tensor) -> Tensor:
    """Gather of each element as often as it is repeated."""
    axis, layout = layer.repeated_axis(x.type), x.layout
    if layer.repeats == (1,):
        return Tensor(ctx.output, dict(x.forms))
    name, place = ctx.in_layout(x, layout), layout.index(axis)
    size, (first, *others) = x.shape[axis], layer.repeats
    if isinstance(size, int) and (others or size * first <= MOST_LISTED):
        elements = ctx.ints(np.repeat(np.arange(size), layer.repeats).tolist(), "elements")
    else:
        elements = each_repeated(ctx, name, place, first)
    return ctx.tensor(ctx.op("Gather", name, elements, axis=place), layout)


def each_repeated(ctx: Context, name: str, place: int, count: int) -> str:
    """The numbers of a physical axis's elements, each so often, for a size that is known at run time."""
    zero, one, often = (ctx.scalar(number, "number", "int64") for number in (0, 1, count))
    size = ctx.op("Squeeze", ctx.size(name, place))
    return ctx.op("Div", ctx.op("Range", zero, ctx.op("Mul", size, often), one), often)
