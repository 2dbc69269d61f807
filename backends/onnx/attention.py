"""Attention with several heads in ONNX: projections by MatMul, the heads told apart by Reshape, no Einsum.

The axes of values are told so: those that are not attended to, the batch among them, are `rest`; then the
heads; the attended ones, as one; and the size of a head. Where several heads of the query share one of the key and the
value, the heads are two axes: those that are shared, and those that share each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...spec.layers.headed import Headed
from ...spec.size import Size, product
from .activation import large_negative
from .attention_masks import kept
from .context import Context
from .layout import Tensor, logical
from .operators import converted, unsqueeze, where

HALF = ("float16", "bfloat16")


@dataclass(frozen=True)
class Heads:
    """A projected value: its name, and its sizes before the attended axes were made one."""

    name: str
    sizes: tuple[Size, ...]
    apart: str


def headed_attention(
    ctx: Context,
    layer: Headed,
    query: Tensor,
    value: Tensor,
    key: Tensor | None = None,
    attention_mask: Tensor | None = None,
    **masks: Tensor,
) -> Tensor | tuple[Tensor, Tensor]:
    """Exact for every mask, that of a position which sees nothing included: it gets the mean of all values
    where Keras's fused function works, and zeros where it does not."""
    inputs = [t for t in (query, value, key) if t is not None]
    masked = bool(masks) or attention_mask is not None or any(t.mask for t in inputs)
    if not masked and is_native(ctx, layer, inputs):
        return finished(ctx, layer, query, native(ctx, layer, query, value, key or value))
    axes = layer.attended_axes(query.type)
    keep = kept(ctx, layer, query, value, key, attention_mask, masks)
    queries = heads(ctx, layer, "query", query, axes, scale=1 / math.sqrt(layer.key_size))
    keys = heads(ctx, layer, "key", key or value, axes, turned=True)
    values = heads(ctx, layer, "value", value, axes)
    fused = layer.fused and query.rank == 3
    rows, columns, several = query.shape[1], value.shape[1], (layer.heads, layer.shared_heads)
    scores = by_group(ctx, *several, queries.name, keys.name, rows, layer.key_size, columns)
    scores = softmax(ctx, scores, keep, fused)
    mixed = by_group(ctx, *several, scores, values.name, rows, columns, layer.value_size)
    output = finished(ctx, layer, query, joined(ctx, layer, query, axes, mixed, queries))
    if not layer.return_attention_scores:
        return output
    return output, ctx.tensor(scores_apart(ctx, scores, axes, queries, values), index=1)


