"""Activations against Keras: as layers, as an argument of other layers, and what is refused."""

from __future__ import annotations

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
from nnspec.backends.onnx.emit import checked, to_onnx
from nnspec.compiler.graph import Graph
from nnspec.spec.activations import ACTIVATIONS

ALL_OPSETS = range(15, 25)
SHAPES = st.lists(st.integers(1, 5), min_size=1, max_size=3)
POSITIVE = st.floats(0.125, 3, width=32)
FROM_ZERO = st.sampled_from([0.0, 0.25, 1.0]) | st.floats(0, 3, width=32)
ANY = st.floats(-3, 3, width=32)
AXIS = st.integers(-3, 2)

# Values for the arguments of each activation that takes some; an axis may be one that is not there.
ARGUMENTS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "celu": {"alpha": POSITIVE},
    "elu": {"alpha": ANY},
    "gelu": {"approximate": st.booleans()},
    "glu": {"axis": AXIS},
    "hard_shrink": {"threshold": FROM_ZERO},
    "leaky_relu": {"negative_slope": FROM_ZERO},
    "log_softmax": {"axis": AXIS},
    "relu": {
        "negative_slope": FROM_ZERO,
        "max_value": st.sampled_from([None, 6.0]) | FROM_ZERO,
        "threshold": FROM_ZERO,
    },
    "soft_shrink": {"threshold": FROM_ZERO},
    "softmax": {"axis": AXIS},
    "sparsemax": {"axis": AXIS},
    "squareplus": {"b": FROM_ZERO},
    "threshold": {"threshold": ANY, "default_value": ANY},
}
SAME_SHAPE = [name for name in ACTIVATIONS.entries if name != "glu"]
WITHOUT_ARGUMENTS = [name for name in SAME_SHAPE if name != "threshold"]


@st.composite
def activations(draw: st.DrawFn, name: str, rank: int) -> Any:
    """The activation by name or with arguments; an axis is one of a tensor of that rank."""
    arguments = {key: draw(values) for key, values in ARGUMENTS.get(name, {}).items()}
    if "axis" in arguments:
        arguments["axis"] = draw(st.integers(-rank, rank - 1))
    return {name: arguments} if arguments else name


def layer(activation: Any, **fields: Any) -> dict[str, Any]:
    return {"Activation": {"activation": activation, **fields}}


@pytest.mark.parametrize("name", SAME_SHAPE)
def test_every_activation_is_keras(name: str) -> None:
    @layer_settings
    @given(SHAPES, OPSETS, st.data())
    def run(shape: list[int], opset: int, data: st.DataObject) -> None:
        activation = data.draw(activations(name, len(shape) + 1))
        compare(spec(layer(activation), {"x": shape}), opset=opset)

    run()


@pytest.mark.parametrize("name", SAME_SHAPE)
@pytest.mark.parametrize("opset", ALL_OPSETS)
def test_every_activation_at_every_opset(name: str, opset: int) -> None:
    values = {"default_value": 2.0, "threshold": 0.25, "approximate": True, "axis": 1}
    arguments = {key: values[key] for key in ARGUMENTS.get(name, {}) if key in values}
    compare(spec(layer({name: arguments} if arguments else name), {"x": [4, 3]}), opset=opset)


@pytest.mark.parametrize("name", SAME_SHAPE)
def test_far_from_zero_and_at_the_edges(name: str) -> None:
    """Where exponentials overflow, and on each side of every threshold and exactly at it."""
    edges = [-100, -20, -6, -3, -1, -0.5, -0.25, 0, 0.25, 0.5, 1, 3, 6, 20]
    argument = {"threshold": {"threshold": 0.25, "default_value": 2.0}}.get(name)
    graph = spec(layer({name: argument} if argument else name), {"x": [len(edges)]})
    compare(graph, inputs={"x": np.array([edges], "float32")})


@pytest.mark.parametrize("name", SAME_SHAPE)
def test_inside_other_layers(name: str) -> None:
    @layer_settings
    @given(OPSETS, st.data())
    def run(opset: int, data: st.DataObject) -> None:
        dense = {"Dense": {"units": 4, "activation": data.draw(activations(name, 3))}}
        compare(spec(dense, {"x": [3, 5]}), opset=opset)

    run()


