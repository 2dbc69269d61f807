"""DotProductAttention in ONNX."""

from __future__ import annotations

from ...spec.layers.dot_product_attention import DotProductAttention
from .attention import HALF, by_group
from .attention_masks import positions
from .context import Context
from .layout import Tensor
from .operators import chain, converted, unsqueeze

# Heads before positions, as the products are made; and keys with their positions last.
BY_HEAD = (0, 2, 1, 3)
TURNED = (0, 2, 3, 1)

# What Keras puts in the place of scores that a mask leaves out: less than any bias.
MASKED = -0.7 * 3.38953e38


def dot_product_attention(
    ctx: Context,
    layer: DotProductAttention,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None = None,
    mask: Tensor | None = None,
) -> Tensor:
    """Attention(23) where nothing is added or masked; else composed, with scores in float32 at least."""
    dtype = ctx.output.dtype
    wide = "float32" if dtype in HALF else dtype
    q, v = (converted(ctx, ctx.in_layout(x, BY_HEAD), x.type.dtype, dtype) for x in (query, value))
    if is_native(ctx, layer, query) and bias is None and mask is None:
        k = converted(ctx, ctx.in_layout(key, BY_HEAD), key.type.dtype, dtype)
        causal = 1 if layer.is_causal else None
        return ctx.tensor(
            ctx.op("Attention", q, k, v, is_causal=causal, scale=layer.factor(query.type)), BY_HEAD
        )
    k = converted(ctx, ctx.in_layout(key, TURNED), key.type.dtype, dtype)
    heads, shared = query.shape[2], key.shape[2]
    scores = by_group(ctx, heads, shared, q, k, query.shape[1], query.shape[3], key.shape[1])
    factor = ctx.scalar(layer.factor(query.type), "scale", wide)
    scores = ctx.op("Mul", converted(ctx, scores, dtype, wide), factor)
    if bias is not None:
        added = converted(ctx, ctx.logical(bias), bias.type.dtype, dtype)
        scores = ctx.op("Add", scores, converted(ctx, added, dtype, wide))
    if keep := kept(ctx, layer, query, key, mask):
        scores = ctx.op("Where", keep, scores, ctx.scalar(MASKED, "masked", wide))
    weights = converted(ctx, ctx.op("Softmax", scores, axis=-1), wide, dtype)
    y = by_group(ctx, heads, shared, weights, v, query.shape[1], key.shape[1], query.shape[3])
    return ctx.tensor(y, BY_HEAD)


def is_native(ctx: Context, layer: DotProductAttention, query: Tensor) -> bool:
    """Whether ONNX's own operator does: its scale is a number of float32, and positive."""
    return ctx.opset >= 23 and ctx.output.dtype == "float32" and layer.factor(query.type) > 0


def kept(
    ctx: Context, layer: DotProductAttention, query: Tensor, key: Tensor, mask: Tensor | None
) -> str | None:
    """Which scores count, to be broadcast to them; None where all do."""
    found = [ctx.logical(mask)] if mask is not None else []
    if layer.is_causal:
        columns = positions(ctx, key)
        rows = columns if query.shape[1] == key.shape[1] else positions(ctx, query)
        found.append(ctx.op("GreaterOrEqual", unsqueeze(ctx, rows, [1]), columns))
    return chain(ctx, "And", found) if found else None
