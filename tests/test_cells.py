"""RNN over cells against Keras itself: types, weights, masks, states, and native ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from differential import (
    OPSETS,
    compare,
    layer_settings,
    operators,
    random_inputs,
    random_weights,
    spec,
    takes,
)
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.keras import build
from nnspec.backends.python import emit
from nnspec.backends.weights import load
from nnspec.compiler.graph import Graph
from nnspec.spec.diagnostics import SpecError
from recurrence import fields, masked_ids, masking

CELLS = {"SimpleRNNCell": "SimpleRNN", "LSTMCell": "LSTM", "GRUCell": "GRU"}
SWITCHES = ("return_sequences", "return_state", "go_backwards", "unroll", "zero_output_for_mask")


@st.composite
def cells(draw: st.DrawFn) -> dict[str, Any]:
    """A cell, any of its fields away from their defaults."""
    name = draw(st.sampled_from(list(CELLS)))
    given = draw(fields(CELLS[name]))
    return {name: {key: value for key, value in given.items() if key not in (*SWITCHES, "use_cudnn")}}


@st.composite
def held(draw: st.DrawFn) -> Any:
    """What RNN holds: a cell, a list of them, a stack of them, or a stack within a stack."""
    several = st.lists(cells(), min_size=1, max_size=3)
    shape = draw(st.sampled_from(["cell", "list", "stack", "nested"]))
    match shape:
        case "cell":
            return draw(cells())
        case "list":
            return draw(several)
        case "stack":
            return {"StackedRNNCells": draw(several)}
    return [{"StackedRNNCells": {"cells": draw(several)}}, draw(cells())]


def state_sizes(cell: Any) -> list[int]:
    if isinstance(cell, list):
        return [size for one in cell for size in state_sizes(one)]
    ((name, arguments),) = cell.items()
    if name == "StackedRNNCells":
        return state_sizes(arguments["cells"] if isinstance(arguments, dict) else arguments)
    return [arguments["units"]] * (2 if name == "LSTMCell" else 1)


def has_stack_of_one(cell: Any) -> bool:
    stacked = cell.get("StackedRNNCells") if isinstance(cell, dict) else cell
    cells = stacked["cells"] if isinstance(stacked, dict) else stacked
    return cells is not None and (len(cells) == 1 or any(map(has_stack_of_one, cells)))


def network(item: dict[str, Any], steps: int | str, masked: bool, states: list[int], outputs: int) -> Graph:
    """The layer over numbers, or over ids of which 0 is masked, from states that are inputs if there are sizes."""
    initial = {f"s{i}": [size] for i, size in enumerate(states)}
    source = {"sequences": "embedded" if masked else "x"} | (
        {"initial_state": list(initial)} if initial else {}
    )
    ids = {"shape": [steps], "dtype": "int32"}
    inputs = {"x": ids if masked else [steps, 3], **initial}
    before = masking() if masked else ()
    graph = spec(item, inputs, before, source)
    names = graph.by_name["layer"].layer.output_names[1:]
    return spec(item, inputs, before, source, ["layer", *(f"layer.{name}" for name in names)][:outputs])


@layer_settings
@given(data=st.data())
def test_as_keras(data: st.DataObject) -> None:
    cell = data.draw(held())
    arguments = {name: data.draw(st.booleans()) for name in SWITCHES}
    if isinstance(cell, list) and "StackedRNNCells" in cell[0]:
        arguments["return_state"] = False
    arguments["unroll"] &= not has_stack_of_one(cell)
    length = data.draw(st.sampled_from([1, 2, 5]))
    steps = length if arguments["unroll"] else data.draw(st.sampled_from([length, "time"]))
    states = state_sizes(cell) if data.draw(st.booleans()) else []
    graph = network(
        {"RNN": {"cell": cell, **arguments}}, steps, False, states, data.draw(st.sampled_from([1, 9]))
    )
    compare(graph, opset=data.draw(OPSETS), dynamic=length)


@layer_settings
@given(data=st.data())
def test_masked_as_keras(data: st.DataObject) -> None:
    cell = data.draw(held().filter(lambda cell: not has_stack_of_one(cell)))
    arguments = {name: data.draw(st.booleans()) for name in SWITCHES}
    if arguments["go_backwards"] and arguments["zero_output_for_mask"]:
        arguments["unroll"] = False
    if isinstance(cell, list) and "StackedRNNCells" in cell[0]:
        arguments["return_state"] = False
    length = data.draw(st.sampled_from([1, 2, 5, 8]))
    steps = length if arguments["unroll"] else data.draw(st.sampled_from([length, "time"]))
    graph = network({"RNN": {"cell": cell, **arguments}}, steps, True, [], data.draw(st.sampled_from([1, 9])))
    inputs = {"x": masked_ids(6, length, data.draw(st.integers(0, 1000)))}
    compare(graph, inputs=inputs, opset=data.draw(OPSETS))


@layer_settings
@given(data=st.data())
def test_bidirectional_as_keras(data: st.DataObject) -> None:
    cell = data.draw(held().filter(lambda cell: not has_stack_of_one(cell)))
    for one in cells_in(cell):
        one["activation"] = data.draw(st.sampled_from(["tanh", "relu", "sigmoid"]))
    returned = {"return_sequences": data.draw(st.booleans())}
    if not (isinstance(cell, list) and "StackedRNNCells" in cell[0]):
        returned["return_state"] = data.draw(st.booleans())
    wrapper = {
        "layer": {"RNN": {"cell": cell, **returned}},
        "merge_mode": data.draw(st.sampled_from(["concat", "sum", "mul", "ave", None])),
    }
    masked = data.draw(st.booleans())
    states = [] if masked or data.draw(st.booleans()) else state_sizes(cell) * 2
    graph = network({"Bidirectional": wrapper}, "time", masked, states, data.draw(st.sampled_from([1, 9])))
    inputs = random_inputs(graph, batch=6, dynamic=5)
    if masked:
        inputs["x"] = masked_ids(6, 5, data.draw(st.integers(0, 1000)))
    compare(graph, inputs=inputs, opset=data.draw(OPSETS))


def cells_in(cell: Any) -> list[dict[str, Any]]:
    """The arguments of every cell."""
    if isinstance(cell, list):
        return [arguments for one in cell for arguments in cells_in(one)]
    ((name, arguments),) = cell.items()
    if name == "StackedRNNCells":
        return cells_in(arguments["cells"] if isinstance(arguments, dict) else arguments)
    return [arguments]


@layer_settings
@given(data=st.data())
def test_takes_what_keras_takes(data: st.DataObject) -> None:
    """Stacks of any shape, unrolled or not, states returned or not, inputs of several ranks."""
    cell = st.sampled_from(["SimpleRNNCell", "LSTMCell"]).map(lambda name: {name: {"units": 2}})
    stack = st.recursive(cell, lambda one: st.lists(one, max_size=2), max_leaves=4)
    given = data.draw(stack)
    arguments = {name: data.draw(st.booleans()) for name in ("return_state", "unroll")}
    shape = data.draw(st.sampled_from([[3, 2], [3], [3, 5, 2]]))
    ours = {"cell": nested(given), **arguments}
    assert takes("RNN", ours, shape) == keras_runs({"cell": made(given), **arguments}, shape)


def keras_runs(arguments: dict[str, Any], shape: list[int]) -> bool:
    """Whether Keras builds the layer, and computes the same unrolled or not."""
    import keras

    layer, ones = keras.layers.RNN(**arguments), np.ones((2, *shape), np.float32)
    x = keras.Input(shape)
    try:
        given = keras.tree.flatten(keras.Model(x, layer(x))(ones))
        layer.unroll = False
        stepwise = keras.tree.flatten(layer(ones))
    except Exception:
        return False
    return all(np.allclose(a, b) for a, b in zip(given, stepwise, strict=True))


def nested(cell: Any) -> Any:
    """Lists within a list are stacks by name."""
    if not isinstance(cell, list):
        return cell
    return [{"StackedRNNCells": {"cells": nested(one)}} if isinstance(one, list) else one for one in cell]


def made(cell: Any) -> Any:
    import keras

    if not isinstance(cell, list):
        ((name, arguments),) = cell.items()
        return getattr(keras.layers, name)(**arguments)
    stacks = [made(one) for one in cell]
    return [keras.layers.StackedRNNCells(one) if isinstance(one, list) else one for one in stacks]


def test_no_loop_and_a_chain_of_operators() -> None:
    stack = {"RNN": {"cell": [{"LSTMCell": 3}, {"GRUCell": 2}], "return_sequences": True}}
    chain = ["Transpose", "LSTM", "Squeeze", "GRU", "Squeeze", "Transpose"]
    assert operators(spec(stack, {"x": ["time", 4]})) == chain
    assert operators(spec({"RNN": {"cell": {"LSTMCell": 3}}}, {"x": ["time", 4]})) == operators(
        spec({"LSTM": 3}, {"x": ["time", 4]})
    )


def test_weights_are_named_after_their_cell() -> None:
    graph = spec({"RNN": [{"LSTMCell": {"units": 3, "use_bias": False}}, {"GRUCell": 2}]}, {"x": ["time", 4]})
    names = ["cells/0/kernel", "cells/0/recurrent_kernel"]
    names += [f"cells/1/{kind}" for kind in ("kernel", "recurrent_kernel", "bias")]
    assert list(graph.weights) == [f"layer/{name}" for name in names]
    macs = 4 * 3 * (4 + 3) + 3 * 2 * (3 + 2)
    assert str(graph.macs) == f"{macs}*time"


def test_fixed_bias_of_a_cell() -> None:
    cell = {"LSTMCell": {"units": 1, "bias_initializer": {"values": [1, 2, 3, 4]}}}
    compare(spec({"RNN": {"cell": cell}}, {"x": ["time", 2]}))


def test_states_are_grouped_by_cell_in_code() -> None:
    item = {"RNN": {"cell": [{"LSTMCell": 3}, {"GRUCell": 2}], "return_state": True}}
    inputs = {"x": ["time", 4], "h": [3], "c": [3], "s": [2]}
    source = {"sequences": "x", "initial_state": ["h", "c", "s"]}
    code = emit(spec(item, inputs, (), source, ["layer", "layer.state_0_c"]))
    assert "layer, (_, layer_state_0_c), _ = " in code
    assert "initial_state=[[h, c], s]" in code


def test_states_of_a_stack_within_a_stack() -> None:
    inner = {"StackedRNNCells": [{"GRUCell": 3}]}
    item = {"RNN": {"cell": [inner, {"LSTMCell": 2}], "return_state": True}}
    graph = spec(item, {"x": ["time", 4]}, outputs=["layer", "layer.state_0_0"])
    compare(graph)
    assert "layer, (layer_state_0_0,), (_, _) = " in emit(graph)


@pytest.mark.parametrize(
    ("item", "code", "message", "help"),
    [
        (
            {"LSTMCell": 3},
            "NN112",
            "LSTMCell is one step of a recurrent layer, and no layer by itself",
            "write LSTM: …, or RNN: {cell: {LSTMCell: …}}",
        ),
        (
            {"TimeDistributed": {"layer": {"StackedRNNCells": [{"GRUCell": 3}]}}},
            "NN112",
            "StackedRNNCells is one step of a recurrent layer, and no layer by itself",
            "write RNN: {cell: {StackedRNNCells: …}}",
        ),
        ({"RNN": {"cell": {"LSTM": 3}}}, "NN112", "a cell computes one step, and LSTM is none", "LSTMCell"),
        ({"RNN": {"cell": {"Dense": 3}}}, "NN112", "a cell computes one step, and Dense is none", "GRUCell"),
        ({"RNN": []}, "NN112", "a stack is a list of one cell or more", "write ["),
        (
            {"RNN": {"LSTMCell": 3}},
            "NN101",
            "LSTMCell is not a field of RNN",
            "write RNN: {cell: {LSTMCell: …}}",
        ),
        (
            {"RNN": [{"LSTMCell": {"units": 3, "dtype": "float16"}}]},
            "NN202",
            "StackedRNNCells computes in float32, and the LSTMCell in it in float16",
            "same dtype",
        ),
        (
            {"RNN": {"cell": {"LSTMCell": {"units": 3, "activation": {"softmax": {"axis": 2}}}}}},
            "NN201",
            "axis 2 is out of range for an input of rank 2",
            "axes go from",
        ),
    ],
    ids=str,
)
def test_refused(item: dict[str, Any], code: str, message: str, help: str) -> None:
    with pytest.raises(SpecError) as caught:
        spec(item, {"x": ["time", 5, 2] if "TimeDistributed" in item else ["time", 2]})
    (found,) = caught.value.diagnostics
    assert (found.code, found.message[: len(message)]) == (code, message)
    assert found.help and help in found.help
    assert found.span is not None


def test_a_mask_does_not_go_through_a_stack_of_one() -> None:
    ids = {"shape": ["time"], "dtype": "int32"}
    with pytest.raises(SpecError, match="Keras cannot take a mask through a stack of one cell"):
        spec({"RNN": [{"LSTMCell": 3}]}, {"x": ids}, masking())


@pytest.mark.parametrize("wrapper", [None, "Bidirectional", "TimeDistributed"])
@pytest.mark.parametrize("suffix", [".keras", ".weights.h5"])
def test_files_have_the_cells_of_a_stack_in_another_order(
    tmp_path: Path, suffix: str, wrapper: str | None
) -> None:
    inner = {"StackedRNNCells": [{"SimpleRNNCell": 2}, {"GRUCell": 2}]}
    item = {"RNN": [{"LSTMCell": 3}, {"GRUCell": 2}, inner, {"LSTMCell": 2}, {"GRUCell": 4}]}
    shape = [3, "time", 2] if wrapper == "TimeDistributed" else ["time", 2]
    graph = spec({wrapper: {"layer": item}} if wrapper else item, {"x": shape})
    weights = random_weights(graph)
    model, file = build(graph, weights), tmp_path / f"model{suffix}"
    (model.save if suffix == ".keras" else model.save_weights)(file)
    found = load(file, graph)
    assert found.keys() == weights.keys()
    for key, value in weights.items():
        np.testing.assert_array_equal(found[key], value)


@pytest.mark.parametrize(
    ("item", "shape", "fits"),
    [
        ({"LSTM": {"units": 2, "dropout": 0.2}}, [4, 3], False),
        ({"LSTM": {"units": 2, "recurrent_dropout": 0.2}}, [4, 3], True),
        (
            {"RNN": {"cell": [{"LSTMCell": {"units": 2}}, {"GRUCell": {"units": 2, "dropout": 0.2}}]}},
            [4, 3],
            True,
        ),
        ({"RNN": {"cell": {"GRUCell": {"units": 2, "dropout": 0.2}}}}, [4, 3], False),
        ({"ConvLSTM1D": {"filters": 2, "kernel_size": 2, "dropout": 0.2}}, [4, 3, 1], False),
    ],
)
def test_no_whole_numbers_are_left_out(item: dict[str, Any], shape: list[int], fits: bool) -> None:
    (name,) = item
    assert takes(name, item[name], shape, "int32") == fits
