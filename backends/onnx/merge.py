"""Merge layers in ONNX. What lies alike is merged as it lies; masks act on the values as Keras has it."""

from __future__ import annotations

from collections.abc import Sequence

from ...spec.layers.merge import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)
from ...spec.promotion import result_type
from ...spec.types import is_float
from .context import Context
from .layout import Flattened, Layout, Tensor, logical
from .operators import VIA_FLOAT32, chain, converted, reduce, unsqueeze, where

# Integers that onnxruntime has no Max and Min for, and those that it has them for.
WIDER = {"int16": "int32", "uint16": "int32"}

# Keras divides a vector by its length, or by this where it is shorter.
SHORTEST = 1e-7


def add(ctx: Context, layer: Add, inputs: list[Tensor]) -> Tensor:
    """Add, or Sum where there are more than two floats."""
    names, form = aligned(ctx, inputs)
    several = len(names) > 2 and is_float(ctx.output.dtype)
    return merged(ctx, inputs, ctx.op("Sum", *names) if several else chain(ctx, "Add", names), form)


def subtract(ctx: Context, layer: Subtract, inputs: list[Tensor]) -> Tensor:
    names, form = aligned(ctx, inputs)
    return merged(ctx, inputs, ctx.op("Sub", *names), form)


def average(ctx: Context, layer: Average, inputs: list[Tensor]) -> Tensor:
    """Mean, which onnxruntime has not for float64; integers are added up in their own dtype, as Keras does."""
    names, form = aligned(ctx, inputs)
    if is_float(common_dtype(inputs)) and ctx.output.dtype != "float64":
        return merged(ctx, inputs, ctx.op("Mean", *names), form)
    total = converted(ctx, chain(ctx, "Add", names), common_dtype(inputs), ctx.output.dtype)
    return merged(ctx, inputs, ctx.op("Div", total, ctx.scalar(len(names), "count", ctx.output.dtype)), form)


def multiply(ctx: Context, layer: Multiply, inputs: list[Tensor]) -> Tensor:
    """Mul. What a mask leaves out counts as 1; where all inputs leave a step out, the product is 0."""
    keeps = conditions(ctx, inputs)
    names, form = aligned(ctx, inputs, logical(ctx.output.rank) if any(keeps) else None)
    one, zero = (ctx.scalar(value, "value", ctx.output.dtype) for value in (1, 0))
    dtype = ctx.output.dtype
    kept = [where(ctx, keep, x, one, dtype) if keep else x for keep, x in zip(keeps, names, strict=True)]
    y = chain(ctx, "Mul", kept)
    if all(keeps):
        y = where(ctx, either(ctx, keeps), y, zero, dtype)
    return merged(ctx, inputs, y, form)


def maximum(ctx: Context, layer: Maximum, inputs: list[Tensor]) -> Tensor:
    return extreme(ctx, "Max", inputs)


def minimum(ctx: Context, layer: Minimum, inputs: list[Tensor]) -> Tensor:
    return extreme(ctx, "Min", inputs)


def extreme(ctx: Context, type_: str, inputs: list[Tensor]) -> Tensor:
    """Max or Min. Where one input's mask leaves a step out, the other's value stands."""
    keeps = conditions(ctx, inputs)
    names, form = aligned(ctx, inputs, logical(ctx.output.rank) if any(keeps) else None)
    dtype = ctx.output.dtype
    if dtype in WIDER:
        names = [ctx.cast(name, WIDER[dtype]) for name in names]
    y = masked_extreme(ctx, type_, names, keeps) if any(keeps) else ctx.op(type_, *names)
    return merged(ctx, inputs, ctx.cast(y, dtype) if dtype in WIDER else y, form)


def masked_extreme(ctx: Context, type_: str, names: Sequence[str], keeps: Sequence[str]) -> str:
    """Input by input, as Keras does it: where one side is masked the other stands."""
    result, kept = names[0], keeps[0]
    for x, keep in zip(names[1:], keeps[1:], strict=True):
        ours = where(ctx, keep, x, result, ctx.output.dtype) if keep else x
        theirs = where(ctx, kept, result, ours, ctx.output.dtype) if kept else result
        result = ctx.op(type_, theirs, ours)
        kept = ctx.op("Or", kept, keep) if kept and keep and kept != keep else kept and keep
    return result


def concatenate(ctx: Context, layer: Concatenate, inputs: list[Tensor]) -> Tensor:
    """Concat along the axis where the layout has it."""
    form = common_form(inputs)
    layout = logical(ctx.output.rank) if isinstance(form, Flattened) else form
    names, _ = aligned(ctx, inputs, layout, ctx.output.dtype)
    axis = layer.axis % ctx.output.rank
    output = ctx.tensor(ctx.op("Concat", *names, axis=layout.index(axis)), layout)
    if any(t.mask for t in inputs):
        output.mask = joined_mask(ctx, inputs, output, axis)
    return output


def joined_mask(ctx: Context, inputs: list[Tensor], output: Tensor, axis: int) -> str:
    """The inputs' masks joined as they are; an input without one leaves nothing out."""
    if axis != output.rank - 1:
        return ctx.op("Concat", *(t.mask or all_kept(ctx, t) for t in inputs), axis=axis)
    masks = [t.mask for t in inputs if t.mask]
    return either(ctx, masks) if len(masks) == len(inputs) else all_kept(ctx, output)


