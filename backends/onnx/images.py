"""Functions over images and volumes in ONNX."""

from __future__ import annotations

import numpy as np

from ...spec.layers.images import Blocks, DepthToSpace, ExtractPatches, SpaceToDepth
from .context import Context
from .layout import Layout, Tensor
from .operators import VIA_FLOAT32, widened
from .padding import run_time_pads, spatial_layout, static_pads
from .spatial import PAD

# What onnxruntime moves blocks of in place of other dtypes; int64 and uint64 are exact up to 2^53.
MOVED = {
    **VIA_FLOAT32,
    **dict.fromkeys(("float16", "bool", "int8", "int16", "uint8", "uint16"), "float32"),
    **dict.fromkeys(("int32", "int64", "uint32", "uint64"), "float64"),
}


def depth_to_space(ctx: Context, layer: DepthToSpace, x: Tensor) -> Tensor:
    return _moved(ctx, layer, x, "DepthToSpace")


def space_to_depth(ctx: Context, layer: SpaceToDepth, x: Tensor) -> Tensor:
    return _moved(ctx, layer, x, "SpaceToDepth")


def _moved(ctx: Context, layer: Blocks, x: Tensor, type_: str) -> Tensor:
    """ONNX's order of depth, column and row is TensorFlow's, for either data format."""
    layout = spatial_layout(layer)

    def move(name: str) -> str:
        return ctx.op(type_, name, blocksize=layer.block_size)

    return ctx.tensor(widened(ctx, ctx.in_layout(x, layout), x.type.dtype, MOVED, move), layout)


def extract_patches(ctx: Context, layer: ExtractPatches, images: Tensor) -> Tensor:
    """Each spatial axis is parted in two, one for the windows and one for the positions in them; then the latter are
    put before the channels, and made one axis with them. The channels lie last, whatever the data format."""
    layout, axes = _layout(layer, images), layer.spatial_axes
    x = _parted(ctx, layer, _framed(ctx, layer, images, layout), layout, images)
    parts = [(a, part) for a in layout for part in (("window", "position") if a in axes else ("window",))]
    wanted = [(a, "window") for a in (0, *axes)] + [(a, "position") for a in axes]
    order = [parts.index(part) for part in (*wanted, (layer.channel_axis, "window"))]
    if order != sorted(order):
        x = ctx.op("Transpose", x, perm=order)
    y = ctx.op("Reshape", x, ctx.ints([0] * (1 + layer.rank) + [-1]))
    return ctx.tensor(y, (0, *axes, layer.channel_axis))


def _layout(layer: ExtractPatches, images: Tensor) -> Layout:
    """As the images lie, unless they are padded at run time."""
    return images.layout if _pads(layer, images) is not None else spatial_layout(layer)


def _pads(layer: ExtractPatches, images: Tensor) -> list[int] | None:
    return static_pads(layer.spatial(images.type), layer.spans, layer.steps, layer.padding)


def _framed(ctx: Context, layer: ExtractPatches, images: Tensor, layout: Layout) -> str:
    """The images in a layout with the padding that the windows need."""
    x, pads = ctx.in_layout(images, layout), _pads(layer, images)
    if pads is not None and not any(pads):
        return x

    def pad(name: str) -> str:
        if pads is None:
            return ctx.op("Pad", name, run_time_pads(ctx, name, layer.spans, layer.steps))
        ends = [
            dict(zip(layer.spatial_axes, half, strict=True))
            for half in (pads[: layer.rank], pads[layer.rank :])
        ]
        return ctx.op("Pad", name, ctx.ints([end.get(axis, 0) for end in ends for axis in layout], "pads"))

    return widened(ctx, x, images.type.dtype, PAD, pad)


def _parted(ctx: Context, layer: ExtractPatches, x: str, layout: Layout, images: Tensor) -> str:
    """The value with two axes in place of each spatial one: by Reshape where windows lie side by side and leave
    nothing over, by Gather otherwise."""
    counts = dict(zip(layer.spatial_axes, layer.spatial(ctx.output), strict=True))
    sizes = dict(zip(layer.spatial_axes, layer.size, strict=True))
    if _are_tiles(layer, images):
        shape = [[counts[a], sizes[a]] if a in sizes else [images.shape[a]] for a in layout[1:]]
        return ctx.op("Reshape", x, ctx.ints([0, *(n for part in shape for n in part if isinstance(n, int))]))
    axes = list(zip(layer.spatial_axes, layer.spans, layer.steps, layer.dilations, strict=True))
    # From the last on, so that the places of those before stay what they are.
    for axis, reached, step, dilation in sorted(axes, key=lambda found: -layout.index(found[0])):
        place, count = layout.index(axis), counts[axis]
        positions = np.arange(sizes[axis])[None] * dilation
        if isinstance(count, int):
            chosen = ctx.constant(np.arange(count)[:, None] * step + positions, "positions")
        else:
            chosen = ctx.op(
                "Add", _begins(ctx, x, place, reached, step), ctx.constant(positions, "positions")
            )
        x = ctx.op("Gather", x, chosen, axis=place)
    return x


def _are_tiles(layer: ExtractPatches, images: Tensor) -> bool:
    axes = list(zip(layer.spatial(images.type), layer.size, strict=True))
    return (
        layer.steps == layer.size
        and set(layer.dilations) == {1}
        and all(isinstance(n, int) and n % size == 0 for n, size in axes)
    )


def _begins(ctx: Context, x: str, place: int, reached: int, step: int) -> str:
    """Where the windows along an axis begin, int64 [windows, 1]."""
    end = ctx.op("Squeeze", ctx.op("Sub", ctx.size(x, place), ctx.ints([reached - 1])))
    found = ctx.op("Range", ctx.scalar(0, "first", "int64"), end, ctx.scalar(step, "step", "int64"))
    return ctx.op("Unsqueeze", found, ctx.ints([1], "axes"))
