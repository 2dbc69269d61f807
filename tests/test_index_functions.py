"""Functions of `keras.ops` that cut, choose and sort elements, against Keras."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import nnspec
import numpy as np
import pytest
from differential import OPSETS, compare, layer_settings, random_inputs, spec
from drawn_functions import (
    DTYPES,
    SHAPES,
    Case,
    after,
    axis,
    keras_takes_function,
    message_of,
    names_batch,
    outputs_of,
    takes_function,
)
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.python import emit

Fields = Callable[[st.DrawFn, list[Any]], dict[str, Any]]


def known_axis(draw: st.DrawFn, shape: list[Any], size: int) -> int:
    """An axis that is given a size, counted from either end."""
    along = axis(draw, len(shape) + 1)
    shape[along - 1 if along > 0 else along] = size
    return along


def split(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    if draw(st.booleans()):
        count, part = draw(st.integers(1, 3)), draw(st.integers(1, 2))
        return {"indices_or_sections": count, "axis": known_axis(draw, shape, count * part)}
    cuts = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True).map(sorted))
    return {"indices_or_sections": cuts, "axis": known_axis(draw, shape, cuts[-1] + draw(st.integers(1, 2)))}


def array_split(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    count = draw(st.integers(1, 4))
    return {"indices_or_sections": count, "axis": known_axis(draw, shape, count + draw(st.integers(0, 3)))}


def unstack(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    num = draw(st.integers(1, 3))
    return {"num": num, "axis": known_axis(draw, shape, num)}


def slice(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    starts, counts = [0], [-1]
    for size in shape:
        starts.append(draw(st.integers(0, (size if isinstance(size, int) else 4) - 1)))
        most = (size if isinstance(size, int) else 4) - starts[-1]
        counts.append(draw(st.sampled_from([-1, *range(1, most + 1)])))
    return {"start_indices": starts, "shape": counts}


def take(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    along = axis(draw, len(shape) + 1)
    size = [None, *shape][along]
    size = size if isinstance(size, int) else 4
    number = st.integers(-size, size - 1)
    row = st.lists(number, min_size=2, max_size=2)
    indices = number | st.lists(number, min_size=1, max_size=3) | st.lists(row, min_size=1, max_size=2)
    return {"indices": draw(indices), "axis": along}


def one_hot(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    place = draw(st.sampled_from([-1, *range(1, len(shape) + 1)]))
    dtype = draw(st.sampled_from([None, "float16", "float64", "int8", "int32", "uint16", "bool"]))
    fields = {"num_classes": draw(st.integers(1, 5)), "axis": place, "dtype": dtype}
    return {name: value for name, value in fields.items() if value is not None}


def top_k(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    return {"k": draw(st.integers(1, shape[-1] if isinstance(shape[-1], int) else 4))}


def sort(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    return {"axis": axis(draw, len(shape) + 1)}


DRAWN: dict[str, Fields] = {
    "Split": split,
    "ArraySplit": array_split,
    "Unstack": unstack,
    "Slice": slice,
    "Take": take,
    "OneHot": one_hot,
    "MultiHot": one_hot,
    "TopK": top_k,
    "Sort": sort,
    "ArgSort": sort,
}
# What onnxruntime does not sort, and TensorFlow.
UNSORTED = {"TopK": ("uint64", "bool"), "Sort": ("uint64",), "ArgSort": ("uint64",)}


@st.composite
def cases(draw: st.DrawFn, function: str) -> Case:
    shape = draw(SHAPES)
    fields = DRAWN[function](draw, shape)
    return Case(fields, shape, draw(DTYPES.filter(lambda dtype: dtype not in UNSORTED.get(function, ()))))


@pytest.mark.parametrize("function", DRAWN)
def test_function(function: str) -> None:
    @layer_settings
    @given(cases(function), st.booleans(), OPSETS)
    def check(case: Case, moved: bool, opset: int) -> None:
        before = after(case.shape, moved)
        inputs = {"x": case.shape if before else {"shape": case.shape, "dtype": case.dtype}}
        outputs = outputs_of(function, case.fields)
        compare(spec({function: case.fields}, inputs, before, outputs=outputs), opset=opset, dynamic=4)

    check()


@layer_settings
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.data(), DTYPES, OPSETS)
def test_take_along_axis(shape: list[int], data: st.DataObject, dtype: str, opset: int) -> None:
    along = data.draw(st.integers(1, len(shape))) - data.draw(st.sampled_from([0, len(shape) + 1]))
    place = along - 1 if along > 0 else along
    given, chosen = list[Any](shape), list[Any](shape)
    for number in range(len(shape)):
        kind = data.draw(st.sampled_from(["same", "x", "indices", "dynamic"]))
        if kind == "dynamic":
            given[number] = chosen[number] = ["time", "other", "third"][number]
        elif kind != "same":
            (given if kind == "x" else chosen)[number] = 1
    chosen[place] = data.draw(st.integers(1, 3))
    size = given[place] if isinstance(given[place], int) else 4
    whole = data.draw(st.sampled_from(["int8", "int32", "int64", "float32"]))
    inputs = {"x": {"shape": given, "dtype": dtype}, "indices": {"shape": chosen, "dtype": whole}}
    graph = spec({"TakeAlongAxis": {"axis": along}}, inputs, from_=["x", "indices"])
    values = random_inputs(graph, dynamic=4)
    drawn = np.random.default_rng(0).integers(-size, size, values["indices"].shape)
    compare(graph, inputs={**values, "indices": drawn.astype(whole)}, opset=opset, dynamic=4)


def test_take_of_an_input_and_a_table() -> None:
    """Each sample's numbers choose rows of a constant; a constant of numbers chooses from each sample."""
    layers = [
        {"Constant": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "name": "table"},
        {"Constant": [1, 0, -1], "name": "places"},
    ]
    inputs = {"ids": {"shape": ["time"], "dtype": "int16"}, "x": [4, 2]}
    for item, from_ in (({"Take": {"axis": 0}}, ["table", "ids"]), ({"Take": {"axis": 1}}, ["x", "places"])):
        graph = spec(item, inputs, layers, from_=from_)
        values = {"ids": np.array([[0, -1, 2], [-3, 1, 1]], np.int16), "x": random_inputs(graph, 2)["x"]}
        compare(graph, inputs=values)


