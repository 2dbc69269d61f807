"""Activation functions as layers, in ONNX. Each leaves its input in the layout or flattened form it has."""

from __future__ import annotations

from ...spec.layers.activation import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax
from .activation import activate, large_negative, rectify
from .context import Context
from .elementwise import elementwise
from .layout import Flattened, Layout, Tensor, axes_of, laid_out, logical
from .operators import reduce, where


def activation(ctx: Context, layer: Activation, inputs: Tensor) -> Tensor:
    """The function in the form that the input has, but for glu, to which the order of positions matters."""
    if layer.activation.name == "linear":
        return inputs
    name, form = inputs.as_is
    if layer.activation.name == "glu" and isinstance(form, Flattened):
        name, form = ctx.logical(inputs), logical(inputs.rank)
    return ctx.tensor(activate(ctx, layer.activation, name, axes_of(form)), form)


def relu(ctx: Context, layer: ReLU, inputs: Tensor) -> Tensor:
    name, form = inputs.as_is
    return ctx.tensor(rectify(ctx, name, layer.max_value, layer.negative_slope, layer.threshold), form)


def leaky_relu(ctx: Context, layer: LeakyReLU, inputs: Tensor) -> Tensor:
    name, form = inputs.as_is
    return ctx.tensor(elementwise(ctx, "LeakyRelu", name, alpha=layer.negative_slope), form)


def prelu(ctx: Context, layer: PReLU, inputs: Tensor) -> Tensor:
    """PRelu, the slopes laid out as the input is; max(x, 0) - alpha · max(-x, 0) for dtypes that
    onnxruntime does not have it for."""
    name, form = inputs.as_is
    alpha = ctx.constant(laid_out(ctx.weight("alpha")[None], form), "alpha")
    if ctx.dtype in ("float16", "float32"):
        return ctx.tensor(ctx.op("PRelu", name, alpha), form)
    below = ctx.op("Mul", ctx.op("Relu", ctx.op("Neg", name)), alpha)
    return ctx.tensor(ctx.op("Sub", ctx.op("Relu", name), below), form)


def elu(ctx: Context, layer: ELU, inputs: Tensor) -> Tensor:
    name, form = inputs.as_is
    return ctx.tensor(elementwise(ctx, "Elu", name, alpha=layer.alpha), form)


def softmax(ctx: Context, layer: Softmax, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
    """Softmax, exp(x - log(sum(exp(x)))) over several axes. A mask is aligned by the last logical axes."""
    if mask is None:
        name, form = inputs.as_is
        return ctx.tensor(_softmax(ctx, layer, name, axes_of(form)), form)
    keep = as_condition(ctx, mask)
    x = where(ctx, keep, ctx.logical(inputs), ctx.scalar(large_negative(ctx.dtype)), ctx.dtype)
    y = _softmax(ctx, layer, x, logical(inputs.rank))
    return ctx.tensor(where(ctx, keep, y, ctx.scalar(0.0), ctx.dtype))


def _softmax(ctx: Context, layer: Softmax, x: str, layout: Layout) -> str:
    axes = sorted(layout.index(axis % len(layout)) for axis in layer.axis)
    if len(axes) == 1:
        return ctx.op("Softmax", x, axis=axes[0])
    return ctx.op("Exp", ctx.op("Sub", x, reduce(ctx, "ReduceLogSumExp", x, axes)))


def as_condition(ctx: Context, mask: Tensor) -> str:
    """The mask as booleans: a number counts where it is above 0.5, a whole one above 0."""
    name = ctx.logical(mask)
    dtype = mask.type.dtype
    return name if dtype == "bool" else ctx.op("Greater", name, ctx.scalar(0.5, dtype=dtype))
