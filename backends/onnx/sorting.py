"""Functions that put elements in order, which is TopK in ONNX: of equal elements the first come first there too."""

from __future__ import annotations

from ...spec.diagnostics import fail
from ...spec.layers.sorting import Ordering, TopK
from .context import Context
from .layout import Tensor
from .operators import VIA_FLOAT32, converted

# The dtypes that onnxruntime does not sort, and those that hold their numbers.
SORTED_IN = {"bool": "int8", "uint16": "int32", "uint32": "int64", **VIA_FLOAT32}


def top_k(ctx: Context, layer: TopK, x: Tensor) -> tuple[Tensor, Tensor]:
    """TopK. Raises SpecError where the order is left to whoever computes it."""
    if not layer.sorted:
        message = "TopK without an order cannot be exported to ONNX: each runtime would give another one"
        raise fail(
            "NN402", message, ctx.node.place.of("sorted"), help="leave sorted out: the greatest come first"
        )
    values, indices = ordered(ctx, x, x.rank - 1, ctx.ints([layer.k], "k"), largest=1)
    return ctx.tensor(values, x.layout), ctx.tensor(ctx.cast(indices, "int32"), x.layout, 1)


def sort(ctx: Context, layer: Ordering, x: Tensor) -> Tensor:
    values, _ = all_ordered(ctx, layer, x)
    return ctx.tensor(values, x.layout)


def argsort(ctx: Context, layer: Ordering, x: Tensor) -> Tensor:
    _, indices = all_ordered(ctx, layer, x)
    return ctx.tensor(ctx.cast(indices, "int32"), x.layout)


def all_ordered(ctx: Context, layer: Ordering, x: Tensor) -> tuple[str, str]:
    """All elements of the layer's axis, the least first, and their numbers."""
    axis = layer.sorted_axis(x.type)
    size = x.shape[axis]
    name = ctx.in_layout(x, x.layout)
    count = ctx.ints([size], "k") if isinstance(size, int) else ctx.size(name, x.layout.index(axis))
    return ordered(ctx, x, axis, count, largest=0)


def ordered(ctx: Context, x: Tensor, axis: int, count: str, largest: int) -> tuple[str, str]:
    """So many elements of a logical axis in order, and their numbers. Raises SpecError for uint64, which no dtype
    holds that onnxruntime sorts."""
    dtype = x.type.dtype
    if dtype == "uint64":
        message = (
            f"{type(ctx.node.layer).__name__} of uint64 cannot be exported to ONNX: onnxruntime has none"
        )
        raise fail("NN402", message, ctx.node.place.span, help="give the input the dtype int64")
    name = converted(ctx, ctx.in_layout(x, x.layout), dtype, SORTED_IN.get(dtype, dtype))
    place = x.layout.index(axis)
    values, indices = ctx.ops("TopK", name, count, outputs=2, axis=place, largest=largest, sorted=1)
    return converted(ctx, values, SORTED_IN.get(dtype, dtype), dtype), indices
