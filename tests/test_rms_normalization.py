"""RMSNormalization, UnitNormalization and SpectralNormalization against Keras, and what is refused."""

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
    operators,
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
from nnspec.backends.onnx.emit import checked, to_onnx

DTYPES = st.sampled_from(["float32", "float32", "float64"])
SHAPES = st.lists(st.integers(1, 5), min_size=1, max_size=4)
CONV = {"Conv2D": {"filters": 4, "kernel_size": 2, "activation": "relu"}}
IMAGE = {"x": [5, 6, 3]}


def trailing(rank: int, count: int, negative: bool) -> list[int]:
    """The last `count` axes of a tensor of that rank."""
    return [axis - rank if negative else axis for axis in range(rank - count, rank)]


@layer_settings
@given(
    SHAPES, st.integers(1, 4), st.booleans(), st.sampled_from([1e-6, 1e-3, 0.1]), DTYPES, OPSETS, st.data()
)
def test_rms_normalization(
    shape: list[int], count: int, negative: bool, epsilon: float, dtype: str, opset: int, data: st.DataObject
) -> None:
    """Along the last axes, of which those before may be dynamic."""
    count = min(count, len(shape))
    axis = data.draw(st.permutations(trailing(len(shape) + 1, count, negative)))
    free = len(shape) - count
    declared = [data.draw(st.sampled_from([n, "size"])) if i < free else n for i, n in enumerate(shape)]
    fields = {"axis": axis, "epsilon": epsilon, "dtype": dtype}
    inputs = {"x": {"shape": declared, "dtype": dtype}}
    compare(spec({"RMSNormalization": fields}, inputs), opset=opset)


@layer_settings
@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    st.lists(st.integers(-4, 3), max_size=3) | st.integers(-4, 3),
    st.sampled_from(["float32", "float32", "int32"]),
    OPSETS,
)
def test_rms_normalization_along_any_axes(shape: list[int], axis: Any, dtype: str, opset: int) -> None:
    """Keras spreads the scale over the last axes, whichever it is for: taken where the result has the input's shape.
    It takes whole numbers and truncates the result, and no axes at all: both are refused."""
    fields, rank = {"axis": axis}, len(shape) + 1
    axes = [axis] if isinstance(axis, int) else axis
    batch = any(a in (0, -rank) for a in axes)
    kept = _keeps_its_shape(fields, shape)
    assert takes("RMSNormalization", fields, shape, dtype) == (
        kept and not batch and bool(axes) and dtype == "float32"
    )
    if takes("RMSNormalization", fields, shape, dtype):
        compare(spec({"RMSNormalization": fields}, {"x": shape}), opset=opset)


def _keeps_its_shape(fields: dict[str, Any], shape: list[int]) -> bool:
    """Whether Keras computes a tensor of the input's shape."""
    import keras

    try:
        layer = keras.layers.RMSNormalization(**fields)
        layer.build((2, *shape))
        return tuple(layer(np.ones((2, *shape), np.float32)).shape) == (2, *shape)
    except Exception:
        return False


@pytest.mark.parametrize("opset", [21, 23])
@pytest.mark.parametrize(("axis", "transposes"), [(-1, 2), ([1, 2, 3], 2), ([-3, -2, -1], 2), ([2, 3], 2)])
def test_rms_normalization_in_the_layout_of_convolutions(axis: Any, transposes: int, opset: int) -> None:
    graph = spec({"RMSNormalization": {"axis": axis}}, IMAGE, before=[CONV])
    compare(graph, opset=opset)
    assert operators(graph, opset).count("Transpose") == transposes


@pytest.mark.parametrize("item", ["RMSNormalization", "UnitNormalization"])
@pytest.mark.parametrize("opset", [21, 23])
def test_after_a_flatten_that_moved_nothing(item: str, opset: int) -> None:
    graph = spec({"Dense": 3}, IMAGE, before=[CONV, "Flatten", item])
    compare(graph, opset=opset)
    assert operators(graph, opset).count("Transpose") == 1


