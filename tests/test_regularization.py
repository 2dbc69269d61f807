"""Dropout and its kin against Keras: identities at inference, and what is refused."""

from __future__ import annotations

from typing import Any

import nnspec
import numpy as np
import pytest
from differential import OPSETS, compare, layer_settings, random_weights, spec, takes
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.keras import build
from nnspec.backends.onnx.emit import to_onnx

RATES = st.sampled_from([0.0, 0.5, 1.0]) | st.floats(0, 1)
SEEDS = st.none() | st.integers(0, 2**31 - 1)
RANKS = {
    **dict.fromkeys(("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise")),
    "SpatialDropout1D": 3,
    "SpatialDropout2D": 4,
    "SpatialDropout3D": 5,
}
# Those that divide by the part that is kept.
BELOW_ONE = ("AlphaDropout", "GaussianDropout")


def sizes(layer: str) -> st.SearchStrategy[list[Any]]:
    count = (RANKS[layer] or 0) - 1
    least, most = (count, count) if count > 0 else (1, 4)
    return st.lists(st.integers(1, 5) | st.just("size"), min_size=least, max_size=most)


@pytest.mark.parametrize("layer", RANKS)
def test_is_keras(layer: str) -> None:
    @layer_settings
    @given(sizes(layer), RATES, SEEDS, OPSETS, st.sampled_from(["float32", "float64", "mixed_float16"]))
    def run(shape: list[Any], rate: float, seed: int | None, opset: int, dtype: str) -> None:
        first = "stddev" if layer == "GaussianNoise" else "rate"
        rate = min(rate, 0.99) if layer in BELOW_ONE else rate
        graph = spec({layer: {first: rate, "seed": seed, "dtype": dtype}}, {"x": shape})
        assert graph.by_name["layer"].signature.weights == ()
        compare(graph, opset=opset)

    run()


@layer_settings
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.sampled_from(["Dropout", "AlphaDropout"]),
    st.data(),
)
def test_noise_shapes_that_training_takes(shape: list[int], layer: str, data: st.DataObject) -> None:
    entry = st.none() | st.integers(1, 4)
    noise = data.draw(st.lists(entry, min_size=len(shape) + 1, max_size=len(shape) + 1))
    noise[0] = data.draw(st.sampled_from([None, 1]))
    fields = {"rate": 0.5, "noise_shape": noise}
    assert takes(layer, fields, shape) == _trains(layer, noise, shape)


def _trains(name: str, noise: list[int | None], shape: list[int]) -> bool:
    import keras

    try:
        layer = getattr(keras.layers, name)(0.5, noise_shape=tuple(noise))
        result = layer(np.ones((2, *shape), "float32"), training=True)
    except Exception:
        return False
    return result.shape == (2, *shape)


def test_a_given_noise_shape_reaches_keras() -> None:
    graph = spec({"Dropout": {"rate": 0.5, "noise_shape": [None, 1, 3], "seed": 4}}, {"x": [4, 3]})
    layer: Any = build(graph, {}).get_layer("layer")
    assert (layer.rate, layer.noise_shape, layer.seed) == (0.5, (None, 1, 3), 4)


@layer_settings
@given(
    st.sampled_from([0.0, 0.5]) | st.floats(0, 10),
    st.sampled_from([0.0, 0.5]) | st.floats(0, 10),
    st.lists(st.integers(1, 5) | st.just("size"), min_size=1, max_size=4),
    OPSETS,
    st.sampled_from(["float32", "float64", "mixed_float16"]),
)
def test_activity_regularization(l1: float, l2: float, shape: list[Any], opset: int, dtype: str) -> None:
    def penalizes(model: Any) -> None:
        layer = model.get_layer("layer")
        assert (layer.l1, layer.l2) == (l1, l2)

    graph = spec({"ActivityRegularization": {"l1": l1, "l2": l2, "dtype": dtype}}, {"x": shape})
    compare(graph, opset=opset, inspect=penalizes)


def test_nothing_is_left_of_them_in_onnx() -> None:
    before = [{"Dense": 4}, {"Dropout": 0.5}, {"GaussianNoise": 0.1}, {"AlphaDropout": 0.1}]
    before += [{"GaussianDropout": 0.1}, {"ActivityRegularization": {"l2": 0.1}}]
    graph = spec({"Dense": 2}, {"x": [3]}, before=before)
    assert [node.op_type for node in to_onnx(graph, random_weights(graph)).graph.node] == ["Gemm", "Gemm"]


