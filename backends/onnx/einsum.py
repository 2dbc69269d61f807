"""EinsumDense in ONNX: the order in which axes lie goes into the kernel or the equation, and nothing is transposed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...spec.layers.einsum import EinsumDense, Terms
from .activation import activate
from .context import Context
from .layout import Tensor, laid_out
from .normalization import spread
from .operators import VIA_FLOAT32, converted


def einsum_dense(ctx: Context, layer: EinsumDense, inputs: Tensor) -> Tensor:
    """MatMul where the axes that are summed over lie last, and the kernel has no other one of the input's; else Einsum.

    The output's axes lie in whatever order they come out.
    """
    terms = layer.terms(inputs.rank)
    x = converted(ctx, ctx.in_layout(inputs, inputs.layout), inputs.type.dtype, ctx.dtype)
    letters = "".join(terms.inputs[axis] for axis in inputs.layout)
    multiply = matmul if is_matmul(terms, letters) else einsum
    y, order = multiply(ctx, terms, x, letters)
    layout = tuple(terms.output.index(letter) for letter in order)
    if layer.bias_axes is not None:
        bias = spread(ctx.weight("bias"), range(len(layout)), len(layout))
        y = ctx.op("Add", y, ctx.constant(laid_out(bias, layout), "bias"))
    return ctx.tensor(activate(ctx, layer.activation, y, layout), layout)


def is_matmul(terms: Terms, letters: str) -> bool:
    """Whether the letters of the input, as its axes lie, end in those that are summed over with the kernel, and share
    no other with it."""
    shared = set(letters) & set(terms.kernel)
    gone = set(letters) - set(terms.output)
    return bool(shared) and shared == gone == set(letters[-len(shared) :])


def matmul(ctx: Context, terms: Terms, x: str, letters: str) -> tuple[str, str]:
    """The product, and the letters of its axes as they lie: several axes are made one, and told apart again."""
    kept = [letter for letter in letters if letter in terms.output]
    summed = letters[len(kept) :]
    new = [letter for letter in terms.output if letter not in letters]
    kernel = ctx.weight("kernel").transpose([terms.kernel.index(letter) for letter in [*summed, *new]])
    taken, given = kernel.shape[: len(summed)], kernel.shape[len(summed) :]
    flat = kernel.reshape(math.prod(taken), -1) if new else kernel.reshape(-1)
    if len(taken) > 1:
        x = last_axes(ctx, x, len(kept), [math.prod(taken)])
    y = ctx.op("MatMul", x, ctx.constant(flat, "kernel"))
    if len(given) > 1:
        y = last_axes(ctx, y, len(kept), given)
    return y, "".join([*kept, *new])


def last_axes(ctx: Context, x: str, kept: int, sizes: Sequence[int]) -> str:
    """The value with its first axes as they are, and these sizes behind them."""
    return ctx.op("Reshape", x, ctx.ints([*[0] * kept, *sizes]))


def einsum(ctx: Context, terms: Terms, x: str, letters: str) -> tuple[str, str]:
    """Einsum, in float32 where it lacks the dtype, and the letters of its axes."""
    dtype = VIA_FLOAT32.get(ctx.dtype, ctx.dtype)
    kernel = ctx.constant(np.asarray(ctx.weight("kernel", dtype)), "kernel")
    equation = f"{letters},{terms.kernel}->{terms.output}"
    y = ctx.op("Einsum", converted(ctx, x, ctx.dtype, dtype), kernel, equation=equation)
    return converted(ctx, y, dtype, ctx.dtype), terms.output
