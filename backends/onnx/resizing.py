"""Images of a given size in ONNX, in whatever layout the input has: an axis is interpolated by itself, from positions
that are computed as TensorFlow does. Where a size is dynamic they are computed at run time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...spec.diagnostics import fail
from ...spec.layers.images import Resize
from ...spec.layers.resizing import CenterCrop, Interpolated, OfGivenSize, Resizing
from ...spec.types import is_float
from .context import Context
from .interpolation import matrix, nearest, neighbours
from .layout import Layout, Tensor
from .operators import converted, widened
from .products import multiplied
from .spatial import PAD


@dataclass(frozen=True)
class Image:
    """A value with rows and columns: where these axes lie, and their sizes, None where the run decides."""

    name: str
    layout: Layout
    axes: tuple[int, int]
    sizes: tuple[int | None, int | None]

    @property
    def static(self) -> tuple[int, int] | None:
        """Both sizes, where they are known."""
        height, width = self.sizes
        return None if height is None or width is None else (height, width)


def resizing(ctx: Context, layer: Resizing, inputs: Tensor) -> Tensor:
    return interpolated(ctx, layer, inputs)


def resize(ctx: Context, layer: Resize, images: Tensor) -> Tensor:
    return interpolated(ctx, layer, images)


def interpolated(ctx: Context, layer: Interpolated, inputs: Tensor) -> Tensor:
    """Gather for `nearest`, two of them with the weights between for `bilinear`, and constant matrices for all else.

    Raises SpecError for what only the matrices do where a size is dynamic, and for whole numbers, which the last bit
    decides when they are rounded.
    """
    image = _image(ctx, layer, inputs)
    if layer.crop_to_aspect_ratio:
        image = _part_in_proportion(ctx, layer, image, "float32")
    elif layer.pad_to_aspect_ratio:
        image = _padded(ctx, layer, image, inputs.type.dtype)
    if image.sizes == layer.made:
        return ctx.tensor(image.name, image.layout)
    if layer.interpolation == "nearest":
        return ctx.tensor(_nearest(ctx, layer, image), image.layout)
    dtype = inputs.type.dtype
    image = replace(image, name=converted(ctx, image.name, dtype, "float32"))
    if layer.interpolation == "bilinear" and not layer.antialias:
        y = _bilinear(ctx, layer, image)
    else:
        y = _multiplied(ctx, layer, image, inputs)
    if not is_float(dtype):
        y = ctx.op("Round", y)
    return ctx.tensor(converted(ctx, y, "float32", dtype), image.layout)


def center_crop(ctx: Context, layer: CenterCrop, inputs: Tensor) -> Tensor:
    """Slice where the image is large enough. Where it is not, or only the run can tell, that of another part, which
    is interpolated: one that is as large as the output stays what it is."""
    image = _image(ctx, layer, inputs)
    image = replace(image, name=converted(ctx, image.name, inputs.type.dtype, ctx.dtype))
    if layer.fits(inputs.type):
        return ctx.tensor(_sliced(ctx, image, layer.made).name, image.layout)
    image = _part_in_proportion(ctx, layer, image, "float64", or_whole=not layer.falls_short(inputs.type))
    image = replace(image, name=converted(ctx, image.name, ctx.dtype, "float32"))
    return ctx.tensor(_bilinear(ctx, layer, image), image.layout)


def _image(ctx: Context, layer: OfGivenSize, inputs: Tensor) -> Image:
    rows, columns = map(inputs.layout.index, layer.spatial_axes)
    height, width = (size if isinstance(size, int) else None for size in layer.spatial(inputs.type))
    return Image(ctx.in_layout(inputs, inputs.layout), inputs.layout, (rows, columns), (height, width))


# --- what is cut or padded first


def _sliced(ctx: Context, image: Image, kept: tuple[int, int]) -> Image:
    """The middle of an image, of a known size; the odd margin is at the end."""
    axes = zip(image.axes, image.sizes, kept, strict=True)
    cut = {axis: (size, keep) for axis, size, keep in axes if size != keep}
    if not cut:
        return image
    starts = [_start(ctx, image, axis, size, keep) for axis, (size, keep) in cut.items()]
    lengths = ctx.ints([keep for _, keep in cut.values()])
    known = [start for start in starts if isinstance(start, int)]
    if len(known) == len(starts):
        begin = ctx.ints(known, "starts")
        end = ctx.ints([start + keep for start, (_, keep) in zip(known, cut.values(), strict=True)], "ends")
    else:
        parts = [ctx.ints([start]) if isinstance(start, int) else start for start in starts]
        begin = ctx.op("Concat", *parts, axis=0)
        end = ctx.op("Add", begin, lengths)
    name = ctx.op("Slice", image.name, begin, end, ctx.ints(list(cut), "axes"))
    return replace(image, name=name, sizes=kept)


def _start(ctx: Context, image: Image, axis: int, size: int | None, keep: int) -> int | str:
    if size is not None:
        return (size - keep) // 2
    left = ctx.op("Sub", ctx.size(image.name, axis), ctx.ints([keep]))
    return ctx.op("Div", left, ctx.ints([2]))


def _part_in_proportion(
    ctx: Context, layer: OfGivenSize, image: Image, precision: str, or_whole: bool = False
) -> Image:
    """The middle of an image that has the output's proportion, computed in that precision; with `or_whole`, as much
    as the output has of an image that is as large."""
    if image.static is not None:
        rounded = {} if precision == "float32" else {"rounded": float}
        return _sliced(ctx, image, layer.part_in_proportion(*image.static, **rounded))
    sizes = [ctx.size(image.name, axis) for axis in image.axes]
    kept = [
        ctx.op("Max", ctx.op("Min", size, _in_proportion(ctx, other, made, precision)), ctx.ints([1]))
        for size, other, made in zip(sizes, reversed(sizes), (layer.made, layer.made[::-1]), strict=True)
    ]
    if or_whole:
        kept = _or_whole(ctx, layer, sizes, kept)
    size, part = ctx.op("Concat", *sizes, axis=0), ctx.op("Concat", *kept, axis=0)
    begin = ctx.op("Div", ctx.op("Sub", size, part), ctx.ints([2]))
    end = ctx.op("Add", begin, part)
    name = ctx.op("Slice", image.name, begin, end, ctx.ints(image.axes, "axes"))
    return replace(image, name=name, sizes=(None, None))


def _or_whole(ctx: Context, layer: OfGivenSize, sizes: list[str], kept: list[str]) -> list[str]:
    """As much of each axis as the output has, where the image is as large along both; otherwise what is kept."""
    large = [
        ctx.op("Not", ctx.op("Less", size, ctx.ints([made])))
        for size, made in zip(sizes, layer.made, strict=True)
    ]
    fits = ctx.op("And", *large)
    return [
        ctx.op("Where", fits, ctx.ints([made]), part) for made, part in zip(layer.made, kept, strict=True)
    ]


def _in_proportion(ctx: Context, size: str, made: Sequence[int], precision: str) -> str:
    """`in_proportion` at run time, int64 [1]."""
    product = ctx.cast(ctx.op("Mul", size, ctx.ints(made[:1])), precision)
    return ctx.cast(ctx.op("Div", product, ctx.scalar(made[1], "other", precision)), "int64")


def _padded(ctx: Context, layer: Interpolated, image: Image, dtype: str) -> Image:
    """An image padded at both ends of one axis to the output's proportion."""
    sizes: tuple[int | None, int | None] = (None, None)
    if image.static is not None:
        both = layer.padding(*image.static)
        if not any(both):
            return image
        margins = dict(zip(image.axes, both, strict=True))
        amounts = ctx.ints([margins.get(axis, 0) for axis in range(4)] * 2, "pads")
        sizes = layer.source(*image.static)
    else:
        amounts = _margins(ctx, layer, image)

    def pad(x: str) -> str:
        return ctx.op("Pad", x, amounts, ctx.scalar(layer.fill_value, "fill", PAD.get(dtype, dtype)))

    return replace(image, name=widened(ctx, image.name, dtype, PAD, pad), sizes=sizes)


