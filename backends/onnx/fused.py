"""ONNX's own recurrent operators, RNN, LSTM and GRU: what they can compute, and how Keras's weights become theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from ...spec.layers.cells import GRUUnits, LSTMUnits, Part, Units
from ...spec.named import Named
from ..dtypes import numpy_dtype
from .context import Context
from .operators import VIA_FLOAT32


class Operator(NamedTuple):
    """An operator of ONNX: its name, Keras's gates in the order in which it has them, and a layer's fields in the order
    of its activations."""

    name: str
    gates: list[int]
    activations: list[str]


# An LSTM's i, f, c, o become i, o, f, c.
OPERATORS: dict[type[Units], Operator] = {
    LSTMUnits: Operator("LSTM", [0, 3, 1, 2], ["recurrent_activation", "activation", "activation"]),
    GRUUnits: Operator("GRU", [0, 1, 2], ["recurrent_activation", "activation"]),
    Units: Operator("RNN", [0], ["activation"]),
}
# The operators' defaults.
OWN_ACTIVATIONS = {"activation": "Tanh", "recurrent_activation": "Sigmoid"}

# An activation inside an operator: its name there, and its alpha and beta where it takes them.
Inside: TypeAlias = tuple[str, tuple[float, ...], tuple[float, ...]]

ACTIVATIONS: dict[str, Inside] = {
    "hard_sigmoid": ("HardSigmoid", (1 / 6,), (0.5,)),
    "linear": ("Affine", (1.0,), (0.0,)),
    "sigmoid": ("Sigmoid", (), ()),
    "softplus": ("Softplus", (), ()),
    "softsign": ("Softsign", (), ()),
    "sparse_sigmoid": ("HardSigmoid", (0.5,), (0.5,)),
    "tanh": ("Tanh", (), ()),
}


class Wanted(NamedTuple):
    """Which outputs of an operator are needed: those of all steps, the last states, or the last output alone."""

    steps: bool
    states: bool
    last: bool


def operator_of(units: Units) -> Operator:
    return next(operator for kind, operator in OPERATORS.items() if isinstance(units, kind))


def can_fuse(ctx: Context, units: Units) -> bool:
    """Whether an operator computes the cell: none does in float64 in any runtime, nor with every activation."""
    activations = (getattr(units, field) for field in operator_of(units).activations)
    return ctx.dtype != "float64" and all(inside(activation) is not None for activation in activations)


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


def fused(
    ctx: Context, parts: Sequence[Part], inputs: Sequence[str], direction: str | None, wanted: Wanted
) -> list[str]:
    """Adds one operator for a cell, or for the two of a bidirectional layer. `inputs` are X, sequence_lens or "", and
    the first states if there are any.

    Gives the names of Y, or "", of Y_h, and of an LSTM's Y_c, as far as they are needed.
    """
    units = parts[0].units
    x, lengths, *initial = inputs
    kernels = [_kernel(ctx, parts, name) for name in ("kernel", "recurrent_kernel")]
    given = [x, *kernels, _bias(ctx, parts), lengths, *initial]
    while not given[-1]:
        given.pop()
    return ctx.ops(
        operator_of(units).name,
        *given,
        outputs=1 + len(units.states) if wanted.states else 1 if wanted.steps else 2,
        omit=0 if wanted.steps else 1,
        hidden_size=units.units,
        direction=direction,
        linear_before_reset=int(units.reset_after) if isinstance(units, GRUUnits) else None,
        **_activations(parts),
    )


def _activations(parts: Sequence[Part]) -> dict[str, list[str] | list[float]]:
    """The attributes for the activations, none for the operators' own. Alpha and beta are lists of those that
    take one, without gaps."""
    fields = [(part.units, field) for part in parts for field in operator_of(part.units).activations]
    found = [known for units, field in fields if (known := inside(getattr(units, field))) is not None]
    names = [name for name, _, _ in found]
    if names == [OWN_ACTIVATIONS[field] for _, field in fields]:
        return {}
    alphas, betas = [a for _, alpha, _ in found for a in alpha], [b for _, _, beta in found for b in beta]
    attributes = {"activations": names, "activation_alpha": alphas, "activation_beta": betas}
    return {name: values for name, values in attributes.items() if values}


def _kernel(ctx: Context, parts: Sequence[Part], name: str) -> str:
    """Keras's kernels [n, gates · units] as ONNX's [ways, gates · units, n]."""
    found: list[np.ndarray] = []
    for units, prefix in parts:
        kernel = ctx.weight(prefix + name).T
        blocks = kernel.reshape(units.gates, units.units, -1)[operator_of(units).gates]
        found.append(blocks.reshape(kernel.shape))
    return _constant(ctx, found, parts[0].prefix + name)


def _bias(ctx: Context, parts: Sequence[Part]) -> str:
    """[ways, 2 · gates · units]: the inputs' biases, then the state's, zeros unless a GRU resets after."""
    if not any(part.units.use_bias for part in parts):
        return ""
    found: list[np.ndarray] = []
    for units, prefix in parts:
        both = np.zeros((2, units.gates, units.units), dtype=numpy_dtype(ctx.dtype))
        if units.use_bias:
            bias = ctx.weight(prefix + "bias").reshape(-1, units.gates, units.units)
            both[: len(bias)] = bias[:, operator_of(units).gates]
        found.append(both.reshape(-1))
    return _constant(ctx, found, parts[0].prefix + "bias")


def _constant(ctx: Context, arrays: Sequence[np.ndarray], name: str) -> str:
    """The constant of both ways; a bidirectional operator's bears no way's name."""
    name = name.rpartition("/")[2] if len(arrays) > 1 else name
    dtype = numpy_dtype(VIA_FLOAT32.get(ctx.dtype, ctx.dtype))
    return ctx.constant(np.stack(arrays).astype(dtype), name)