def test_one_operator_where_there_is_one() -> None:
    graph = spec("RMSNormalization", {"x": ["time", 4]})
    assert operators(graph, 23) == ["RMSNormalization"]
    assert operators(graph, 22) == ["Mul", "ReduceMean", "Add", "Sqrt", "Div", "Mul"]
    along_all = spec({"RMSNormalization": {"axis": [1, 2, 3]}}, IMAGE, before=[CONV])
    assert operators(along_all, 23) == ["Transpose", "Conv", "Relu", "RMSNormalization", "Transpose"]


@layer_settings
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.lists(st.integers(-4, 3), min_size=1, max_size=3) | st.integers(-4, 3),
    st.sampled_from(["float32", "float32", "float64", "int32"]),
    OPSETS,
)
def test_unit_normalization(shape: list[int], axis: Any, dtype: str, opset: int) -> None:
    fields, rank = {"axis": axis, "dtype": dtype.replace("int", "float")}, len(shape) + 1
    axes = [axis] if isinstance(axis, int) else axis
    batch = any(a in (0, -rank) for a in axes)
    taken = takes("UnitNormalization", fields, shape, dtype)
    assert taken == (keras_takes("UnitNormalization", fields, shape, dtype) and not batch)
    if taken:
        compare(spec({"UnitNormalization": fields}, {"x": {"shape": shape, "dtype": dtype}}), opset=opset)


def test_a_vector_of_zeros_has_no_direction() -> None:
    graph = spec("UnitNormalization", {"x": [2, 3]})
    compare(
        graph, inputs={"x": np.array([[[0, 0, 0], [0, 3, 4]], [[1e-20, 0, 0], [1e-6, 1, 0]]], np.float32)}
    )


@pytest.mark.parametrize("axis", [-1, 1, [1, 2], [1, 2, 3]])
def test_unit_normalization_stays_in_its_layout(axis: Any) -> None:
    graph = spec({"UnitNormalization": {"axis": axis}}, {"x": ["height", 6, 3]}, before=[CONV])
    compare(graph)
    assert operators(graph).count("Transpose") == 2


@pytest.mark.parametrize("opset", [15, 21, 24])
@pytest.mark.parametrize("dtype", ["float16", "mixed_float16"])
@pytest.mark.parametrize("item", ["RMSNormalization", "UnitNormalization"])
def test_half_precision(item: str, dtype: str, opset: int) -> None:
    graph = spec({item: {"dtype": dtype}}, {"x": [3, 4]})
    weights, inputs = random_weights(graph), random_inputs(graph)
    expected = run_keras(build(graph, weights), graph, inputs)[0]
    actual = run_onnx(graph, weights, inputs, opset)[0]
    assert actual.dtype == expected.dtype == "float16"
    np.testing.assert_allclose(actual, expected, rtol=4e-3, atol=4e-3)


@pytest.mark.parametrize("opset", [15, 21, 24])
@pytest.mark.parametrize("item", ["RMSNormalization", "UnitNormalization"])
def test_bfloat16_is_valid_onnx(item: str, opset: int) -> None:
    graph = spec({item: {"dtype": "bfloat16"}}, {"x": [3, 4]})
    checked(to_onnx(graph, random_weights(graph), opset))


HELD = [
    {"Dense": {"units": 3, "activation": "tanh"}},
    {"Dense": {"units": 3, "use_bias": False}},
    {"Conv2D": {"filters": 2, "kernel_size": 2, "padding": "same"}},
    {"Conv2D": {"filters": 2, "kernel_size": 2, "data_format": "channels_last", "strides": 2}},
    {"DepthwiseConv2D": {"kernel_size": 2, "depth_multiplier": 2}},
    {"Conv2DTranspose": {"filters": 2, "kernel_size": 2, "trainable": False}},
    {"Embedding": {"input_dim": 5, "output_dim": 2}},
]


@layer_settings
@given(st.sampled_from(HELD), st.booleans(), st.booleans(), OPSETS)
def test_spectral_normalization(held: dict[str, Any], trainable: bool, each: bool, opset: int) -> None:
    """Alone, and on each step of a sequence of images."""
    item: dict[str, Any] = {"SpectralNormalization": {"layer": held, "trainable": trainable or each}}
    shape = [3, 4, 2]
    if each:
        item, shape = {"TimeDistributed": {"layer": item}}, ["time", *shape]
    graph = spec(item, {"x": shape})
    values = {"x": np.abs(random_inputs(graph, dynamic=2)["x"])}
    compare(graph, inputs=values, opset=opset)


