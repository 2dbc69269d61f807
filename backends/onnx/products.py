"""Products of a value's axes with constant matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...spec.size import Size
from .context import Context
from .layout import Layout


def multiplied(
    ctx: Context, x: str, layout: Layout, shape: Sequence[Size], matrices: Mapping[int, np.ndarray]
) -> str:
    """The product of each matrix [made, given] with the logical axis that it is for. Axes behind the first of these
    have numbers as sizes, but for one. `shape` is the value's, in logical order."""
    sizes = [shape[axis] for axis in layout]
    # What makes an axis smaller comes first: the others then cost less.
    for axis, matrix in sorted(matrices.items(), key=lambda item: item[1].shape[0] / item[1].shape[1]):
        place = layout.index(axis)
        x = _along(ctx, x, sizes, place, matrix)
        sizes[place] = matrix.shape[0]
    return x


def _along(ctx: Context, x: str, sizes: Sequence[Size], axis: int, matrix: np.ndarray) -> str:
    """MatMul takes the last two axes: those behind an earlier one are made one axis, and apart again."""
    if axis == len(sizes) - 1:
        return ctx.op("MatMul", x, ctx.constant(matrix.T, "matrix"))
    left = ctx.constant(matrix, "matrix")
    if axis == len(sizes) - 2:
        return ctx.op("MatMul", left, x)
    before = [0] * axis
    apart = [size if isinstance(size, int) else -1 for size in sizes[axis + 1 :]]
    x = ctx.op("Reshape", x, ctx.ints([*before, matrix.shape[1], -1]))
    return ctx.op("Reshape", ctx.op("MatMul", left, x), ctx.ints([*before, matrix.shape[0], *apart]))
