"""Adaptive pooling against Keras: types, what it computes, and what it refuses."""

from __future__ import annotations

from fractions import Fraction
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
    random_inputs,
    random_weights,
    run_keras,
    run_onnx,
    spec,
    takes,
)
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.keras import build
from nnspec.spec.layers import FAMILIES
from nnspec.spec.types import Window

RANKS = {layer: int(layer[-2]) for layer in FAMILIES["adaptive"]}
FLOATS = ["float32", "float32", "float16", "float64"]
WHOLE = ["int8", "int16", "int32", "int64", "uint8", "uint16"]


def dtypes(layer: str) -> st.SearchStrategy[str]:
    """What TensorFlow has the pooling for on a CPU."""
    if layer.endswith("3D"):
        return st.just("float32")
    return st.sampled_from([*FLOATS, *([] if "Average" in layer else WHOLE)])


@st.composite
def networks(draw: st.DrawFn, layer: str) -> Any:
    """The layer over an input whose channels may be dynamic, and such an input."""
    rank, least = RANKS[layer], 1 if "Average" in layer else 2
    sizes = draw(st.lists(st.integers(least, 7), min_size=rank, max_size=rank))
    f = {"output_size": draw(per_axis(rank, least, 5)), "data_format": draw(FORMATS)}
    dtype = draw(dtypes(layer))
    f |= {"dtype": dtype} if dtype in FLOATS else {}
    channels = draw(st.sampled_from([2, "channels"]))
    first = f["data_format"] == "channels_first"
    shape, actual = ([c, *sizes] if first else [*sizes, c] for c in (channels, 2))
    rng = np.random.default_rng(0)
    whole = rng.integers(-9 if dtype.startswith("int") else 0, 9, size=(2, *actual))
    x = rng.normal(size=whole.shape) if dtype in FLOATS else whole
    return spec({layer: f}, {"x": {"shape": shape, "dtype": dtype}}), {"x": x.astype(dtype)}


@pytest.mark.parametrize("layer", RANKS)
def test_is_keras(layer: str) -> None:
    @layer_settings
    @given(networks(layer), OPSETS)
    def run(network: Any, opset: int) -> None:
        graph, inputs = network
        compare(graph, inputs=inputs, opset=opset)

    run()


@pytest.mark.parametrize("layer", [layer for layer in RANKS if "Average" in layer])
def test_refuses_what_keras_refuses(layer: str) -> None:
    @layer_settings
    @given(
        per_axis(RANKS[layer], 0, 3),
        st.lists(st.integers(1, 4), min_size=RANKS[layer] + 1, max_size=RANKS[layer] + 1),
        st.sampled_from(["float32", "float32", "float64", "int32", "uint8", "bool"]),
    )
    def run(output_size: Any, shape: list[int], dtype: str) -> None:
        f = {"output_size": output_size, **({"dtype": dtype} if dtype == "float64" else {})}
        assert takes(layer, f, shape, dtype) == keras_takes(layer, f, shape, dtype)

    run()


@pytest.mark.parametrize("layer", [layer for layer in RANKS if "Max" in layer])
def test_refuses_windows_that_tensorflow_refuses(layer: str) -> None:
    """In a graph it refuses them when that is made; out of one it would end the process."""
    import keras
    import tensorflow

    @layer_settings
    @given(
        per_axis(RANKS[layer], 1, 3),
        st.lists(st.integers(1, 4), min_size=RANKS[layer] + 1, max_size=RANKS[layer] + 1),
        st.sampled_from(["float32", "float32", "float64", "int32", "uint8", "uint32", "bool"]),
    )
    def run(output_size: Any, shape: list[int], dtype: str) -> None:
        f = {"output_size": output_size, **({"dtype": dtype} if dtype == "float64" else {})}
        made = tensorflow.function(getattr(keras.layers, layer)(**f))
        try:
            taken = made(np.ones((2, *shape), dtype)).shape.num_elements() > 0
        except Exception:
            taken = False
        assert takes(layer, f, shape, dtype) == taken

    run()


@pytest.mark.parametrize("layer", RANKS)
@pytest.mark.parametrize("opset", [15, 21, 24])
def test_bfloat16_is_computed_in_float32(layer: str, opset: int) -> None:
    shape = [*[4, 5, 7][: RANKS[layer]], 2]
    pooling = {layer: {"output_size": 3, "dtype": "bfloat16"}}
    graph = spec({"Rescaling": {"scale": 1.0, "dtype": "float32"}}, {"x": shape}, before=[pooling])
    weights, inputs = random_weights(graph), random_inputs(graph)
    (expected,) = run_keras(build(graph, weights), graph, inputs)
    (actual,) = run_onnx(graph, weights, inputs, opset)
    # bfloat16 has 8 bits, and TensorFlow rounds after each axis.
    np.testing.assert_allclose(actual, expected, atol=2**-8 * 3 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ({"AdaptiveAveragePooling2D": 1}, ["ReduceMean"]),
        ({"AdaptiveAveragePooling2D": [4, 3]}, ["Transpose", "AveragePool", "Transpose"]),
        ({"AdaptiveMaxPooling2D": [4, 3]}, ["Transpose", "MaxPool", "Transpose"]),
        ({"AdaptiveAveragePooling2D": [8, 5]}, ["MatMul"]),
        ({"AdaptiveAveragePooling2D": [5, 6]}, ["Reshape", "MatMul", "Reshape"]),
        ({"AdaptiveMaxPooling2D": [8, 5]}, ["Gather", "ReduceMax"]),
    ],
)
def test_adds_no_operator_that_is_not_needed(layer: dict[str, Any], expected: list[str]) -> None:
    assert operators(spec(layer, {"x": [8, 6, 3]})) == expected


def test_a_stack_stays_as_it_lies() -> None:
    conv = {"Conv2D": {"filters": 4, "kernel_size": 3}}
    found = operators(spec({"AdaptiveAveragePooling2D": 5}, {"x": [9, 9, 3]}, before=[conv]))
    assert found == ["Transpose", "Conv", "MatMul", "MatMul", "Transpose"]


def test_reach_covers_the_windows() -> None:
    found = spec({"AdaptiveAveragePooling2D": [4, 3]}, {"x": [8, 7, 3]}).by_name["layer"].signature
    assert str(found.output) == "float32[batch, 4, 3, 3]"
    assert found.reach == (Window(2, 2), Window(4, Fraction(7, 3)))


@pytest.mark.parametrize(
    ("layer", "shape", "code", "says"),
    [
        ({"AdaptiveAveragePooling2D": 2}, ["h", 7, 3], "NN207", "or use GlobalAveragePooling2D"),
        ({"AdaptiveMaxPooling2D": 2}, [8, "w", 3], "NN207", "cannot pool the dynamic size w"),
        ({"AdaptiveMaxPooling2D": 1}, [8, 7, 3], "NN204", "use GlobalMaxPooling2D: {keepdims: true}"),
        ({"AdaptiveAveragePooling2D": [1, 2, 3]}, [8, 7, 3], "NN104", "one value or a list of 2, not of 3"),
        ({"AdaptiveAveragePooling2D": None}, [8, 7, 3], "NN102", 'needs "output_size"'),
    ],
)
def test_says_what_to_do(layer: dict[str, Any], shape: list[Any], code: str, says: str) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        spec(layer, {"x": shape})
    assert [d.code for d in caught.value.diagnostics] == [code]
    assert says in str(caught.value)
