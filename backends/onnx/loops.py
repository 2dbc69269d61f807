"""Steps taken one after another by Scan, for what no operator of ONNX takes through all steps at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from ...spec.layers.cells import Part
from ...spec.layers.recurrent import Recurrent
from .builder import Body
from .context import Context
from .layout import Layout, Tensor


@dataclass(frozen=True)
class Way:
    """One layer's way through the steps: `initial` has its first states or none, `prefix` stands before its
    weights' names."""

    layer: Recurrent
    initial: Sequence[Tensor] = ()
    prefix: str = ""

    @property
    def parts(self) -> tuple[Part, ...]:
        """The cells one after another, with the wrapper's prefix."""
        return tuple(part._replace(prefix=self.prefix + part.prefix) for part in self.layer.parts)


@dataclass(frozen=True)
class Looped:
    """What a layer's loop gives: all steps or the last one, the last states, and how these lie."""

    y: str
    states: list[str]
    layout: Layout
    state_layout: Layout


# (context inside the loop, the step's input, the states) -> the new states
StepOf: TypeAlias = Callable[[Context, str, list[str]], list[str]]


@dataclass(frozen=True)
class Loop:
    """What is taken through the steps.

    `initial` are the first states, [batch, …], of which `output` is the place of the one that a step gives. `mask`,
    boolean, [time, batch, 1, …], says which steps count: the others leave the states as they are, and give what the
    step before them gave, or zeros. `turned` puts what steps give into the opposite order to that in which they are
    taken.
    """

    step: StepOf
    initial: Sequence[str]
    output: int
    mask: str | None = None
    zeros: bool = False
    backwards: bool = False
    turned: bool = False


def take(ctx: Context, way: Way, loop: Loop, x: str, layout: Layout) -> Looped:
    """Takes a way through the steps of x, which lie in that layout, time first; `loop` says what differs from way to
    way."""
    layer = way.layer
    loop = replace(loop, zeros=layer.zero_output_for_mask, backwards=layer.go_backwards)
    y, states = run(ctx, loop, x, all_steps=layer.return_sequences)
    # One value cannot bear the names of two outputs.
    y = ctx.op("Identity", y) if layer.return_state and y in states else y
    of_state = tuple(axis - (axis > 1) for axis in layout if axis != 1)
    return Looped(y, states, layout if layer.return_sequences else of_state, of_state)


def run(ctx: Context, loop: Loop, x: str, *, all_steps: bool) -> tuple[str, list[str]]:
    """Takes the steps of x, [time, batch, …]; gives what each gives, [time, batch, …], or what the last one does, and
    the last states."""
    inner = replace(ctx, builder=ctx.builder.inside())
    scanned = [x] if loop.mask is None else [x, loop.mask]
    step_names = [ctx.builder.unique(f"{ctx.node.name}/{name}") for name in ("step", "valid")[: len(scanned)]]
    before = [ctx.builder.unique(f"{ctx.node.name}/state") for _ in loop.initial]
    after = loop.step(inner, step_names[0], before)
    given, states = after[loop.output], after
    if loop.mask is not None:
        valid = step_names[1]
        states = [inner.op("Where", valid, new, old) for new, old in zip(after, before, strict=True)]
        given = inner.op("Where", valid, given, zero(inner)) if loop.zeros else states[loop.output]
    # One value cannot be two outputs of a graph.
    steps = [inner.op("Identity", given)] if all_steps else []
    body = Body(
        f"{ctx.node.name}/body",
        inner.builder.ops,
        [
            *((name, ctx.dtype) for name in (*before, step_names[0])),
            *((name, "bool") for name in step_names[1:]),
        ],
        [(name, ctx.dtype) for name in (*states, *steps)],
    )
    results = ctx.ops(
        "Scan",
        *loop.initial,
        *scanned,
        outputs=len(states) + len(steps),
        body=body,
        num_scan_inputs=len(scanned),
        scan_input_directions=[1] * len(scanned) if loop.backwards else None,
        scan_output_directions=[1] if steps and loop.turned else None,
    )
    ends = results[: len(states)]
    return (results[-1] if all_steps else _last(ctx, loop, ends[loop.output])), ends


def _last(ctx: Context, loop: Loop, end: str) -> str:
    """What the last step gives."""
    if loop.mask is None or not loop.zeros:
        return end
    index = ctx.constant(np.array(0 if loop.backwards else -1, np.int64), "last")
    return ctx.op("Where", ctx.op("Gather", loop.mask, index, axis=0), end, zero(ctx))


def zero(ctx: Context) -> str:
    return ctx.scalar(0.0, "zero")


def zeros(ctx: Context, x: str, shapes: Sequence[tuple[int, ...]]) -> list[str]:
    """First states [batch, *shape] of zeros for steps [time, batch, …]; one for all of the same shape."""
    batch = ctx.size(x, 1)
    made = {
        shape: ctx.op("Expand", zero(ctx), ctx.op("Concat", batch, ctx.ints(shape), axis=0))
        for shape in dict.fromkeys(shapes)
    }
    return [made[shape] for shape in shapes]
