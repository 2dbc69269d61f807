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

    `valid`, boolean, and `ordinal`, int32, are [time, batch]: `ordinal` counts the valid steps up to each,
    itself among them. `lengths`, int32 [batch], counts them all. `time` is the number of steps.
    """

    valid: str
    ordinal: str
    lengths: str
    time: Size


def steps(ctx: Context, mask: str, time: Size) -> Steps:
    """The steps of a boolean mask [batch, time]."""
    valid = ctx.op("Transpose", mask, perm=[1, 0])
    counted = ctx.cast(valid, "int32")
    ordinal = ctx.op("CumSum", counted, ctx.scalar(0, "axis", "int64"))
    return Steps(valid, ordinal, ctx.op("ReduceSum", counted, ctx.ints([0], "axes"), keepdims=0), time)


def to_front(ctx: Context, x: str, steps: Steps) -> str:
    """A value [time, batch, features] with the valid steps in front, in their order."""
    key = ctx.op("Where", steps.valid, steps.ordinal, ctx.scalar(LAST, "last", "int32"))
    count = ctx.ints([steps.time], "time") if isinstance(steps.time, int) else ctx.size(steps.valid, 0)
    _, order = ctx.ops("TopK", key, count, outputs=2, axis=0, largest=0)
    return _take(ctx, x, order)


def to_place(ctx: Context, y: str, steps: Steps, *, zeros: bool, backwards: bool) -> str:
    """The outputs of steps that were moved to the front, [time, batch, features], at the steps' own places.

    A masked step has zeros, or what was computed last before it, coming from the end if `backwards`.
    """
    return _take(ctx, y, _sources(ctx, steps, zeros=zeros, backwards=backwards))


def _sources(ctx: Context, steps: Steps, *, zeros: bool, backwards: bool) -> str:
    """For each step, where its output is. The operators give zeros beyond a sample's length, and so at the
    last place, -1, wherever a step is masked; the place after the last valid step is such a one too."""
    one = ctx.scalar(1, "one", "int32")
    if backwards and not zeros:
        return ctx.op("Sub", steps.ordinal, ctx.cast(steps.valid, "int32"))
    held = ctx.op("Sub", steps.ordinal, one)
    return ctx.op("Where", steps.valid, held, ctx.scalar(-1, "nowhere", "int32")) if zeros else held


def _take(ctx: Context, x: str, index: str) -> str:
    """x[index[t, b], b, :] for every t and b."""
    whole = ctx.op("Expand", unsqueeze(ctx, index, [2]), ctx.op("Shape", x))
    return ctx.op("GatherElements", x, whole, axis=0)


def zero_where_masked(ctx: Context, last: str, steps: Steps, *, backwards: bool) -> str:
    """The last output [batch, units], or zeros where the step that was taken last is masked."""
    index = ctx.constant(np.array(0 if backwards else -1, np.int64), "last")
    valid = unsqueeze(ctx, ctx.op("Gather", steps.valid, index, axis=0), [1])
    return ctx.op("Where", valid, last, ctx.scalar(0.0, "nothing"))
