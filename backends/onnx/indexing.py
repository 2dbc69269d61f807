"""Functions that choose elements by their numbers, and those that make vectors of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...spec.layers.indexing import MultiHot, OneHot, Slice, Take, TakeAlongAxis
from ...spec.size import Size
from .context import Context
from .layout import Layout, Tensor, logical
from .moving import TO_LAST
from .operators import VIA_FLOAT32, converted, reduce, unsqueeze, widened
from .shapes import opened, without


def slice(ctx: Context, layer: Slice, inputs: Tensor) -> Tensor:
    """Slice along the axes that are cut."""
    layout, whole = inputs.layout, list(zip(layer.start_indices, layer.shape, strict=True))
    cut = [axis for axis in layout if whole[axis] != (0, -1)]
    if not cut:
        return Tensor(ctx.output, dict(inputs.forms))
    starts = [whole[axis][0] for axis in cut]
    ends = [TO_LAST if whole[axis][1] == -1 else sum(whole[axis]) for axis in cut]
    bounds = ctx.ints(starts, "start"), ctx.ints(ends, "end")
    places = ctx.ints([layout.index(axis) for axis in cut], "axes")
    return ctx.tensor(ctx.op("Slice", ctx.in_layout(inputs, layout), *bounds, places), layout)


def take(ctx: Context, layer: Take, x: Tensor, indices: Tensor | None = None) -> Tensor:
    """Gather, which counts from the end where a number is negative, as Keras does."""
    axis, chosen = layer.taken_axis(x.type), layer.chosen(indices.type if indices else None)
    if indices is None:
        numbers = ctx.builder.shared(np.array(layer.indices, np.int64), "indices")
    else:
        numbers = converted(ctx, ctx.logical(indices), chosen.dtype, INDEX.get(chosen.dtype, chosen.dtype))
    if layer.axis is None:
        return ctx.tensor(ctx.op("Gather", ctx.op("Reshape", ctx.logical(x), ctx.ints([-1])), numbers))
    source, layout = gathered_layout(x, axis, chosen.rank)
    return ctx.tensor(ctx.op("Gather", ctx.in_layout(x, source), numbers, axis=source.index(axis)), layout)


# The dtypes of numbers of elements that ONNX does not have, and those that hold them.
INDEX = {"int16": "int32"}


def gathered_layout(x: Tensor, axis: int, count: int) -> tuple[Layout, Layout]:
    """In which layout to take elements along an axis, and that of the result, which has so many axes in its place."""
    if count == 0:
        return x.layout, without(x.layout, [axis])
    if count == 1:
        return x.layout, x.layout
    return logical(x.rank), logical(x.rank + count - 1)


def take_along_axis(ctx: Context, layer: TakeAlongAxis, x: Tensor, indices: Tensor) -> Tensor:
    """GatherElements, of values of one shape beside the axis."""
    axis = (layer.axis or 0) % x.rank
    dtype = indices.type.dtype
    numbers = converted(ctx, ctx.logical(indices), dtype, dtype if dtype == "int32" else "int64")
    values = expanded(ctx, ctx.logical(x), x.type.dtype, (x.shape, indices.shape), ctx.logical(indices), axis)
    numbers = expanded(ctx, numbers, "int64", (indices.shape, x.shape), ctx.logical(x), axis)
    return ctx.tensor(ctx.op("GatherElements", values, numbers, axis=axis))


def expanded(
    ctx: Context, name: str, dtype: str, shapes: tuple[Sequence[Size], Sequence[Size]], other: str, axis: int
) -> str:
    """A value of the first shape, repeated along axes of size 1 to be of the second, beside one axis."""
    longer = [i for i, (a, b) in enumerate(zip(*shapes, strict=True)) if a == 1 != b and i != axis]
    if not longer:
        return name
    sizes = [shapes[1][i] if i in longer else 1 for i in range(len(shapes[0]))]
    parts = [
        ctx.ints([size]) if isinstance(size, int) else ctx.size(other, i) for i, size in enumerate(sizes)
    ]
    known = [size for size in sizes if isinstance(size, int)]
    shape = ctx.ints(known) if len(known) == len(sizes) else ctx.op("Concat", *parts, axis=0)
    return widened(ctx, name, dtype, VIA_FLOAT32, lambda value: ctx.op("Expand", value, shape))


def one_hot(ctx: Context, layer: OneHot, x: Tensor) -> Tensor:
    hot, layout = places_of(ctx, layer, x)
    return ctx.tensor(converted(ctx, hot, "bool", ctx.output.dtype), layout)


def multi_hot(ctx: Context, layer: MultiHot, x: Tensor) -> Tensor:
    """ReduceMax of what OneHot gives."""
    hot, layout = places_of(ctx, layer, x)
    found = reduce(ctx, "ReduceMax", ctx.cast(hot, "float32"), [layout.index(1)], keepdims=False)
    return ctx.tensor(converted(ctx, found, "float32", ctx.output.dtype), without(layout, [1]))


def places_of(ctx: Context, layer: OneHot, x: Tensor) -> tuple[str, Layout]:
    """For each number and class whether they are equal, and the layout of that. ONNX's OneHot counts negative numbers
    from the end, where Keras has nothing."""
    layout, dtype = x.layout, x.type.dtype
    (place,), grown = opened(layout, [layer.new_axis(x.type)])
    numbers = converted(ctx, ctx.in_layout(x, layout), dtype, dtype if dtype == "int32" else "int64")
    classes = np.arange(layer.num_classes, dtype=dtype if dtype == "int32" else np.int64)
    shape = [-1 if axis == place else 1 for axis in range(place, len(grown))]
    named = ctx.builder.shared(classes.reshape(shape), "classes")
    return ctx.op("Equal", unsqueeze(ctx, numbers, [place]), named), grown
