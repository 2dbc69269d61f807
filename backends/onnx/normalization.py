"""Normalizations in ONNX. Constants are laid out as the input is, which need not be transposed for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...spec.layers.base import normalize_axes, normalize_axis
from ...spec.layers.normalization import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    Normalization,
    Rescaling,
    RMSNormalization,
    Standardizing,
    UnitNormalization,
)
from ..dtypes import numpy_dtype
from .context import Context
from .fold import scale_and_shift
from .layout import Flattened, Layout, Tensor, axes_of, laid_out, logical
from .operators import converted, reduce

# Normalization never divides by less: the fuzz factor of `keras.config.epsilon()`.
LEAST_DEVIATION = 1e-7

# UnitNormalization never multiplies by more: it divides by no length below 1e-12.
GREATEST_FACTOR = 1e12


def batch_normalization(ctx: Context, layer: BatchNormalization, inputs: Tensor) -> Tensor:
    """BatchNormalization where the channels are the second axis in memory, else Mul and Add."""
    name, form = inputs.as_is
    axis = normalize_axis(layer.axis, inputs.rank)
    one_operator = axes_of(form).index(axis) == 1

    def compute(x: str, dtype: str) -> str:
        if one_operator:
            stored = _batch_statistics(ctx, layer, dtype)
            channels = {
                key: laid_out(spread(value, [axis], inputs.rank), form) for key, value in stored.items()
            }
            operands = [ctx.constant(value.reshape(-1), key) for key, value in channels.items()]
            return ctx.op("BatchNormalization", x, *operands, epsilon=layer.epsilon)
        scale, shift = (spread(v, [axis], inputs.rank) for v in scale_and_shift(ctx.node, ctx.weights))
        return _affine(ctx, x, form, dtype, scale=scale, shift=shift)

    return ctx.tensor(_in_full_precision(ctx, name, inputs.type.dtype, compute), form)


def _batch_statistics(ctx: Context, layer: BatchNormalization, dtype: str) -> dict[str, np.ndarray]:
    """The operands of BatchNormalization in their order."""
    mean, variance = ctx.weight("moving_mean", dtype), ctx.weight("moving_variance", dtype)
    gamma = ctx.weight("gamma", dtype) if layer.scale else np.ones_like(mean)
    beta = ctx.weight("beta", dtype) if layer.center else np.zeros_like(mean)
    return {"gamma": gamma, "beta": beta, "moving_mean": mean, "moving_variance": variance}


def layer_normalization(ctx: Context, layer: LayerNormalization, inputs: Tensor) -> Tensor:
    """LayerNormalization since opset 17, where its axes come last in memory, or in the order of the spec;
    else composed. The operator has its intermediate results in float32, so that float64 is composed too."""
    axes = sorted(normalize_axes(layer.axis, inputs.rank))
    name, form = _with_last(ctx, inputs, axes)
    last = [axes_of(form).index(axis) for axis in axes]
    sizes = [inputs.shape[axes_of(form)[i]] for i in sorted(last)]
    shape = [size for size in sizes if isinstance(size, int)]
    fits = _are_last(axes_of(form), axes) and len(shape) == len(sizes)

    def compute(x: str, dtype: str) -> str:
        weights = {key: _over(ctx.weight(key, dtype), axes, inputs) for key in _affine_names(layer)}
        if ctx.opset < 17 or not fits or dtype == "float64":
            return _affine(ctx, _standardize(ctx, x, last, layer.epsilon, dtype), form, dtype, **weights)
        placed = {key: laid_out(value, form) for key, value in weights.items()}
        scale = placed.get("gamma", np.ones(1, numpy_dtype(dtype)))
        operands = [ctx.constant(np.broadcast_to(scale, shape), "gamma")]
        operands += [ctx.constant(np.broadcast_to(placed["beta"], shape), "beta")] if layer.center else []
        return ctx.op("LayerNormalization", x, *operands, axis=-len(axes), epsilon=layer.epsilon)

    return ctx.tensor(_in_full_precision(ctx, name, inputs.type.dtype, compute), form)


def _with_last(ctx: Context, inputs: Tensor, axes: list[int]) -> tuple[str, Layout | Flattened]:
    """The input's name and form: in the order of the spec where that alone has the axes last."""
    name, form = inputs.as_is
    if _are_last(logical(inputs.rank), axes) and not _are_last(axes_of(form), axes):
        return ctx.logical(inputs), logical(inputs.rank)
    return name, form