def all_kept(ctx: Context, tensor: Tensor) -> str:
    """A mask for the tensor that leaves nothing out."""
    shape = ctx.op("Shape", ctx.logical(tensor), start=0, end=tensor.rank - 1)
    return ctx.op("Expand", ctx.scalar(True, "kept", "bool"), shape)


def dot(ctx: Context, layer: Dot, inputs: list[Tensor]) -> Tensor:
    """Einsum over the inputs as they lie, in floats but for bfloat16, which it has not; a result of one axis gets a
    second one."""
    axes = layer.summed_axes([t.type for t in inputs])
    common = common_dtype(inputs)
    dtype = VIA_FLOAT32.get(common, common) if is_float(common) else "float32"
    layouts = [t.layout for t in inputs]
    names = [
        converted(ctx, ctx.in_layout(t, layout), t.type.dtype, dtype)
        for t, layout in zip(inputs, layouts, strict=True)
    ]
    if layer.normalize:
        places = [layout.index(axis) for layout, axis in zip(layouts, axes, strict=True)]
        names = [unit(ctx, x, axis, dtype) for x, axis in zip(names, places, strict=True)]
    y = ctx.op("Einsum", *names, equation=equation(layouts, axes))
    y = unsqueeze(ctx, y, [1]) if all(t.rank == 2 for t in inputs) else y
    return ctx.tensor(converted(ctx, y, dtype, ctx.output.dtype))


def equation(layouts: Sequence[Layout], axes: tuple[int, int]) -> str:
    """`abc,adc->abd`: a is the batch, and the summed axis of both has one letter."""
    letters = iter("bcdefghijklmnopqrstuvwxyz")
    summed = next(letters)
    named = [
        ["a" if axis == 0 else summed if axis == along else next(letters) for axis in range(len(layout))]
        for layout, along in zip(layouts, axes, strict=True)
    ]
    terms = ["".join(names[axis] for axis in layout) for names, layout in zip(named, layouts, strict=True)]
    kept = [letter for names in named for letter in names if letter not in ("a", summed)]
    return f"{','.join(terms)}->a{''.join(kept)}"


def unit(ctx: Context, x: str, axis: int, dtype: str) -> str:
    """The value divided by its length along a physical axis."""
    length = ctx.op("Max", reduce(ctx, "ReduceL2", x, [axis]), ctx.scalar(SHORTEST, "shortest", dtype))
    return ctx.op("Div", x, length)


def aligned(
    ctx: Context, inputs: list[Tensor], form: Layout | Flattened | None = None, dtype: str | None = None
) -> tuple[list[str], Layout | Flattened]:
    """The inputs in one form and dtype, ready to be broadcast; by default the form that they share."""
    form = form or common_form(inputs)
    dtype = dtype or common_dtype(inputs)
    names = [t.forms[form] if isinstance(form, Flattened) else spread(ctx, t, form) for t in inputs]
    return [converted(ctx, x, t.type.dtype, dtype) for x, t in zip(names, inputs, strict=True)], form


def common_form(inputs: Sequence[Tensor]) -> Layout | Flattened:
    """The form in which all inputs exist, or else that of the first of full rank which does not lie in
    logical order."""
    rank = max(t.rank for t in inputs)
    shared = [form for form in inputs[0].forms if all(form in t.forms for t in inputs)]
    if shared:
        return logical(rank) if logical(rank) in shared else shared[0]
    moved = (t.layout for t in inputs if t.rank == rank and t.layout != logical(rank))
    return next(moved, logical(rank))


def common_dtype(inputs: Sequence[Tensor]) -> str:
    return result_type(t.type.dtype for t in inputs)


def spread(ctx: Context, tensor: Tensor, layout: Layout) -> str:
    """The tensor in a layout of perhaps more axes, those that it lacks being ones behind the batch."""
    lacking = len(layout) - tensor.rank
    own = tuple(axis - lacking if axis else 0 for axis in layout if axis == 0 or axis > lacking)
    added = [place for place, axis in enumerate(layout) if 0 < axis <= lacking]
    return unsqueeze(ctx, ctx.in_layout(tensor, own), added)


def conditions(ctx: Context, inputs: Sequence[Tensor]) -> list[str]:
    """For each input its mask, to be broadcast to the input; "" for one without, and for one of fewer axes
    than the result, whose mask Keras loses as it adds axes."""
    rank = max(t.rank for t in inputs)
    made = {
        mask: unsqueeze(ctx, mask, [rank - 1])
        for mask in dict.fromkeys(t.mask for t in inputs if t.rank == rank)
        if mask
    }
    return [made[t.mask] if t.mask and t.rank == rank else "" for t in inputs]


def merged(ctx: Context, inputs: Sequence[Tensor], name: str, form: Layout | Flattened) -> Tensor:
    """The layer's output, with the mask that keeps what any input's keeps, where every input has one."""
    output = ctx.tensor(name, form)
    masks = [t.mask for t in inputs if t.mask]
    if len(masks) == len(inputs):
        output.mask = either(ctx, masks)
    return output


def either(ctx: Context, masks: Sequence[str]) -> str:
    return chain(ctx, "Or", list(dict.fromkeys(masks)))
