"""Functions that give several parts of a tensor, in whatever layout it has."""

from __future__ import annotations

from ...spec.layers.parts import Cutting, Unstack
from .context import Context
from .layout import Tensor
from .operators import split
from .shapes import without


def cut(ctx: Context, layer: Cutting, x: Tensor) -> tuple[Tensor, ...]:
    """Split, into equal parts of any size or unequal ones of known sizes."""
    axis, layout = layer.axis_of(x.type, layer.axis), x.layout
    if layer.count == 1:
        return (Tensor(ctx.output, dict(x.forms)),)
    name, place = ctx.in_layout(x, layout), layout.index(axis)
    sizes = layer.part_sizes(x.shape[axis])
    if len(set(sizes)) == 1:
        names = split(ctx, name, len(sizes), place)
    else:
        known = [size for size in sizes if isinstance(size, int)]
        names = ctx.ops("Split", name, ctx.ints(known, "split"), outputs=len(sizes), axis=place)
    return tuple(ctx.tensor(part, layout, index) for index, part in enumerate(names))


def unstack(ctx: Context, layer: Unstack, x: Tensor) -> tuple[Tensor, ...]:
    """A Gather for each part."""
    axis, layout = layer.axis_of(x.type, layer.axis), x.layout
    name, place = ctx.in_layout(x, layout), layout.index(axis)
    numbers = (ctx.scalar(number, "number", "int64") for number in range(layer.num))
    parts = (ctx.op("Gather", name, number, axis=place) for number in numbers)
    return tuple(ctx.tensor(part, without(layout, [axis]), index) for index, part in enumerate(parts))
