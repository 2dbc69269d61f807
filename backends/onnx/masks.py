"""Masks of recurrent layers, exact wherever the masked steps are.

ONNX's recurrent operators know how many steps a sample has, and not which: the valid ones are moved to the
front, and what comes out is put back to their places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...spec.size import Size
from .context import Context
from .operators import unsqueeze

LAST = 2**31 - 1


@dataclass(frozen=True)
class Steps:
    """Which steps of each sample are valid.

    `valid`, boolean, and `ordinal`, int64, are [time, batch]: `ordinal` counts the valid steps up to each,
    itself among them. `lengths`, int32 [batch], counts them all. `time` is the number of steps, `count` that of
    samples, an int64 list of one, and `samples` numbers these, int64 [batch].
    """

    valid: str
    ordinal: str
    lengths: str
    time: Size
    count: str
    samples: str


def steps(ctx: Context, mask: str, time: Size) -> Steps:
    """The steps of a boolean mask [batch, time]."""
    valid = ctx.op("Transpose", mask, perm=[1, 0])
    counted = ctx.cast(valid, "int64")
    ordinal = ctx.op("CumSum", counted, ctx.scalar(0, "axis", "int64"))
    lengths = ctx.cast(ctx.op("ReduceSum", counted, ctx.ints([0], "axes"), keepdims=0), "int32")
    count = ctx.size(valid, 1)
    from_zero, by_one = ctx.scalar(0, "axis", "int64"), ctx.scalar(1, "one", "int64")
    samples = ctx.op("Range", from_zero, ctx.op("Squeeze", count), by_one)
    return Steps(valid, ordinal, lengths, time, count, samples)


def to_front(ctx: Context, x: str, features: int, steps: Steps) -> str:
    """A value [time, batch, features] with the valid steps in front, in their order."""
    key = ctx.op("Where", steps.valid, steps.ordinal, ctx.scalar(LAST, "last", "int64"))
    count = ctx.ints([steps.time], "time") if isinstance(steps.time, int) else ctx.size(steps.valid, 0)
    _, order = ctx.ops("TopK", key, count, outputs=2, axis=0, largest=0)
    return _take(ctx, x, features, order, steps)


def to_place(ctx: Context, y: str, features: int, steps: Steps, *, zeros: bool, backwards: bool) -> str:
    """The outputs of steps that were moved to the front, [time, batch, features], at the steps' own places.

    A masked step has zeros, or what was computed last before it, coming from the end if `backwards`.
    """
    return _take(ctx, y, features, _sources(ctx, steps, zeros=zeros, backwards=backwards), steps)


def _sources(ctx: Context, steps: Steps, *, zeros: bool, backwards: bool) -> str:
    """For each step, where its output is. The operators give zeros beyond a sample's length, and so at the
    last place, -1, wherever a step is masked; the place after the last valid step is such a one too."""
    one = ctx.scalar(1, "one", "int64")
    if backwards and not zeros:
        return ctx.op("Sub", steps.ordinal, ctx.cast(steps.valid, "int64"))
    held = ctx.op("Sub", steps.ordinal, one)
    return ctx.op("Where", steps.valid, held, ctx.scalar(-1, "nowhere", "int64")) if zeros else held


def _take(ctx: Context, x: str, features: int, index: str, steps: Steps) -> str:
    """x[index[t, b], b, :] for every t and b: whole rows out of all steps of all samples, one below the other. A
    negative step counts from the end, as its row then does."""
    row = ctx.op("Add", ctx.op("Mul", index, steps.count), steps.samples)
    return ctx.op("Gather", ctx.op("Reshape", x, ctx.ints([-1, features])), row, axis=0)


def zero_where_masked(ctx: Context, last: str, steps: Steps, *, backwards: bool) -> str:
    """The last output [batch, units], or zeros where the step that was taken last is masked."""
    index = ctx.constant(np.array(0 if backwards else -1, np.int64), "last")
    valid = unsqueeze(ctx, ctx.op("Gather", steps.valid, index, axis=0), [1])
    return ctx.op("Where", valid, last, ctx.scalar(0.0, "nothing"))
