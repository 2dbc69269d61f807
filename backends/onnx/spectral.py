"""Spectrograms in ONNX: the transform is a convolution, as Keras's STFTSpectrogram has it."""

from __future__ import annotations

import math

import numpy as np

from ...spec.layers.spectral import MelSpectrogram, STFTSpectrogram
from ..dtypes import numpy_dtype
from ..weights.windows import window_values
from .binary import arctan2
from .context import Context
from .layout import Layout, Tensor
from .operators import WINDOWS_IN, converted, widened
from .padding import padded

# Keras's epsilon, below which it takes no root and no logarithm.
EPSILON = 1e-7


def stft_spectrogram(ctx: Context, layer: STFTSpectrogram, inputs: Tensor) -> Tensor:
    """[batch, channels, time] to [batch, channels · frequencies, windows], each channel a group."""
    layout: Layout = (0, layer.channel_axis, layer.time_axis)
    channels = inputs.shape[layer.channel_axis]
    assert isinstance(channels, int)
    x, pads = padded(
        ctx,
        ctx.in_layout(inputs, layout),
        [inputs.shape[layer.time_axis]],
        [layer.frame_length],
        [layer.step],
        layer.padding,
    )
    kernels = [np.moveaxis(ctx.weight(f"{side}_kernel"), (0, 1, 2), (2, 1, 0)) for side in layer.sides]
    if layer.mode == "stft":
        kernels = [np.concatenate(kernels)]
    parts = [_convolve(ctx, layer, x, kernel, channels, pads) for kernel in kernels]
    return _arranged(ctx, layer, _of_mode(ctx, layer, parts, channels), channels)


def _convolve(
    ctx: Context, layer: STFTSpectrogram, x: str, kernel: np.ndarray, channels: int, pads: list[int]
) -> str:
    dtype = numpy_dtype(WINDOWS_IN.get(ctx.dtype, ctx.dtype))
    weight = ctx.constant(np.tile(kernel, (channels, 1, 1)).astype(dtype), "kernel")

    def convolve(value: str) -> str:
        return ctx.op(
            "Conv",
            value,
            weight,
            kernel_shape=[layer.frame_length],
            strides=[layer.step],
            pads=pads,
            group=channels,
        )

    return widened(ctx, x, ctx.dtype, WINDOWS_IN, convolve)


def _of_mode(ctx: Context, layer: STFTSpectrogram, parts: list[str], channels: int) -> str:
    """What the mode gives of the real and the imaginary part."""
    if len(parts) == 1:
        return parts[0]
    real, imaginary = parts
    if layer.mode == "angle":
        return arctan2(ctx, imaginary, real)
    power = ctx.op("Add", ctx.op("Mul", real, real), ctx.op("Mul", imaginary, imaginary))
    if layer.mode == "psd":
        # All frequencies but the first and the last stand for their negatives too.
        twice = (
            np.ones((layer.frequencies, 1))
            + (np.arange(layer.frequencies) % (layer.frequencies - 1) > 0)[:, None]
        )
        factors = np.tile(twice, (channels, 1)).astype(ctx.weight("real_kernel").dtype)
        return ctx.op("Mul", power, ctx.constant(factors, "sides"))
    least = ctx.scalar(EPSILON, "epsilon")
    magnitude = ctx.op("Sqrt", ctx.op("Max", power, least))
    return magnitude if layer.mode == "magnitude" else ctx.op("Log", ctx.op("Max", magnitude, least))


def _arranged(ctx: Context, layer: STFTSpectrogram, y: str, channels: int) -> Tensor:
    """[batch, channels · frequencies, windows] as it lies, or with an axis for each."""
    first = layer.data_format == "channels_first"
    if not layer.expand_dims:
        return ctx.tensor(y, (0, 1, 2) if first else (0, 2, 1))
    frequencies = layer.frequencies * (2 if layer.mode == "stft" else 1)
    # 0 keeps an axis, -1 is what is left: the windows.
    apart = ctx.op("Reshape", y, ctx.ints([0, channels, frequencies, -1]))
    return ctx.tensor(apart, (0, 1, 3, 2) if first else (0, 3, 2, 1))


