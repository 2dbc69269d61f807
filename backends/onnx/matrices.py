"""Functions of the matrices that two axes span, and of vectors, in whatever layout their input has if it serves."""

from __future__ import annotations

from collections.abc import Sequence

from ...spec.layers.matrices import Cross, Diagonal, Diff, Normalize, OnDiagonal, Trace, Triangle, Tril
from .context import Context
from .layout import Layout, Tensor, closed_up, logical
from .moving import TO_LAST
from .operators import VIA_FLOAT32, converted, reduce, unsqueeze, widened
from .reductions import REDUCED_IN

# The dtypes that onnxruntime has no Trilu for, and those that hold their numbers.
CUT_IN = {
    **VIA_FLOAT32,
    **dict.fromkeys(("int8", "int16", "uint8", "uint16"), "int32"),
    **dict.fromkeys(("uint32", "uint64"), "int64"),
}


def diagonal(ctx: Context, layer: Diagonal, x: Tensor) -> Tensor:
    name, others = on_diagonal(ctx, layer, x)
    return ctx.tensor(name, (*closed_up(others), len(others)))


def trace(ctx: Context, layer: Trace, x: Tensor) -> Tensor:
    name, others = on_diagonal(ctx, layer, x)
    dtype = REDUCED_IN.get(x.type.dtype, VIA_FLOAT32.get(x.type.dtype, x.type.dtype))
    total = reduce(ctx, "ReduceSum", converted(ctx, name, x.type.dtype, dtype), [len(others)], keepdims=False)
    return ctx.tensor(converted(ctx, total, dtype, ctx.output.dtype), closed_up(others))


def on_diagonal(ctx: Context, layer: OnDiagonal, x: Tensor) -> tuple[str, Layout]:
    """The diagonal's elements along a last axis, and the input's other axes in the order in which they lie.

    With the matrix in a row, the next element of a diagonal is one row and one column further."""
    rows, columns = layer.plane(x.type)
    offset = layer.offset
    if x.layout[-2:] == (columns, rows):
        rows, columns, offset = columns, rows, -offset
    others = tuple(axis for axis in x.layout if axis not in (rows, columns))
    sizes = [x.shape[axis] for axis in (*others, rows, columns)]
    name = ctx.in_layout(x, (*others, rows, columns))
    start, end, step = bounds(ctx, name, sizes[-1], offset, layer.length(x.type))
    row = ctx.reshape(name, [*sizes[:-2], sizes[-2] * sizes[-1]], sizes)
    return ctx.op("Slice", row, start, end, ctx.ints([len(others)], "axes"), step), others


def bounds(ctx: Context, name: str, width: object, offset: int, length: object) -> tuple[str, str, str]:
    """Where a diagonal begins in a matrix of that width, where it ends, and the step; a dynamic width is that of a
    square matrix."""
    below = max(-offset, 0)
    if isinstance(width, int) and isinstance(length, int):
        start = below * width or max(offset, 0)
        numbers = (start, "start"), ((length + below) * width, "end"), (width + 1, "steps")
        first, last, step = (ctx.ints([number], what) for number, what in numbers)
        return first, last, step
    size = ctx.op("Shape", name, start=-1)
    start = ctx.op("Mul", size, ctx.ints([below])) if below else ctx.ints([max(offset, 0)], "start")
    kept = ctx.op("Sub", size, ctx.ints([offset])) if offset > 0 else size
    return start, ctx.op("Mul", kept, size), ctx.op("Add", size, ctx.ints([1]))


def triangle(ctx: Context, layer: Triangle, x: Tensor) -> Tensor:
    """Trilu; of matrices that lie with their columns first, the other triangle."""
    rank, upper, k = x.rank, not isinstance(layer, Tril), layer.k
    layout = x.layout
    if layout[-2:] == (rank - 1, rank - 2):
        upper, k = not upper, -k
    elif layout[-2:] != (rank - 2, rank - 1):
        layout = logical(rank)
    diagonal = ctx.scalar(k, "k", "int64")
    y = widened(
        ctx,
        ctx.in_layout(x, layout),
        x.type.dtype,
        CUT_IN,
        lambda value: ctx.op("Trilu", value, diagonal, upper=int(upper)),
    )
    return ctx.tensor(y, layout)


def diff(ctx: Context, layer: Diff, a: Tensor) -> Tensor:
    """The axis without its first element less the axis without its last, as often as asked for."""
    if layer.n == 0:
        return Tensor(ctx.output, dict(a.forms))
    layout = a.layout
    name, place = ctx.in_layout(a, layout), layout.index(layer.axis_of(a.type, layer.axis))
    for _ in range(layer.n):
        name = widened(
            ctx, name, a.type.dtype, VIA_FLOAT32, lambda value: difference(ctx, layer, value, place)
        )
    return ctx.tensor(name, layout)


