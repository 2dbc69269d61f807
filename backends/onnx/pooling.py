"""Pooling in ONNX."""

from __future__ import annotations

import numpy as np

from ...spec.layers.pooling import AveragePooling, GlobalAveragePooling, GlobalPooling, MaxPooling
from ...spec.types import is_float
from .context import Context
from .layout import Layout, Tensor
from .operators import VIA_FLOAT32, WINDOWS_IN, converted, reduce, where, widened
from .padding import padded, run_time_pads, spatial_layout, static_pads

# Dtypes that an operator has not, or onnxruntime not for it -> one that holds their values.
MAX_POOL = {**VIA_FLOAT32, "int16": "float32", "int32": "float64", "int64": "float64", "uint16": "float32"}
REDUCE_MAX = {**VIA_FLOAT32, "bool": "int32", "int16": "int32", "uint16": "int32", "uint32": "int64"}


def max_pooling(ctx: Context, layer: MaxPooling, inputs: Tensor) -> Tensor:
    """MaxPool. int64 goes through float64, which is exact up to 2^53."""
    layout = spatial_layout(layer)
    dtype = MAX_POOL.get(inputs.type.dtype, inputs.type.dtype)
    lowest = -np.inf if is_float(dtype) else np.iinfo(dtype).min
    sizes = layer.spatial(inputs.type)

    def pool(x: str) -> str:
        fill = [ctx.scalar(lowest, "lowest", dtype)]
        x, pads = padded(ctx, x, sizes, layer.pool_size, layer.steps, layer.padding, fill)
        return ctx.op("MaxPool", x, kernel_shape=layer.pool_size, strides=layer.steps, pads=pads)

    x = ctx.in_layout(inputs, layout)
    return ctx.tensor(widened(ctx, x, inputs.type.dtype, MAX_POOL, pool), layout)


def average_pooling(ctx: Context, layer: AveragePooling, inputs: Tensor) -> Tensor:
    """AveragePool, which leaves its own padding out of the mean. Where the value is padded at run time the
    mean is divided by that of ones padded alike."""
    layout = spatial_layout(layer)
    pads = static_pads(layer.spatial(inputs.type), layer.pool_size, layer.steps, layer.padding)

    def pool(x: str) -> str:
        if pads is not None:
            return _average(ctx, layer, x, pads)
        amounts = run_time_pads(ctx, x, layer.pool_size, layer.steps)
        values = (x, _ones_over(ctx, x))
        return ctx.op("Div", *(_average(ctx, layer, ctx.op("Pad", v, amounts), None) for v in values))

    return ctx.tensor(widened(ctx, ctx.in_layout(inputs, layout), ctx.dtype, WINDOWS_IN, pool), layout)


def _average(ctx: Context, layer: AveragePooling, x: str, pads: list[int] | None) -> str:
    return ctx.op("AveragePool", x, kernel_shape=layer.pool_size, strides=layer.steps, pads=pads)


def _ones_over(ctx: Context, x: str) -> str:
    """One channel of ones with the spatial sizes of a value whose channels are first."""
    shape = ctx.op("Concat", ctx.ints([1, 1]), ctx.op("Shape", x, start=2), axis=0)
    return ctx.op("Expand", ctx.scalar(1, "one", WINDOWS_IN.get(ctx.dtype)), shape)


def global_max_pooling(ctx: Context, layer: GlobalPooling, inputs: Tensor) -> Tensor:
    """ReduceMax, in whatever layout the input has."""
    layout = inputs.layout
    axes = _reduced(layer, layout)

    def pool(x: str) -> str:
        return reduce(ctx, "ReduceMax", x, axes, keepdims=layer.keepdims)

    y = widened(ctx, ctx.in_layout(inputs, layout), inputs.type.dtype, REDUCE_MAX, pool)
    return ctx.tensor(y, layout if layer.keepdims else _left(layer, layout))


def global_average_pooling(ctx: Context, layer: GlobalAveragePooling, inputs: Tensor) -> Tensor:
    """ReduceMean, in whatever layout the input has; of whole numbers in float32."""
    layout = inputs.layout
    axes = _reduced(layer, layout)

    def pool(x: str) -> str:
        return reduce(ctx, "ReduceMean", x, axes, keepdims=layer.keepdims)

    x = converted(ctx, ctx.in_layout(inputs, layout), inputs.type.dtype, ctx.output.dtype)
    y = widened(ctx, x, ctx.output.dtype, VIA_FLOAT32, pool)
    return ctx.tensor(y, layout if layer.keepdims else _left(layer, layout))


def global_average_pooling1d(ctx: Context, layer: GlobalAveragePooling, inputs: Tensor) -> Tensor:
    """With a mask, the sum of the steps that it leaves divided by their number."""
    if inputs.mask is None:
        return global_average_pooling(ctx, layer, inputs)
    dtype = ctx.output.dtype
    mask = ctx.op("Unsqueeze", inputs.mask, ctx.ints([layer.channel_axis]))
    x = converted(ctx, ctx.logical(inputs), inputs.type.dtype, dtype)
    kept = where(ctx, mask, x, ctx.scalar(0, "zero", dtype), dtype)
    sums = [
        reduce(ctx, "ReduceSum", v, layer.spatial_axes, keepdims=layer.keepdims)
        for v in (kept, ctx.cast(mask, dtype))
    ]
    return ctx.tensor(ctx.op("Div", *sums))


def _reduced(layer: GlobalPooling, layout: Layout) -> list[int]:
    """The spatial axes where they lie."""
    return sorted(map(layout.index, layer.spatial_axes))


def _left(layer: GlobalPooling, layout: Layout) -> Layout:
    """How batch and channels lie once the spatial axes are gone."""
    return tuple(min(axis, 1) for axis in layout if axis not in layer.spatial_axes)