ANY_AXIS = st.integers(-4, 4)
ANY: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "Split": {
        "indices_or_sections": st.integers(-1, 4) | st.lists(st.integers(-1, 4), min_size=1, max_size=3),
        "axis": ANY_AXIS,
    },
    "ArraySplit": {"indices_or_sections": st.integers(-1, 4), "axis": ANY_AXIS},
    "Unstack": {"num": st.integers(-1, 4), "axis": ANY_AXIS},
    "Slice": {
        "start_indices": st.lists(st.integers(-1, 3), min_size=1, max_size=4),
        "shape": st.lists(st.integers(-2, 3), min_size=1, max_size=4),
    },
    "Take": {"indices": st.integers(-4, 4) | st.lists(st.integers(-4, 4), max_size=3), "axis": ANY_AXIS},
    "OneHot": {"num_classes": st.sampled_from([-1, 1, 2, 3]), "axis": ANY_AXIS},
    "MultiHot": {"num_classes": st.sampled_from([-1, 1, 2, 3]), "axis": ANY_AXIS},
    "TopK": {"k": st.integers(-1, 4)},
    "Sort": {"axis": st.none() | ANY_AXIS},
    "ArgSort": {"axis": st.none() | ANY_AXIS},
}


@pytest.mark.parametrize("function", ANY)
def test_refuses_what_keras_refuses(function: str) -> None:
    """Beside what would touch the batch, which Keras does."""

    @layer_settings
    @given(st.lists(st.integers(1, 3), min_size=1, max_size=3), st.data())
    def check(shape: list[int], data: st.DataObject) -> None:
        fields = data.draw(st.fixed_dictionaries(ANY[function]))
        expected = keras_takes_function(function, fields, shape) and not names_batch(fields, len(shape) + 1)
        assert takes_function(function, fields, shape) == expected

    check()


@pytest.mark.parametrize(
    ("item", "shape", "message"),
    [
        (
            {"Split": {"indices_or_sections": 2, "axis": 1}},
            [5],
            "5 elements cannot be cut into 2 equal parts",
        ),
        (
            {"Split": {"indices_or_sections": 2, "axis": 1}},
            ["time"],
            "write dims: {time: {multiple_of: 2}}",
        ),
        (
            {"Split": {"indices_or_sections": [1], "axis": 1}},
            ["time"],
            "give the axis a number, or use Slice",
        ),
        ({"Split": {"indices_or_sections": [2, 1], "axis": 1}}, [4], "or indices of 1 or more that grow"),
        ({"Split": 2}, [4], "Split cannot cut the batch, axis 0"),
        ({"ArraySplit": {"indices_or_sections": 2, "axis": 1}}, ["time"], "has to know the axis's size"),
        ({"Unstack": {"num": 3, "axis": 1}}, [4], "write num: 4"),
        ({"Slice": {"start_indices": [1, 0], "shape": [-1, 2]}}, [4], "Slice cannot cut the batch"),
        (
            {"Slice": {"start_indices": [0, 3], "shape": [-1, 2]}},
            [4],
            "and not 2 from element 3 on",
        ),
        ({"Take": {"indices": [4], "axis": 1}}, [4], "there is no element 4: the axis has 4"),
        ({"Take": {"indices": [0]}}, [4], "Take of every axis would choose from the batch too"),
        ({"Take": {"axis": 1}}, [4], "Take is given no indices"),
        ({"TopK": 5}, [4], "the last axis has 4 elements, and TopK is to choose 5"),
        ({"Sort": {"axis": None}}, [4], "would put all elements in a row"),
        ({"OneHot": {"num_classes": 3, "axis": 2}}, [4], "write -1, or a number from 1 to 1"),
    ],
)
def test_messages(item: Any, shape: list[Any], message: str) -> None:
    assert message in message_of(item, shape)


