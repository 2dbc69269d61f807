"""SimpleRNN, LSTM and GRU against Keras itself: types, weights, and native ONNX, with and without masks."""

from __future__ import annotations

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
    run_keras,
    run_onnx,
    spec,
)
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.keras import build
from nnspec.backends.weights import initialize
from nnspec.spec.diagnostics import SpecError
from recurrence import ACTIVATIONS, LAYERS, fields, masked_ids, masking, network


@pytest.mark.parametrize("kind", LAYERS)
@layer_settings
@given(data=st.data())
def test_as_keras(kind: str, data: st.DataObject) -> None:
    arguments = data.draw(fields(kind))
    length = data.draw(st.sampled_from([1, 2, 3, 7]))
    steps = length if arguments["unroll"] else data.draw(st.sampled_from([length, "time"]))
    graph = network(kind, arguments, steps, masked=False, initial=data.draw(st.booleans()))
    compare(graph, opset=data.draw(OPSETS), dynamic=length)


@pytest.mark.parametrize("kind", LAYERS)
@layer_settings
@given(data=st.data())
def test_masked_as_keras(kind: str, data: st.DataObject) -> None:
    """Masked steps may be anywhere, at the start, at the end, between, in all of a sample."""
    arguments = data.draw(fields(kind))
    if arguments["go_backwards"] and arguments["zero_output_for_mask"] and arguments["return_sequences"]:
        arguments["unroll"] = False
    length = data.draw(st.sampled_from([1, 2, 5, 8]))
    steps = length if arguments["unroll"] else data.draw(st.sampled_from([length, "time"]))
    graph = network(kind, arguments, steps, masked=True, initial=data.draw(st.booleans()))
    rng = np.random.default_rng(1)
    inputs = {i.name: rng.normal(size=(6, arguments["units"])).astype(np.float32) for i in graph.inputs}
    inputs["x"] = masked_ids(6, length, data.draw(st.integers(0, 1000)))
    compare(graph, inputs=inputs, opset=data.draw(OPSETS))


