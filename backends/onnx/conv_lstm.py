"""ConvLSTM in ONNX: one convolution for the inputs of all steps, and a loop over that of the state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...spec.layers.conv_lstm import ConvLSTM
from ...spec.size import Size
from ..dtypes import numpy_dtype
from . import loops
from .context import Context
from .layout import Layout, Tensor
from .operators import WINDOWS_IN, converted, unsqueeze, widened
from .padding import spatial_layout, static_pads
from .steps import lstm


def through(ctx: Context, way: loops.Way, sequences: Tensor, *, turned: bool) -> loops.Looped:
    """Takes a way of convolutions, whose values lie with the channels before the positions."""
    layer, prefix = way.layer, way.prefix
    assert isinstance(layer, ConvLSTM)
    layout, of_state = _layout(layer), spatial_layout(layer)
    shape = layer.step_of(sequences.type).output
    state = _known([shape[axis - 1] for axis in of_state[1:]])
    x = _convolved_inputs(ctx, layer, prefix, sequences, state[1:])
    kernel = _kernel(ctx, prefix + "recurrent_kernel")
    pads = static_pads(state[1:], layer.kernel_size, [1] * layer.rank, "same")
    initial = [converted(ctx, ctx.in_layout(s, of_state), s.type.dtype, ctx.dtype) for s in way.initial]

    def step(inner: Context, x: str, states: list[str]) -> list[str]:
        h, c = states
        y = _convolve(inner, h, kernel, kernel_shape=layer.kernel_size, pads=pads)
        return lstm(inner, layer, inner.op("Add", x, y), c, of_state)

    mask = _mask(ctx, sequences, layout) if sequences.mask is not None and not way.initial else None
    loop = loops.Loop(step, initial or loops.zeros(ctx, x, [tuple(state)] * 2), 0, mask, turned=turned)
    return loops.take(ctx, way, loop, x, layout)


def _layout(layer: ConvLSTM) -> Layout:
    """Time, batch, channels, positions."""
    return (1, 0, *(axis + 1 for axis in spatial_layout(layer)[1:]))


def _convolved_inputs(
    ctx: Context, layer: ConvLSTM, prefix: str, sequences: Tensor, positions: Sequence[int]
) -> str:
    """What the inputs come to in the gates, [time, batch, gates · filters, *positions], with the bias: all steps are
    samples of one convolution."""
    layout = _layout(layer)
    x = ctx.in_layout(sequences, layout)
    channels, *sizes = _known([sequences.shape[axis] for axis in layout[2:]])
    samples = ctx.op("Reshape", x, ctx.ints([-1, channels, *sizes]))
    bias = [_constant(ctx, ctx.weight(prefix + "bias"), prefix + "bias")] if layer.use_bias else []
    y = _convolve(
        ctx,
        samples,
        _kernel(ctx, prefix + "kernel"),
        *bias,
        kernel_shape=layer.kernel_size,
        strides=layer.strides,
        dilations=layer.dilation_rate,
        pads=static_pads(sizes, layer.spans, layer.strides, layer.padding),
    )
    return ctx.op("Reshape", y, _apart(ctx, x, sequences.shape[1], [layer.gates * layer.filters, *positions]))


def _apart(ctx: Context, x: str, time: Size, sizes: Sequence[int]) -> str:
    """The shape that tells time and batch apart again."""
    if isinstance(time, int):
        return ctx.ints([time, -1, *sizes])
    return ctx.op("Concat", ctx.op("Shape", x, start=0, end=2), ctx.ints(sizes), axis=0)


def _mask(ctx: Context, sequences: Tensor, layout: Layout) -> str:
    """The mask, which has all axes but the last, as the states lie."""
    assert sequences.mask is not None
    whole = unsqueeze(ctx, sequences.mask, [sequences.rank - 1])
    return ctx.op("Transpose", whole, perm=layout)


def _convolve(ctx: Context, x: str, *weights: str, **attributes: object) -> str:
    return widened(ctx, x, ctx.dtype, WINDOWS_IN, lambda value: ctx.op("Conv", value, *weights, **attributes))


def _kernel(ctx: Context, name: str) -> str:
    """Keras's kernel is (window…, in, out), ONNX's (out, in, window…)."""
    return _constant(ctx, np.moveaxis(ctx.weight(name), (-1, -2), (0, 1)), name)


def _constant(ctx: Context, value: np.ndarray, name: str) -> str:
    return ctx.constant(value.astype(numpy_dtype(WINDOWS_IN.get(ctx.dtype, ctx.dtype))), name)


def _known(sizes: Sequence[Size]) -> list[int]:
    """Sizes that the layer has no dynamic ones of."""
    return [size for size in sizes if isinstance(size, int)]
