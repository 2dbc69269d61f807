"""Functions along axes in ONNX, in whatever layout their input has."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import onnx
from onnx import helper

from ...spec.diagnostics import fail
from ...spec.layers.reductions import Along, CumSum, Extreme, Median, Norm, Place, Running
from ...spec.size import Size, product
from ...spec.types import is_float
from .builder import ELEMENT_TYPES
from .context import Context
from .layout import Layout, Tensor, closed_up
from .operators import converted, reduce, unsqueeze

# (context that computes in the value's dtype, the layer, the value's name, its physical axes) -> the result's name
Formula: TypeAlias = Callable[[Context, Any, str, list[int]], str]

# The dtypes in which onnxruntime reduces others than floats.
REDUCED_IN = {
    **dict.fromkeys(("bool", "int8", "int16", "uint8", "uint16", "int32"), "int32"),
    **dict.fromkeys(("uint32", "uint64", "int64"), "int64"),
}


class Row(NamedTuple):
    """How a function is computed: halves in float32 unless it says otherwise; truths are 0 and 1."""

    formula: Formula
    halves: bool = False
    truths: bool = False
    # Whether it depends on the order of numbers, which uint64 does not keep in any signed dtype.
    ordered: bool = False


def reduction(ctx: Context, layer: Along, x: Tensor) -> Tensor:
    """The layer's formula, in a dtype that onnxruntime reduces, in what remains of the input's layout."""
    row = ROWS[type(layer).__name__]
    layout, axes = x.layout, layer.reduced_axes(x.type)
    inner = ctx.computing_in(_working(ctx, row, x.type.dtype))
    value = _taken(ctx, row, ctx.in_layout(x, layout), x.type.dtype, inner.dtype)
    y = row.formula(inner, layer, value, [layout.index(axis) for axis in axes])
    return ctx.tensor(converted(ctx, y, inner.dtype, ctx.output.dtype), _kept(layer, layout, axes))


def place(ctx: Context, layer: Place, x: Tensor) -> Tensor:
    """ArgMax or ArgMin, which give int64. Keras holds -0 for less than 0, and ONNX for equal to it."""
    layout, (axis,) = x.layout, layer.reduced_axes(x.type)
    dtype = _working(ctx, ORDERED, x.type.dtype)
    value = converted(ctx, ctx.in_layout(x, layout), x.type.dtype, dtype)
    along = layout.index(axis)
    y = ctx.op(type(layer).__name__, value, axis=along, keepdims=int(layer.keepdims))
    return ctx.tensor(ctx.cast(y, "int32"), _kept(layer, layout, (axis,)))


def running(ctx: Context, layer: Running, x: Tensor) -> Tensor:
    """CumSum, or a Scan that multiplies, in a dtype that onnxruntime adds up in."""
    layout, (axis,) = x.layout, layer.reduced_axes(x.type)
    wanted, asked = ctx.output.dtype, layer.dtype or x.type.dtype
    inner = ctx.computing_in("float32" if wanted in HALVES else REDUCED_IN.get(wanted, wanted))
    value = converted(ctx, ctx.in_layout(x, layout), x.type.dtype, asked)
    value = converted(ctx, value, asked, inner.dtype)
    make = cumulative_sum if isinstance(layer, CumSum) else cumulative_product
    y = make(inner, value, layout.index(axis))
    return ctx.tensor(converted(ctx, y, inner.dtype, wanted), layout)


def _working(ctx: Context, row: Row, given: str) -> str:
    """The dtype to compute in. Raises SpecError for uint64 where its order matters."""
    if row.ordered and given == "uint64":
        message = f"{ctx.node.kind} of uint64 cannot be exported to ONNX: onnxruntime has none"
        raise fail("NN402", message, ctx.node.place.span, help="give the input the dtype int64")
    if row.truths:
        return "int32"
    dtype = ctx.output.dtype if is_float(ctx.output.dtype) else given
    dtype = REDUCED_IN.get(dtype, dtype)
    single = dtype == "bfloat16" or (dtype == "float16" and not row.halves)
    return "float32" if single else dtype


def _taken(ctx: Context, row: Row, x: str, given: str, dtype: str) -> str:
    """The input in the dtype to compute in, as 0 and 1 where the function asks for truths."""
    if not row.truths:
        return converted(ctx, x, given, dtype)
    return ctx.cast(converted(ctx, x, given, "bool"), dtype)


def _kept(layer: Along, layout: Layout, axes: tuple[int, ...]) -> Layout:
    """The layout of what remains of these axes."""
    return layout if layer.keeps else closed_up([axis for axis in layout if axis not in axes])


# --- formulas


def operator(type_: str) -> Formula:
    return lambda ctx, layer, x, axes: reduce(ctx, type_, x, axes, keepdims=layer.keeps)


def extreme(ctx: Context, layer: Extreme, x: str, axes: list[int]) -> str:
    """ReduceMax or ReduceMin, and Max or Min with the number beside."""
    kind = type(layer).__name__
    y = reduce(ctx, f"Reduce{kind}", x, axes, keepdims=layer.keepdims)
    if layer.initial is None:
        return y
    number = layer.initial if is_float(ctx.dtype) else int(layer.initial)
    return ctx.op(kind, y, ctx.scalar(number, "initial"))


def span(ctx: Context, layer: Along, x: str, axes: list[int]) -> str:
    most, least = (reduce(ctx, type_, x, axes, keepdims=layer.keeps) for type_ in ("ReduceMax", "ReduceMin"))
    return ctx.op("Sub", most, least)


def variance(ctx: Context, layer: Along, x: str, axes: list[int]) -> str:
    """The mean square of the distance from the mean."""
    distance = ctx.op("Sub", x, reduce(ctx, "ReduceMean", x, axes))
    return reduce(ctx, "ReduceMean", ctx.op("Mul", distance, distance), axes, keepdims=layer.keeps)


def deviation(ctx: Context, layer: Along, x: str, axes: list[int]) -> str:
    return ctx.op("Sqrt", variance(ctx, layer, x, axes))


def norm(ctx: Context, layer: Norm, x: str, axes: list[int]) -> str:
    """ReduceL2 and ReduceL1; of other orders n the sum of |x| ^ n to the power of 1 / n."""
    if layer.ord in (None, 2, "fro"):
        return reduce(ctx, "ReduceL2", x, axes, keepdims=layer.keepdims)
    if len(axes) == 2:
        return matrix_norm(ctx, layer, x, axes)
    if layer.ord == 1:
        return reduce(ctx, "ReduceL1", x, axes, keepdims=layer.keepdims)
    if layer.ord == 0:
        other = ctx.op("Not", ctx.op("Equal", x, ctx.scalar(0.0)))
        return reduce(ctx, "ReduceSum", ctx.cast(other, ctx.dtype), axes, keepdims=layer.keepdims)
    assert isinstance(layer.ord, int | float)
    powers = ctx.op("Pow", ctx.op("Abs", x), ctx.scalar(layer.ord))
    total = reduce(ctx, "ReduceSum", powers, axes, keepdims=layer.keepdims)
    return ctx.op("Pow", total, ctx.scalar(1 / layer.ord))


def matrix_norm(ctx: Context, layer: Norm, x: str, axes: list[int]) -> str:
    """Of order 1 the greatest sum of a column's magnitudes, of order -1 the least."""
    row, _ = axes
    sums = reduce(ctx, "ReduceL1", x, [row])
    return reduce(ctx, "ReduceMax" if layer.ord == 1 else "ReduceMin", sums, axes, keepdims=layer.keepdims)


