"""Categories in ONNX. OneHot is not used: it wraps negative numbers, and onnxruntime has it for few dtypes."""

from __future__ import annotations

import numpy as np

from ...spec.layers.preprocessing import CategoryEncoding, Discretization
from .context import Context
from .layout import Tensor
from .operators import converted, reduce, unsqueeze


def category_encoding(
    ctx: Context, layer: CategoryEncoding, inputs: Tensor, count_weights: Tensor | None = None
) -> Tensor:
    """Keras truncates numbers that are not whole, as Cast does, and leaves out those beyond the last category."""
    ids = ctx.cast(ctx.logical(inputs), "int64")
    weights = count_weights and converted(
        ctx, ctx.logical(count_weights), count_weights.type.dtype, ctx.dtype
    )
    encoded = encode(ctx, ids, inputs, layer.output_mode, layer.num_tokens, ctx.dtype, weights)
    return ctx.tensor(encoded)


def discretization(ctx: Context, layer: Discretization, inputs: Tensor) -> Tensor:
    """How many boundaries a number is not below, compared in float32 as Keras does. NaN is below none."""
    x = converted(ctx, ctx.logical(inputs), inputs.type.dtype, "float32")
    boundaries = ctx.constant(np.array(layer.bin_boundaries, np.float32), "bin_boundaries")
    reached = ctx.op("Not", ctx.op("Less", unsqueeze(ctx, x, [inputs.rank]), boundaries))
    bins = reduce(ctx, "ReduceSum", ctx.cast(reached, "int32"), [inputs.rank], keepdims=False)
    if layer.output_mode == "int":
        return ctx.tensor(bins)
    ids = ctx.cast(bins, "int64")
    return ctx.tensor(encode(ctx, ids, inputs, layer.output_mode, layer.bins, ctx.dtype))


def encode(
    ctx: Context, ids: str, inputs: Tensor, mode: str, depth: int, dtype: str, weights: str | None = None
) -> str:
    """int64 numbers as vectors of `depth` places: one for each, or one for all along axis 1."""
    if mode == "one_hot":
        return ctx.cast(_is_category(ctx, _without_last_one(ctx, ids, inputs), depth), dtype)
    places = ctx.cast(_is_category(ctx, unsqueeze(ctx, ids, [inputs.rank]), depth), dtype)
    if weights is not None:
        places = ctx.op("Mul", places, unsqueeze(ctx, weights, [inputs.rank]))
    return reduce(ctx, "ReduceMax" if mode == "multi_hot" else "ReduceSum", places, [1], keepdims=False)


def _without_last_one(ctx: Context, ids: str, inputs: Tensor) -> str:
    """The numbers with a last axis of size 1: one that they have, as Keras puts the categories in its place."""
    return ids if inputs.rank > 1 and inputs.shape[-1] == 1 else unsqueeze(ctx, ids, [inputs.rank])


def _is_category(ctx: Context, ids: str, depth: int) -> str:
    return ctx.op("Equal", ids, ctx.ints(range(depth), "categories"))
