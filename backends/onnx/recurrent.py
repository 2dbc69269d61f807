"""SimpleRNN, LSTM and GRU as ONNX's RNN, LSTM and GRU, time-major throughout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...spec.diagnostics import SpecError, fail
from ...spec.layers.recurrent import GRU, LSTM, Recurrent, SimpleRNN
from ...spec.named import Named
from . import masks
from .context import Context
from .layout import TIME_MAJOR, Tensor
from .operators import converted, unsqueeze

OPERATORS: dict[type[Recurrent], str] = {SimpleRNN: "RNN", LSTM: "LSTM", GRU: "GRU"}

# Keras's gates in the order in which ONNX has them: an LSTM's i, f, c, o become i, o, f, c.
GATES: dict[type[Recurrent], list[int]] = {SimpleRNN: [0], LSTM: [0, 3, 1, 2], GRU: [0, 1, 2]}

# A layer's fields in the order of its operator's activations, and the operators' defaults for them.
ACTIVATION_FIELDS: dict[type[Recurrent], list[str]] = {
    SimpleRNN: ["activation"],
    LSTM: ["recurrent_activation", "activation", "activation"],
    GRU: ["recurrent_activation", "activation"],
}
OWN_ACTIVATIONS = {"activation": "Tanh", "recurrent_activation": "Sigmoid"}

# Dtypes that the operators cannot have, with the reason; bfloat16 came with opset 22.
NO_FLOAT64 = "no runtime has an {operator} of float64"
NO_BFLOAT16 = "ONNX's {operator} has bfloat16 only since opset 22"

# An activation inside an operator: its name there, and its alpha and beta where it takes them.
Inside = tuple[str, tuple[float, ...], tuple[float, ...]]

ACTIVATIONS: dict[str, Inside] = {
    "hard_sigmoid": ("HardSigmoid", (1 / 6,), (0.5,)),
    "linear": ("Affine", (1.0,), (0.0,)),
    "sigmoid": ("Sigmoid", (), ()),
    "softplus": ("Softplus", (), ()),
    "softsign": ("Softsign", (), ()),
    "sparse_sigmoid": ("HardSigmoid", (0.5,), (0.5,)),
    "tanh": ("Tanh", (), ()),
}

ACTIVATIONS_HELP = (
    "take tanh, sigmoid, linear, relu (without max_value), leaky_relu, elu, hard_sigmoid, sparse_sigmoid,"
    " softplus, softsign, or threshold with default_value 0"
)


@dataclass(frozen=True)
class Way:
    """One layer's way through the steps: `initial` has its first states or none, `prefix` stands before its
    weights' names, `field` is what holds it in a wrapper."""

    layer: Recurrent
    initial: Sequence[Tensor] = ()
    prefix: str = ""
    field: str | None = None


@dataclass(frozen=True)
class Result:
    """What came of some ways.

    `y` is [time, ways, batch, units] in the order of time, masked steps at the end; "" where no layer gives
    all steps. Each of `states` is [ways, batch, units]. `steps` is None where no mask counts.
    """

    y: str
    states: tuple[str, ...]
    steps: masks.Steps | None


def recurrent(
    ctx: Context, layer: Recurrent, sequences: Tensor, initial_state: Sequence[Tensor] = ()
) -> tuple[Tensor, ...]:
    result = travel(ctx, [Way(layer, initial_state)], sequences)
    if layer.return_sequences:
        y = ordered(ctx, layer, ctx.op("Squeeze", result.y, ctx.ints([1], "axes")), result.steps)
        output = ctx.tensor(y, TIME_MAJOR)
        output.mask = sequences.mask
    else:
        output = ctx.tensor(last(ctx, layer, _squeeze(ctx, result.states[0]), result.steps))
    if not layer.return_state:
        return (output,)
    return (output, *(ctx.tensor(_squeeze(ctx, s), index=i) for i, s in enumerate(result.states, start=1)))


def travel(ctx: Context, ways: Sequence[Way], sequences: Tensor) -> Result:
    """Takes all ways through the sequences. Raises SpecError for what the operators cannot do."""
    for way in ways:
        check(ctx, way)
    # Keras casts whole numbers too.
    x = converted(ctx, ctx.in_layout(sequences, TIME_MAJOR), sequences.type.dtype, ctx.dtype)
    steps = None
    # Keras 3.15 gives the mask to a layer of one input alone: with initial states every step is taken.
    if sequences.mask is not None and not ways[0].initial:
        steps = masks.steps(ctx, sequences.mask, sequences.shape[1])
        x = masks.to_front(ctx, x, steps)
    groups = [ways] if _share_an_operator(ways) else [[way] for way in ways]
    outputs = [_operator(ctx, group, x, steps.lengths if steps else "") for group in groups]
    # Of layers of different kinds only what both have is needed.
    y, *states = (_join(ctx, names, axis=int(i == 0)) for i, names in enumerate(zip(*outputs, strict=False)))
    return Result(y, tuple(states), steps)


def ordered(ctx: Context, layer: Recurrent, y: str, steps: masks.Steps | None) -> str:
    """Every step's output [time, batch, features] at its place, the last first if the way is backwards."""
    if steps is not None:
        zeros, backwards = layer.zero_output_for_mask, layer.go_backwards
        y = masks.to_place(ctx, y, steps, zeros=zeros, backwards=backwards)
    if not layer.go_backwards:
        return y
    last_one, before_all = ctx.ints([-1], "last"), ctx.ints([np.iinfo(np.int64).min], "end")
    return ctx.op("Slice", y, last_one, before_all, ctx.ints([0], "axes"), last_one)