def by_group(ctx: Context, heads: Size, shared: Size, ours: str, theirs: str, *sizes: Size) -> str:
    """The product of [batch, heads, rows, inner] and [batch, shared heads, inner, columns], whose heads serve several
    of the others each. `sizes` are rows, inner and columns."""
    if shared in (1, heads) or not (isinstance(heads, int) and isinstance(shared, int)):
        return ctx.op("MatMul", ours, theirs)
    rows, inner, columns = sizes
    apart = [0, shared, heads // shared]
    y = ctx.op("MatMul", regrouped(ctx, ours, apart, (rows, inner)), unsqueeze(ctx, theirs, [2]))
    return regrouped(ctx, y, [0, heads], (rows, columns))


def regrouped(ctx: Context, x: str, first: list[int], last: tuple[Size, Size]) -> str:
    """The value with other axes before its last two, whose sizes are `last`."""
    plain = [size if isinstance(size, int) else -1 for size in last]
    if plain.count(-1) < 2:
        return ctx.op("Reshape", x, ctx.ints([*first, *plain]))
    return ctx.op("Reshape", x, ctx.op("Concat", ctx.ints(first), ctx.op("Shape", x, start=-2), axis=0))


def is_native(ctx: Context, layer: Headed, inputs: list[Tensor]) -> bool:
    """Whether ONNX's own operator does, where there are no masks: its answer for a position that sees nothing is not
    Keras's."""
    plain = all(t.features_last == logical(3) for t in inputs) and layer.sliding_window is None
    return ctx.opset >= 23 and plain and not layer.return_attention_scores and ctx.dtype not in HALF


def native(ctx: Context, layer: Headed, query: Tensor, value: Tensor, key: Tensor) -> str:
    """Attention(23), the heads side by side on the last axis."""
    return ctx.op(
        "Attention",
        projected(ctx, layer, "query", query, scale=1 / math.sqrt(layer.key_size)),
        projected(ctx, layer, "key", key),
        projected(ctx, layer, "value", value),
        q_num_heads=layer.heads,
        kv_num_heads=layer.shared_heads,
        is_causal=1 if layer.use_causal_mask else None,
        scale=1.0,
    )


def finished(ctx: Context, layer: Headed, query: Tensor, y: str) -> Tensor:
    """The output of what the heads give, side by side on the last axis, in the query's layout."""
    if layer.use_gate:
        y = ctx.op("Mul", y, ctx.op("Sigmoid", projected(ctx, layer, "gate", query)))
    layout = (*query.features_last[:-1], *range(query.rank - 1, ctx.output.rank))
    return ctx.tensor(put_out(ctx, layer, query, y), layout)


def projected(ctx: Context, layer: Headed, name: str, x: Tensor, scale: float = 1.0) -> str:
    """The heads side by side on the last axis, in the layout that has the features last."""
    kernel = ctx.weight(f"{name}/kernel")
    kernel = kernel.reshape(kernel.shape[0], -1)
    y = ctx.op(
        "MatMul", ctx.in_layout(x, x.features_last), ctx.constant(scaled(kernel, scale), f"{name}/kernel")
    )
    if not layer.use_bias:
        return y
    return ctx.op(
        "Add", y, ctx.constant(scaled(ctx.weight(f"{name}/bias").reshape(-1), scale), f"{name}/bias")
    )


def heads(
    ctx: Context,
    layer: Headed,
    name: str,
    x: Tensor,
    axes: tuple[int, ...],
    scale: float = 1.0,
    turned: bool = False,
) -> Heads:
    """The projection as [rest, heads, attended, size]; the last two the other way round where `turned`."""
    y = projected(ctx, layer, name, x, scale)
    layout, last = x.features_last, x.rank - 1
    size = layer.value_size if name == "value" else layer.key_size
    count = layer.heads if name == "query" else layer.shared_heads
    split = ctx.op("Reshape", y, ctx.ints([*[0] * last, count, size]))
    place = [*layout[:-1], last, last + 1]
    order = [
        *(a for a in range(last) if a not in axes),
        last,
        *([last + 1, *axes] if turned else [*axes, last + 1]),
    ]
    apart = ctx.op("Transpose", split, perm=[place.index(axis) for axis in order])
    by_axis = (*x.shape[:-1], count, size)
    sizes = tuple(by_axis[axis] for axis in order)
    return Heads(as_one(ctx, apart, sizes, axes, turned), sizes, apart)


def as_one(ctx: Context, name: str, sizes: tuple[Size, ...], axes: tuple[int, ...], turned: bool) -> str:
    """The value with its attended axes made one."""
    if len(axes) == 1:
        return name
    first = len(sizes) - len(axes) - (0 if turned else 1)
    rest, attended, behind = sizes[:first], sizes[first : first + len(axes)], sizes[first + len(axes) :]
    return ctx.reshape(name, (*rest, product(attended), *behind), sizes)


def softmax(ctx: Context, scores: str, keep: str | None, fused: bool) -> str:
    """The softmax over the last axis. Keras's fused function computes it in float32 at least."""
    dtype = "float32" if fused and ctx.dtype in HALF else ctx.dtype
    scores = converted(ctx, scores, ctx.dtype, dtype)
    if keep:
        large = ctx.scalar(large_negative(dtype), "masked", dtype)
        scores = where(ctx, keep, scores, large, dtype)
    y = ctx.op("Softmax", scores, axis=-1)
    if keep and not fused:
        return where(ctx, keep, y, ctx.scalar(0.0), ctx.dtype)
    return converted(ctx, y, dtype, ctx.dtype)


def joined(ctx: Context, layer: Headed, query: Tensor, axes: tuple[int, ...], y: str, queries: Heads) -> str:
    """[rest, heads, attended, size] with the heads side by side on the last axis, in the query's layout."""
    last = query.rank - 1
    if len(axes) > 1:
        shape = ctx.op("Shape", queries.apart, start=0, end=last + 1)
        y = ctx.op("Reshape", y, ctx.op("Concat", shape, ctx.ints([layer.value_size]), axis=0))
    order = [*(a for a in range(last) if a not in axes), last, *axes, last + 1]
    wanted = [*query.features_last[:-1], last, last + 1]
    y = ctx.op("Transpose", y, perm=[order.index(axis) for axis in wanted])
    return ctx.op("Reshape", y, ctx.ints([*[0] * last, layer.heads * layer.value_size]))


def put_out(ctx: Context, layer: Headed, query: Tensor, y: str) -> str:
    """The heads projected to the output, whose features are told apart where they have several axes."""
    kernel = ctx.weight("attention_output/kernel")
    features = kernel.shape[2:]
    width = math.prod(kernel.shape[:2])
    y = ctx.op("MatMul", y, ctx.constant(kernel.reshape(width, -1), "attention_output/kernel"))
    if layer.use_bias:
        y = ctx.op(
            "Add", y, ctx.constant(ctx.weight("attention_output/bias").reshape(-1), "attention_output/bias")
        )
    return y if len(features) == 1 else ctx.op("Reshape", y, ctx.ints([*[0] * (query.rank - 1), *features]))


def scores_apart(ctx: Context, scores: str, axes: tuple[int, ...], queries: Heads, values: Heads) -> str:
    """The scores with the attended axes of query and value told apart."""
    if len(axes) == 1:
        return scores
    first = len(queries.sizes) - len(axes) - 1
    ours = ctx.op("Shape", queries.apart, start=0, end=first + len(axes))
    theirs = ctx.op("Shape", values.apart, start=first, end=first + len(axes))
    return ctx.op("Reshape", scores, ctx.op("Concat", ours, theirs, axis=0))


def scaled(array: np.ndarray, scale: float) -> np.ndarray:
    """The array times a number, in its own dtype but computed in float64."""
    return array if scale == 1 else (array.astype(np.float64) * scale).astype(array.dtype)