@pytest.mark.parametrize("name", SAME_SHAPE)
def test_inside_a_convolution_and_after_it(name: str) -> None:
    """In the layout of convolutions, where the spec's last axis is ONNX's second."""
    argument = {"threshold": {"threshold": 0.25, "default_value": 2.0}}.get(name)
    activation = {name: argument} if argument else name
    conv = {"Conv2D": {"filters": 4, "kernel_size": 2, "activation": activation}}
    graph = spec(layer(activation), {"x": [4, 5, 3]}, before=[conv])
    compare(graph)
    assert operators(graph).count("Transpose") == 2


@pytest.mark.parametrize("name", WITHOUT_ARGUMENTS)
def test_after_a_flatten_that_moved_nothing(name: str) -> None:
    """Between Flatten and Dense the elements stay in the convolution's order."""
    before = [{"Conv2D": {"filters": 4, "kernel_size": 2}}, "Flatten", layer(name)]
    graph = spec({"Dense": 3}, {"x": [4, 5, 3]}, before=before)
    compare(graph)
    assert operators(graph).count("Transpose") == 1


@pytest.mark.parametrize("dtype", ["float64", "float16", "mixed_float16"])
@pytest.mark.parametrize("name", SAME_SHAPE)
def test_other_precisions(name: str, dtype: str) -> None:
    argument = {"threshold": {"threshold": 0.25, "default_value": 2.0}, "gelu": {"approximate": True}}.get(
        name
    )
    graph = spec(
        layer({name: argument} if argument else name, dtype=dtype),
        {"x": {"shape": [3, 4], "dtype": "float64"}},
    )
    compare_in(graph, dtype)


def compare_in(graph: Graph, dtype: str, opset: int = 21) -> None:
    """Half precision keeps eleven bits, and where it rounds is the runtime's choice."""
    if "16" not in dtype:
        return compare(graph, opset=opset)
    weights, inputs = random_weights(graph), random_inputs(graph)
    expected = run_keras(build(graph, weights), graph, inputs)[0]
    actual = run_onnx(graph, weights, inputs, opset)[0]
    assert actual.dtype == expected.dtype == "float16"
    np.testing.assert_allclose(actual, expected, rtol=4e-3, atol=4e-3)
    return None


@pytest.mark.parametrize("opset", [15, 18, 21, 24])
@pytest.mark.parametrize("name", SAME_SHAPE)
def test_bfloat16_is_valid_onnx(name: str, opset: int) -> None:
    """onnxruntime's CPU provider computes nothing in bfloat16: what can be checked is the model."""
    argument = {"threshold": {"threshold": 0.25, "default_value": 2.0}}.get(name)
    graph = spec(layer({name: argument} if argument else name, dtype="bfloat16"), {"x": [3, 4]})
    checked(to_onnx(graph, {}, opset))


@layer_settings
@given(st.lists(st.integers(1, 6), min_size=1, max_size=3), AXIS, OPSETS)
def test_glu_halves_its_axis(shape: list[int], axis: int, opset: int) -> None:
    item = layer({"glu": {"axis": axis}})
    sizes = [None, *shape]
    size = sizes[axis] if -len(sizes) <= axis < len(sizes) else None
    if size is None or size % 2:
        with pytest.raises(nnspec.SpecError):
            spec(item, {"x": shape})
    else:
        compare(spec(item, {"x": shape}), opset=opset)


def test_glu_after_a_flatten_is_put_in_order() -> None:
    before = [{"Conv2D": {"filters": 4, "kernel_size": 2}}, "Flatten"]
    compare(spec(layer("glu"), {"x": [4, 5, 3]}, before=before))


def test_glu_casts_nothing() -> None:
    compare(spec(layer("glu", dtype="mixed_float16"), {"x": [3, 4]}))


@pytest.mark.parametrize(("wrong", "code"), [("glu", "NN112"), ({"softmax": {"axis": 3}}, "NN201")])
@pytest.mark.parametrize("item", [{"Dense": {"units": 4}}, {"Conv1D": {"filters": 4, "kernel_size": 1}}])
def test_other_layers_refuse_what_does_not_fit(item: dict[str, Any], wrong: Any, code: str) -> None:
    ((name, fields),) = item.items()
    with pytest.raises(nnspec.SpecError) as error:
        spec({name: {**fields, "activation": wrong}}, {"x": [3, 4]})
    assert [d.code for d in error.value.diagnostics] == [code]


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sparsemax"])
@pytest.mark.parametrize("axis", range(-5, 5))
def test_axes_that_are_there_are_taken(name: str, axis: int) -> None:
    assert takes("Activation", {"activation": {name: {"axis": axis}}}, [3, 4]) == (-3 <= axis < 3)


