"""Functions that add axes, take them away or put them in another order."""

from __future__ import annotations

from collections.abc import Sequence

from ...spec.layers.shapes import BroadcastTo, ExpandDims, Reorder, Rot90, Squeeze, Stack
from .context import Context
from .layout import Layout, Tensor, closed_up, logical
from .merge import aligned, common_form
from .moving import reverse
from .operators import VIA_FLOAT32, unsqueeze, widened
from .shaping import permuted


def expand_dims(ctx: Context, layer: ExpandDims, x: Tensor) -> Tensor:
    layout, new = x.layout, layer.new_axes(x.type)
    if not new:
        return Tensor(ctx.output, dict(x.forms))
    places, grown = opened(layout, new)
    return ctx.tensor(unsqueeze(ctx, ctx.in_layout(x, layout), places), grown)


def squeeze(ctx: Context, layer: Squeeze, x: Tensor) -> Tensor:
    layout, taken = x.layout, layer.taken_axes(x.type)
    if not taken:
        return Tensor(ctx.output, dict(x.forms))
    places = ctx.ints(sorted(layout.index(axis) for axis in taken), "axes")
    return ctx.tensor(ctx.op("Squeeze", ctx.in_layout(x, layout), places), without(layout, taken))


def reorder(ctx: Context, layer: Reorder, x: Tensor) -> Tensor:
    return permuted(x, layer.order(x.type))


def rot90(ctx: Context, layer: Rot90, array: Tensor) -> Tensor:
    """One axis or both reversed, and for an odd number of right angles the two exchanged."""
    turns, (first, second) = layer.k % 4, layer.plane(array.type)
    turned = {0: (), 1: (second,), 2: (first, second), 3: (first,)}[turns]
    if not turned:
        return permuted(array, layer.order(array.type))
    layout = array.layout
    name = reverse(ctx, ctx.in_layout(array, layout), [layout.index(axis) for axis in turned])
    return permuted(Tensor(array.type, {layout: name}), layer.order(array.type))


def broadcast_to(ctx: Context, layer: BroadcastTo, x: Tensor) -> Tensor:
    shape = ctx.ints(layer.shape)
    y = widened(ctx, ctx.logical(x), x.type.dtype, VIA_FLOAT32, lambda value: ctx.op("Expand", value, shape))
    return ctx.tensor(y)


def stack(ctx: Context, layer: Stack, x: list[Tensor]) -> Tensor:
    """Concat of the values, each with the new axis."""
    form = common_form(x)
    layout = form if isinstance(form, tuple) else logical(x[0].rank)
    names, _ = aligned(ctx, x, layout, ctx.output.dtype)
    (place,), grown = opened(layout, [layer.new_axis([t.type for t in x])])
    parts = {name: unsqueeze(ctx, name, [place]) for name in dict.fromkeys(names)}
    return ctx.tensor(ctx.op("Concat", *(parts[name] for name in names), axis=place), grown)


def opened(layout: Layout, new: Sequence[int]) -> tuple[list[int], Layout]:
    """Where new logical axes are put into a layout, and the layout with them: at their own places in the logical
    one, and behind the others in any other."""
    rank = len(layout) + len(new)
    kept = [axis for axis in range(rank) if axis not in new]
    if layout == logical(len(layout)):
        return sorted(new), logical(rank)
    return list(range(len(layout), rank)), (*(kept[axis] for axis in layout), *sorted(new))


def without(layout: Layout, axes: Sequence[int]) -> Layout:
    """The layout where logical axes are gone."""
    return closed_up([axis for axis in layout if axis not in axes])
