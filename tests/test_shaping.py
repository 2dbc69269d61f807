"""Flatten, Reshape, Permute and RepeatVector against Keras."""

from __future__ import annotations

from math import prod
from typing import Any

import nnspec
import pytest
from differential import OPSETS, compare, keras_takes, layer_settings, random_weights, spec, takes
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.onnx.emit import to_onnx

DTYPES = st.sampled_from(["float32", "float32", "float64", "int32", "int64", "uint8", "bool"])
SIZES = st.sampled_from([1, 2, 3, "time", "other"])
# What leaves its output in another layout in ONNX, by the rank that it takes and gives.
MOVED = {3: {"LSTM": {"units": 4, "return_sequences": True}}, 4: {"Conv2D": {"filters": 4, "kernel_size": 1}}}


def after(shape: list[Any], moved: bool) -> list[Any]:
    """What stands before the layer: nothing, or what puts a value of that shape in another layout."""
    rank = len(shape) + 1
    return [MOVED[rank]] if moved and rank in MOVED and isinstance(shape[-1], int) else []


@layer_settings
@given(
    st.lists(SIZES, max_size=4), st.sampled_from(["channels_last", "channels_first"]), st.booleans(), OPSETS
)
def test_flatten(shape: list[Any], data_format: str, moved: bool, opset: int) -> None:
    before = after(shape, moved)
    compare(spec({"Flatten": {"data_format": data_format}}, {"x": shape}, before), opset=opset, dynamic=4)


@layer_settings
@given(
    st.lists(st.integers(1, 3), min_size=3, max_size=3),
    st.sampled_from(["channels_last", "channels_first"]),
    OPSETS,
)
def test_flatten_before_dense(shape: list[int], data_format: str, opset: int) -> None:
    flatten = {"Flatten": {"data_format": data_format}}
    graph = spec({"Dense": 3}, {"x": shape}, [MOVED[4], {"ReLU": None}, flatten])
    compare(graph, opset=opset)
    operators = [node.op_type for node in to_onnx(graph, random_weights(graph)).graph.node]
    assert operators.count("Transpose") <= 1, operators


@layer_settings
@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data(), DTYPES, OPSETS)
def test_reshape(shape: list[int], data: st.DataObject, dtype: str, opset: int) -> None:
    left, target = prod(shape), []
    for _ in range(data.draw(st.integers(0, 3))):
        divisor = data.draw(st.sampled_from([d for d in range(1, left + 1) if left % d == 0]))
        target.append(divisor)
        left //= divisor
    target.insert(data.draw(st.integers(0, len(target))), data.draw(st.sampled_from([left, -1])))
    compare(spec({"Reshape": target}, {"x": {"shape": shape, "dtype": dtype}}), opset=opset)


@layer_settings
@given(
    st.permutations(["time", "other", 6, 4]), st.sampled_from([[-1, 4], [2, -1], [-1], [3, -1, 8]]), OPSETS
)
def test_reshape_of_dynamic_axes(shape: list[Any], target: list[int], opset: int) -> None:
    graph = spec({"Reshape": target}, {"x": shape})
    compare(graph, opset=opset, dynamic=5)


@layer_settings
@given(st.lists(SIZES, min_size=1, max_size=4), st.data(), DTYPES, st.booleans(), OPSETS)
def test_permute(shape: list[Any], data: st.DataObject, dtype: str, moved: bool, opset: int) -> None:
    dims = data.draw(st.permutations(range(1, len(shape) + 1)))
    before = after(shape, moved)
    inputs = {"x": shape if before else {"shape": shape, "dtype": dtype}}
    compare(spec({"Permute": list(dims)}, inputs, before), opset=opset, dynamic=4)


@layer_settings
@given(st.integers(1, 4), SIZES, DTYPES, OPSETS)
def test_repeat_vector(n: int, size: Any, dtype: str, opset: int) -> None:
    compare(spec({"RepeatVector": n}, {"x": {"shape": [size], "dtype": dtype}}), opset=opset)


@layer_settings
@given(st.lists(st.integers(1, 3), max_size=3), st.data())
def test_refuses_what_keras_refuses(shape: list[int], data: st.DataObject) -> None:
    layer, fields = data.draw(
        st.one_of(
            st.tuples(
                st.just("Reshape"),
                st.fixed_dictionaries(
                    {"target_shape": st.lists(st.sampled_from([-1, 1, 2, 3, 4]), max_size=3)}
                ),
            ),
            st.tuples(
                st.just("Permute"),
                st.fixed_dictionaries({"dims": st.lists(st.integers(0, 3), max_size=3)}),
            ),
            st.tuples(st.just("RepeatVector"), st.fixed_dictionaries({"n": st.integers(-1, 2)})),
        )
    )
    assert takes(layer, fields, shape) == keras_takes(layer, fields, shape)


@pytest.mark.parametrize(
    ("item", "shape", "expected"),
    [
        ("Flatten", ["time", 3, 4], "[batch, 12*time]"),
        ("Flatten", [], "[batch, 1]"),
        ({"Reshape": [-1, 2]}, ["time", 6], "[batch, 3*time, 2]"),
        ({"Permute": [2, 1]}, ["time", 6], "[batch, 6, time]"),
        ({"RepeatVector": 3}, ["width"], "[batch, 3, width]"),
    ],
)
def test_symbolic_shapes(item: Any, shape: list[Any], expected: str) -> None:
    assert str(spec(item, {"x": shape}).nodes[-1].signature.output) == f"float32{expected}"


@pytest.mark.parametrize(
    ("item", "shape", "message"),
    [
        ({"Reshape": [7]}, [8], "[8] has 8 elements, and target_shape [7] holds 7"),
        ({"Reshape": [3, -1]}, [8], "[8] has 8 elements, and target_shape [3, -1] holds 3 for each index"),
        (
            {"Reshape": [4, -1]},
            ["time", 3],
            "[time, 3] has 3*time elements, and target_shape [4, -1] holds 4",
        ),
        ({"Reshape": [12]}, ["time", 3], "use -1 for the axis that depends on the input"),
        ({"Permute": [2, 1]}, [8], "orders 2 axes, and the input has 1 of them"),
        ({"RepeatVector": 2}, [3, 8], "takes an input of rank 2 [batch, features], not of rank 3"),
    ],
)
def test_messages(item: Any, shape: list[Any], message: str) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        spec(item, {"x": shape})
    assert message in str(caught.value)


def test_an_order_of_axes_costs_nothing_until_it_is_needed() -> None:
    graph = spec({"Permute": [2, 1]}, {"x": [3, 4]}, [{"Permute": [2, 1]}])
    assert [node.op_type for node in to_onnx(graph, {}).graph.node] == ["Identity"]
    graph = spec({"LSTM": 2}, {"x": [4]}, [{"RepeatVector": 3}])
    operators = [node.op_type for node in to_onnx(graph, random_weights(graph)).graph.node]
    assert operators[:2] == ["Expand", "LSTM"]