def _are_last(layout: Layout, axes: list[int]) -> bool:
    return set(layout[-len(axes) :]) == set(axes)


def _over(weight: np.ndarray, axes: list[int], inputs: Tensor) -> np.ndarray:
    """A weight of LayerNormalization with all of the input's axes: Keras lets its values run over the axes in
    ascending order, in whatever order the weight's own shape has them."""
    shape: Any = [inputs.shape[axis] for axis in axes]
    return spread(weight.reshape(shape), axes, inputs.rank)


def group_normalization(ctx: Context, layer: GroupNormalization, inputs: Tensor) -> Tensor:
    """GroupNormalization since opset 21, else composed on [batch, groups, the rest]. The channels are brought
    to the second place in memory. The operator takes no fewer than three axes, and computes in float32."""
    axis = normalize_axis(layer.axis, inputs.rank)
    layout = _channels_second(inputs, axis)
    name = ctx.in_layout(inputs, layout)
    channels: Any = inputs.shape[axis]
    groups = channels if layer.groups == -1 else layer.groups

    def compute(x: str, dtype: str) -> str:
        weights = {key: ctx.weight(key, dtype) for key in _affine_names(layer)}
        if ctx.opset < 21 or inputs.rank < 3 or dtype == "float64":
            y = _standardize_groups(ctx, x, inputs, layout, groups, layer.epsilon, dtype)
            spreads = {key: spread(value, [axis], inputs.rank) for key, value in weights.items()}
            return _affine(ctx, y, layout, dtype, **spreads)
        gamma = weights.get("gamma", np.ones(channels, numpy_dtype(dtype)))
        beta = weights.get("beta", np.zeros(channels, numpy_dtype(dtype)))
        operands = ctx.constant(gamma, "gamma"), ctx.constant(beta, "beta")
        return ctx.op("GroupNormalization", x, *operands, num_groups=groups, epsilon=layer.epsilon)

    return ctx.tensor(_in_full_precision(ctx, name, inputs.type.dtype, compute), layout)


def _channels_second(inputs: Tensor, axis: int) -> Layout:
    """A layout that begins with the batch and the channels: the one that the input has, if it does."""
    if inputs.flattened is None and inputs.layout[:2] == (0, axis):
        return inputs.layout
    return (0, axis, *(other for other in range(1, inputs.rank) if other != axis))


def _standardize_groups(
    ctx: Context, x: str, inputs: Tensor, layout: Layout, groups: int, epsilon: float, dtype: str
) -> str:
    apart = ctx.op("Reshape", x, ctx.ints([0, groups, -1]))
    y = _standardize(ctx, apart, [2], epsilon, dtype)
    sizes = [inputs.shape[axis] for axis in layout[1:]]
    static = [size for size in sizes if isinstance(size, int)]
    shape = ctx.ints([0, *static]) if len(static) == len(sizes) else ctx.op("Shape", x)
    return ctx.op("Reshape", y, shape)


def rms_normalization(ctx: Context, layer: RMSNormalization, x: Tensor) -> Tensor:
    """RMSNormalization since opset 23, where its axes come last in memory and are those that the scale spreads over;
    else composed. The operator has its intermediate results in float32, so that float64 is composed too."""
    axes = sorted(normalize_axes(layer.axis, x.rank))
    name, form = _with_last(ctx, x, axes)
    last = [axes_of(form).index(axis) for axis in axes]
    fits = _are_last(axes_of(form), axes) and _are_last(logical(x.rank), axes)

    def compute(value: str, dtype: str) -> str:
        scale = spread(ctx.weight("scale").astype(numpy_dtype(dtype)), range(x.rank), x.rank)
        if ctx.opset < 23 or not fits or dtype == "float64":
            square = reduce(ctx, "ReduceMean", ctx.op("Mul", value, value), last)
            padded = ctx.op("Add", square, ctx.scalar(layer.epsilon, "epsilon", dtype))
            return _affine(ctx, ctx.op("Div", value, ctx.op("Sqrt", padded)), form, dtype, scale=scale)
        sizes = [scale.shape[axis] for axis in axes_of(form)[-len(axes) :]]
        placed = ctx.constant(laid_out(scale, form).reshape(sizes), "scale")
        return ctx.op("RMSNormalization", value, placed, axis=-len(axes), epsilon=layer.epsilon)

    return ctx.tensor(_in_full_precision(ctx, name, x.type.dtype, compute), form)