def _margins(ctx: Context, layer: Interpolated, image: Image) -> str:
    """How many positions are added where, as Pad takes it."""
    sizes = [ctx.size(image.name, axis) for axis in image.axes]
    margins = {
        axis: _margin(ctx, size, _in_proportion(ctx, other, made, "float32"))
        for axis, size, other, made in zip(
            image.axes, sizes, reversed(sizes), (layer.made, layer.made[::-1]), strict=True
        )
    }
    none = ctx.ints([0])
    return ctx.op("Concat", *[margins.get(axis, none) for axis in range(4)] * 2, axis=0)


def _margin(ctx: Context, size: str, wanted: str) -> str:
    lacking = ctx.op("Max", ctx.op("Sub", wanted, size), ctx.ints([0]))
    return ctx.op("Div", lacking, ctx.ints([2]))


# --- interpolation


def _nearest(ctx: Context, layer: OfGivenSize, image: Image) -> str:
    x = image.name
    for axis, size, made in zip(image.axes, image.sizes, layer.made, strict=True):
        if size != made:
            x = ctx.op("Gather", x, _nearest_positions(ctx, x, axis, size, made), axis=axis)
    return x


def _nearest_positions(ctx: Context, x: str, axis: int, size: int | None, made: int) -> str:
    if size is not None:
        return ctx.ints(nearest(size, made).tolist(), "positions")
    length = ctx.size(x, axis)
    at = _centres(ctx, length, made, (made,))
    last = ctx.op("Sub", length, ctx.ints([1]))
    return ctx.op("Min", ctx.cast(ctx.op("Floor", at), "int64"), last)


