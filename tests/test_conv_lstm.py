"""ConvLSTM1D to 3D against Keras itself: types, weights, masks, states, costs, and native ONNX."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from differential import (
    FORMATS,
    OPSETS,
    compare,
    keras_takes,
    layer_settings,
    operators,
    per_axis,
    random_inputs,
    spec,
    takes,
)
from hypothesis import given
from hypothesis import strategies as st
from nnspec.compiler.graph import Graph
from nnspec.spec.diagnostics import SpecError
from recurrence import GATES

RANKS = st.sampled_from([1, 1, 2, 3])
SIZES = {1: (5,), 2: (5, 4), 3: (3, 4, 3)}
SWITCHES = ("use_bias", "unit_forget_bias", "return_sequences", "return_state", "go_backwards")


@st.composite
def fields(draw: st.DrawFn, rank: int) -> dict[str, Any]:
    """Arguments of a ConvLSTM, any of them away from its default."""
    found: dict[str, Any] = {
        "filters": draw(st.integers(1, 3)),
        "kernel_size": draw(per_axis(rank, 1, 2 if rank == 3 else 3)),
        "padding": draw(st.sampled_from(["valid", "same"])),
        "data_format": draw(FORMATS),
        "activation": draw(st.sampled_from(["tanh", "relu", "selu", "softmax", {"softmax": {"axis": 1}}])),
        "recurrent_activation": draw(st.sampled_from(GATES)),
        "dropout": draw(st.sampled_from([0.0, 0.25])),
        "recurrent_regularizer": draw(st.sampled_from([None, "l2"])),
        "zero_output_for_mask": draw(st.booleans()),
    }
    found[draw(st.sampled_from(["strides", "dilation_rate"]))] = draw(per_axis(rank, 1, 2))
    return found | {name: draw(st.booleans()) for name in SWITCHES}


def shape_of(rank: int, arguments: dict[str, Any], channels: int) -> list[int]:
    sizes = SIZES[rank]
    return [channels, *sizes] if arguments["data_format"] == "channels_first" else [*sizes, channels]


def network(item: dict[str, Any], shape: list[Any], before: Any = (), initial: bool = False) -> Graph:
    """The layer with all its outputs, from states that are inputs where `initial`."""
    graph = spec(item, {"x": shape}, before)
    layer = graph.by_name["layer"].layer
    names = ["layer", *(f"layer.{name}" for name in layer.output_names[1:])]
    if not initial:
        return spec(item, {"x": shape}, before, outputs=names)
    source = {"sequences": "x", "initial_state": ["h", "c"]}
    ((kind, arguments),) = item.items()
    probe = spec({kind: {**arguments, "return_sequences": False}}, {"x": shape})
    state = [int(str(size)) for size in probe.by_name["layer"].signature.output.features]
    return spec(item, {"x": shape, "h": state, "c": state}, before, source, names)


@layer_settings
@given(data=st.data())
def test_as_keras(data: st.DataObject) -> None:
    rank = data.draw(RANKS)
    arguments = data.draw(fields(rank))
    dtype = data.draw(st.sampled_from(["float32", "float32", "float64", "float16", "mixed_float16"]))
    # TensorFlow convolves channels_first on a CPU through oneDNN, which has float32 alone of these.
    arguments |= {"data_format": "channels_last"} if dtype != "float32" else {}
    length = data.draw(st.sampled_from([1, 2, 3]))
    arguments |= {"dtype": dtype, "unroll": data.draw(st.booleans())}
    steps = length if arguments["unroll"] else data.draw(st.sampled_from([length, "time"]))
    shape = [steps, *shape_of(rank, arguments, data.draw(st.integers(1, 2)))]
    graph = network({f"ConvLSTM{rank}D": arguments}, shape, initial=data.draw(st.booleans()))
    compare(graph, opset=data.draw(OPSETS), dynamic=length)


@layer_settings
@given(data=st.data())
def test_masked_as_keras(data: st.DataObject) -> None:
    """Masking leaves out single positions: those of which all features are zeros."""
    rank = data.draw(RANKS)
    arguments = data.draw(fields(rank)) | {"padding": "same", "strides": 1}
    channels = arguments["filters"] if arguments["data_format"] == "channels_first" else 1
    shape = ["time", *shape_of(rank, arguments, channels)]
    graph = network({f"ConvLSTM{rank}D": arguments}, shape, ["Masking"])
    compare(graph, inputs={"x": with_zeros(graph, data.draw(st.integers(0, 99)))}, opset=data.draw(OPSETS))


def with_zeros(graph: Graph, seed: int) -> np.ndarray:
    x = random_inputs(graph, dynamic=4, seed=seed)["x"]
    x[np.random.default_rng(seed).random(x.shape[:-1]) < 0.4] = 0
    return x


@layer_settings
@given(data=st.data())
def test_bidirectional_as_keras(data: st.DataObject) -> None:
    rank = data.draw(RANKS)
    arguments = data.draw(fields(rank)) | {"go_backwards": False}
    arguments["activation"] = data.draw(st.sampled_from(["tanh", "selu"]))
    masked = data.draw(st.booleans())
    if masked:
        arguments |= {"padding": "same", "strides": 1, "data_format": "channels_last"}
    wrapper = {
        "layer": {f"ConvLSTM{rank}D": arguments},
        "merge_mode": data.draw(st.sampled_from(["concat", "sum", "mul", "ave", None])),
    }
    graph = network({"Bidirectional": wrapper}, ["time", *shape_of(rank, arguments, 1)], ["Masking"][:masked])
    compare(graph, inputs={"x": with_zeros(graph, data.draw(st.integers(0, 99)))}, opset=data.draw(OPSETS))


@layer_settings
@given(data=st.data())
def test_takes_what_keras_takes(data: st.DataObject) -> None:
    """Kernels that may not fit, strides with dilation, inputs of several ranks and dtypes."""
    arguments = {
        "filters": 2,
        "kernel_size": data.draw(st.integers(1, 5)),
        "strides": data.draw(st.integers(1, 2)),
        "dilation_rate": data.draw(st.integers(1, 2)),
        "padding": data.draw(st.sampled_from(["valid", "same"])),
    }
    shape = data.draw(st.sampled_from([[3, 4, 2], [3, 4, 2], [4, 2], [3, 4, 4, 2]]))
    dtype = data.draw(st.sampled_from(["float32", "float32", "int32"]))
    assert takes("ConvLSTM1D", arguments, shape, dtype) == keras_takes("ConvLSTM1D", arguments, shape, dtype)


def test_held_by_time_distributed() -> None:
    held = {"ConvLSTM1D": {"filters": 2, "kernel_size": 2, "return_sequences": True}}
    compare(spec({"TimeDistributed": {"layer": held}}, {"x": [3, "time", 4, 2]}), dynamic=4)


def test_one_convolution_for_the_inputs_and_one_a_step() -> None:
    layer = {"ConvLSTM2D": {"filters": 2, "kernel_size": 3}}
    found = operators(spec(layer, {"x": [6, 5, 5, 2]}))
    assert (found.count("Conv"), found.count("Scan"), found.count("Transpose")) == (1, 1, 2)
    first = {"ConvLSTM2D": {"filters": 2, "kernel_size": 3, "return_sequences": True}}
    stack = operators(spec(layer, {"x": ["time", 9, 9, 2]}, [first]))
    assert stack.count("Transpose") == 2


def test_costs_are_what_the_definition_counts() -> None:
    """For every position of the output, window, input channel or filter, and gate of a filter."""
    graph = spec({"ConvLSTM2D": {"filters": 3, "kernel_size": 2, "strides": 2}}, {"x": ["time", 5, 6, 2]})
    positions, window, gates = (
        list(product(range(2), range(3))),
        list(product(range(2), range(2))),
        range(4 * 3),
    )
    inputs = sum(1 for _ in product(positions, window, range(2), gates))
    state = sum(1 for _ in product(positions, window, range(3), gates))
    assert str(graph.macs) == f"{inputs + state}*time"


@pytest.mark.parametrize(
    ("item", "shape", "code", "message"),
    [
        (
            {"ConvLSTM2D": {"filters": 2, "kernel_size": 3}},
            [8, 8, 2],
            "NN201",
            "ConvLSTM2D takes an input of rank 5 [batch, time, height, width, channels], not of rank 4",
        ),
        (
            {"ConvLSTM2D": {"filters": 2, "kernel_size": 3, "data_format": "channels_first"}},
            [8],
            "NN201",
            "ConvLSTM2D takes an input of rank 5 [batch, time, channels, height, width], not of rank 2",
        ),
        (
            {"ConvLSTM2D": {"filters": 2, "kernel_size": 3}},
            [4, "height", 8, 2],
            "NN207",
            "an axis of the input has the dynamic size height, and a state's shape depends on it",
        ),
        (
            {"ConvLSTM2D": {"filters": 2, "kernel_size": 9}},
            [4, 8, 8, 2],
            "NN204",
            'kernel 9x9 does not fit input 8x8 with padding "valid"',
        ),
        (
            {"ConvLSTM1D": {"filters": 2, "kernel_size": 2, "strides": 2, "dilation_rate": 2}},
            [4, 8, 2],
            "NN104",
            "ConvLSTM1D cannot have strides and a dilation rate that are both above 1",
        ),
        (
            {"ConvLSTM1D": {"filters": 2, "kernel_size": 2, "stateful": True}},
            [4, 8, 2],
            "NN112",
            "ConvLSTM1D cannot have stateful in a spec",
        ),
        (
            {
                "Bidirectional": {
                    "layer": {"ConvLSTM1D": {"filters": 2, "kernel_size": 2}},
                    "backward_layer": {
                        "ConvLSTM1D": {"filters": 2, "kernel_size": 3, "go_backwards": True},
                    },
                }
            },
            [4, 8, 2],
            "NN203",
            "the layer gives float32[batch, 7, 2], and the backward layer float32[batch, 6, 2]",
        ),
    ],
    ids=str,
)
def test_refused(item: dict[str, Any], shape: list[Any], code: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        spec(item, {"x": shape})
    (found,) = caught.value.diagnostics
    assert (found.code, found.message[: len(message)]) == (code, message)
    assert found.help


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"padding": "valid"},
            "the mask of the input has the axes [4] beside batch and time, and the state [3]",
        ),
        ({"padding": "same", "unroll": True}, "unrolled, Keras cannot mask single positions"),
    ],
)
def test_masks_that_do_not_fit(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        spec({"ConvLSTM1D": {"filters": 2, "kernel_size": 2, **arguments}}, {"x": [3, 4, 1]}, ["Masking"])
    assert caught.value.diagnostics[0].message == message
