"""Normalizations against Keras: types, weights, what is computed in every layout, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nnspec
import numpy as np
import pytest
from differential import (
    OPSETS,
    assert_close,
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

DTYPES = st.sampled_from(["float32", "float32", "float64"])
# Not below Keras's own: over a single value, Keras's own rounding is a part of 1/√epsilon.
EPSILONS = st.sampled_from([1e-3, 1e-2, 0.1])

CONV = {"Conv2D": {"filters": 4, "kernel_size": 2, "activation": "relu"}}
IMAGE = {"x": [5, 6, 3]}


def sizes(most: int = 4) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(1, 6), min_size=1, max_size=most)


@st.composite
def standardizing(draw: st.DrawFn) -> dict[str, Any]:
    """The fields that the layers with gamma and beta share."""
    return {
        "epsilon": draw(EPSILONS),
        "center": draw(st.booleans()),
        "scale": draw(st.booleans()),
        "dtype": draw(DTYPES),
    }


def with_dynamic(draw: Callable[..., Any], shape: list[int], kept: set[int]) -> list[Any]:
    """The shape with some axes dynamic, but none of those kept (from 0, the batch)."""
    return [size if axis in kept or draw(st.booleans()) else "size" for axis, size in enumerate(shape, 1)]


# BatchNormalization.


@layer_settings
@given(standardizing(), sizes(), OPSETS, st.data())
def test_batch_normalization(
    fields: dict[str, Any], shape: list[int], opset: int, data: st.DataObject
) -> None:
    axis = data.draw(st.integers(1, len(shape)))
    declared = with_dynamic(data.draw, shape, {axis})
    axis = data.draw(st.sampled_from([axis, axis - len(shape) - 1]))
    compare(spec({"BatchNormalization": {"axis": axis, **fields}}, {"x": declared}), opset=opset)


@pytest.mark.parametrize(
    ("axis", "expected"),
    [(-1, ["BatchNormalization"]), (3, ["BatchNormalization"]), (1, ["Mul", "Add"]), (2, ["Mul", "Add"])],
)
def test_batch_normalization_in_the_layout_of_convolutions(axis: int, expected: list[str]) -> None:
    """After an activation it is not the convolution's: one operator for the channels, no more Transposes."""
    graph = spec({"BatchNormalization": {"axis": axis}}, IMAGE, before=[CONV])
    compare(graph)
    assert operators(graph) == ["Transpose", "Conv", "Relu", *expected, "Transpose"]


def test_batch_normalization_of_vectors_and_of_channels_last() -> None:
    assert operators(spec("BatchNormalization", {"x": [4]})) == ["BatchNormalization"]
    assert operators(spec("BatchNormalization", {"x": [4, 3]})) == ["Mul", "Add"]
    assert operators(spec({"BatchNormalization": {"axis": 1}}, {"x": [4, 3]})) == ["BatchNormalization"]


@pytest.mark.parametrize("item", ["BatchNormalization", "LayerNormalization", "Normalization"])
def test_after_a_flatten_that_moved_nothing(item: str) -> None:
    graph = spec({"Dense": 3}, IMAGE, before=[CONV, "Flatten", item])
    compare(graph)
    assert operators(graph).count("Transpose") == 1


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
@pytest.mark.parametrize(
    "item", ["BatchNormalization", "Normalization", {"Rescaling": {"scale": 0.5, "offset": 1}}]
)
def test_whole_numbers_become_floats(item: Any, dtype: str) -> None:
    graph = spec(item, {"x": {"shape": [4, 3], "dtype": dtype}})
    inputs = {"x": np.random.default_rng(0).integers(0, 2, (3, 4, 3)).astype(dtype)}
    compare(graph, inputs=inputs)


@pytest.mark.parametrize("dtype", ["float16", "mixed_float16"])
@pytest.mark.parametrize("opset", [15, 17, 21])
@pytest.mark.parametrize(
    "item",
    [
        {"BatchNormalization": {"axis": 1}},
        {"BatchNormalization": {}},
        {"LayerNormalization": {}},
        {"LayerNormalization": {"axis": [1, 3]}},
        {"GroupNormalization": {"groups": 2}},
        {"Normalization": {}},
        {"Rescaling": {"scale": 2, "offset": 1}},
    ],
)
def test_half_precision_is_computed_in_full(item: dict[str, Any], opset: int, dtype: str) -> None:
    """With the mean far from 0, float16 alone would be off by several percent."""
    ((name, fields),) = item.items()
    graph = spec({name: {**fields, "dtype": dtype}}, {"x": [4, 5, 6]})
    weights, inputs = random_weights(graph), {"x": random_inputs(graph)["x"] + 8}
    expected = run_keras(build(graph, weights), graph, inputs)[0]
    actual = run_onnx(graph, weights, inputs, opset)[0]
    assert actual.dtype == expected.dtype == "float16"
    np.testing.assert_allclose(actual, expected, rtol=4e-3, atol=4e-3)


