"""SimpleRNN, LSTM and GRU cells step by step, for those that ONNX's own operators cannot compute."""

from __future__ import annotations

from collections.abc import Sequence

from ...spec.layers.cells import ForgetGate, GRUUnits, LSTMUnits, Part
from ...spec.named import Named
from . import loops
from .activation import activate
from .context import Context
from .layout import TIME_MAJOR, Layout, Tensor, logical
from .operators import converted, split, unsqueeze


def through(ctx: Context, way: loops.Way, sequences: Tensor, *, turned: bool) -> loops.Looped:
    """Takes a way of cells. The first cell's inputs are weighed for all steps at once."""
    x = weighed(ctx, way.parts[0], time_major(ctx, sequences))
    sizes = [(part.units.units,) for part in way.parts for _ in part.units.states]
    initial = [converted(ctx, ctx.logical(s), s.type.dtype, ctx.dtype) for s in way.initial]
    mask = None
    if sequences.mask is not None and not way.initial:
        mask = unsqueeze(ctx, ctx.op("Transpose", sequences.mask, perm=[1, 0]), [2])
    loop = loops.Loop(
        lambda inner, x, states: _chain(inner, way.parts, x, states),
        initial or loops.zeros(ctx, x, sizes),
        len(sizes) - len(way.parts[-1].units.states),
        mask,
        turned=turned,
    )
    return loops.take(ctx, way, loop, x, TIME_MAJOR)


def time_major(ctx: Context, sequences: Tensor) -> str:
    """The steps, [time, batch, features], in the dtype that is computed in: Keras casts whole numbers too."""
    return converted(ctx, ctx.in_layout(sequences, TIME_MAJOR), sequences.type.dtype, ctx.dtype)


def _chain(ctx: Context, parts: Sequence[Part], x: str, states: list[str]) -> list[str]:
    """The new states of all cells, of which each takes the first one's of the cell before it."""
    found: list[str] = []
    for number, part in enumerate(parts):
        own, states = states[: len(part.units.states)], states[len(part.units.states) :]
        new = step(ctx, part, weighed(ctx, part, x) if number else x, own)
        found, x = [*found, *new], new[0]
    return found


def weighed(ctx: Context, part: Part, x: str) -> str:
    """`x · kernel + bias`, the bias for the inputs."""
    product = ctx.op("MatMul", x, _weight(ctx, part, "kernel"))
    return ctx.op("Add", product, _bias(ctx, part, 0)) if part.units.use_bias else product


def step(ctx: Context, part: Part, x: str, states: Sequence[str]) -> list[str]:
    """The new states of inputs that are weighed already, the first of them being the output."""
    match part.units:
        case LSTMUnits():
            h, c = states
            return lstm(ctx, part.units, ctx.op("Add", x, _product(ctx, part, h)), c, logical(2))
        case GRUUnits(reset_after=True):
            return [_gru_reset_after(ctx, part, x, states[0])]
        case GRUUnits():
            return [_gru_reset_before(ctx, part, x, states[0])]
    return [_active(ctx, part.units.activation, ctx.op("Add", x, _product(ctx, part, states[0])))]


def lstm(ctx: Context, gates: ForgetGate, x: str, c: str, layout: Layout) -> list[str]:
    """h and c from all that goes into the gates: c = f · c + i · activation(…), h = o · activation(c)."""
    i, f, candidate, o = split(ctx, x, 4, 1)
    i, f, o = (activate(ctx, gates.recurrent_activation, gate, layout) for gate in (i, f, o))
    new = ctx.op("Mul", i, activate(ctx, gates.activation, candidate, layout))
    c = ctx.op("Add", ctx.op("Mul", f, c), new)
    return [ctx.op("Mul", o, activate(ctx, gates.activation, c, layout)), c]


def _gru_reset_after(ctx: Context, part: Part, x: str, h: str) -> str:
    """The reset gate weighs the state's part of the candidate."""
    inner = _product(ctx, part, h)
    inner = ctx.op("Add", inner, _bias(ctx, part, 1)) if part.units.use_bias else inner
    parts = list(zip(split(ctx, x, 3, 1), split(ctx, inner, 3, 1), strict=True))
    z, r = (_gate(ctx, part, *both) for both in parts[:2])
    candidate, state = parts[2]
    return _mixed(ctx, part, z, h, ctx.op("Add", candidate, ctx.op("Mul", r, state)))


def _gru_reset_before(ctx: Context, part: Part, x: str, h: str) -> str:
    """The reset gate weighs the state before the recurrent kernel."""
    units = part.units.units
    kernel = ctx.weight(part.prefix + "recurrent_kernel")
    for_gates, for_candidate = (
        ctx.constant(half, part.prefix + "recurrent_kernel")
        for half in (kernel[:, : 2 * units], kernel[:, 2 * units :])
    )
    *gates, candidate = split(ctx, x, 3, 1)
    inner = split(ctx, ctx.op("MatMul", h, for_gates), 2, 1)
    z, r = (_gate(ctx, part, *both) for both in zip(gates, inner, strict=True))
    state = ctx.op("MatMul", ctx.op("Mul", r, h), for_candidate)
    return _mixed(ctx, part, z, h, ctx.op("Add", candidate, state))


def _gate(ctx: Context, part: Part, x: str, state: str) -> str:
    assert isinstance(part.units, GRUUnits)
    return _active(ctx, part.units.recurrent_activation, ctx.op("Add", x, state))


def _mixed(ctx: Context, part: Part, z: str, h: str, candidate: str) -> str:
    """z · h + (1 - z) · activation(candidate)."""
    new = _active(ctx, part.units.activation, candidate)
    rest = ctx.op("Sub", ctx.scalar(1.0, "one"), z)
    return ctx.op("Add", ctx.op("Mul", z, h), ctx.op("Mul", rest, new))


def _active(ctx: Context, activation: Named, x: str) -> str:
    return activate(ctx, activation, x, logical(2))


def _product(ctx: Context, part: Part, h: str) -> str:
    return ctx.op("MatMul", h, _weight(ctx, part, "recurrent_kernel"))


def _weight(ctx: Context, part: Part, name: str) -> str:
    return ctx.constant(ctx.weight(part.prefix + name), part.prefix + name)


def _bias(ctx: Context, part: Part, row: int) -> str:
    """A GRU that resets after has two biases, for the inputs and for the state."""
    name = part.prefix + "bias"
    return ctx.constant(ctx.weight(name).reshape(-1, part.units.gates * part.units.units)[row], name)
