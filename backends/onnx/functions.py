"""Functions of `keras.ops` in ONNX, in whatever layout their input has."""

from __future__ import annotations

from collections.abc import Sequence

from ...spec.diagnostics import fail
from ...spec.layers.functions import Max, Mean, Reduction, Sum, Transpose
from ...spec.types import is_float
from .context import Context
from .layout import Tensor
from .operators import converted, reduce
from .shaping import permuted

# The dtype in which integers are reduced: onnxruntime reduces no others.
REDUCED_IN = {
    **dict.fromkeys(("bool", "int8", "int16", "uint8", "uint16", "int32"), "int32"),
    **dict.fromkeys(("uint32", "uint64", "int64"), "int64"),
}


def mean(ctx: Context, layer: Mean, x: Tensor) -> Tensor:
    """ReduceMean, in float32 for anything smaller: a sum of half-precision numbers would overflow."""
    dtype = x.type.dtype if x.type.dtype in ("float32", "float64") else "float32"
    return reduced(ctx, layer, "ReduceMean", x, dtype)


def sum(ctx: Context, layer: Sum, x: Tensor) -> Tensor:
    return reduced(ctx, layer, "ReduceSum", x, REDUCED_IN.get(x.type.dtype, x.type.dtype))


def max(ctx: Context, layer: Max, x: Tensor) -> Tensor:
    """ReduceMax, and Max with the least value. Raises SpecError for uint64, which no signed dtype holds."""
    if x.type.dtype == "uint64":
        message = "Max of uint64 cannot be exported to ONNX: onnxruntime has none"
        raise fail("NN402", message, ctx.node.place.span, help="give the input the dtype int64")
    dtype = REDUCED_IN.get(x.type.dtype, x.type.dtype)
    least = layer.initial if layer.initial is None or is_float(dtype) else int(layer.initial)
    return reduced(ctx, layer, "ReduceMax", x, dtype, least)


def transpose(ctx: Context, layer: Transpose, x: Tensor) -> Tensor:
    return permuted(x, layer.order(x.type))


def reduced(
    ctx: Context, layer: Reduction, type_: str, x: Tensor, dtype: str, least: float | None = None
) -> Tensor:
    """The reduction computed in `dtype`, its result in the layer's, in what remains of the input's layout."""
    layout = x.layout
    name = converted(ctx, ctx.in_layout(x, layout), x.type.dtype, dtype)
    axes = layer.reduced_axes(x.type)
    y = reduce(ctx, type_, name, sorted(layout.index(axis) for axis in axes), keepdims=layer.keepdims)
    if least is not None:
        y = ctx.op("Max", y, ctx.scalar(least, "initial", dtype))
    y = converted(ctx, y, dtype, ctx.output.dtype)
    kept = layout if layer.keepdims else closed_up([axis for axis in layout if axis not in axes])
    return ctx.tensor(y, kept)


def closed_up(axes: Sequence[int]) -> tuple[int, ...]:
    """Axes of which some are gone, numbered anew from 0 in their order."""
    numbers = {axis: number for number, axis in enumerate(sorted(axes))}
    return tuple(numbers[axis] for axis in axes)
