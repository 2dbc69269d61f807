"""Products of tensors in ONNX: MatMul where there is one, Einsum over the values as they lie elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from ...spec.layers.linear import Contraction, MatMul
from ...spec.layers.subscripts import Letters
from .context import Context
from .layout import Layout, Tensor, logical
from .operators import VIA_FLOAT32, converted


def matmul(ctx: Context, layer: MatMul, x1: Tensor, x2: Tensor) -> Tensor:
    """MatMul. By a matrix or a vector alone, the first value is multiplied as it lies."""
    layout = x1.features_last if x2.rank <= 2 else logical(x1.rank)
    names = [computed(ctx, layer, x, [x1, x2], form) for x, form in ((x1, layout), (x2, logical(x2.rank)))]
    y = result(ctx, layer, [x1, x2], ctx.op("MatMul", *names))
    kept = layout if x2.rank == 2 else layout[:-1]
    return ctx.tensor(y, kept if x2.rank <= 2 and x1.rank > 1 else None)


def contraction(ctx: Context, layer: Contraction, x1: Tensor, x2: Tensor) -> Tensor:
    return einsum(ctx, layer, [x1, x2])


def einsum(ctx: Context, layer: Contraction, operands: Sequence[Tensor]) -> Tensor:
    """Einsum, with a letter for each physical axis; those of size 1 that are repeated are taken away."""
    terms = layer.terms([x.type for x in operands])
    parts = [
        lettered(ctx, computed(ctx, layer, x, operands, x.layout), x.layout, letters)
        for x, letters in zip(operands, terms.operands, strict=True)
    ]
    equation = f"{','.join(text for _, text in parts)}->{''.join(filter(None, terms.output))}"
    y = ctx.op("Einsum", *(name for name, _ in parts), equation=equation)
    return ctx.tensor(result(ctx, layer, operands, y))


def lettered(ctx: Context, name: str, layout: Layout, letters: Letters) -> tuple[str, str]:
    """A value without the axes that have no letter, and the letters of the others."""
    physical = [letters[axis] for axis in layout]
    dropped = [place for place, letter in enumerate(physical) if letter is None]
    if dropped:
        name = ctx.op("Squeeze", name, ctx.ints(dropped, "axes"))
    return name, "".join(filter(None, physical))


def computed(ctx: Context, layer: Contraction, x: Tensor, operands: Sequence[Tensor], layout: Layout) -> str:
    """An operand in a layout, in the dtype that is computed in."""
    return converted(ctx, ctx.in_layout(x, layout), x.type.dtype, inner_dtype(layer, operands))


def result(ctx: Context, layer: Contraction, operands: Sequence[Tensor], name: str) -> str:
    return converted(ctx, name, inner_dtype(layer, operands), ctx.output.dtype)


def inner_dtype(layer: Contraction, operands: Sequence[Tensor]) -> str:
    """Keras's dtype, or a wider one where onnxruntime has none."""
    dtype = layer.computes_in([x.type for x in operands])
    return VIA_FLOAT32.get(dtype, dtype)
