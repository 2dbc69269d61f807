"""Adaptive pooling in ONNX, which has no operator for it."""

from __future__ import annotations

import numpy as np

from ...spec.layers.adaptive import AdaptiveAveragePooling, AdaptiveMaxPooling, AdaptivePooling
from ..dtypes import numpy_dtype
from .context import Context
from .layout import Tensor
from .operators import VIA_FLOAT32, WINDOWS_IN, reduce, widened
from .padding import spatial_layout
from .pooling import MAX_POOL, REDUCE_MAX
from .products import multiplied


def adaptive_average_pooling(ctx: Context, layer: AdaptiveAveragePooling, inputs: Tensor) -> Tensor:
    """ReduceMean over whole axes, AveragePool where the windows are all alike; otherwise the product of each axis
    with a constant matrix, in whatever layout the input has."""
    if set(layer.output_size) == {1}:
        return _reduced(ctx, layer, inputs, "ReduceMean")
    if _is_even(layer, inputs):
        return _pooled(ctx, layer, inputs, "AveragePool")
    layout = inputs.layout
    wider = VIA_FLOAT32.get(ctx.dtype, ctx.dtype)
    matrices = {
        axis: _means(size, count).astype(numpy_dtype(wider))
        for axis, size, count in zip(
            layer.spatial_axes, layer.fixed(inputs.type), layer.output_size, strict=True
        )
        if size != count
    }

    def pool(x: str) -> str:
        return multiplied(ctx, x, layout, inputs.shape, matrices)

    return ctx.tensor(widened(ctx, ctx.in_layout(inputs, layout), ctx.dtype, VIA_FLOAT32, pool), layout)


def adaptive_max_pooling(ctx: Context, layer: AdaptiveMaxPooling, inputs: Tensor) -> Tensor:
    """MaxPool where the windows are all alike; otherwise along each axis Gather, which gives the windows an axis of
    their own, and ReduceMax over it, in whatever layout the input has."""
    if _is_even(layer, inputs):
        return _pooled(ctx, layer, inputs, "MaxPool")
    layout = inputs.layout
    axes = zip(layer.spatial_axes, layer.fixed(inputs.type), layer.output_size, strict=True)
    windows = {layout.index(axis): _windows(size, count) for axis, size, count in axes if size != count}

    def pool(x: str) -> str:
        for axis, positions in windows.items():
            apart = ctx.op("Gather", x, ctx.constant(positions, "positions"), axis=axis)
            x = reduce(ctx, "ReduceMax", apart, [axis + 1], keepdims=False)
        return x

    y = widened(ctx, ctx.in_layout(inputs, layout), inputs.type.dtype, REDUCE_MAX, pool)
    return ctx.tensor(y, layout)


def _reduced(ctx: Context, layer: AdaptivePooling, inputs: Tensor, type_: str) -> Tensor:
    layout = inputs.layout
    axes = sorted(map(layout.index, layer.spatial_axes))

    def pool(x: str) -> str:
        return reduce(ctx, type_, x, axes)

    return ctx.tensor(widened(ctx, ctx.in_layout(inputs, layout), ctx.dtype, VIA_FLOAT32, pool), layout)


def _is_even(layer: AdaptivePooling, inputs: Tensor) -> bool:
    """Whether the windows of each axis are of one size, side by side."""
    return all(n % m == 0 for n, m in zip(layer.fixed(inputs.type), layer.output_size, strict=True))


def _pooled(ctx: Context, layer: AdaptivePooling, inputs: Tensor, type_: str) -> Tensor:
    layout, dtype = spatial_layout(layer), inputs.type.dtype
    sizes = [n // m for n, m in zip(layer.fixed(inputs.type), layer.output_size, strict=True)]

    def pool(x: str) -> str:
        return ctx.op(type_, x, kernel_shape=sizes, strides=sizes)

    wider = MAX_POOL if type_ == "MaxPool" else WINDOWS_IN
    return ctx.tensor(widened(ctx, ctx.in_layout(inputs, layout), dtype, wider, pool), layout)


def _edges(size: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each window begins and ends."""
    at = np.arange(count + 1) * size
    return at[:-1] // count, -(-at[1:] // count)


def _means(size: int, count: int) -> np.ndarray:
    """The matrix [count, size] that takes the mean of each window."""
    begin, end = (edge[:, None] for edge in _edges(size, count))
    position = np.arange(size)
    return ((begin <= position) & (position < end)) / (end - begin)


def _windows(size: int, count: int) -> np.ndarray:
    """The positions of each window, [count, longest]; the last one again where a window has fewer."""
    begin, end = (edge[:, None] for edge in _edges(size, count))
    return np.minimum(begin + np.arange((end - begin).max()), end - 1)
