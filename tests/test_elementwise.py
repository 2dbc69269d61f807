"""Functions of each number by itself, and activation functions, against Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from differential import OPSETS, compare, layer_settings, spec
from function_cases import (
    DRAWN,
    NEEDED,
    SIGNED,
    SIZES,
    Draw,
    agree,
    keras_computes,
    network,
    numbers,
    sizes_of,
    we_take,
)
from hypothesis import given
from hypothesis import strategies as st
from nnspec.spec.layers import FAMILIES

FUNCTIONS = [*FAMILIES["elementwise"], *FAMILIES["activation_functions"]]
FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "Cast": {"dtype": st.sampled_from(SIGNED)},
    "Celu": {"alpha": st.floats(0.1, 3)},
    "Clip": {"x_min": st.integers(0, 4), "x_max": st.integers(0, 4)},
    "Gelu": {"approximate": st.booleans()},
    "HardShrink": {"threshold": st.floats(0, 2)},
    "LogSoftmax": {"axis": st.just(-1)},
    "NanToNum": {
        "nan": st.integers(-2, 2) | st.just(0.5),
        "posinf": st.none() | st.just(7),
        "neginf": st.none() | st.just(-9.5),
    },
    "OnesLike": {"dtype": st.none() | st.sampled_from(DRAWN)},
    "Round": {"decimals": st.integers(-2, 2)},
    "SoftShrink": {"threshold": st.floats(0, 2)},
    "Sparsemax": {"axis": st.just(-1)},
    "Squareplus": {"b": st.floats(0, 9)},
    "Threshold": {"threshold": st.floats(-2, 2), "default_value": st.floats(-2, 2)},
    "ZerosLike": {"dtype": st.none() | st.sampled_from(DRAWN)},
}


def fields_of(draw: Draw, function: str) -> dict[str, Any]:
    found = {name: draw(values) for name, values in FIELDS.get(function, {}).items()}
    return {name: value for name, value in found.items() if value is not None}


@st.composite
def calls(draw: st.DrawFn) -> tuple[dict[str, Any], list[Any], np.ndarray]:
    """All functions that take a dtype, with fields, and an input with something of all that floats can be."""
    shape, dtype = draw(st.lists(SIZES, min_size=1, max_size=3)), draw(st.sampled_from(DRAWN))
    x = numbers(draw, sizes_of(shape), dtype)
    items = {name: {name: fields_of(draw, name)} for name in FUNCTIONS}
    items = {name: item for name, item in items.items() if we_take(name, item[name], [x])}
    return items, shape, x


@layer_settings
@given(calls(), OPSETS)
def test_all_functions(drawn: tuple[dict[str, Any], list[Any], np.ndarray], opset: int) -> None:
    items, shape, x = drawn
    graph = network(items, {"x": {"shape": shape, "dtype": x.dtype.name}}, "x")
    agree(graph, {"x": x}, opset)


@pytest.mark.parametrize(
    "item", [{"Cast": "float32"}, {"Cast": "float64"}, "Abs", {"Clip": {"x_min": -1, "x_max": 1}}]
)
def test_what_becomes_of_a_mask(item: Any) -> None:
    """It stays where nothing is done."""
    embedding = {"Embedding": {"input_dim": 5, "output_dim": 4, "mask_zero": True}}
    ids = {"shape": ["time"], "dtype": "int32"}
    found = spec({"LSTM": {"units": 2}}, {"ids": ids}, [embedding, item])
    compare(found, inputs={"ids": np.array([[1, 0, 2, 0], [0, 3, 0, 4]], np.int32)})
    assert found.nodes[1].signature.output.masked == (item == {"Cast": "float32"})


@pytest.mark.parametrize("function", FUNCTIONS)
def test_takes_the_dtypes_that_keras_computes(function: str) -> None:
    fields = NEEDED.get(function, {})
    given = [np.ones((2, 3), dtype) for dtype in DRAWN]
    ours = [x.dtype.name for x in given if we_take(function, fields, [x])]
    theirs = [x.dtype.name for x in given if keras_computes(function, fields, [x])]
    assert ours == theirs