@pytest.mark.parametrize("gate", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_every_gate(kind: str, gate: Any) -> None:
    compare(spec({kind: {"units": 3, "recurrent_activation": gate}}, {"x": [2, 3]}))


@pytest.mark.parametrize("kind", LAYERS)
def test_whole_numbers_are_cast(kind: str) -> None:
    compare(spec({kind: 3}, {"x": {"shape": ["time", 2], "dtype": "int32"}}))


@pytest.mark.parametrize("kind", LAYERS)
def test_fixed_bias_is_taken_as_it_is(kind: str) -> None:
    """Keras would make an LSTM's bias of parts, each from the initializer, and cannot of fixed values."""
    shape = {"SimpleRNN": (2,), "LSTM": (8,), "GRU": (2, 6)}[kind]
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    graph = spec({kind: {"units": 2, "bias_initializer": {"values": values.tolist()}}}, {"x": ["time", 3]})
    weights = initialize(graph)
    np.testing.assert_array_equal(weights["layer/bias"], values)
    np.testing.assert_array_equal(build(graph, weights).get_layer("layer").get_weights()[2], values)


def test_forget_gate_begins_with_one() -> None:
    graph = spec({"LSTM": 2}, {"x": ["time", 3]})
    np.testing.assert_array_equal(initialize(graph)["layer/bias"], [0, 0, 1, 1, 0, 0, 0, 0])


def test_series_of_any_length() -> None:
    """One model for every length: LSTM, LSTM, TimeDistributed Dense over [time, 1]."""
    lstms = [{"LSTM": {"units": 20, "return_sequences": True}}] * 2
    graph = spec({"TimeDistributed": {"layer": {"Dense": 10}}}, {"series": ["time", 1]}, lstms)
    weights = random_weights(graph)
    model = build(graph, weights)
    for length in (1, 2, 5, 40):
        inputs = {"series": np.random.default_rng(length).normal(size=(2, length, 1)).astype(np.float32)}
        (expected,), (actual,) = run_keras(model, graph, inputs), run_onnx(graph, weights, inputs, 21)
        np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_time_major_between_recurrent_layers() -> None:
    lstms = [
        {"LSTM": {"units": 4, "return_sequences": True}},
        {"GRU": {"units": 4, "return_sequences": True}},
    ]
    held = {"TimeDistributed": {"layer": {"Dense": {"units": 2, "activation": "relu"}}}}
    stack = ["Transpose", "LSTM", "Squeeze", "GRU", "Squeeze", "MatMul", "Add", "Relu", "Transpose"]
    assert operators(spec(held, {"x": ["time", 3]}, lstms)) == stack
    assert operators(spec({"Dense": {"units": 2, "activation": "relu"}}, {"x": ["time", 3]}, lstms)) == stack


@pytest.mark.parametrize("kind", LAYERS)
def test_one_operator(kind: str) -> None:
    operator = {"SimpleRNN": "RNN"}.get(kind, kind)
    assert operators(spec({kind: 4}, {"x": ["time", 3]})) == ["Transpose", operator, "Squeeze"]
    backwards = {kind: {"units": 4, "go_backwards": True, "return_sequences": True}}
    assert operators(spec(backwards, {"x": ["time", 3]})) == [
        "Transpose",
        operator,
        "Squeeze",
        "Slice",
        "Transpose",
    ]


def test_types_and_costs() -> None:
    graph = spec({"LSTM": {"units": 4, "return_sequences": True, "return_state": True}}, {"x": ["time", 3]})
    signature = graph.by_name["layer"].signature
    assert [str(t) for t in signature.outputs] == ["float32[batch, time, 4]"] + ["float32[batch, 4]"] * 2
    # At each step, four gates of four units weigh three inputs and four of the state.
    assert str(signature.macs) == "112*time"
    assert graph.parameters(trainable=True) == 4 * 4 * (3 + 4 + 1)
    gru = spec({"GRU": 4}, {"x": [5, 3]})
    assert gru.macs == 5 * 3 * 4 * (3 + 4)
    assert gru.weights["layer/bias"].shape == (2, 12)
    assert spec({"GRU": {"units": 4, "reset_after": False}}, {"x": [5, 3]}).weights["layer/bias"].shape == (
        12,
    )


def refusal(item: dict[str, Any], inputs: dict[str, Any], **others: Any) -> tuple[str, str, str]:
    """Code, message and the text at fault of the one finding."""
    with pytest.raises(SpecError) as caught:
        spec(item, inputs, **others)
    (found,) = caught.value.diagnostics
    assert found.help
    assert found.span is not None
    return found.code, found.message, found.span.source.text[found.span.start : found.span.end]


@pytest.mark.parametrize(
    ("item", "shape", "code", "message", "at"),
    [
        (
            {"LSTM": 3},
            [8],
            "NN201",
            "LSTM takes an input of rank 3 [batch, time, features], not of rank 2",
            '"LSTM"',
        ),
        (
            {"LSTM": 3},
            [8, 8, 3],
            "NN201",
            "LSTM takes an input of rank 3 [batch, time, features], not of rank 4",
            '"LSTM"',
        ),
        (
            {"GRU": 3},
            [8, "n"],
            "NN207",
            "the last axis of the input has the dynamic size n, and a weight's shape",
            '"GRU"',
        ),
        (
            {"GRU": {"units": 3, "stateful": True}},
            [8, 2],
            "NN112",
            "GRU cannot have stateful in a spec",
            '"stateful"',
        ),
        (
            {"LSTM": {"units": 3, "unroll": True}},
            ["n", 2],
            "NN207",
            "unroll needs to know the number of steps",
            "true",
        ),
        (
            {"LSTM": {"units": 3, "activation": "glu"}},
            [8, 2],
            "NN112",
            "activation: glu halves its axis",
            '"glu"',
        ),
        (
            {"LSTM": {"units": 3, "use_cudnn": True}},
            [8, 2],
            "NN112",
            "use_cudnn: true cannot be computed on every machine",
            "true",
        ),
        (
            {"GRU": {"units": 3, "use_cudnn": "yes"}},
            [8, 2],
            "NN104",
            "use_cudnn must be one of auto, False",
            '"yes"',
        ),
        (
            *({"GRU": {"units": 3, "activation": {"softmax": {"axis": 2}}}}, [8, 2]),
            *("NN201", "axis 2 is out of range for an input of rank 2", '{"softmax": {"axis": 2}}'),
        ),
    ],
    ids=str,
)
def test_refused(item: dict[str, Any], shape: list[Any], code: str, message: str, at: str) -> None:
    found = refusal(item, {"x": shape})
    assert (found[0], found[2]) == (code, at)
    assert found[1].startswith(message)


def test_initial_states_that_do_not_fit() -> None:
    inputs = {"x": [8, 2], "h": [3], "c": [4]}
    one = {"sequences": "x", "initial_state": ["h"]}
    assert refusal({"LSTM": 3}, inputs, from_=one)[1] == "LSTM starts from 2 states, not from 1"
    both = {"sequences": "x", "initial_state": ["h", "c"]}
    assert refusal({"LSTM": 3}, inputs, from_=both)[:2] == (
        "NN203",
        "a state of LSTM is [batch, 3], not float32[batch, 4]",
    )
    assert refusal({"GRU": 3}, inputs, from_=both)[1] == "GRU starts from 1 state, not from 2"


def test_unrolled_mask_that_keras_turns_the_wrong_way() -> None:
    arguments = {
        "units": 3,
        "unroll": True,
        "go_backwards": True,
        "return_sequences": True,
        "zero_output_for_mask": True,
    }
    found = refusal({"LSTM": arguments}, {"x": {"shape": [6], "dtype": "int32"}}, before=masking())
    assert found[::2] == ("NN112", "true")


# What the operators do not know.
OTHERS = ["selu", "gelu", "relu6", "softmax", "mish", {"relu": {"max_value": 1.0}}]


@pytest.mark.parametrize("kind", LAYERS)
@layer_settings
@given(data=st.data())
def test_what_the_operators_cannot_is_a_loop(kind: str, data: st.DataObject) -> None:
    """Activations that they lack, and float64, with masks and without."""
    arguments = data.draw(fields(kind)) | {"unroll": False}
    if data.draw(st.booleans()):
        arguments["activation"] = data.draw(st.sampled_from(OTHERS))
    else:
        arguments["dtype"] = "float64"
    masked, length = data.draw(st.booleans()), data.draw(st.sampled_from([1, 2, 5]))
    graph = network(kind, arguments, "time", masked, initial=data.draw(st.booleans()))
    inputs = random_inputs(graph, batch=6, dynamic=length)
    if masked:
        inputs["x"] = masked_ids(6, length, data.draw(st.integers(0, 1000)))
    opset = data.draw(OPSETS)
    compare(graph, inputs=inputs, opset=opset)
    assert "Scan" in operators(graph, opset)


@pytest.mark.parametrize("kind", LAYERS)
def test_bfloat16_is_computed_in_float32(kind: str) -> None:
    layer = {kind: {"units": 3, "dtype": "bfloat16", "recurrent_initializer": "glorot_uniform"}}
    graph = spec({"Activation": "linear"}, {"x": ["time", 2]}, [layer])
    weights = random_weights(graph)
    inputs = random_inputs(graph)
    (expected,) = run_keras(build(graph, weights), graph, inputs)
    for opset in (15, 22):
        (actual,) = run_onnx(graph, weights, inputs, opset)
        np.testing.assert_allclose(actual, expected, atol=0.02)


def test_orthogonal_is_not_made_in_bfloat16() -> None:
    found = refusal({"LSTM": {"units": 3, "dtype": "bfloat16"}}, {"x": ["time", 2]})
    assert found[:2] == (
        "NN203",
        "Keras cannot make Orthogonal in bfloat16, and recurrent_kernel has shape [3, 12]",
    )


@pytest.mark.parametrize(("dtype", "opset"), [("float16", 15), ("mixed_float16", 21), ("mixed_bfloat16", 22)])
def test_half_precision_is_valid_onnx(dtype: str, opset: int) -> None:
    graph = spec(
        {"Bidirectional": {"layer": {"LSTM": {"units": 3, "dtype": dtype}}, "dtype": dtype}},
        {"x": ["time", 2]},
    )
    assert graph.by_name["layer"].signature.output.dtype == dtype.removeprefix("mixed_")
    assert "LSTM" in operators(graph, opset)
