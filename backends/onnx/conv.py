"""Convolutions in ONNX. A batch normalization that follows is in the kernel and the bias."""

from __future__ import annotations

import numpy as np

from ...spec.layers.conv import Conv, Convolution, ConvTranspose, DepthwiseConv, SeparableConv
from ..dtypes import numpy_dtype
from .activation import activate
from .context import Context
from .layout import Tensor
from .operators import WINDOWS_IN, widened
from .padding import padded, spatial_layout


def conv(ctx: Context, layer: Conv, inputs: Tensor) -> Tensor:
    """Keras's kernel is (window…, in, out), ONNX's (out, in, window…)."""
    kernel = np.moveaxis(ctx.weight("kernel"), (-1, -2), (0, 1))
    y = _convolve(ctx, layer, inputs, _affine(ctx, layer, kernel, "kernel"), layer.groups)
    return _activated(ctx, layer, y)


def depthwise_conv(ctx: Context, layer: DepthwiseConv, inputs: Tensor) -> Tensor:
    """Each channel is a group."""
    kernel = _grouped(ctx.weight("kernel"))
    channels = ctx.weight("kernel").shape[-2]
    y = _convolve(ctx, layer, inputs, _affine(ctx, layer, kernel, "kernel"), channels)
    return _activated(ctx, layer, y)


def separable_conv(ctx: Context, layer: SeparableConv, inputs: Tensor) -> Tensor:
    """The depthwise step has no bias, the pointwise one has it."""
    depthwise = ctx.weight("depthwise_kernel")
    pointwise = np.moveaxis(ctx.weight("pointwise_kernel"), (-1, -2), (0, 1))
    kernel = ctx.constant(_grouped(depthwise).astype(_dtype(ctx)), "depthwise_kernel")
    weights = _affine(ctx, layer, pointwise, "pointwise_kernel")
    y = _convolve(ctx, layer, inputs, [kernel], depthwise.shape[-2])
    y = widened(ctx, y, ctx.dtype, WINDOWS_IN, lambda x: ctx.op("Conv", x, *weights))
    return _activated(ctx, layer, y)


def conv_transpose(ctx: Context, layer: ConvTranspose, inputs: Tensor) -> Tensor:
    """Keras's kernel is (window…, out, in), ONNX's (in, out, window…).

    Where Keras's output ends before the last window does, both ends are cut, the odd position at the end;
    where it goes on, positions are added there."""
    kernel = np.moveaxis(ctx.weight("kernel"), (-1, -2), (0, 1))
    beyond = [span - last for span, last in zip(layer.spans, layer.last_windows, strict=True)]
    cut = [max(n, 0) for n in beyond]
    weights = _affine(ctx, layer, kernel, "kernel", axis=1)

    def convolve(x: str) -> str:
        return ctx.op(
            "ConvTranspose",
            x,
            *weights,
            kernel_shape=layer.kernel_size,
            strides=layer.strides,
            dilations=layer.dilation_rate,
            pads=[*(n // 2 for n in cut), *(n - n // 2 for n in cut)],
            output_padding=[max(-n, 0) for n in beyond],
        )

    x = ctx.in_layout(inputs, spatial_layout(layer))
    return _activated(ctx, layer, widened(ctx, x, ctx.dtype, WINDOWS_IN, convolve))


def _convolve(ctx: Context, layer: Convolution, inputs: Tensor, weights: list[str], groups: int) -> str:
    sizes = layer.spatial(inputs.type)

    def convolve(x: str) -> str:
        x, pads = padded(ctx, x, sizes, layer.spans, layer.strides, layer.padding)
        return ctx.op(
            "Conv",
            x,
            *weights,
            kernel_shape=layer.kernel_size,
            strides=layer.strides,
            dilations=layer.dilation_rate,
            pads=pads,
            group=groups,
        )

    return widened(ctx, ctx.in_layout(inputs, spatial_layout(layer)), ctx.dtype, WINDOWS_IN, convolve)


def _grouped(kernel: np.ndarray) -> np.ndarray:
    """A depthwise kernel (window…, in, multiplier) as ONNX's (in · multiplier, 1, window…)."""
    *window, channels, multiplier = kernel.shape
    return np.moveaxis(kernel.reshape(*window, 1, channels * multiplier), (-1, -2), (0, 1))


def _affine(ctx: Context, layer: Convolution, kernel: np.ndarray, name: str, axis: int = 0) -> list[str]:
    """The constants of kernel and bias, a folded normalization in them; `axis` has the output channels."""
    bias = ctx.weight("bias") if layer.use_bias else None
    if ctx.folded is not None:
        scale, shift = ctx.folded
        kernel = kernel * np.expand_dims(scale, [i for i in range(kernel.ndim) if i != axis])
        bias = shift if bias is None else bias * scale + shift
    arrays = {name: kernel} if bias is None else {name: kernel, "bias": bias}
    return [ctx.constant(array.astype(_dtype(ctx)), key) for key, array in arrays.items()]


def _dtype(ctx: Context) -> np.dtype:
    """The dtype that the operator computes in."""
    return numpy_dtype(WINDOWS_IN.get(ctx.dtype, ctx.dtype))


def _activated(ctx: Context, layer: Convolution, y: str) -> Tensor:
    layout = spatial_layout(layer)
    return ctx.tensor(activate(ctx, layer.activation, y, layout), layout)