def unit_normalization(ctx: Context, layer: UnitNormalization, inputs: Tensor) -> Tensor:
    """x · min(1/√(sum of x²), 10¹²), in the dtype of the layer: the second is infinite in float16."""
    name, form = inputs.as_is
    axes = sorted(axes_of(form).index(axis) for axis in normalize_axes(layer.axis, inputs.rank))
    length = ctx.op("Sqrt", reduce(ctx, "ReduceSum", ctx.op("Mul", name, name), axes))
    with np.errstate(over="ignore"):
        most = ctx.scalar(GREATEST_FACTOR, "most")
    factor = ctx.op("Min", ctx.op("Reciprocal", length), most)
    return ctx.tensor(ctx.op("Mul", name, factor), form)


def normalization(ctx: Context, layer: Normalization, inputs: Tensor) -> Tensor:
    """Sub and Div, or Mul and Add, by constants in the dtype that the layer computes in."""
    name, form = inputs.as_is
    axes = layer.kept_axes(inputs.rank)
    mean, variance = (
        laid_out(spread(value, axes, inputs.rank), form) for value in _mean_and_variance(ctx, layer)
    )
    deviation = np.maximum(np.sqrt(variance), variance.dtype.type(LEAST_DEVIATION))
    by = ctx.constant(deviation, "deviation")
    x = converted(ctx, name, inputs.type.dtype, ctx.dtype)
    if layer.invert:
        return ctx.tensor(ctx.op("Add", ctx.op("Mul", x, by), ctx.constant(mean, "mean")), form)
    return ctx.tensor(ctx.op("Div", ctx.op("Sub", x, ctx.constant(mean, "mean")), by), form)


def _mean_and_variance(ctx: Context, layer: Normalization) -> tuple[np.ndarray, np.ndarray]:
    if layer.mean is None:
        return ctx.weight("mean"), ctx.weight("variance")
    dtype = numpy_dtype(ctx.dtype)
    return np.array(layer.mean, dtype), np.array(layer.variance, dtype)


def rescaling(ctx: Context, layer: Rescaling, inputs: Tensor) -> Tensor:
    """Mul and Add of what is not 1 and 0."""
    name, form = inputs.as_is
    given = {"scale": np.array(layer.scale, np.float64), "shift": np.array(layer.offset, np.float64)}
    constants = {
        key: spread(value, range(inputs.rank), inputs.rank)
        for key, value in given.items()
        if np.any(value != (1 if key == "scale" else 0))
    }
    x = converted(ctx, name, inputs.type.dtype, ctx.dtype)
    return ctx.tensor(_affine(ctx, x, form, ctx.dtype, **constants), form)


def spread(array: np.ndarray, axes: Sequence[int], rank: int) -> np.ndarray:
    """The array with the axes of a value of that rank: its own are the last of `axes`, the others are 1."""
    sizes = [1] * rank
    for axis, size in zip(reversed(axes), reversed(array.shape), strict=False):
        sizes[axis] = size
    return array.reshape(sizes)


def _affine_names(layer: Standardizing) -> list[str]:
    return ["gamma"] * layer.scale + ["beta"] * layer.center


def _affine(ctx: Context, x: str, form: Layout | Flattened, dtype: str, **constants: np.ndarray) -> str:
    """Mul by `gamma` or `scale`, Add of `beta` or `shift`, those that are given, with all logical axes."""
    for key, value in constants.items():
        operator = "Mul" if key in ("gamma", "scale") else "Add"
        x = ctx.op(operator, x, ctx.constant(laid_out(value, form).astype(numpy_dtype(dtype)), key))
    return x


def _standardize(ctx: Context, x: str, axes: list[int], epsilon: float, dtype: str) -> str:
    """(x - mean) / √(variance + epsilon) over physical axes."""
    centred = ctx.op("Sub", x, reduce(ctx, "ReduceMean", x, axes))
    variance = reduce(ctx, "ReduceMean", ctx.op("Mul", centred, centred), axes)
    padded = ctx.op("Add", variance, ctx.scalar(epsilon, "epsilon", dtype))
    return ctx.op("Div", centred, ctx.op("Sqrt", padded))


def _in_full_precision(ctx: Context, x: str, given: str, compute: Callable[[str, str], str]) -> str:
    """What `compute(value, dtype)` makes of a value of dtype `given`, in float32 where that is of half
    precision or whole, as Keras has it; then in the dtype that the layer computes in."""
    dtype = "float64" if given == "float64" else "float32"
    return converted(ctx, compute(converted(ctx, x, given, dtype), dtype), dtype, ctx.dtype)