def last(ctx: Context, layer: Recurrent, h: str, steps: masks.Steps | None) -> str:
    """The output [batch, units] of a layer that gives only the last."""
    if steps is None or not layer.zero_output_for_mask:
        return h
    return masks.zero_where_masked(ctx, h, steps, backwards=layer.go_backwards)


def check(ctx: Context, way: Way) -> None:
    """Raises SpecError for a dtype or an activation that the operator cannot have."""
    operator = OPERATORS[type(way.layer)]
    reason = NO_FLOAT64 if ctx.dtype == "float64" else NO_BFLOAT16 if ctx.dtype == "bfloat16" else None
    if reason and not (reason == NO_BFLOAT16 and ctx.opset >= 22):
        help = (
            "give the layer dtype: float32"
            if reason == NO_FLOAT64
            else "choose opset 22 or later, or another dtype"
        )
        raise fail("NN402", reason.format(operator=operator), ctx.node.place.of("dtype"), help=help)
    for field in ACTIVATION_FIELDS[type(way.layer)]:
        activation: Named = getattr(way.layer, field)
        if inside(activation) is None:
            raise _impossible(ctx, way, field, activation)


def _impossible(ctx: Context, way: Way, field: str, activation: Named) -> SpecError:
    given = f"{activation.name} with these arguments" if activation.arguments else activation.name
    message = f"ONNX's {OPERATORS[type(way.layer)]} cannot compute {given}"
    return fail("NN402", message, ctx.node.place.of(way.field or field), help=ACTIVATIONS_HELP)


def inside(activation: Named) -> Inside | None:
    """The activation as the operators have it; None for one that they have not."""
    match activation.name:
        case "elu":
            return ("Elu", (activation["alpha"],), ())
        case "leaky_relu":
            return ("LeakyRelu", (activation["negative_slope"],), ())
        case "relu":
            return _relu(activation)
        case "threshold" if activation["default_value"] == 0:
            return ("ThresholdedRelu", (activation["threshold"],), ())
    return ACTIVATIONS.get(activation.name)


def _relu(activation: Named) -> Inside | None:
    match (activation["max_value"], activation["negative_slope"], activation["threshold"]):
        case (None, 0, 0):
            return ("Relu", (), ())
        case (None, slope, 0):
            return ("LeakyRelu", (slope,), ())
        case (None, 0, threshold):
            return ("ThresholdedRelu", (threshold,), ())
    return None


def _share_an_operator(ways: Sequence[Way]) -> bool:
    """Whether one operator can take all ways: those of one layer, or one forward and then one backwards."""
    if len(ways) == 1:
        return True
    forward, backward = (way.layer for way in ways)
    alike = type(forward) is type(backward)
    same_reset = getattr(forward, "reset_after", None) == getattr(backward, "reset_after", None)
    return alike and same_reset and not forward.go_backwards


def _operator(ctx: Context, ways: Sequence[Way], x: str, lengths: str) -> list[str]:
    """Adds one operator; gives the names of Y, or "", of Y_h, and of an LSTM's Y_c, those that are needed."""
    layer = ways[0].layer
    direction = "bidirectional" if len(ways) == 2 else "reverse" if layer.go_backwards else None
    kernels = [_kernel(ctx, ways, name) for name in ("kernel", "recurrent_kernel")]
    inputs = [x, *kernels, _bias(ctx, ways), lengths, *_initial(ctx, ways)]
    while not inputs[-1]:
        inputs.pop()
    return ctx.ops(
        OPERATORS[type(layer)],
        *inputs,
        outputs=1 + len(layer.states) if layer.return_state else 1 if layer.return_sequences else 2,
        omit=0 if layer.return_sequences else 1,
        hidden_size=layer.units,
        direction=direction,
        linear_before_reset=int(layer.reset_after) if isinstance(layer, GRU) else None,
        **_activations([way.layer for way in ways]),
    )


def _activations(layers: Sequence[Recurrent]) -> dict[str, list[str] | list[float]]:
    """The attributes for the activations, none for the operators' own. Alpha and beta are lists of those that
    take one, without gaps."""
    fields = [(layer, field) for layer in layers for field in ACTIVATION_FIELDS[type(layer)]]
    found = [known for layer, field in fields if (known := inside(getattr(layer, field))) is not None]
    names = [name for name, _, _ in found]
    if names == [OWN_ACTIVATIONS[field] for _, field in fields]:
        return {}
    alphas, betas = [a for _, alpha, _ in found for a in alpha], [b for _, _, beta in found for b in beta]
    attributes = {"activations": names, "activation_alpha": alphas, "activation_beta": betas}
    return {name: values for name, values in attributes.items() if values}


def _kernel(ctx: Context, ways: Sequence[Way], name: str) -> str:
    """Keras's kernels [n, gates · units] as ONNX's [ways, gates · units, n]."""
    found: list[np.ndarray] = []
    for way in ways:
        kernel = ctx.weight(way.prefix + name).T
        blocks = kernel.reshape(way.layer.gates, way.layer.units, -1)[GATES[type(way.layer)]]
        found.append(blocks.reshape(kernel.shape))
    return ctx.constant(np.stack(found), name)


def _bias(ctx: Context, ways: Sequence[Way]) -> str:
    """[ways, 2 · gates · units]: the inputs' biases, then the state's, zeros unless a GRU resets after."""
    if not any(way.layer.use_bias for way in ways):
        return ""
    found: list[np.ndarray] = []
    for way in ways:
        layer = way.layer
        both = np.zeros((2, layer.gates, layer.units), dtype=ctx.weight(way.prefix + "kernel").dtype)
        if layer.use_bias:
            bias = ctx.weight(way.prefix + "bias").reshape(-1, layer.gates, layer.units)
            both[: len(bias)] = bias[:, GATES[type(layer)]]
        found.append(both.reshape(-1))
    return ctx.constant(np.stack(found), "bias")


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