@pytest.mark.parametrize("name", [n for n in ARGUMENTS if n != "glu"])
def test_a_saved_model_computes_the_same(name: str, tmp_path: Path) -> None:
    """Activations with arguments, in a layer of another dtype too."""
    import keras

    values = {"default_value": 2.0, "approximate": True, "axis": 0}
    activation = {name: {key: values.get(key, 0.25) for key in ARGUMENTS[name]}}
    dense = {"Dense": {"units": 4, "activation": activation, "dtype": "mixed_float16"}}
    graph = spec(dense, {"x": [5]}, before=[layer(activation)])
    model, inputs = build(graph, random_weights(graph)), random_inputs(graph)
    model.save(tmp_path / "model.keras")
    expected = run_keras(model, graph, inputs)[0]
    assert expected.dtype == "float16"
    assert_close(run_keras(keras.saving.load_model(tmp_path / "model.keras"), graph, inputs)[0], expected)


# The layers.


@layer_settings
@given(SHAPES, st.none() | FROM_ZERO | st.just(6), FROM_ZERO, FROM_ZERO, OPSETS)
def test_relu(shape: list[int], max_value: float | None, slope: float, threshold: float, opset: int) -> None:
    fields = {"max_value": max_value, "negative_slope": slope, "threshold": threshold}
    graph = spec({"ReLU": fields}, {"x": shape})
    inputs = random_inputs(graph)
    inputs["x"].flat[0] = threshold
    compare(graph, inputs=inputs, opset=opset)


@layer_settings
@given(SHAPES, FROM_ZERO, OPSETS)
def test_leaky_relu(shape: list[int], slope: float, opset: int) -> None:
    compare(spec({"LeakyReLU": slope}, {"x": shape}), opset=opset)


def test_defaults_are_those_of_keras() -> None:
    """The layer LeakyReLU has another slope than the function."""
    for item in ("LeakyReLU", "ELU", "ReLU", "PReLU", "Softmax", layer("leaky_relu")):
        compare(spec(item, {"x": [4, 3]}))


@layer_settings
@given(SHAPES, ANY, OPSETS)
def test_elu(shape: list[int], alpha: float, opset: int) -> None:
    compare(spec({"ELU": alpha}, {"x": shape}), opset=opset)


@layer_settings
@given(
    SHAPES,
    st.lists(st.integers(1, 3), max_size=3),
    st.booleans(),
    OPSETS,
    st.sampled_from(["float32", "float64"]),
)
def test_prelu(shape: list[int], shared: list[int], dynamic: bool, opset: int, dtype: str) -> None:
    shared = [axis for axis in shared if axis <= len(shape)]
    declared = ["size" if dynamic and axis in shared[:1] else size for axis, size in enumerate(shape, 1)]
    fields = {"shared_axes": shared or None, "dtype": dtype}
    compare(spec({"PReLU": fields}, {"x": declared}), opset=opset, dynamic=4)


def test_prelu_in_the_layout_of_convolutions() -> None:
    conv = {"Conv2D": {"filters": 4, "kernel_size": 2}}
    for shared in (None, [1, 2], [2], [3]):
        graph = spec({"PReLU": {"shared_axes": shared}}, {"x": [4, 5, 3]}, before=[conv])
        compare(graph)
        assert operators(graph) == ["Transpose", "Conv", "PRelu", "Transpose"]
    graph = spec({"Dense": 3}, {"x": [4, 5, 3]}, before=[conv, "Flatten", "PReLU"])
    compare(graph)
    assert "PRelu" in operators(graph)


@layer_settings
@given(SHAPES, st.lists(st.integers(-4, 3), min_size=1, max_size=3) | st.integers(-4, 3), OPSETS)
def test_softmax(shape: list[int], axis: Any, opset: int) -> None:
    fields = {"axis": axis}
    assert takes("Softmax", fields, shape) == keras_takes("Softmax", fields, shape)
    if takes("Softmax", fields, shape):
        compare(spec({"Softmax": fields}, {"x": shape}), opset=opset)


@layer_settings
@given(
    st.lists(st.integers(1, 4), min_size=2, max_size=2),
    st.sampled_from([[-1], [1], [1, 2]]),
    st.sampled_from(["bool", "int32", "float32"]),
    OPSETS,
    st.data(),
)
def test_softmax_of_what_a_mask_keeps(
    shape: list[int], axis: list[int], dtype: str, opset: int, data: st.DataObject
) -> None:
    kept = [data.draw(st.sampled_from([1, size])) for size in shape]
    inputs = {"x": shape, "keep": {"shape": kept, "dtype": dtype}}
    graph = spec({"Softmax": {"axis": axis}}, inputs, from_={"inputs": "x", "mask": "keep"})
    values = random_inputs(graph)
    values["keep"] = (np.random.default_rng(2).random((3, *kept)) > 0.4).astype(dtype)
    compare(graph, inputs=values, opset=opset)