# LayerNormalization.


@layer_settings
@given(standardizing(), sizes(), OPSETS, st.data())
def test_layer_normalization(
    fields: dict[str, Any], shape: list[int], opset: int, data: st.DataObject
) -> None:
    rank = len(shape) + 1
    axes = data.draw(st.lists(st.integers(1, rank - 1), min_size=1, max_size=3, unique=True))
    has_weights = fields["scale"] or fields["center"]
    declared = with_dynamic(data.draw, shape, set(axes) if has_weights else set())
    spelled = [data.draw(st.sampled_from([axis, axis - rank])) for axis in axes]
    axis = spelled[0] if len(spelled) == 1 and data.draw(st.booleans()) else spelled
    compare(spec({"LayerNormalization": {"axis": axis, **fields}}, {"x": declared}), opset=opset)


def test_layer_normalization_is_one_operator_where_its_axes_come_last() -> None:
    assert operators(spec("LayerNormalization", {"x": [4, 3]})) == ["LayerNormalization"]
    assert operators(spec({"LayerNormalization": {"axis": [-1, -2]}}, {"x": [4, 3]})) == [
        "LayerNormalization"
    ]
    assert "LayerNormalization" not in operators(spec("LayerNormalization", {"x": [4, 3]}), 16)
    assert "LayerNormalization" not in operators(spec({"LayerNormalization": {"axis": 1}}, {"x": [4, 3]}))
    graph = spec("LayerNormalization", IMAGE, before=[CONV])
    assert operators(graph) == ["Transpose", "Conv", "Relu", "Transpose", "LayerNormalization"]
    compare(graph)


def test_layer_normalization_over_places_in_the_layout_of_convolutions() -> None:
    for axis in ([1, 2], 1, [1, 3]):
        graph = spec({"LayerNormalization": {"axis": axis}}, IMAGE, before=[CONV])
        compare(graph)
        assert operators(graph).count("Transpose") == 2


def test_layer_normalization_without_weights_takes_any_size() -> None:
    graph = spec({"LayerNormalization": {"scale": False, "center": False}}, {"x": [3, "features"]})
    compare(graph)


# GroupNormalization.


@layer_settings
@given(standardizing(), sizes(), st.integers(1, 3), OPSETS, st.data())
def test_group_normalization(
    fields: dict[str, Any], shape: list[int], groups: int, opset: int, data: st.DataObject
) -> None:
    axis = data.draw(st.integers(1, len(shape)))
    shape[axis - 1] *= groups
    declared = with_dynamic(data.draw, shape, {axis})
    axis = data.draw(st.sampled_from([axis, axis - len(shape) - 1]))
    groups = data.draw(st.sampled_from([groups, -1]))
    compare(
        spec({"GroupNormalization": {"groups": groups, "axis": axis, **fields}}, {"x": declared}), opset=opset
    )


def test_group_normalization_stays_in_the_layout_of_convolutions() -> None:
    conv = {"Conv2D": {"filters": 4, "kernel_size": 2}}
    graph = spec(conv, IMAGE, before=[CONV, {"GroupNormalization": 2}])
    assert operators(graph) == ["Transpose", "Conv", "Relu", "GroupNormalization", "Conv", "Transpose"]
    for opset in (18, 21):
        compare(graph, opset=opset)
    compare(spec({"GroupNormalization": {"groups": 5, "axis": 1}}, {"x": [6, 6, 3]}, before=[CONV]))
    compare(spec({"GroupNormalization": 4}, IMAGE, before=[CONV, "Flatten"]))


# Normalization.


