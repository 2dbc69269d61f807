"""Attention and AdditiveAttention in ONNX."""

from __future__ import annotations

from collections.abc import Sequence

from ...spec.layers.plain_attention import AdditiveAttention, Attention, PlainAttention
from .attention import HALF
from .attention_masks import positions
from .context import Context
from .layout import Tensor, logical
from .operators import chain, reduce, unsqueeze, where


def attention(
    ctx: Context, layer: Attention, inputs: Sequence[Tensor], mask: Sequence[Tensor] = ()
) -> Tensor | tuple[Tensor, Tensor]:
    """Attention(23) where there is no mask by position, which it takes otherwise than Keras; else composed."""
    query, value, key = inputs[0], inputs[1], inputs[-1] if len(inputs) == 3 else inputs[1]
    if is_native(ctx, layer, inputs, mask):
        q = scaled(ctx, ctx.logical(query)) if layer.use_scale else ctx.logical(query)
        heads = {"q_num_heads": 1, "kv_num_heads": 1, "scale": 1.0}
        causal = 1 if layer.use_causal_mask else None
        y = ctx.op("Attention", q, ctx.logical(key), ctx.logical(value), is_causal=causal, **heads)
        return ctx.tensor(y)
    scores = products(ctx, layer, query, key) if layer.score_mode == "dot" else sums(ctx, layer, query, key)
    return attended(ctx, layer, scores, inputs, mask)


def is_native(ctx: Context, layer: Attention, inputs: Sequence[Tensor], mask: Sequence[Tensor]) -> bool:
    masked = mask or any(x.mask for x in inputs[:2])
    plain = inputs[0].rank == 3 and layer.score_mode == "dot" and not layer.return_attention_scores
    return ctx.opset >= 23 and plain and not masked and ctx.dtype not in HALF


def products(ctx: Context, layer: Attention, query: Tensor, key: Tensor) -> str:
    """The products of query and key."""
    axes = logical(key.rank)
    turned = ctx.in_layout(key, (*axes[:-2], axes[-1], axes[-2]))
    scores = ctx.op("MatMul", ctx.logical(query), turned)
    return scaled(ctx, scores) if layer.use_scale else scores


def sums(ctx: Context, layer: Attention, query: Tensor, key: Tensor) -> str:
    """The sums of tanh(query + key) over the features, times one number."""
    total = added(ctx, query, key)
    curve = ctx.op("Tanh", scaled(ctx, total) if layer.use_scale else total)
    weight = ctx.constant(ctx.weight("concat_score_weight"), "concat_score_weight")
    return ctx.op("Mul", reduce(ctx, "ReduceSum", curve, [query.rank], keepdims=False), weight)


def scaled(ctx: Context, x: str) -> str:
    return ctx.op("Mul", x, ctx.constant(ctx.weight("scale"), "scale"))


def added(ctx: Context, query: Tensor, key: Tensor) -> str:
    """query + key for each position of the one and each of the other: [batch, …, query's, key's, features]."""
    rows = unsqueeze(ctx, ctx.logical(query), [query.rank - 1])
    return ctx.op("Add", rows, unsqueeze(ctx, ctx.logical(key), [key.rank - 2]))


def additive_attention(
    ctx: Context, layer: AdditiveAttention, inputs: Sequence[Tensor], mask: Sequence[Tensor] = ()
) -> Tensor | tuple[Tensor, Tensor]:
    """The weighed sum over the features is a product where there is a weight for each."""
    query, key = inputs[0], inputs[-1] if len(inputs) == 3 else inputs[1]
    curve = ctx.op("Tanh", added(ctx, query, key))
    if layer.use_scale and query.shape[-1] == key.shape[-1]:
        scores = ctx.op("MatMul", curve, ctx.constant(ctx.weight("scale"), "scale"))
    else:
        curve = scaled(ctx, curve) if layer.use_scale else curve
        scores = reduce(ctx, "ReduceSum", curve, [query.rank], keepdims=False)
    return attended(ctx, layer, scores, inputs, mask)


def attended(
    ctx: Context, layer: PlainAttention, scores: str, inputs: Sequence[Tensor], mask: Sequence[Tensor]
) -> Tensor | tuple[Tensor, Tensor]:
    """The outputs, of the scores. Keras takes a large number from those that do not count, which in a row where none
    does leaves more of them than none: the same number is taken here."""
    query, value = inputs[0], inputs[1]
    seen, known = (ctx.logical(m) for m in mask[:2]) if mask else (query.mask, value.mask)
    if keep := kept(ctx, layer, query, value, known, mask):
        less = ctx.op("Sub", scores, ctx.scalar(65504.0 if ctx.dtype == "float16" else 1e9, "masked"))
        scores = where(ctx, keep, scores, less, ctx.dtype)
    weights = ctx.op("Softmax", scores, axis=-1)
    y = ctx.op("MatMul", weights, ctx.logical(value))
    if seen:
        y = where(ctx, unsqueeze(ctx, seen, [2]), y, ctx.scalar(0.0), ctx.dtype)
    output = ctx.tensor(y)
    output.mask = seen
    return (output, ctx.tensor(weights, index=1)) if layer.return_attention_scores else output


def kept(
    ctx: Context,
    layer: PlainAttention,
    query: Tensor,
    value: Tensor,
    known: str | None,
    mask: Sequence[Tensor],
) -> str | None:
    """Which scores count, to be broadcast to them; None where all do. `known` is the mask of the value."""
    found: list[str] = []
    if known:
        by_row = bool(mask) and mask[1].rank == 3
        found.append(known if by_row else unsqueeze(ctx, known, [1]))
    if layer.use_causal_mask:
        axis = query.rank - 2
        columns = positions(ctx, value, axis)
        rows = columns if query.shape[axis] == value.shape[axis] else positions(ctx, query, axis)
        found.append(ctx.op("GreaterOrEqual", unsqueeze(ctx, rows, [1]), columns))
    return chain(ctx, "And", found) if found else None