def median(ctx: Context, layer: Median, x: Tensor) -> Tensor:
    """The mean of the one or two in the middle of the sorted numbers, in logical order; NaN where there is one."""
    axes = layer.reduced_axes(x.type)
    dtype = ctx.output.dtype
    inner = ctx.computing_in("float32" if dtype in HALVES else dtype)
    value = converted(ctx, ctx.logical(x), x.type.dtype, inner.dtype)
    value = gathered(ctx, value, x.shape, axes)
    last = x.rank - len(axes)
    count = ctx.size(value, last)
    y, _ = ctx.ops("TopK", value, count, outputs=2, axis=last)
    two = ctx.ints([2], "two")
    places = [ctx.op("Div", n, two) for n in (count, ctx.op("Sub", count, ctx.ints([1], "one")))]
    middle = ctx.op("Gather", y, ctx.op("Concat", *places, axis=0), axis=last)
    y = reduce(ctx, "ReduceMean", middle, [last], keepdims=False)
    absent = reduce(inner, "ReduceMax", ctx.cast(ctx.op("IsNaN", value), "int32"), [last], keepdims=False)
    y = inner.op("Where", ctx.cast(absent, "bool"), inner.scalar(math.nan), y)
    y = unsqueeze(ctx, y, sorted(axes)) if layer.keepdims else y
    return ctx.tensor(converted(ctx, y, inner.dtype, dtype))