def test_a_held_layer_has_the_dtype_of_its_wrapper() -> None:
    for dtype in ("float64", "float16"):
        held = {"Dense": {"units": 3, "dtype": dtype}}
        graph = spec({"SpectralNormalization": {"layer": held, "dtype": dtype}}, {"x": [4]})
        assert graph.outputs and graph.types[graph.outputs[0].value].dtype == dtype
        assert graph.nodes[0].weights[1].dtype == dtype


@layer_settings
@given(st.booleans(), st.booleans(), st.sampled_from(["Dense", "Conv1D", "none"]), OPSETS)
def test_masks_pass_through_the_held_layer(masked: bool, own: bool, kind: str, opset: int) -> None:
    """Keras leaves them on the tensors, and the layers after it heed them."""
    embedding = {"Embedding": {"input_dim": 5, "output_dim": 4, "mask_zero": masked}}
    before: list[Any] = [{"SpectralNormalization": {"layer": embedding}} if own else embedding]
    fields = {"Dense": {"units": 4}, "Conv1D": {"filters": 4, "kernel_size": 1}}
    before += [{"SpectralNormalization": {"layer": {kind: fields[kind]}}}] if kind in fields else []
    graph = spec({"LSTM": 3}, {"x": ["time"]}, before)
    values = np.random.default_rng(0).integers(0, 3, (3, 6)).astype(np.float32)
    compare(graph, inputs={"x": values}, opset=opset)


@pytest.mark.parametrize(
    ("held", "given", "message"),
    [
        ({"Flatten": None}, {}, "Flatten has no kernel and no embeddings of its own"),
        ({"LSTM": 3}, {}, "LSTM has no kernel and no embeddings of its own"),
        ({"SeparableConv2D": {"filters": 2, "kernel_size": 2}}, {}, "SeparableConv2D has no kernel"),
        ({"Add": None}, {}, "SpectralNormalization holds layers of one input, and Add is none"),
        (
            {"SpectralNormalization": {"layer": {"Dense": 2}}},
            {},
            "has no kernel and no embeddings of its own",
        ),
        ({"Dense": 2}, {"power_iterations": 0}, "power_iterations must be at least 1, not 0"),
        (
            {"Dense": {"units": 2, "dtype": "float16"}},
            {},
            "computes in float32, and the Dense in it in float16",
        ),
    ],
)
def test_what_spectral_normalization_cannot_hold(
    held: dict[str, Any], given: dict[str, Any], message: str
) -> None:
    shape = [3, 4] if "LSTM" in held else [3, 4, 2]
    with pytest.raises(nnspec.SpecError) as error:
        spec({"SpectralNormalization": {"layer": held, **given}}, {"x": shape})
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"RMSNormalization": 1}, "NN203"),
        ({"RMSNormalization": {"axis": [1, 2]}}, "NN207"),
        ({"RMSNormalization": {"axis": [0, 2]}}, "NN201"),
        ({"RMSNormalization": {"axis": [2, -1]}}, "NN104"),
        ({"RMSNormalization": {"epsilon": -1}}, "NN104"),
        ({"UnitNormalization": 3}, "NN201"),
        ({"UnitNormalization": 0}, "NN201"),
        ({"UnitNormalization": {"axis": []}}, "NN104"),
    ],
)
def test_what_does_not_fit(item: dict[str, Any], code: str) -> None:
    with pytest.raises(nnspec.SpecError) as error:
        spec(item, {"x": [5, 6] if "NN203" in code else ["time", 6]})
    assert [d.code for d in error.value.diagnostics] == [code]


def test_spectral_normalization_would_truncate_whole_numbers() -> None:
    item = {"SpectralNormalization": {"layer": {"Embedding": {"input_dim": 5, "output_dim": 2}}}}
    with pytest.raises(nnspec.SpecError, match="casts its output to the dtype of the input, int32"):
        spec(item, {"x": {"shape": [3], "dtype": "int32"}})