def _bilinear(ctx: Context, layer: OfGivenSize, image: Image) -> str:
    """Columns first, as TensorFlow does it, to the last bit."""
    x = image.name
    axes = list(zip(image.axes, image.sizes, layer.made, strict=True))
    for axis, size, made in reversed(axes):
        if size != made:
            x = _between(ctx, x, axis, size, made)
    return x


def _between(ctx: Context, x: str, axis: int, size: int | None, made: int) -> str:
    """first + (second - first) · weight, along one axis."""
    positions = _neighbours(ctx, x, axis, size, made)
    first, second = (ctx.op("Gather", x, position, axis=axis) for position in positions[:2])
    return ctx.op("Add", first, ctx.op("Mul", ctx.op("Sub", second, first), positions[2]))


def _neighbours(ctx: Context, x: str, axis: int, size: int | None, made: int) -> tuple[str, str, str]:
    """The positions before and after each one of the output, and the weight of the latter."""
    along = (made, *(1 for _ in range(axis + 1, 4)))
    if size is not None:
        lower, upper, weight = neighbours(size, made)
        weights = ctx.constant(weight.reshape(along), "weights")
        return ctx.ints(lower.tolist(), "positions"), ctx.ints(upper.tolist(), "positions"), weights
    length = ctx.size(x, axis)
    at = ctx.op("Sub", _centres(ctx, length, made, along), ctx.scalar(0.5, "half", "float32"))
    below = ctx.op("Floor", at)
    last = ctx.op("Sub", length, ctx.ints([1]))
    lower = ctx.op("Max", _list(ctx, below), ctx.ints([0]))
    upper = ctx.op("Min", _list(ctx, ctx.op("Ceil", at)), last)
    return lower, upper, ctx.op("Sub", at, below)


def _centres(ctx: Context, length: str, made: int, shape: Sequence[int]) -> str:
    """`interpolation.centres` at run time."""
    ratio = ctx.op("Div", ctx.cast(length, "float32"), ctx.scalar(made, "made", "float32"))
    halves = (np.arange(made, dtype=np.float32) + np.float32(0.5)).reshape(shape)
    return ctx.op("Mul", ctx.constant(halves, "centres"), ratio)


def _list(ctx: Context, positions: str) -> str:
    return ctx.op("Reshape", ctx.cast(positions, "int64"), ctx.ints([-1]))


def _multiplied(ctx: Context, layer: Interpolated, image: Image, inputs: Tensor) -> str:
    _require_expressible(ctx, layer, image, inputs)
    shape, matrices = list(inputs.shape), dict[int, np.ndarray]()
    for axis, size, made in zip(layer.spatial_axes, image.sizes, layer.made, strict=True):
        assert size is not None
        shape[axis] = size
        if size != made:
            matrices[axis] = matrix(layer.interpolation, size, made, layer.antialias)
    return multiplied(ctx, image.name, image.layout, shape, matrices)


def _require_expressible(ctx: Context, layer: Interpolated, image: Image, inputs: Tensor) -> None:
    place, antialias = ctx.node.place, ", antialias" if layer.antialias else ""
    what = f"{type(layer).__name__} with interpolation {layer.interpolation}{antialias}"
    if not is_float(inputs.type.dtype):
        message = (
            f"{what} cannot be exported to ONNX for {inputs.type.dtype}: the last bit decides its rounding"
        )
        help = "use nearest, or bilinear without antialias, or put Rescaling: 1 before it"
        raise fail("NN402", message, place.of("interpolation"), help=help)
    if image.static is None:
        dynamic = next(size for size in layer.spatial(inputs.type) if not isinstance(size, int))
        message = f"{what} cannot be exported to ONNX for the dynamic size {dynamic}"
        help = "give that axis a number, or use nearest, or bilinear without antialias"
        raise fail("NN402", message, place.of("interpolation"), help=help)