def test_convolutions_keep_their_layout_across_them() -> None:
    conv = {"Conv2D": {"filters": 4, "kernel_size": 2}}
    graph = spec(conv, {"x": [6, 6, 3]}, before=[conv, {"SpatialDropout2D": 0.5}, {"Dropout": 0.5}])
    compare(graph)
    found = [node.op_type for node in to_onnx(graph, random_weights(graph)).graph.node]
    assert found == ["Transpose", "Conv", "Conv", "Transpose"]
    compare(spec({"Dense": 3}, {"x": [6, 6, 3]}, before=[conv, "Flatten", {"Dropout": 0.5}]))


def test_masks_pass_through() -> None:
    before = [{"Embedding": {"input_dim": 9, "output_dim": 4, "mask_zero": True}}]
    ids = {"x": {"shape": ["time"], "dtype": "int32"}}
    layers = ("Dropout", "AlphaDropout", "GaussianDropout", "SpatialDropout1D", "GaussianNoise")
    for item in [*({layer: 0.5} for layer in layers), {"ActivityRegularization": {"l1": 0.5}}]:
        graph = spec(item, ids, before=before)
        assert graph.types[graph.outputs[0].value].masked
        compare(graph)


@pytest.mark.parametrize(
    ("item", "shape", "code"),
    [
        ({"Dropout": 1.5}, [4], "NN104"),
        ({"Dropout": -0.1}, [4], "NN104"),
        ({"Dropout": {"rate": 0.5, "noise_shape": [None, 1]}}, [4, 3], "NN203"),
        ({"Dropout": {"rate": 0.5, "noise_shape": [None, 2, 3]}}, [4, 3], "NN203"),
        ({"Dropout": {"rate": 0.5, "noise_shape": [0, 1, 3]}}, [4, 3], "NN104"),
        ({"GaussianNoise": 1.5}, [4], "NN104"),
        ({"AlphaDropout": 1.0}, [4], "NN104"),
        ({"AlphaDropout": {"rate": 0.5, "noise_shape": [None, 2]}}, [4], "NN203"),
        ({"GaussianDropout": 1.0}, [4], "NN104"),
        ({"ActivityRegularization": {"l1": -0.5}}, [4], "NN104"),
        ({"SpatialDropout3D": 0.5}, [4, 4, 3], "NN201"),
        ({"SpatialDropout1D": 0.5}, [4], "NN201"),
        ({"SpatialDropout1D": 0.5}, [4, 4, 3], "NN201"),
        ({"SpatialDropout2D": 0.5}, [4, 3], "NN201"),
        ({"SpatialDropout2D": {"rate": 0.5, "trainable": False}}, [4, 4, 3], "NN112"),
    ],
)
def test_what_does_not_fit(item: dict[str, Any], shape: list[int], code: str) -> None:
    with pytest.raises(nnspec.SpecError) as error:
        spec(item, {"x": shape})
    assert [d.code for d in error.value.diagnostics] == [code]


@pytest.mark.parametrize(("layer", "rank"), [*RANKS.items(), ("ActivityRegularization", None)])
def test_whole_numbers_are_refused(layer: str, rank: int | None) -> None:
    with pytest.raises(nnspec.SpecError, match="NN202"):
        spec({layer: 0.5}, {"x": {"shape": [2] * ((rank or 2) - 1), "dtype": "int32"}})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kernel_regularizer": "orthogonal_regularizer"}, "kernel, which is no matrix"),
        ({"bias_regularizer": "orthogonal"}, "bias, which is no matrix"),
        ({"activity_regularizer": "orthogonal"}, "an output, whose batch Keras does not know"),
        ({"kernel_constraint": {"UnitNorm": {"axis": [0, 3]}}}, "along axis 3, and kernel has 3 axes"),
        ({"bias_constraint": {"MaxNorm": {"axis": -2}}}, "along axis -2, and bias has 1 axes"),
    ],
)
def test_penalties_that_training_would_fail_at(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(nnspec.SpecError, match=message):
        spec({"Conv1D": {"filters": 2, "kernel_size": 2, **fields}}, {"x": [5, 3]})


def test_penalties_of_weights_that_are_not_there_are_none() -> None:
    dense = {
        "units": 2,
        "use_bias": False,
        "bias_regularizer": "orthogonal",
        "kernel_regularizer": "orthogonal",
    }
    compare(spec({"Dense": dense}, {"x": [5, 3]}))


def test_an_initializer_of_a_value_by_default_is_made_by_a_call() -> None:
    graph = spec({"Dense": {"units": 2, "bias_initializer": "constant"}}, {"x": [3]})
    assert "bias_initializer=keras.initializers.Constant()" in nnspec.emit(graph)
    compare(graph)
