"""Recurrent layers in ONNX, time-major throughout: one operator for each cell, or a loop where none computes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...spec.layers.base import known
from ...spec.layers.conv_lstm import ConvLSTM
from ...spec.layers.recurrent import Recurrent
from ...spec.types import TensorType
from . import conv_lstm, masks, steps
from .context import Context
from .fused import Wanted, can_fuse, fused, operator_of
from .layout import TIME_MAJOR, Tensor
from .loops import Looped, Way
from .operators import converted, in_float32, unsqueeze


@dataclass(frozen=True)
class Result:
    """What came of some ways.

    `y` is [time, ways, batch, units] in the order of time, masked steps at the end; "" where no layer gives
    all steps. `last`, the output after the last step, and each of `states` are [ways, batch, units]; "" and none
    where they are not needed. `steps` is None where no mask counts.
    """

    y: str
    last: str
    states: tuple[str, ...]
    steps: masks.Steps | None


@in_float32
def recurrent(
    ctx: Context, layer: Recurrent, sequences: Tensor, initial_state: Sequence[Tensor] = ()
) -> tuple[Tensor, ...]:
    way = Way(layer, initial_state)
    if not is_fusable(ctx, way):
        return looped(ctx, way, sequences)
    result = travel(ctx, [way], sequences)
    if layer.return_sequences:
        y = ordered(ctx, layer, ctx.op("Squeeze", result.y, ctx.ints([1], "axes")), result.steps)
        output = ctx.tensor(y, TIME_MAJOR)
        output.mask = sequences.mask
    else:
        output = ctx.tensor(last(ctx, layer, _squeeze(ctx, result.last), result.steps))
    if not layer.return_state:
        return (output,)
    return (output, *(ctx.tensor(_squeeze(ctx, s), index=i) for i, s in enumerate(result.states, start=1)))


def is_fusable(ctx: Context, way: Way) -> bool:
    """Whether ONNX's operators take the whole way."""
    return bool(way.parts) and all(can_fuse(ctx, part.units) for part in way.parts)


def through_loop(ctx: Context, way: Way, sequences: Tensor, *, turned: bool = False) -> Looped:
    """Takes a way step by step."""
    through = conv_lstm.through if isinstance(way.layer, ConvLSTM) else steps.through
    return through(ctx, way, sequences, turned=turned)


def looped(ctx: Context, way: Way, sequences: Tensor) -> tuple[Tensor, ...]:
    """A layer's outputs, taken step by step."""
    found = through_loop(ctx, way, sequences)
    output = ctx.tensor(found.y, found.layout)
    output.mask = sequences.mask if way.layer.return_sequences else None
    states = found.states if way.layer.return_state else []
    return (output, *(ctx.tensor(s, found.state_layout, i) for i, s in enumerate(states, start=1)))


def travel(ctx: Context, ways: Sequence[Way], sequences: Tensor) -> Result:
    """Takes all ways through the sequences."""
    x, valid = steps.time_major(ctx, sequences), None
    # Keras 3.15 gives the mask to a layer of one input alone: with initial states every step is taken.
    if sequences.mask is not None and not ways[0].initial:
        valid = masks.steps(ctx, sequences.mask, sequences.shape[1])
        x = masks.to_front(ctx, x, features_of(sequences.type), valid)
    lengths = valid.lengths if valid else ""
    groups = [ways] if _share_an_operator(ways) else [[way] for way in ways]
    results = [_through(ctx, group, x, lengths) for group in groups]
    # Of layers of different kinds only what both have is needed.
    states = [_join(ctx, names, axis=0) for names in zip(*(r.states for r in results), strict=False)]
    y, last = _join(ctx, [r.y for r in results], axis=1), _join(ctx, [r.last for r in results], axis=0)
    return Result(y, last, tuple(states), valid)


def _through(ctx: Context, ways: Sequence[Way], x: str, lengths: str) -> Result:
    """Takes ways that share their operators through their cells."""
    layer, states = ways[0].layer, list[str]()
    initial, ends, y = _initial(ctx, ways), list[str](), ""
    levels = list(zip(*(way.parts for way in ways), strict=True))
    for parts in levels:
        is_last = parts is levels[-1]
        x = ctx.op("Squeeze", y, ctx.ints([1], "axes")) if y else x
        count = len(parts[0].units.states)
        wanted = Wanted(layer.return_sequences or not is_last, layer.return_state, is_last)
        y, *ends = fused(ctx, parts, [x, lengths, *initial[:count]], _direction(ways), wanted)
        states, initial = [*states, *ends], initial[count:]
    return Result(y, ends[0] if ends else "", tuple(states) if layer.return_state else (), None)


def _share_an_operator(ways: Sequence[Way]) -> bool:
    """Whether one operator can take all ways: those of one layer, or one forward and then one backwards, of a single
    cell each."""
    if len(ways) == 1:
        return True
    forward, backward = (way.layer for way in ways)
    if forward.go_backwards or any(len(way.parts) > 1 for way in ways):
        return False
    (one, _), (other, _) = forward.parts[0], backward.parts[0]
    same_reset = getattr(one, "reset_after", None) == getattr(other, "reset_after", None)
    return operator_of(one) == operator_of(other) and same_reset


def _direction(ways: Sequence[Way]) -> str | None:
    return "bidirectional" if len(ways) == 2 else "reverse" if ways[0].layer.go_backwards else None


def ordered(ctx: Context, layer: Recurrent, y: str, steps: masks.Steps | None) -> str:
    """Every step's output [time, batch, features] at its place, the last first if the way is backwards."""
    if steps is not None:
        zeros, backwards = layer.zero_output_for_mask, layer.go_backwards
        y = masks.to_place(ctx, y, features_of(ctx.output), steps, zeros=zeros, backwards=backwards)
    if not layer.go_backwards:
        return y
    last_one, before_all = ctx.ints([-1], "last"), ctx.ints([np.iinfo(np.int64).min], "end")
    return ctx.op("Slice", y, last_one, before_all, ctx.ints([0], "axes"), last_one)


def features_of(sequences: TensorType) -> int:
    """The size of the last axis, which weights depend on."""
    return known(sequences.shape[-1], "the last axis")


def last(ctx: Context, layer: Recurrent, h: str, steps: masks.Steps | None) -> str:
    """The output [batch, units] of a layer that gives only the last."""
    if steps is None or not layer.zero_output_for_mask:
        return h
    return masks.zero_where_masked(ctx, h, steps, backwards=layer.go_backwards)


def _initial(ctx: Context, ways: Sequence[Way]) -> list[str]:
    """The first states of all ways, each [ways, batch, units]; none where they are zeros."""
    rows = [
        [unsqueeze(ctx, converted(ctx, ctx.logical(s), s.type.dtype, ctx.dtype), [0]) for s in way.initial]
        for way in ways
    ]
    return [_join(ctx, names, axis=0) for names in zip(*rows, strict=True)]


def _join(ctx: Context, names: Sequence[str], axis: int) -> str:
    """Values side by side; one is itself, and what no operator gives is nothing."""
    if len(names) == 1 or not names[0]:
        return names[0]
    return ctx.op("Concat", *names, axis=axis)


def _squeeze(ctx: Context, state: str) -> str:
    return ctx.op("Squeeze", state, ctx.ints([0], "axes"))
