"""Which scores of an attention with heads count, of all that has a say in it."""

from __future__ import annotations

from collections.abc import Mapping

from ...spec.layers.attention import MultiHeadAttention
from ...spec.layers.headed import Headed
from ...spec.size import product
from .activation_layers import as_condition
from .context import Context
from .layout import Tensor
from .operators import chain, converted, unsqueeze


def kept(
    ctx: Context,
    layer: Headed,
    query: Tensor,
    value: Tensor,
    key: Tensor | None,
    attention_mask: Tensor | None,
    masks: Mapping[str, Tensor],
) -> str | None:
    """Which scores count, to be broadcast to [rest, heads, attended, attended]; None where all do."""
    found: list[str] = []
    asking = by_position(ctx, query, masks.get("query_mask"))
    if asking:
        found.append(unsqueeze(ctx, asking, [1, 3]))
    told = by_position(ctx, value, masks.get("value_mask")), by_position(ctx, key, masks.get("key_mask"))
    found += [unsqueeze(ctx, mask, [1, 2]) for mask in dict.fromkeys(told) if mask]
    if layer.use_causal_mask or layer.sliding_window:
        found += band(ctx, layer, query, value)
    if attention_mask is not None:
        found.append(given_mask(ctx, layer, query, value, attention_mask, alone=not found))
    return chain(ctx, "And", found) if found else None


def by_position(ctx: Context, x: Tensor | None, mask: Tensor | None) -> str | None:
    """The mask of a sequence: the one that is an input, or else the one that it bears."""
    if mask is not None:
        return converted(ctx, ctx.logical(mask), mask.type.dtype, "bool")
    return x.mask if x else None


def given_mask(
    ctx: Context, layer: Headed, query: Tensor, value: Tensor, mask: Tensor, *, alone: bool
) -> str:
    """The mask that is an input, with its attended axes made one, and ones for the axes that it lacks. A number counts
    where it is not 0; but Keras leaves the only mask of grouped queries as it is, for a softmax that asks for 0.5."""
    halved = alone and not layer.fused and not isinstance(layer, MultiHeadAttention)
    name = as_condition(ctx, mask) if halved else converted(ctx, ctx.logical(mask), mask.type.dtype, "bool")
    axes = layer.attended_axes(query.type)
    if len(axes) > 1:
        ours, theirs = (product(t.shape[axis] for axis in axes) for t in (query, value))
        name = ctx.reshape(name, (mask.shape[0], ours, theirs), mask.shape)
    rank = mask.rank - 2 * len(axes) + 2
    scores = query.rank - len(axes) + 2
    return unsqueeze(ctx, name, range(1, 1 + scores - rank))


def band(ctx: Context, layer: Headed, query: Tensor, value: Tensor) -> list[str]:
    """Which positions see which by their distance: none before the other, none further than the window."""
    columns = positions(ctx, value)
    rows = unsqueeze(ctx, columns if query.shape[1] == value.shape[1] else positions(ctx, query), [1])
    zero = ctx.scalar(0, "zero", "int64")
    distance = ctx.op("Sub", rows, columns)
    found = [ctx.op("GreaterOrEqual", distance, zero)] if layer.use_causal_mask else []
    if layer.sliding_window:
        width = ctx.scalar(layer.sliding_window, "window", "int64")
        far = distance if layer.use_causal_mask else ctx.op("Abs", distance)
        found.append(ctx.op("Less", far, width))
    return found


def positions(ctx: Context, x: Tensor, axis: int = 1) -> str:
    """0, 1, … along an axis."""
    size = x.shape[axis]
    if isinstance(size, int):
        return ctx.ints(range(size), "positions")
    layout = x.layout
    length = ctx.op("Squeeze", ctx.size(ctx.in_layout(x, layout), layout.index(axis)))
    return ctx.op("Range", ctx.scalar(0, "zero", "int64"), length, ctx.scalar(1, "one", "int64"))