def gathered(ctx: Context, x: str, shape: tuple[Size, ...], axes: tuple[int, ...]) -> str:
    """A value in logical order with these axes as one, behind all others."""
    others = [axis for axis in range(len(shape)) if axis not in axes]
    order = [*others, *axes]
    moved = x if order == sorted(order) else ctx.op("Transpose", x, perm=order)
    if len(axes) == 1:
        return moved
    source = [shape[axis] for axis in order]
    return ctx.reshape(moved, (*source[: len(others)], product(source[len(others) :])), source)


def cumulative_sum(ctx: Context, x: str, axis: int) -> str:
    return ctx.op("CumSum", x, ctx.scalar(axis, "axis", "int64"))


def cumulative_product(ctx: Context, x: str, axis: int) -> str:
    """Scan along the axis; what there is so far begins with 1."""
    first = ctx.op("Gather", x, ctx.scalar(0, "first", "int64"), axis=axis)
    ones = ctx.op("Expand", ctx.scalar(1), ctx.op("Shape", first))
    loop = {"num_scan_inputs": 1, "scan_input_axes": [axis], "scan_output_axes": [axis]}
    _, y = ctx.ops("Scan", ones, x, outputs=2, body=product_body(ctx), **loop)
    return y


def product_body(ctx: Context) -> onnx.GraphProto:
    """One step of a running product: the product so far and the next number in, the new product out, twice. Its
    names must be none of the model's."""
    names = [ctx.builder.unique(f"{ctx.node.name}/{name}") for name in ("so_far", "next", "product", "given")]
    so_far, following, made, given = names
    nodes = [
        helper.make_node("Mul", [so_far, following], [made]),
        helper.make_node("Identity", [made], [given]),
    ]
    values = [helper.make_tensor_value_info(name, ELEMENT_TYPES[ctx.dtype], None) for name in names]
    return helper.make_graph(nodes, "running_product", values[:2], values[2:])


HALVES = ("float16", "bfloat16")
ORDERED = Row(operator("ReduceMax"), halves=True, ordered=True)

ROWS: dict[str, Row] = {
    "All": Row(operator("ReduceMin"), truths=True),
    "Any": Row(operator("ReduceMax"), truths=True),
    "CountNonzero": Row(operator("ReduceSum"), truths=True),
    "LogSumExp": Row(operator("ReduceLogSumExp")),
    "Max": Row(extreme, halves=True, ordered=True),
    # In float32 for anything smaller: a sum of halves would overflow.
    "Mean": Row(operator("ReduceMean")),
    "Min": Row(extreme, halves=True, ordered=True),
    "Norm": Row(norm),
    "Prod": Row(operator("ReduceProd")),
    "Ptp": Row(span, ordered=True),
    "Std": Row(deviation),
    "Sum": Row(operator("ReduceSum"), halves=True),
    "Var": Row(variance),
}
