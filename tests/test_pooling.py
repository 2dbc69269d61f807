"""Pooling against Keras: types, what it computes, and what it refuses."""

from __future__ import annotations

from typing import Any

import nnspec
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
    spec,
    takes,
)
from hypothesis import given
from hypothesis import strategies as st
from nnspec.spec.types import Window

POOLING = {f"{kind}Pooling{rank}D": rank for kind in ("Max", "Average") for rank in (1, 2, 3)}
GLOBAL = {f"Global{layer}": rank for layer, rank in POOLING.items()}
FLOATS = ["float32", "float32", "float16", "float64"]
WHOLE = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"]


def dtypes(layer: str) -> st.SearchStrategy[str]:
    """What TensorFlow has the pooling for on a CPU."""
    if layer.startswith("Global"):
        return st.sampled_from([*FLOATS, *WHOLE])
    if layer.endswith("3D"):
        return st.just("float32")
    return st.sampled_from([*FLOATS, *([] if layer.startswith("Average") else WHOLE[:-1])])


@st.composite
def pooling_fields(draw: st.DrawFn, layer: str) -> dict[str, Any]:
    rank = POOLING[layer]
    return {
        "pool_size": draw(per_axis(rank, 1, 4)),
        "strides": draw(st.none() | per_axis(rank, 1, 4)),
        "padding": draw(st.sampled_from(["valid", "same"])),
        "data_format": draw(FORMATS),
    }


@st.composite
def networks(draw: st.DrawFn, layer: str, rank: int, f: dict[str, Any], least: int) -> Any:
    """The layer over an input some of whose spatial axes are dynamic, and such an input."""
    sizes = [draw(st.integers(least, least + 6)) for _ in range(rank)]
    names = ["depth", "height", "width"][-rank:]
    declared = [draw(st.sampled_from([size, name])) for size, name in zip(sizes, names, strict=True)]
    channels, dtype = draw(st.integers(1, 3)), draw(dtypes(layer))
    f = {**f, **({"dtype": dtype} if dtype in FLOATS else {})}
    first = f["data_format"] == "channels_first"
    shape, actual = ([channels, *s] if first else [*s, channels] for s in (declared, sizes))
    rng = np.random.default_rng(0)
    whole = rng.integers(-9 if dtype.startswith("int") else 0, 9, size=(2, *actual))
    x = rng.normal(size=whole.shape) if dtype in FLOATS else whole
    return spec({layer: f}, {"x": {"shape": shape, "dtype": dtype}}), {"x": x.astype(dtype)}


@pytest.mark.parametrize("layer", POOLING)
def test_pooling_is_keras(layer: str) -> None:
    @layer_settings
    @given(st.data(), OPSETS)
    def run(data: st.DataObject, opset: int) -> None:
        f = data.draw(pooling_fields(layer))
        graph, inputs = data.draw(networks(layer, POOLING[layer], f, 4 if f["padding"] == "valid" else 1))
        compare(graph, inputs=inputs, opset=opset)

    run()


@pytest.mark.parametrize("layer", GLOBAL)
def test_global_pooling_is_keras(layer: str) -> None:
    @layer_settings
    @given(st.data(), st.booleans(), FORMATS, OPSETS)
    def run(data: st.DataObject, keepdims: bool, data_format: str, opset: int) -> None:
        f = {"keepdims": keepdims, "data_format": data_format}
        graph, inputs = data.draw(networks(layer, GLOBAL[layer], f, 1))
        compare(graph, inputs=inputs, opset=opset)

    run()


@pytest.mark.parametrize("layer", POOLING)
def test_refuses_what_keras_refuses(layer: str) -> None:
    @layer_settings
    @given(
        pooling_fields(layer),
        st.lists(st.integers(1, 4), min_size=POOLING[layer] + 1, max_size=POOLING[layer] + 1),
        st.sampled_from([*["float32"] * 5, "float64", "int32", "uint16", "uint32", "uint64", "bool"]),
    )
    def run(f: dict[str, Any], shape: list[int], dtype: str) -> None:
        f |= {"dtype": dtype} if dtype == "float64" else {}
        assert takes(layer, f, shape, dtype) == keras_takes(layer, f, shape, dtype)

    run()