def test_softmax_in_other_layouts() -> None:
    conv = {"Conv2D": {"filters": 4, "kernel_size": 2}}
    for axis in (-1, 1, [1, 2], [1, 3]):
        graph = spec(
            {"Softmax": axis if isinstance(axis, int) else {"axis": axis}}, {"x": [4, 5, 3]}, before=[conv]
        )
        compare(graph)
        assert operators(graph).count("Transpose") == 2
    compare(spec({"Dense": 3}, {"x": [4, 5, 3]}, before=[conv, "Flatten", "Softmax"]))


def test_a_dynamic_axis() -> None:
    for item in (layer("softmax"), layer({"sparsemax": {"axis": 1}}), {"Softmax": {"axis": [1, 2]}}):
        for dynamic in (1, 5):
            compare(spec(item, {"x": ["time", 3]}), dynamic=dynamic)


def test_masks_pass_through() -> None:
    before = [{"Embedding": {"input_dim": 9, "output_dim": 4, "mask_zero": True}}]
    ids = {"x": {"shape": ["time"], "dtype": "int32"}}
    for item in (layer("tanh"), "ReLU", "LeakyReLU", {"PReLU": {"shared_axes": [1]}}, "ELU"):
        graph = spec(item, ids, before=before)
        assert graph.types[graph.outputs[0].value].masked
        compare(graph)
    with pytest.raises(nnspec.SpecError, match="NN203"):
        spec("Softmax", ids, before=before)


@pytest.mark.parametrize("name", ["Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax"])
def test_whole_numbers_are_refused(name: str) -> None:
    fields = {"activation": "sigmoid"} if name == "Activation" else {}
    with pytest.raises(nnspec.SpecError, match="NN202"):
        spec({name: fields}, {"x": {"shape": [3], "dtype": "int32"}})


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"PReLU": {"shared_axes": [0]}}, "NN201"),
        ({"PReLU": {"shared_axes": [3]}}, "NN201"),
        ({"PReLU": {"shared_axes": [2]}}, "NN207"),
        ({"Softmax": {"axis": [1, 1]}}, "NN104"),
        ({"Softmax": {"axis": []}}, "NN104"),
        ({"Softmax": 3}, "NN201"),
        ({"ReLU": -1}, "NN104"),
        ({"ReLU": {"threshold": -1}}, "NN104"),
        ({"LeakyReLU": {"alpha": 0.1}}, "NN112"),
        (layer({"celu": {"alpha": 0}}), "NN104"),
        (layer({"glu": {"axis": 1}}), "NN207"),
        (layer("glu"), "NN206"),
    ],
)
def test_what_does_not_fit(item: dict[str, Any], code: str) -> None:
    with pytest.raises(nnspec.SpecError) as error:
        spec(item, {"x": ["time", 3]})
    assert [d.code for d in error.value.diagnostics] == [code]


@pytest.mark.parametrize(
    ("item", "opset", "expected"),
    [
        (layer("gelu"), 20, ["Gelu"]),
        (layer("gelu"), 19, ["Mul", "Mul", "Erf", "Add", "Mul"]),
        (layer("silu"), 24, ["Swish"]),
        (layer("silu"), 21, ["Sigmoid", "Mul"]),
        (layer("mish"), 18, ["Mish"]),
        (layer("sparse_plus"), 21, ["HardSigmoid", "Mul", "Max"]),
        (layer("relu6"), 21, ["Clip"]),
        ({"ReLU": {"negative_slope": 0.1}}, 21, ["LeakyRelu"]),
        ({"ReLU": {"threshold": 1}}, 21, ["ThresholdedRelu"]),
        ({"ReLU": {"max_value": 6, "threshold": 1}}, 21, ["ThresholdedRelu", "Clip"]),
        ({"Softmax": {"axis": [1, 2]}}, 21, ["ReduceLogSumExp", "Sub", "Exp"]),
    ],
)
def test_as_few_operators_as_there_are(item: dict[str, Any], opset: int, expected: list[str]) -> None:
    assert sorted(operators(spec(item, {"x": [4, 3]}), opset)) == sorted(expected)


def test_linear_is_nothing() -> None:
    assert operators(spec(layer("tanh"), {"x": [4]}, before=[layer("linear")])) == ["Tanh"]
