"""What tests of recurrent layers and of wrappers draw from."""

from __future__ import annotations

from typing import Any

import numpy as np
from differential import spec
from hypothesis import strategies as st
from nnspec.compiler.graph import Graph

LAYERS = ("SimpleRNN", "LSTM", "GRU")
STATES = {"SimpleRNN": ["state"], "LSTM": ["state_h", "state_c"], "GRU": ["state"]}

# What the operators know. A gate without a bound may let the state grow without one: it is tested on its own.
ACTIVATIONS = [
    *("tanh", "sigmoid", "linear", "relu", "softsign", "softplus", "hard_sigmoid", "sparse_sigmoid", None),
    {"elu": {"alpha": 0.7}},
    {"leaky_relu": {"negative_slope": 0.1}},
    {"relu": {"negative_slope": 0.3}},
    {"relu": {"threshold": 0.2}},
    {"threshold": {"threshold": -0.1, "default_value": 0}},
]
GATES = ["sigmoid", "hard_sigmoid", "sparse_sigmoid", "tanh", "softsign"]


@st.composite
def fields(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Arguments of a recurrent layer, any of them away from its default."""
    found: dict[str, Any] = {
        "units": draw(st.integers(1, 4)),
        "activation": draw(st.sampled_from(ACTIVATIONS)),
        "dropout": draw(st.sampled_from([0.0, 0.25])),
        "recurrent_dropout": draw(st.sampled_from([0.0, 0.5])),
        "seed": draw(st.sampled_from([None, 3])),
        "kernel_regularizer": draw(st.sampled_from([None, "l2"])),
        "recurrent_constraint": draw(st.sampled_from([None, {"MaxNorm": {"max_value": 1.5}}])),
    }
    switches = [
        "use_bias",
        "return_sequences",
        "return_state",
        "go_backwards",
        "unroll",
        "zero_output_for_mask",
    ]
    switches += {"LSTM": ["unit_forget_bias"], "GRU": ["reset_after"]}.get(kind, [])
    found |= {name: draw(st.booleans()) for name in switches}
    if kind != "SimpleRNN":
        found["recurrent_activation"] = draw(st.sampled_from(GATES))
        found["use_cudnn"] = draw(st.sampled_from(["auto", False]))
    return found


def outputs_of(kind: str, arguments: dict[str, Any]) -> list[str]:
    return (
        ["layer", *(f"layer.{state}" for state in STATES[kind])] if arguments["return_state"] else ["layer"]
    )


def masking(name: str = "embedded") -> list[dict[str, Any]]:
    """Items that turn the ids `x` into vectors, 0 being masked."""
    return [{"Embedding": {"input_dim": 5, "output_dim": 3, "mask_zero": True}, "from": "x", "name": name}]


def network(kind: str, arguments: dict[str, Any], steps: int | str, masked: bool, initial: bool) -> Graph:
    """The layer over numbers, or over ids of which 0 is masked; from states that are inputs if `initial`."""
    states = {f"s{i}": [arguments["units"]] for i in range(len(STATES[kind]))} if initial else {}
    ids = {"shape": [steps], "dtype": "int32"}
    source = {"sequences": "embedded" if masked else "x"} | (
        {"initial_state": list(states)} if initial else {}
    )
    inputs = {"x": ids if masked else [steps, 3], **states}
    return spec({kind: arguments}, inputs, masking() if masked else (), source, outputs_of(kind, arguments))


def masked_ids(batch: int, steps: int, seed: int) -> np.ndarray:
    """Ids with zeros anywhere; the first row is whole zeros, the second has none."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(1, 5, size=(batch, steps)) * rng.integers(0, 2, size=(batch, steps))
    ids[0], ids[1] = 0, np.maximum(ids[1], 1)
    return ids.astype(np.int32)