@layer_settings
@given(sizes(3), st.booleans(), st.booleans(), DTYPES, OPSETS, st.data())
def test_normalization(
    shape: list[int], given_here: bool, invert: bool, dtype: str, opset: int, data: st.DataObject
) -> None:
    rank = len(shape) + 1
    axes = data.draw(st.lists(st.integers(1, rank - 1), max_size=3, unique=True))
    declared = with_dynamic(data.draw, shape, set(axes))
    spelled = [data.draw(st.sampled_from([axis, axis - rank])) for axis in axes]
    fields: dict[str, Any] = {"axis": spelled or None, "invert": invert, "dtype": dtype}
    if given_here:
        kept = [shape[axis - 1] for axis in sorted(axes)]
        fields |= data.draw(statistics(kept[data.draw(st.integers(0, len(kept))) :]))
    compare(spec({"Normalization": fields}, {"x": declared}), opset=opset)


@st.composite
def statistics(draw: st.DrawFn, shape: list[int]) -> dict[str, Any]:
    """Mean and variance of a shape that spreads over this one. A variance may be 0."""
    spread = [draw(st.sampled_from([1, size])) for size in shape]
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    variance = rng.uniform(0.1, 3, spread)
    if draw(st.booleans()):
        variance.flat[0] = 4
    return {"mean": rng.normal(size=spread).tolist(), "variance": variance.tolist()}


@layer_settings
@given(st.data())
def test_normalization_refuses_what_keras_refuses(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=2))
    axis = data.draw(
        st.none() | st.integers(-3, 3) | st.lists(st.integers(1, 3), min_size=1, max_size=2, unique=True)
    )
    given_shape = data.draw(st.lists(st.integers(1, 3), max_size=2))
    fields = {"axis": axis, "mean": np.ones(given_shape).tolist(), "variance": np.ones(given_shape).tolist()}
    assert takes("Normalization", fields, shape) == keras_takes("Normalization", fields, shape)


def test_normalization_divides_by_no_less_than_keras() -> None:
    graph = spec({"Normalization": {"mean": 1, "variance": 0}}, {"x": [3]})
    compare(graph, inputs={"x": np.array([[1, 1, 1 + 1e-7]], "float32")})


def test_what_adapt_has_learned_is_kept(tmp_path: Path) -> None:
    import keras

    graph = spec("Normalization", {"x": [3]})
    learned: Any = keras.layers.Normalization()
    learned.adapt(np.random.default_rng(0).normal(4, 3, (50, 3)))
    weights = {f"layer/{w.name}": np.asarray(w) for w in learned.weights}
    assert list(weights) == list(graph.weights)
    model, inputs = build(graph, weights), random_inputs(graph)
    assert_close(run_keras(model, graph, inputs)[0], np.asarray(learned(inputs["x"])))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert_close(run_keras(loaded, graph, inputs)[0], np.asarray(learned(inputs["x"])))


# Rescaling.


@layer_settings
@given(sizes(3), st.sampled_from(["float32", "float64", "int32", "uint8"]), OPSETS, st.data())
def test_rescaling(shape: list[int], dtype: str, opset: int, data: st.DataObject) -> None:
    def numbers() -> Any:
        own = shape[data.draw(st.integers(0, len(shape))) :]
        spread = [data.draw(st.sampled_from([1, size])) for size in own]
        return np.random.default_rng(data.draw(st.integers(0, 99))).normal(size=spread).tolist()

    graph = spec(
        {"Rescaling": {"scale": numbers(), "offset": numbers()}}, {"x": {"shape": shape, "dtype": dtype}}
    )
    compare(graph, opset=opset)


@layer_settings
@given(st.data())
def test_rescaling_refuses_what_keras_refuses(data: st.DataObject) -> None:
    """And what Keras takes only to give another shape than it has declared, or for batches of one size."""
    shape = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=2))
    numbers = st.lists(st.integers(1, 3), max_size=3).map(lambda s: np.ones(s).tolist())
    fields = {"scale": data.draw(numbers), "offset": data.draw(numbers)}
    changed = np.broadcast_shapes((1, *shape), *_shapes(fields, shape)) != (1, *shape)
    assert takes("Rescaling", fields, shape) == (keras_takes("Rescaling", fields, shape) and not changed)


def _shapes(fields: dict[str, Any], shape: list[int]) -> list[tuple[int, ...]]:
    """The shapes of the numbers, those left out that do not go together with the input at all."""
    found = [np.shape(value) for value in fields.values()]
    try:
        np.broadcast_shapes((1, *shape), *found)
    except ValueError:
        return []
    return found