def test_what_functions_need_is_checked_for_all_sizes() -> None:
    """A slice that some length within the bounds does not have."""
    text = """
        {nnspec: 1, name: net, inputs: {x: [time]}, dims: {time: {min: %d}},
         layers: [{%s, name: layer}]}
    """
    for item in (
        "Slice: {start_indices: [0, 2], shape: [-1, 3]}",
        "Take: {indices: [4, -5], axis: 1}",
        "TopK: 5",
    ):
        assert nnspec.loads(text % (5, item)).nodes
        with pytest.raises(nnspec.SpecError, match="fails for time = 4"):
            nnspec.loads(text % (4, item))


@pytest.mark.parametrize("item", [{"TopK": {"k": 1, "sorted": False}}, {"Sort": -1}])
def test_what_cannot_be_exported(item: dict[str, Any]) -> None:
    graph = spec(item, {"x": {"shape": [4], "dtype": "uint64"}})
    with pytest.raises(nnspec.SpecError, match="cannot be exported to ONNX"):
        compare(graph)


def test_code_cannot_keep_a_number_of_parts_that_is_an_expression() -> None:
    """How many variables the parts need has to be known."""
    text = """
        {nnspec: 1, name: net, params: {n: 2}, inputs: {x: [4]},
         layers: [{%s, name: parts}], outputs: {first: parts, last: parts.1}}
    """
    for item in ("Split: {indices_or_sections: =n, axis: 1}", "Unstack: {num: =2 * n, axis: 1}"):
        graph = nnspec.loads(text % item)
        with pytest.raises(nnspec.SpecError, match="the structure cannot be kept in code"):
            emit(graph)
        assert "parts_1" in emit(graph, flat=True)


# Items over [1, 3, 4], whose numbers are whole and small enough for bfloat16 to have them all.
BFLOAT16 = [
    {"ExpandDims": 1},
    {"Squeeze": 1},
    {"Flip": 1},
    {"Rot90": {"axes": [1, 2]}},
    {"Roll": {"shift": 1, "axis": 2}},
    {"Pad": {"pad_width": [[0, 0], [1, 1], [0, 0], [0, 0]], "constant_values": 2}},
    {"Pad": {"pad_width": [[0, 0], [0, 0], [1, 1], [0, 0]], "mode": "reflect"}},
    {"Pad": {"pad_width": [[0, 0], [1, 0], [1, 1], [0, 0]], "mode": "symmetric"}},
    {"Tile": [1, 2, 1, 1]},
    {"Repeat": {"repeats": 2, "axis": 2}},
    {"Stack": {"axis": 1}},
    {"Split": {"indices_or_sections": 2, "axis": 3}},
    {"Unstack": {"num": 3, "axis": 2}},
    {"Slice": {"start_indices": [0, 0, 1, 0], "shape": [-1, -1, 1, -1]}},
    {"Take": {"indices": [0, -1], "axis": 2}},
    {"OneHot": {"num_classes": 5}},
    {"MultiHot": {"num_classes": 5}},
    {"TopK": 2},
    {"Sort": 2},
    {"ArgSort": -1},
    {"Diagonal": {"axis1": 2, "axis2": 3}},
    {"Trace": {"axis1": 2, "axis2": 3}},
    {"Tril": 0},
    {"Triu": 1},
    {"Diff": 1},
    {"Einsum": "abcd->abc"},
]


@pytest.mark.parametrize("item", BFLOAT16, ids=lambda item: next(iter(item)))
@pytest.mark.parametrize("opset", [15, 24])
def test_bfloat16(item: dict[str, Any], opset: int) -> None:
    layers = [{"Cast": "bfloat16"}, item, {"Cast": "float32", "name": "layer"}]
    data = {"nnspec": 1, "name": "net", "inputs": {"x": [1, 3, 4]}, "layers": layers}
    values = np.random.default_rng(0).integers(-3, 4, (2, 1, 3, 4)).astype(np.float32)
    compare(nnspec.loads(json.dumps(data)), inputs={"x": values}, opset=opset)
