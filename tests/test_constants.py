"""Items without inputs: their numbers are Keras's, and what would take them for a batch is told."""

from __future__ import annotations

from typing import Any

import nnspec
import numpy as np
import pytest
from differential import OPSETS, compare, layer_settings, spec
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = st.integers(-5, 5)
FRACTIONS = st.integers(-20, 20).map(lambda n: n / 4)
DTYPES = st.sampled_from([None, "float32", "float64", "int32", "int64"])
FLOATS = st.sampled_from([None, "float32", "float64"])
SHAPES = st.lists(st.integers(1, 3), min_size=1, max_size=3)


def fields(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Values by field, None for those that are left out."""
    return st.fixed_dictionaries(strategies).map(
        lambda drawn: {name: value for name, value in drawn.items() if value is not None}
    )


CONSTANTS = {
    "Constant": fields(values=st.lists(NUMBERS | FRACTIONS, min_size=1, max_size=4), dtype=FLOATS),
    "Arange": fields(
        start=NUMBERS | FRACTIONS,
        stop=st.none() | NUMBERS | FRACTIONS,
        step=st.none() | NUMBERS | FRACTIONS,
        dtype=FLOATS,
    ),
    "Linspace": fields(
        start=FRACTIONS, stop=FRACTIONS, num=st.integers(1, 6), endpoint=st.booleans(), dtype=FLOATS
    ),
    "Zeros": fields(shape=SHAPES, dtype=DTYPES | st.just("bool")),
    "Ones": fields(shape=SHAPES, dtype=DTYPES | st.just("bool")),
    "Full": fields(shape=SHAPES, fill_value=NUMBERS, dtype=DTYPES),
    "Eye": fields(N=st.integers(1, 4), M=st.none() | st.integers(1, 4), k=NUMBERS, dtype=DTYPES),
    "Tri": fields(N=st.integers(1, 4), M=st.none() | st.integers(1, 4), k=NUMBERS, dtype=DTYPES),
}


def of_each_sample(item: dict[str, Any]) -> nnspec.Graph:
    """A network that gives each sample the constant, by its number among one."""
    constant = {**item, "name": "constant"}
    row = {"ExpandDims": {"axis": 0}, "name": "rows"}
    kind = {"kind": {"shape": [], "dtype": "int32"}}
    return spec({"Take": {"axis": 0}}, kind, before=[constant, row], from_={"x": "rows", "indices": "kind"})


@pytest.mark.parametrize("name", CONSTANTS)
def test_numbers_are_those_of_keras(name: str) -> None:
    @layer_settings
    @given(CONSTANTS[name], OPSETS)
    def run(given_fields: dict[str, Any], opset: int) -> None:
        try:
            graph = of_each_sample({name: given_fields})
        except nnspec.SpecError:
            assert not gives_numbers(name, given_fields)
            return
        compare(graph, inputs={"kind": np.zeros(3, "int32")}, opset=opset)

    run()


def gives_numbers(name: str, given_fields: dict[str, Any]) -> bool:
    """Whether Keras makes numbers of the fields."""
    import keras

    try:
        return np.size(getattr(keras.ops, name.lower())(**given_fields)) > 0
    except Exception:
        return False


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"Arange": {"start": 0, "stop": 4, "step": 0}}, "no numbers from 0 to 4 in steps of 0"),
        ({"Arange": {"start": 3, "stop": 3}}, "no numbers from 3 to 3"),
        ({"Arange": {"start": 3_000_000_000, "stop": 3_000_000_002}}, "which int32 does not hold"),
        ({"Constant": {"values": [1, 300], "dtype": "int8"}}, "300, which int8 does not hold"),
        ({"Constant": {"values": [0.5], "dtype": "int32"}}, "0.5, which int32 does not hold"),
        ({"Full": {"shape": [2], "fill_value": -1, "dtype": "uint8"}}, "-1, which uint8 does not hold"),
        ({"Zeros": [100_000, 100_000]}, "10,000,000,000 numbers"),
        ({"Constant": {"values": []}}, "cannot have an empty list"),
        ({"Constant": "ones"}, "must be made of numbers"),
    ],
)
def test_wrong_numbers_are_told(item: dict[str, Any], words: str) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        of_each_sample(item)
    assert words in caught.value.diagnostics[0].message


def test_a_constant_is_no_batch() -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        spec({"Dense": 2}, {"x": [3]}, before=[{"Eye": 3}])
    assert "Dense takes a batch of samples" in caught.value.diagnostics[0].message


def test_a_constant_is_no_output() -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        spec({"Eye": 3}, {"x": [3]})
    assert "depends on no input" in caught.value.diagnostics[0].message


def test_an_item_without_inputs_takes_none() -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        spec({"Eye": 3}, {"x": [3]}, from_="x")
    assert "takes no input" in caught.value.diagnostics[0].message