def mel_spectrogram(ctx: Context, layer: MelSpectrogram, inputs: Tensor) -> Tensor:
    """Computed in float32, whatever the dtype of the layer."""
    ctx, given = ctx.computing_in("float32"), ctx.dtype
    x = converted(ctx, ctx.logical(inputs), inputs.type.dtype, "float32")
    ends = ctx.ints([0, layer.margin, 0, layer.margin], "margins")
    mirrored = ctx.op("Unsqueeze", ctx.op("Pad", x, ends, mode="reflect"), ctx.ints([1], "axes"))
    real, imaginary = (
        ctx.op("Conv", mirrored, ctx.constant(kernel, side), strides=[layer.sequence_stride])
        for side, kernel in zip(("real", "imag"), _transform(layer), strict=True)
    )
    power = ctx.op("Add", ctx.op("Mul", real, real), ctx.op("Mul", imaginary, imaginary))
    magnitude = ctx.op("Pow", ctx.op("Sqrt", power), ctx.scalar(layer.mag_exp, "exponent"))
    y = ctx.op("MatMul", ctx.constant(mel_bins(layer).T, "mel_bins"), magnitude)
    return ctx.tensor(converted(ctx, _decibels(ctx, layer, y) if layer.power_to_db else y, "float32", given))


def _transform(layer: MelSpectrogram) -> tuple[np.ndarray, np.ndarray]:
    """The transform's real and imaginary part as kernels, with the window in its middle."""
    size, length = layer.fft_length, layer.length
    window = np.ones(size)
    if layer.window is not None:
        before = (size - length) // 2
        window = np.zeros(size)
        # TensorFlow's windows are symmetric where their length is odd, and periodic where it is even.
        window[before : before + length] = window_values(layer.window, length, periodic=length % 2 == 0)
    turns = np.outer(np.arange(size // 2 + 1), np.arange(size)) % size / size
    parts = (np.cos(2 * np.pi * turns) * window, -np.sin(2 * np.pi * turns) * window)
    real, imaginary = (part[:, None, :].astype(np.float32) for part in parts)
    return real, imaginary


def mel_bins(layer: MelSpectrogram) -> np.ndarray:
    """How much each frequency counts in each bin: triangles on the mel scale, 1127 · log(1 + hertz / 700)."""
    hertz = np.linspace(0, layer.sampling_rate / 2, layer.fft_length // 2 + 1)[1:, None]
    edges = np.linspace(_mel(layer.min_freq), _mel(layer.highest), layer.num_mel_bins + 2)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (_mel(hertz) - low) / (middle - low), (high - _mel(hertz)) / (high - middle)
    weights = np.maximum(0, np.minimum(rising, falling))
    return np.concatenate([np.zeros((1, layer.num_mel_bins)), weights]).astype(np.float32)


def _mel(hertz: float | np.ndarray) -> np.ndarray:
    return 1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0)


def _decibels(ctx: Context, layer: MelSpectrogram, y: str) -> str:
    """10 · log10, from the reference on, and at most `top_db` below the loudest value of the batch."""
    tenth = ctx.scalar(10 / math.log(10), "decibels")
    loud = ctx.op("Mul", ctx.op("Log", ctx.op("Max", y, ctx.scalar(layer.min_power, "min_power"))), tenth)
    reference = 10 * math.log10(max(abs(layer.ref_power), layer.min_power))
    loud = ctx.op("Sub", loud, ctx.scalar(reference, "reference")) if reference else loud
    least = ctx.op("Sub", ctx.op("ReduceMax", loud, keepdims=0), ctx.scalar(layer.top_db, "top_db"))
    return ctx.op("Max", loud, least)