def difference(ctx: Context, layer: Diff, name: str, place: int) -> str:
    axes = ctx.ints([place], "axes")
    after = ctx.op("Slice", name, ctx.ints([1], "start"), ctx.ints([TO_LAST], "end"), axes)
    before = ctx.op("Slice", name, ctx.ints([0], "start"), ctx.ints([-1], "end"), axes)
    return ctx.op("Xor" if ctx.output.dtype == "bool" else "Sub", after, before)


def normalize(ctx: Context, layer: Normalize, x: Tensor) -> Tensor:
    """Division by the length, or by epsilon; for the order 2 a product with the inverse, as Keras has it."""
    layout, dtype = x.layout, VIA_FLOAT32.get(ctx.output.dtype, ctx.output.dtype)
    places = [layout.index(axis) for axis in layer.all_axes(x.type, layer.axis)]
    name = converted(ctx, ctx.in_layout(x, layout), x.type.dtype, dtype)
    epsilon = 1e-7 if layer.epsilon is None else layer.epsilon
    if layer.order == 2:
        squares = reduce(ctx, "ReduceSum", ctx.op("Mul", name, name), places)
        inverse = ctx.op("Reciprocal", ctx.op("Sqrt", squares))
        most = ctx.scalar(1 / epsilon, "most", dtype)
        y = ctx.op("Mul", name, ctx.op("Min", inverse, most))
    else:
        length = length_of(ctx, name, places, layer.order, dtype)
        y = ctx.op("Div", name, ctx.op("Max", length, ctx.scalar(epsilon, "epsilon", dtype)))
    return ctx.tensor(converted(ctx, y, dtype, ctx.output.dtype), layout)


def length_of(ctx: Context, name: str, places: Sequence[int], order: int, dtype: str) -> str:
    """The length of vectors along a physical axis; of matrices the greatest sum along the first axis."""
    sizes = ctx.op("Abs", name)
    if order == 1:
        total = reduce(ctx, "ReduceSum", sizes, places[:1])
        return reduce(ctx, "ReduceMax", total, places[1:]) if len(places) > 1 else total
    powers = reduce(ctx, "ReduceSum", ctx.op("Pow", sizes, ctx.scalar(order, "order", dtype)), places)
    return ctx.op("Pow", powers, ctx.scalar(1 / order, "root", dtype))


def cross(ctx: Context, layer: Cross, x1: Tensor, x2: Tensor) -> Tensor:
    """The components of both vectors multiplied with each other; a third that is not there is 0."""
    dtype = VIA_FLOAT32.get(ctx.output.dtype, ctx.output.dtype)
    first, second = (
        components(ctx, converted(ctx, ctx.logical(x), type_.dtype, dtype), axis, type_.shape[axis])
        for x, (type_, axis) in zip((x1, x2), layer.vectors(x1.type, x2.type), strict=True)
    )
    if first[2] is None and second[2] is None:
        return ctx.tensor(converted(ctx, minor(ctx, first, second, 0, 1), dtype, ctx.output.dtype))
    place = (layer.axisc if layer.axis is None else layer.axis) % ctx.output.rank
    parts = [unsqueeze(ctx, minor(ctx, first, second, i, j), [place]) for i, j in ((1, 2), (2, 0), (0, 1))]
    return ctx.tensor(converted(ctx, ctx.op("Concat", *parts, axis=place), dtype, ctx.output.dtype))


def components(ctx: Context, name: str, axis: int, size: object) -> list[str | None]:
    """The three components of the vectors along an axis, None for one that is 0."""
    numbers = [ctx.scalar(number, "number", "int64") for number in range(3)]
    return [
        ctx.op("Gather", name, n, axis=axis) if i != 2 or size == 3 else None for i, n in enumerate(numbers)
    ]


def minor(ctx: Context, first: Sequence[str | None], second: Sequence[str | None], i: int, j: int) -> str:
    """a_i · b_j - a_j · b_i, without a product that is 0."""
    pairs = (first[i], second[j]), (first[j], second[i])
    left, right = (ctx.op("Mul", a, b) if a and b else None for a, b in pairs)
    if right is None:
        return left or ""
    # Unsigned integers have no Neg.
    return ctx.op(
        "Sub", left or ctx.scalar(0, "zero", VIA_FLOAT32.get(ctx.output.dtype, ctx.output.dtype)), right
    )
