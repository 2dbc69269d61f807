"""Padding, cropping and up-sampling in ONNX."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...spec.diagnostics import fail
from ...spec.layers.spatial import Cropping, UpSampling, UpSampling2D, ZeroPadding
from ...spec.layers.windows import times
from ...spec.size import Size
from ...spec.types import is_float
from .context import Context
from .interpolation import KEYS, matrix
from .layout import Layout, Tensor
from .operators import VIA_FLOAT32, widened
from .padding import spatial_layout
from .products import multiplied

# Dtypes that onnxruntime has not for an operator -> one that holds their values.
PAD = {**VIA_FLOAT32, "int16": "int32", "uint16": "int32"}
# TensorFlow interpolates everything in float32.
INTERPOLATE = {**VIA_FLOAT32, "float16": "float32", "float64": "float32"}
# What onnxruntime has Resize for.
RESIZE_DTYPES = ("float16", "float32", "int8", "int32", "uint8")

# Interpolations that are ONNX's too -> the attributes of Resize.
RESIZE: dict[str, dict[str, Any]] = {
    "nearest": {
        "mode": "nearest",
        "coordinate_transformation_mode": "asymmetric",
        "nearest_mode": "floor",
    },
    "bilinear": {"mode": "linear"},
    "bicubic": {"mode": "cubic", "cubic_coeff_a": KEYS, "exclude_outside": 1},
}

TO_THE_END = 2**63 - 1


def zero_padding(ctx: Context, layer: ZeroPadding, inputs: Tensor) -> Tensor:
    """Pad, in whatever layout the input has."""
    layout = inputs.layout
    margins = dict(zip(layer.spatial_axes, layer.padding, strict=True))
    pads = [margins.get(axis, (0, 0))[end] for end in (0, 1) for axis in layout]

    def pad(x: str) -> str:
        return ctx.op("Pad", x, ctx.ints(pads, "pads"))

    return ctx.tensor(widened(ctx, ctx.in_layout(inputs, layout), inputs.type.dtype, PAD, pad), layout)


def cropping(ctx: Context, layer: Cropping, inputs: Tensor) -> Tensor:
    """Slice, in whatever layout the input has."""
    layout = inputs.layout
    cut = {
        layout.index(axis): c for axis, c in zip(layer.spatial_axes, layer.cropping, strict=True) if any(c)
    }
    if not cut:
        return inputs
    starts = [before for before, _ in cut.values()]
    ends = [-after or TO_THE_END for _, after in cut.values()]
    bounds = [ctx.ints(starts, "starts"), ctx.ints(ends, "ends"), ctx.ints(list(cut), "axes")]
    return ctx.tensor(ctx.op("Slice", ctx.in_layout(inputs, layout), *bounds), layout)


def up_sampling(ctx: Context, layer: UpSampling, inputs: Tensor) -> Tensor:
    """Each position repeated."""
    return inputs if set(layer.factors) == {1} else _repeated(ctx, layer, inputs)


def up_sampling2d(ctx: Context, layer: UpSampling2D, inputs: Tensor) -> Tensor:
    """Resize where it computes what TensorFlow does, otherwise products with constant matrices.

    Raises SpecError for what only the matrices do where a size is dynamic, and for whole numbers: TensorFlow
    cuts their fractions off, and the last bit decides.
    """
    if set(layer.factors) == {1} or layer.interpolation in ("nearest", "area"):
        return up_sampling(ctx, layer, inputs)
    _require_expressible(ctx, layer, inputs)
    if not _is_exact(layer):
        return _multiplied(ctx, layer, inputs)
    layout = spatial_layout(layer)

    def interpolate(x: str) -> str:
        return ctx.op("Resize", x, "", _scales(ctx, layer, layout), **RESIZE[layer.interpolation])

    x = ctx.in_layout(inputs, layout)
    return ctx.tensor(widened(ctx, x, inputs.type.dtype, INTERPOLATE, interpolate), layout)


def _multiplied(ctx: Context, layer: UpSampling2D, inputs: Tensor) -> Tensor:
    """Products with constant matrices, in whatever layout the input has."""
    layout = inputs.layout
    axes = zip(layer.spatial_axes, layer.spatial(inputs.type), layer.size, strict=True)
    matrices = {
        axis: matrix(layer.interpolation, size, size * factor)
        for axis, size, factor in axes
        if factor > 1 and isinstance(size, int)
    }

    def multiply(x: str) -> str:
        return multiplied(ctx, x, layout, inputs.shape, matrices)

    x = ctx.in_layout(inputs, layout)
    return ctx.tensor(widened(ctx, x, inputs.type.dtype, INTERPOLATE, multiply), layout)


def _repeated(ctx: Context, layer: UpSampling, inputs: Tensor) -> Tensor:
    """Resize, or where onnxruntime has not the dtype Gather, in whatever layout the input has."""
    layout = inputs.layout
    x = ctx.in_layout(inputs, layout)
    if inputs.type.dtype in RESIZE_DTYPES:
        scales = _scales(ctx, layer, layout)
        return ctx.tensor(ctx.op("Resize", x, "", scales, **RESIZE["nearest"]), layout)
    for logical, factor in zip(layer.spatial_axes, layer.factors, strict=True):
        if factor == 1:
            continue
        axis = layout.index(logical)
        x = ctx.op("Gather", x, _sources(ctx, x, axis, inputs.shape[logical], factor), axis=axis)
    return ctx.tensor(x, layout)


def _sources(ctx: Context, x: str, axis: int, size: Size, factor: int) -> str:
    """The input position that each output position repeats."""
    if isinstance(size, int):
        return ctx.ints([i // factor for i in range(size * factor)], "positions")
    end = ctx.op("Squeeze", ctx.op("Mul", ctx.size(x, axis), ctx.ints([factor])))
    count = ctx.op("Range", ctx.scalar(0, dtype="int64"), end, ctx.scalar(1, dtype="int64"))
    return ctx.op("Div", count, ctx.ints([factor]))


def _scales(ctx: Context, layer: UpSampling, layout: Layout) -> str:
    factors = dict(zip(layer.spatial_axes, layer.factors, strict=True))
    return ctx.constant(np.array([factors.get(axis, 1) for axis in layout], np.float32), "scales")


def _is_exact(layer: UpSampling2D) -> bool:
    """Whether ONNX interpolates as TensorFlow does. It has no Lanczos; and TensorFlow rounds the positions of
    a cubic to a 1024th, which only powers of two fall on."""
    if layer.interpolation == "bicubic":
        return all(factor & (factor - 1) == 0 for factor in layer.size)
    return layer.interpolation in RESIZE


def _require_expressible(ctx: Context, layer: UpSampling2D, inputs: Tensor) -> None:
    place = ctx.node.place
    what = f"UpSampling2D with interpolation {layer.interpolation}"
    if not is_float(inputs.type.dtype):
        message = f"{what} cannot be exported to ONNX for {inputs.type.dtype}: its fractions are cut off"
        raise fail(
            "NN402", message, place.of("interpolation"), help="use nearest, or put Rescaling: 1 before it"
        )
    axes = zip(layer.spatial(inputs.type), layer.size, strict=True)
    dynamic = next((size for size, factor in axes if factor > 1 and not isinstance(size, int)), None)
    if dynamic is not None and not _is_exact(layer):
        message = f"{what} by {times(layer.size)} cannot be exported to ONNX for the dynamic size {dynamic}"
        raise fail(
            "NN402", message, place.of("interpolation"), help="give that axis a number, or use bilinear"
        )
