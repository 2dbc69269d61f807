"""Dense, Embedding and Identity against Keras."""

from __future__ import annotations

from typing import Any

import nnspec
import numpy as np
import pytest
from differential import (
    OPSETS,
    compare,
    keras_takes,
    layer_settings,
    random_inputs,
    random_weights,
    spec,
    takes,
)
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.onnx.emit import to_onnx

SIZES = st.sampled_from([1, 2, 3, "time", "other"])
DTYPES = st.sampled_from(["float32", "float32", "float64", "int32", "int64", "uint8", "bool"])
ACTIVATIONS = st.sampled_from(
    [None, "relu", "softmax", "tanh", "gelu", {"leaky_relu": {"negative_slope": 0.1}}]
)
MOVED = {3: {"LSTM": {"units": 4, "return_sequences": True}}, 4: {"Conv2D": {"filters": 4, "kernel_size": 1}}}


@layer_settings
@given(
    st.lists(SIZES, max_size=3),
    st.integers(1, 4),
    st.integers(1, 5),
    ACTIVATIONS,
    st.booleans(),
    DTYPES,
    st.booleans(),
    OPSETS,
)
def test_dense(
    axes: list[Any],
    features: int,
    units: int,
    activation: Any,
    bias: bool,
    dtype: str,
    moved: bool,
    opset: int,
) -> None:
    before = [MOVED[len(axes) + 2]] if moved and len(axes) in (1, 2) else []
    inputs = {"x": [*axes, features] if before else {"shape": [*axes, features], "dtype": dtype}}
    fields = {"units": units, "activation": activation, "use_bias": bias}
    compare(spec({"Dense": fields}, inputs, before), opset=opset, dynamic=4)


@layer_settings
@given(
    st.lists(SIZES, max_size=2),
    st.integers(5, 7),
    st.integers(1, 4),
    st.sampled_from(["int32", "int64", "uint8", "int8", "int16", "uint16"]),
    st.booleans(),
    OPSETS,
)
def test_embedding(shape: list[Any], words: int, size: int, dtype: str, mask_zero: bool, opset: int) -> None:
    fields = {"input_dim": words, "output_dim": size, "mask_zero": mask_zero}
    compare(spec({"Embedding": fields}, {"x": {"shape": shape, "dtype": dtype}}), opset=opset, dynamic=4)


@layer_settings
@given(st.lists(SIZES, max_size=3), DTYPES, OPSETS)
def test_identity(shape: list[Any], dtype: str, opset: int) -> None:
    compare(spec("Identity", {"x": {"shape": shape, "dtype": dtype}}), opset=opset, dynamic=4)


@layer_settings
@given(st.lists(st.integers(1, 3), max_size=3), st.integers(-1, 2))
def test_dense_refuses_what_keras_refuses(shape: list[int], units: int) -> None:
    assert takes("Dense", {"units": units}, shape) == keras_takes("Dense", {"units": units}, shape)


def test_a_number_below_zero_counts_from_the_end() -> None:
    graph = spec({"Embedding": {"input_dim": 5, "output_dim": 2}}, {"x": {"shape": [3], "dtype": "int32"}})
    compare(graph, inputs={"x": np.array([[0, -1, 4]], np.int32)})


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_ids_that_are_not_whole(dtype: str) -> None:
    layer = {"Embedding": {"input_dim": 5, "output_dim": 2, "mask_zero": True}, "name": "words"}
    ids = {"x": {"shape": [4], "dtype": dtype}}
    graph = spec("GlobalAveragePooling1D", ids, [layer], outputs=["words", "layer"])
    compare(graph, inputs={"x": np.array([[0.0, 0.6, 2.9, 0.0], [4.2, 0.0, 1.0, 0.1]], dtype)})