@pytest.mark.parametrize("layer", GLOBAL)
@pytest.mark.parametrize("dtype", ["bool", "uint32", "int16"])
@pytest.mark.parametrize("opset", [15, 21])
def test_global_pooling_of_other_dtypes(layer: str, dtype: str, opset: int) -> None:
    shape = [4] * (GLOBAL[layer] + 1)
    x = np.random.default_rng(0).integers(0, 2, size=(2, *shape)).astype(dtype)
    compare(spec(layer, {"x": {"shape": shape, "dtype": dtype}}), inputs={"x": x}, opset=opset)


@layer_settings
@given(st.booleans(), st.sampled_from(["channels_last", "channels_first"]), st.sampled_from([4, "t"]), OPSETS)
def test_a_mask_leaves_steps_out_of_the_mean(
    keepdims: bool, data_format: str, steps: Any, opset: int
) -> None:
    embedding = {"Embedding": {"input_dim": 5, "output_dim": 4, "mask_zero": True}}
    # Over channels_first Keras puts the mask along the last axis, which must then be as long as the steps.
    steps = 4 if data_format == "channels_first" else steps
    layer = {"GlobalAveragePooling1D": {"keepdims": keepdims, "data_format": data_format}}
    graph = spec(layer, {"x": {"shape": [steps], "dtype": "int32"}}, before=[embedding])
    ids = np.array([[1, 0, 3, 4], [0, 0, 0, 2], [1, 2, 3, 4]], np.int32)
    compare(graph, inputs={"x": ids}, opset=opset)


def test_a_mask_of_another_length_is_refused() -> None:
    embedding = {"Embedding": {"input_dim": 5, "output_dim": 3, "mask_zero": True}}
    layer = {"GlobalAveragePooling1D": {"data_format": "channels_first"}}
    with pytest.raises(nnspec.SpecError, match="NN203"):
        spec(layer, {"x": {"shape": [4], "dtype": "int32"}}, before=[embedding])


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ({"GlobalAveragePooling2D": None}, ["ReduceMean"]),
        ({"GlobalMaxPooling2D": {"keepdims": True}}, ["ReduceMax"]),
        ({"MaxPooling2D": 2}, ["Transpose", "MaxPool", "Transpose"]),
        ({"MaxPooling2D": {"pool_size": 2, "data_format": "channels_first"}}, ["MaxPool"]),
    ],
)
def test_adds_no_operator_that_is_not_needed(layer: dict[str, Any], expected: list[str]) -> None:
    assert operators(spec(layer, {"x": [8, 8, 3]})) == expected


def test_global_pooling_takes_a_stack_as_it_lies() -> None:
    conv = {"Conv2D": {"filters": 4, "kernel_size": 3}}
    assert operators(spec("GlobalAveragePooling2D", {"x": [8, 8, 3]}, before=[conv]))[1:] == [
        "Conv",
        "ReduceMean",
    ]


def signature(layer: Any, shape: list[Any]) -> Any:
    return spec(layer, {"x": shape}).by_name["layer"].signature


def test_shapes_are_symbolic() -> None:
    found = signature(
        {"AveragePooling2D": {"pool_size": 3, "strides": [2, 1], "padding": "same"}}, ["h", "w", 3]
    )
    assert str(found.output) == "float32[batch, ceil(h/2), w, 3]"
    assert found.reach == (Window(3, 2), Window(3, 1))
    assert str(signature("MaxPooling1D", ["t", 3]).output) == "float32[batch, t//2, 3]"
    assert signature("GlobalMaxPooling1D", ["t", 3]).reach == "all"


@pytest.mark.parametrize(
    ("layer", "code", "says"),
    [
        ({"MaxPooling2D": 9}, "NN204", 'window 9x9 does not fit input 8x7 with padding "valid"'),
        ({"MaxPooling2D": 9}, "NN204", "use pool_size of at most 7, or padding: same"),
        ({"MaxPooling2D": {"strides": [1, 2, 2, 2]}}, "NN104", "moves along the channel axis"),
        ({"MaxPooling2D": {"strides": 0}}, "NN104", "at least 1"),
        ({"AveragePooling2D": None}, "NN102", 'needs "pool_size"'),
        ({"AveragePooling1D": 2}, "NN201", "rank 3 [batch, steps, channels], not of rank 4"),
    ],
)
def test_says_what_to_do(layer: dict[str, Any], code: str, says: str) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        spec(layer, {"x": [8, 7, 3]})
    assert [d.code for d in caught.value.diagnostics] == [code]
    assert says in str(caught.value)
