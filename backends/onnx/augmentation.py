"""Layers over images that act in training only, which leave nothing but a cast, and AutoContrast."""

from __future__ import annotations

from ...spec.layers.augmentation import Augmentation
from ...spec.layers.color_augmentation import AutoContrast
from .context import Context
from .layout import Tensor
from .operators import VIA_FLOAT32, converted, reduce

# The range that Keras stretches values to before it brings them back to that of the layer.
BYTES = (0, 255)
# onnxruntime takes the least and the greatest in no half precision.
REDUCED_IN = {"float16": "float32", "bfloat16": "float32"}


def augmentation(ctx: Context, layer: Augmentation, inputs: Tensor) -> Tensor:
    """The images themselves, whole numbers as floats."""
    if inputs.type.dtype == ctx.output.dtype:
        return inputs
    name, form = inputs.as_is
    return ctx.tensor(ctx.cast(name, ctx.output.dtype), form)


def auto_contrast(ctx: Context, layer: AutoContrast, inputs: Tensor) -> Tensor:
    """(x - low) · 255 / (high - low), in Keras's order of operations; where that is no number, as for an image of one
    value, the image itself."""
    layout = inputs.layout
    given = converted(ctx, ctx.in_layout(inputs, layout), inputs.type.dtype, ctx.dtype)
    x = _between(ctx, given, layer.value_range, BYTES)
    axes = sorted(layout.index(axis) for axis in (1, 2))
    low, high = (_extreme(ctx, f"Reduce{kind}", x, axes) for kind in ("Min", "Max"))
    scale = _rounded(ctx, "Div", ctx.scalar(255.0), _rounded(ctx, "Sub", high, low))
    offset = _rounded(ctx, "Mul", _rounded(ctx, "Neg", low), scale)
    stretched = _rounded(ctx, "Add", _rounded(ctx, "Mul", x, scale), offset)
    clipped = _rounded(ctx, "Clip", stretched, ctx.scalar(0.0), ctx.scalar(255.0))
    back = _between(ctx, clipped, BYTES, layer.value_range)
    dtype = REDUCED_IN.get(ctx.dtype, ctx.dtype)
    given, back = (converted(ctx, name, ctx.dtype, dtype) for name in (given, back))
    chosen = ctx.op("Where", ctx.op("IsNaN", back), given, back)
    return ctx.tensor(converted(ctx, chosen, dtype, ctx.dtype), layout)


def _between(ctx: Context, x: str, source: tuple[float, float], target: tuple[float, float]) -> str:
    """Values of one range in another."""
    if source == target:
        return x
    x = _rounded(ctx, "Sub", x, ctx.scalar(source[0])) if source[0] else x
    x = _rounded(ctx, "Div", x, ctx.scalar(source[1] - source[0]))
    x = _rounded(ctx, "Mul", x, ctx.scalar(target[1] - target[0]))
    return _rounded(ctx, "Add", x, ctx.scalar(target[0])) if target[0] else x


def _extreme(ctx: Context, type_: str, x: str, axes: list[int]) -> str:
    dtype = REDUCED_IN.get(ctx.dtype, ctx.dtype)
    return converted(ctx, reduce(ctx, type_, converted(ctx, x, ctx.dtype, dtype), axes), dtype, ctx.dtype)


def _rounded(ctx: Context, type_: str, *names: str) -> str:
    """An operator whose result is rounded to the dtype that the layer computes in."""
    dtype = VIA_FLOAT32.get(ctx.dtype, ctx.dtype)
    wide = [converted(ctx, name, ctx.dtype, dtype) for name in names]
    return converted(ctx, ctx.op(type_, *wide), dtype, ctx.dtype)