def test_types_weights_and_macs_by_hand() -> None:
    graph = spec({"Dense": 5}, {"x": ["time", 3]})
    node = graph.nodes[0]
    assert str(node.signature.output) == "float32[batch, time, 5]"
    assert [(w.name, w.shape) for w in node.signature.weights] == [("kernel", (3, 5)), ("bias", (5,))]
    assert (str(graph.macs), node.parameters) == ("15*time", 20)
    graph = spec(
        {"Embedding": {"input_dim": 10, "output_dim": 4, "mask_zero": True}},
        {"x": {"shape": ["time"], "dtype": "int32"}},
    )
    output = graph.nodes[0].signature.output
    assert (str(output), output.masked, graph.macs) == ("float32[batch, time, 4]", True, 0)


def test_dense_over_a_dynamic_axis() -> None:
    with pytest.raises(nnspec.SpecError, match="has the dynamic size time"):
        spec({"Dense": 5}, {"x": [3, "time"]})


def test_operators() -> None:
    def operators(graph: nnspec.Graph) -> list[str]:
        return [node.op_type for node in to_onnx(graph, random_weights(graph)).graph.node]

    assert operators(spec({"Dense": 5}, {"x": [3]})) == ["Gemm"]
    assert operators(spec({"Dense": 5}, {"x": [2, 3]})) == ["MatMul", "Add"]
    ids = {"x": {"shape": [3], "dtype": "int32"}}
    assert operators(spec({"Embedding": {"input_dim": 5, "output_dim": 2, "mask_zero": True}}, ids)) == [
        "Gather"
    ]
    assert operators(spec({"Dense": 5}, {"x": [3]}, ["Identity"])) == ["Gemm"]


@layer_settings
@given(data=st.data())
def test_masking(data: st.DataObject) -> None:
    """The features of a masked step are zeros, and so is what a recurrent layer behind it makes of it."""
    dtype = data.draw(st.sampled_from(["float32", "float16", "float64"]))
    value = data.draw(st.sampled_from([0.0, 1.0, 0.1]))
    shape = data.draw(st.sampled_from([[3], [4, 2], ["time", 2], ["time", 3, 1]]))
    moved = MOVED[len(shape) + 1] if len(shape) == 2 and data.draw(st.booleans()) else None
    graph = spec({"Masking": {"mask_value": value, "dtype": dtype}}, {"x": shape}, [moved] if moved else [])
    assert graph.by_name["layer"].signature.output.masked
    compare(graph, inputs={"x": padded(graph, value, data.draw(st.integers(0, 99)))}, opset=data.draw(OPSETS))


@layer_settings
@given(data=st.data())
def test_masking_before_other_layers(data: st.DataObject) -> None:
    before = [MOVED[3]] if data.draw(st.booleans()) else []
    value = 0.0 if before else data.draw(st.sampled_from([0.0, 1.0, 0.1]))
    after = data.draw(st.sampled_from(["LSTM", "GRU", "SimpleRNN", "GlobalAveragePooling1D"]))
    fields = {"units": 3, "return_sequences": data.draw(st.booleans())} if "Global" not in after else {}
    graph = spec({after: fields}, {"x": ["time", 2]}, [*before, {"Masking": value}])
    x = padded(graph, value, data.draw(st.integers(0, 99)))
    # Keras divides by the number of steps that are left, which is none in a sample masked whole.
    x[:, 0] = value + 1
    compare(graph, inputs={"x": x}, opset=data.draw(OPSETS))


def padded(graph: nnspec.Graph, value: float, seed: int) -> np.ndarray:
    """An input with steps anywhere whose features all are `value`, and single features that are."""
    x = random_inputs(graph, dynamic=5, seed=seed)["x"]
    rng = np.random.default_rng(seed)
    x[rng.random(x.shape[:-1]) < 0.4] = value
    x[rng.random(x.shape) < 0.2] = value
    return x


@pytest.mark.parametrize(
    ("shape", "dtype", "message"),
    [([4, 2], "int32", "Masking takes floats, not int32"), ([], "float32", "rank 2 or more, not of rank 1")],
)
def test_what_masking_refuses(shape: list[int], dtype: str, message: str) -> None:
    with pytest.raises(nnspec.SpecError, match=message):
        spec("Masking", {"x": {"shape": shape, "dtype": dtype}})