def test_rescaling_keeps_to_what_changes_something() -> None:
    assert operators(spec({"Rescaling": 0.5}, {"x": [3]})) == ["Mul"]
    assert operators(spec({"Rescaling": {"scale": 1, "offset": 2}}, {"x": [3]})) == ["Add"]
    assert operators(spec({"Rescaling": 1}, {"x": {"shape": [3], "dtype": "uint8"}})) == ["Cast"]
    graph = spec({"Rescaling": {"scale": [1, 2, 3, 4]}}, IMAGE, before=[CONV])
    compare(graph)
    assert operators(graph) == ["Transpose", "Conv", "Relu", "Mul", "Transpose"]


# All of them.


@pytest.mark.parametrize("layer", ["BatchNormalization", "LayerNormalization", "GroupNormalization"])
def test_axes_are_refused_as_keras_does(layer: str) -> None:
    for axis in range(-4, 5):
        fields = {"axis": axis, **({"groups": 1} if layer == "GroupNormalization" else {})}
        assert takes(layer, fields, [2, 3]) == keras_takes(layer, fields, [2, 3]), axis


@layer_settings
@given(st.integers(-1, 8), st.integers(1, 8))
def test_groups_are_refused_as_keras_does(groups: int, channels: int) -> None:
    fields, shape = {"groups": groups}, [2, channels]
    assert takes("GroupNormalization", fields, shape) == keras_takes("GroupNormalization", fields, shape)


def test_masks_pass_through() -> None:
    before = [{"Embedding": {"input_dim": 9, "output_dim": 4, "mask_zero": True}}]
    ids = {"x": {"shape": ["time"], "dtype": "int32"}}
    items = [
        "BatchNormalization",
        "LayerNormalization",
        {"GroupNormalization": 2},
        "Normalization",
        {"Rescaling": 2},
    ]
    for item in items:
        graph = spec(item, ids, before=before)
        assert graph.types[graph.outputs[0].value].masked
        compare(graph)


def test_shapes_and_weights() -> None:
    graph = spec({"LayerNormalization": {"axis": [2, 3], "scale": False}}, {"x": ["time", 5, 3]})
    signature = graph.by_name["layer"].signature
    assert str(signature.output) == "float32[batch, time, 5, 3]"
    assert [(w.name, w.shape) for w in signature.weights] == [("beta", (5, 3))]
    assert (signature.macs, signature.reach) == (0, "all")


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"BatchNormalization": 3}, "NN201"),
        ({"BatchNormalization": 0}, "NN201"),
        ({"BatchNormalization": 1}, "NN207"),
        ({"BatchNormalization": {"renorm": True}}, "NN112"),
        ({"LayerNormalization": {"axis": [2, -1]}}, "NN104"),
        ({"LayerNormalization": {"axis": []}}, "NN104"),
        ({"LayerNormalization": {"rms_scaling": True}}, "NN112"),
        ({"GroupNormalization": 4}, "NN206"),
        ({"GroupNormalization": 0}, "NN104"),
        ({"GroupNormalization": -2}, "NN104"),
        ({"Normalization": {"mean": 1}}, "NN102"),
        ({"Normalization": {"mean": 1, "variance": -1}}, "NN104"),
        ({"Normalization": {"mean": [1, 2], "variance": 1}}, "NN203"),
        ({"Normalization": {"mean": "a", "variance": 1}}, "NN103"),
        ({"Normalization": 1}, "NN207"),
        ({"Rescaling": True}, "NN103"),
        ({"Rescaling": [[1, 2], [3]]}, "NN103"),
        ({"Rescaling": [1, 2]}, "NN203"),
    ],
)
def test_what_does_not_fit(item: dict[str, Any], code: str) -> None:
    with pytest.raises(nnspec.SpecError) as error:
        spec(item, {"x": ["time", 6]})
    assert [d.code for d in error.value.diagnostics] == [code]


def test_divisors_are_listed() -> None:
    with pytest.raises(nnspec.SpecError, match="choose from 1, 2, 3, 6"):
        spec({"GroupNormalization": 4}, {"x": [6]})


@pytest.mark.parametrize("layer", ["LayerNormalization", "GroupNormalization"])
def test_layers_that_would_truncate_refuse_whole_numbers(layer: str) -> None:
    with pytest.raises(nnspec.SpecError, match="NN202"):
        spec(layer, {"x": {"shape": [32], "dtype": "int32"}})
