"""One step of SimpleRNN, LSTM and GRU cells, for those that ONNX's own operators cannot compute."""

from __future__ import annotations

from collections.abc import Sequence

from ...spec.layers.cells import GRUUnits, LSTMUnits, Part, Units
from ...spec.named import Named
from .activation import activate
from .context import Context
from .layout import logical
from .operators import split


def weighed(ctx: Context, part: Part, x: str) -> str:
    """`x · kernel + bias`, the bias for the inputs."""
    product = ctx.op("MatMul", x, _weight(ctx, part, "kernel"))
    return ctx.op("Add", product, _bias(ctx, part, 0)) if part.units.use_bias else product


def step(ctx: Context, part: Part, x: str, states: Sequence[str]) -> list[str]:
    """The new states of inputs that are weighed already, the first of them being the output."""
    match part.units:
        case LSTMUnits():
            h, c = states
            return lstm(ctx, part.units, ctx.op("Add", x, _product(ctx, part, h)), c)
        case GRUUnits(reset_after=True):
            return [_gru_reset_after(ctx, part, x, states[0])]
        case GRUUnits():
            return [_gru_reset_before(ctx, part, x, states[0])]
    return [_active(ctx, part.units.activation, ctx.op("Add", x, _product(ctx, part, states[0])))]


def lstm(ctx: Context, units: Units, x: str, c: str) -> list[str]:
    """h and c from all that goes into the gates: c = f · c + i · activation(…), h = o · activation(c)."""
    assert isinstance(units, LSTMUnits)
    i, f, candidate, o = split(ctx, x, 4, 1)
    i, f, o = (_active(ctx, units.recurrent_activation, gate) for gate in (i, f, o))
    new = ctx.op("Mul", i, _active(ctx, units.activation, candidate))
    c = ctx.op("Add", ctx.op("Mul", f, c), new)
    return [ctx.op("Mul", o, _active(ctx, units.activation, c)), c]


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
