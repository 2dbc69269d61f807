"""Pipelines against Keras: layers one after another, each with its own dtype, and what they cannot hold."""

from __future__ import annotations

import json
from typing import Any

import nnspec
import pytest
from differential import OPSETS, compare, layer_settings, operators, spec
from hypothesis import given
from hypothesis import strategies as st

HELD = st.sampled_from(
    [
        {"Rescaling": {"scale": 0.5, "offset": -1.0}},
        {"Rescaling": {"scale": 2.0, "dtype": "float64"}},
        {"RandomFlip": "horizontal"},
        {"RandomContrast": 0.2},
        {"Equalization": {"value_range": [-3, 3]}},
        {"AutoContrast": {"value_range": [-2, 2]}},
        {"RandomCrop": {"height": 6, "width": 5}},
        {"ReLU": None},
        {"Identity": None},
        {"Dropout": 0.5},
        {"MaxPooling2D": {"pool_size": 2, "strides": 1, "padding": "same"}},
        {"Permute": [1, 2, 3]},
        {"Pipeline": [{"Rescaling": 3.0}, {"RandomZoom": 0.1}]},
    ]
)
LAST = st.sampled_from(
    [
        [],
        [{"Flatten": None}],
        [{"GlobalAveragePooling2D": None}],
        [{"Discretization": {"bin_boundaries": [0.0, 1.0]}}],
    ]
)


@layer_settings
@given(st.lists(HELD, min_size=1, max_size=4), LAST, st.sampled_from(["float32", "float64", "uint8"]), OPSETS)
def test_is_keras(held: list[Any], last: list[Any], dtype: str, opset: int) -> None:
    try:
        graph = spec({"Pipeline": {"layers": [*held, *last]}}, {"x": {"shape": [6, 5, 3], "dtype": dtype}})
    except nnspec.SpecError:
        # Only for a dtype that some layer of images does not take.
        assert dtype == "uint8" or any("Rescaling" in one or "RandomCrop" in one for one in held)
        return
    compare(graph, opset=opset)


def test_layers_of_a_pipeline_keep_the_layout() -> None:
    conv = {"Conv2D": {"filters": 3, "kernel_size": 2}}
    held = [{"Rescaling": 2.0}, {"RandomFlip": "vertical"}, "ReLU"]
    graph = spec(conv, {"x": [6, 6, 3]}, before=[conv, {"Pipeline": held}])
    compare(graph)
    assert operators(graph) == ["Transpose", "Conv", "Mul", "Relu", "Conv", "Transpose"]


@pytest.mark.parametrize(
    ("held", "code"),
    [
        ([], "NN112"),
        ([{"Dense": 3}], "NN112"),
        ([{"LSTMCell": 3}], "NN112"),
        (["Add"], "NN112"),
        (["Transpose"], "NN112"),
        ([{"Dropout": 1.5}], "NN104"),
        ([{"RandomFlip": "horizontal"}], "NN201"),
        ([{"Dens": 3}], "NN105"),
    ],
)
def test_what_a_pipeline_does_not_hold(held: list[Any], code: str) -> None:
    with pytest.raises(nnspec.SpecError) as error:
        spec({"Pipeline": held}, {"x": [4, 3]})
    assert [d.code for d in error.value.diagnostics] == [code]


def test_sizes_within_a_pipeline_are_held_to_the_bounds() -> None:
    held = [{"Cropping1D": 2}, {"ZeroPadding1D": 4}]
    data = {"nnspec": 1, "name": "net", "inputs": {"x": ["time", 3]}, "layers": [{"Pipeline": held}]}
    with pytest.raises(nnspec.SpecError, match="NN208"):
        nnspec.loads(json.dumps({**data, "dims": {"time": {"min": 4, "max": 9}}}))
    nnspec.loads(json.dumps({**data, "dims": {"time": {"min": 5, "max": 9}}}))


@pytest.mark.parametrize("field", ["dtype", "trainable"])
def test_a_pipeline_has_no_such_field(field: str) -> None:
    with pytest.raises(nnspec.SpecError, match="NN112"):
        spec({"Pipeline": {"layers": ["ReLU"], field: None}}, {"x": [4, 3]})


def test_a_masked_input_is_refused() -> None:
    before = [{"Embedding": {"input_dim": 9, "output_dim": 4, "mask_zero": True}}]
    with pytest.raises(nnspec.SpecError, match="NN112"):
        spec({"Pipeline": ["ReLU"]}, {"x": {"shape": [3], "dtype": "int32"}}, before=before)
