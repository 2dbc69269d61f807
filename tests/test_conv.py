"""Convolutions against Keras: types, weights, what they compute, and what they refuse."""

from __future__ import annotations

from itertools import product
from typing import Any

import nnspec
import numpy as np
import pytest
from differential import (
    FORMATS,
    OPSETS,
    assert_close,
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
from hypothesis import assume, given
from hypothesis import strategies as st
from nnspec.backends.keras import build
from nnspec.backends.keras_faults import known_fault
from nnspec.compiler.graph import Graph
from nnspec.spec.layers import FAMILIES
from nnspec.spec.types import Window

ACTIVATIONS = st.sampled_from([None, "relu", "tanh", "softmax"])
RANKS = {layer: int(layer.removesuffix("Transpose")[-2]) for layer in FAMILIES["conv"]}
POLICIES = st.sampled_from(["float32", "float32", "float16", "float64", "mixed_float16"])
NAMES = ("depth", "height", "width")


def filters(layer: str, count: int) -> dict[str, int]:
    """The field of that name, where the layer has it."""
    return {} if layer.startswith("Depthwise") else {"filters": count}


def axes(value: int | list[int], rank: int) -> list[int]:
    return value if isinstance(value, list) else [value] * rank


@st.composite
def fields(draw: st.DrawFn, layer: str) -> dict[str, Any]:
    """Fields of which some go together and some do not."""
    rank = RANKS[layer]
    given: dict[str, Any] = {
        "kernel_size": draw(per_axis(rank, 1, 4)),
        "strides": draw(st.just(1) | per_axis(rank, 1, 3)),
        "dilation_rate": draw(st.just(1) | per_axis(rank, 1, 3)),
        "padding": draw(st.sampled_from(["valid", "same", *(["causal"] if layer == "Conv1D" else [])])),
        "data_format": draw(FORMATS),
        "use_bias": draw(st.booleans()),
        "activation": draw(ACTIVATIONS),
    }
    given |= filters(layer, draw(st.integers(1, 6)))
    if layer in ("Conv1D", "Conv2D", "Conv3D"):
        given["groups"] = draw(st.sampled_from([1, 1, 1, 2, 3]))
    if layer.startswith(("Depthwise", "Separable")):
        given["depth_multiplier"] = draw(st.integers(1, 3))
    if layer.endswith("Transpose"):
        given["output_padding"] = draw(st.none() | per_axis(rank, 0, 2))
    return given


@st.composite
def going_together(draw: st.DrawFn, layer: str) -> tuple[dict[str, Any], list[int]]:
    """Fields that go together, and spatial sizes on which the window fits."""
    rank, f = RANKS[layer], draw(fields(layer))
    strides, dilation = axes(f["strides"], rank), axes(f["dilation_rate"], rank)
    if not layer.startswith(("Depthwise", "Separable")) and max(strides) > 1:
        f["dilation_rate"], dilation = 1, [1] * rank
    spans = [(k - 1) * d + 1 for k, d in zip(axes(f["kernel_size"], rank), dilation, strict=True)]
    if "groups" in f:
        f["filters"] *= f["groups"]
    if f.get("output_padding") is not None:
        least = [1 - span % 2 if f["padding"] == "same" else 0 for span in spans]
        free = [draw(st.integers(low, max(s - 1, low))) for low, s in zip(least, strides, strict=True)]
        f["output_padding"] = free if all(p < s for p, s in zip(free, strides, strict=True)) else None
    return f, [draw(st.integers(span, span + 6)) for span in spans]


def as_channels_last(f: dict[str, Any]) -> dict[str, Any]:
    """The fields of the same layer over channels_last; an activation over the channels goes with them."""
    softmax = "softmax" if isinstance(f["activation"], dict) else f["activation"]
    return {**f, "data_format": "channels_last", "activation": softmax}


def on_any_cpu(layer: str, f: dict[str, Any]) -> bool:
    """Whether TensorFlow has the convolution on a CPU without oneDNN too, which is for float32 and bfloat16 only."""
    strides = axes(f["strides"], RANKS[layer])
    if layer.endswith("Transpose"):
        return f["dilation_rate"] in (1, [1] * RANKS[layer])
    if layer == "Conv3D":
        return f["padding"] == "valid" or max(strides) < 3
    return len(set(strides)) == 1


@st.composite
def networks(draw: st.DrawFn, layer: str) -> tuple[Graph, Graph, np.ndarray]:
    """A layer over an input with dynamic axes, the same over channels_last, and an input of the latter."""
    f, sizes = draw(going_together(layer))
    f["dtype"] = draw(POLICIES if on_any_cpu(layer, f) else st.just("float32"))
    dtype = draw(st.sampled_from(["float32", "float16", "float64"]))
    channels = f.get("groups", 1) * draw(st.integers(1, 3))
    names = NAMES[-len(sizes) :]
    declared = [draw(st.sampled_from([size, name])) for size, name in zip(sizes, names, strict=True)]
    if f["data_format"] == "channels_first" and f["activation"] == "softmax":
        f["activation"] = {"softmax": {"axis": 1}}
    shape = [channels, *declared] if f["data_format"] == "channels_first" else [*declared, channels]
    twin = spec({layer: as_channels_last(f)}, {"x": {"shape": [*declared, channels], "dtype": dtype}})
    x = np.random.default_rng(0).normal(size=(2, *sizes, channels)).astype(dtype)
    return spec({layer: f}, {"x": {"shape": shape, "dtype": dtype}}), twin, x


def compare_with_channels_last(graph: Graph, twin: Graph, x: np.ndarray, opset: int) -> None:
    """Keras runs the twin. Its channels_first convolution is no reference: TensorFlow has none on a CPU
    without oneDNN, and Keras 3.15 adds the bias along the width where that has the size of the channels."""
    weights = random_weights(graph)
    assert build(graph, weights).output_shape[1:] == tuple(
        size if isinstance(size, int) else None for size in graph.types[graph.outputs[0].value].features
    )
    (expected,) = run_keras(build(twin, weights), twin, {"x": x})
    (actual,) = run_onnx(graph, weights, {"x": np.moveaxis(x, -1, 1)}, opset)
    assert_close(np.moveaxis(actual, 1, -1), expected)


@pytest.mark.parametrize("layer", RANKS)
def test_is_keras(layer: str) -> None:
    @layer_settings
    @given(networks(layer), OPSETS)
    def run(network: tuple[Graph, Graph, np.ndarray], opset: int) -> None:
        graph, twin, x = network
        assume(known_fault(twin.by_name["layer"], twin) is None)
        if graph.source == twin.source:
            compare(graph, inputs={"x": x}, opset=opset)
        else:
            compare_with_channels_last(graph, twin, x, opset)

    run()


def test_one_window_along_the_width_of_one_channel() -> None:
    """TensorFlow is no reference: see `keras_faults`."""
    graph = spec({"Conv2D": {"filters": 1, "kernel_size": 2, "strides": [1, 2]}}, {"x": [3, 3, 1]})
    weights, inputs = random_weights(graph), random_inputs(graph)
    (actual,) = run_onnx(graph, weights, inputs, 21)
    kernel, bias = weights["layer/kernel"][..., 0], weights["layer/bias"]
    expected = [np.sum(inputs["x"][:, i : i + 2, :2] * kernel, axis=(1, 2, 3)) + bias for i in range(2)]
    np.testing.assert_allclose(actual[:, :, 0, 0], np.transpose(expected), atol=1e-5)
    assert "beyond an image" in (known_fault(graph.by_name["layer"], graph) or "")


@pytest.mark.parametrize("layer", RANKS)
def test_refuses_what_keras_refuses(layer: str) -> None:
    @layer_settings
    @given(fields(layer), st.lists(st.integers(1, 6), min_size=RANKS[layer] + 1, max_size=RANKS[layer] + 1))
    def run(f: dict[str, Any], shape: list[int]) -> None:
        first = f["data_format"] == "channels_first"
        last = [*shape[1:], shape[0]] if first else shape
        assert takes(layer, f, shape) == keras_takes(layer, as_channels_last(f), last)

    run()


@pytest.mark.parametrize("layer", RANKS)
@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
def test_refuses_whole_numbers(layer: str, dtype: str) -> None:
    f = {"kernel_size": 1, **filters(layer, 1)}
    shape = [4] * (RANKS[layer] + 1)
    assert not keras_takes(layer, f, shape, dtype)
    with pytest.raises(nnspec.SpecError, match="NN202"):
        spec({layer: f}, {"x": {"shape": shape, "dtype": dtype}})


@pytest.mark.parametrize("layer", RANKS)
@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_takes_a_normalization_into_its_weights(layer: str, use_bias: bool, data_format: str) -> None:
    f = {"kernel_size": 2, "use_bias": use_bias, "data_format": data_format, "activation": None}
    f |= filters(layer, 3) or {"depth_multiplier": 2}
    sizes = [4, 5, 6][-RANKS[layer] :]
    twin = spec("BatchNormalization", {"x": [*sizes, 4]}, before=[{layer: as_channels_last(f)}])
    x = np.random.default_rng(0).normal(size=(2, *sizes, 4)).astype("float32")
    graph = twin
    if data_format == "channels_first":
        graph = spec({"BatchNormalization": {"axis": 1}}, {"x": [4, *sizes]}, before=[{layer: f}])
        compare_with_channels_last(graph, twin, x, 21)
    else:
        compare(graph, inputs={"x": x})
    found = [op for op in operators(graph) if op != "Transpose"]
    operator = "ConvTranspose" if layer.endswith("Transpose") else "Conv"
    assert found == [operator] * (2 if layer.startswith("Separable") else 1)


@pytest.mark.parametrize(
    ("convolution", "normalization"),
    [({"activation": "relu"}, {}), ({}, {"axis": 1}), ({"dtype": "float16"}, {})],
)
def test_leaves_other_normalizations(convolution: dict[str, Any], normalization: dict[str, Any]) -> None:
    before = [{"Conv2D": {"filters": 3, "kernel_size": 2, **convolution}}]
    graph = spec({"BatchNormalization": normalization}, {"x": [5, 6, 4]}, before=before)
    assert len(operators(graph)) > 3


def test_leaves_a_normalization_of_what_is_needed_elsewhere() -> None:
    before = [{"Conv2D": {"filters": 3, "kernel_size": 2}, "name": "c"}, "BatchNormalization"]
    graph = spec("Add", {"x": [5, 6, 4]}, before=before, from_=["c", "previous"])
    compare(graph)


@pytest.mark.parametrize("layer", RANKS)
@pytest.mark.parametrize("opset", [15, 21, 24])
def test_bfloat16_is_computed_in_float32(layer: str, opset: int) -> None:
    """ONNX has it for convolutions since opset 22 only, and onnxruntime on no CPU."""
    f = {"kernel_size": 3, "dtype": "bfloat16", **filters(layer, 3)}
    rescaling = {"Rescaling": {"scale": 1.0, "dtype": "float32"}}
    graph = spec(rescaling, {"x": [5, 6, 7, 4][-RANKS[layer] - 1 :]}, before=[{layer: f}])
    weights, inputs = random_weights(graph), random_inputs(graph)
    (expected,) = run_keras(build(graph, weights), graph, inputs)
    (actual,) = run_onnx(graph, weights, inputs, opset)
    # bfloat16 has 8 bits, and TensorFlow rounds before the bias too.
    np.testing.assert_allclose(actual, expected, atol=2**-8 * 2 * np.abs(expected).max())


def test_a_stack_is_transposed_at_its_ends_only() -> None:
    conv = {"Conv2D": {"filters": 4, "kernel_size": 3, "padding": "same", "activation": "relu"}}
    stack = [
        conv,
        "MaxPooling2D",
        "ZeroPadding2D",
        {"Cropping2D": 1},
        "UpSampling2D",
        {"AveragePooling2D": 2},
    ]
    found = operators(spec(conv, {"x": [8, 8, 3]}, before=stack))
    middle = ["Conv", "Relu", "MaxPool", "Pad", "Slice", "Resize", "AveragePool", "Conv", "Relu"]
    assert found == ["Transpose", *middle, "Transpose"]


@pytest.mark.parametrize(
    ("strides", "shape", "pads"),
    [(1, ["h", "w", 3], 0), (2, [7, 8, 3], 0), (2, ["h", 8, 3], 1)],
)
def test_pads_at_run_time_only_where_it_must(strides: int, shape: list[Any], pads: int) -> None:
    layer = {"Conv2D": {"filters": 2, "kernel_size": 3, "strides": strides, "padding": "same"}}
    assert operators(spec(layer, {"x": shape})).count("Pad") == pads


def test_pads_statically_where_the_stride_divides_a_dynamic_size() -> None:
    layer = {"Conv2D": {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}}
    graph = spec(layer, {"x": ["h", "w", 3]}, before=["UpSampling2D"])
    assert "Pad" not in operators(graph)
    compare(graph, dynamic=5)


def signature(layer: dict[str, Any], shape: list[Any]) -> Any:
    return spec(layer, {"x": shape}).by_name["layer"].signature


def test_shapes_and_costs_are_symbolic() -> None:
    found = signature({"Conv2D": {"filters": 8, "kernel_size": [3, 2], "strides": 2}}, ["h", "w", 3])
    assert str(found.output) == "float32[batch, ceil(h/2) - 1, w//2, 8]"
    assert found.macs == found.output.size_per_sample * (3 * 2 * 3)
    assert found.reach == (Window(3, 2), Window(2, 2))


def counted(layer: str, f: dict[str, Any], channels: int, given: list[int], made: list[int]) -> int:
    """Multiplications by a weight, one by one: `given` and `made` are the spatial sizes of input and output."""
    window = axes(f["kernel_size"], RANKS[layer])
    made_channels = f.get("filters", channels)
    if layer.endswith("Transpose"):
        return sum(1 for _ in product(*map(range, [*given, channels, *window, made_channels])))
    if layer.startswith(("Depthwise", "Separable")):
        by_itself = [channels, f["depth_multiplier"]]
        depthwise = sum(1 for _ in product(*map(range, [*made, *window, *by_itself])))
        mixed = [*made, *by_itself, f["filters"]] if layer.startswith("Separable") else [0]
        return depthwise + sum(1 for _ in product(*map(range, mixed)))
    of_group = range(channels // f["groups"])
    return sum(1 for _ in product(*map(range, [*made, *window, made_channels]), of_group))


@pytest.mark.parametrize("layer", RANKS)
def test_costs_are_what_counting_gives(layer: str) -> None:
    import keras

    @layer_settings
    @given(going_together(layer), st.integers(1, 2))
    def run(drawn: tuple[dict[str, Any], list[int]], channels: int) -> None:
        f, sizes = drawn
        f = {**f, "data_format": "channels_last"}
        channels *= f.get("groups", 1)
        made = getattr(keras.layers, layer)(**f).compute_output_shape((1, *sizes, channels))[1:-1]
        assert signature({layer: f}, [*sizes, channels]).macs == counted(
            layer, f, channels, sizes, list(made)
        )

    run()


@pytest.mark.parametrize(
    ("layer", "macs"),
    [
        # output positions x (window x channels in) x channels out
        ({"Conv2D": {"filters": 8, "kernel_size": 3}}, 6 * 4 * (9 * 4) * 8),
        ({"Conv2D": {"filters": 8, "kernel_size": 3, "groups": 2}}, 6 * 4 * (9 * 2) * 8),
        ({"DepthwiseConv2D": {"kernel_size": 3, "depth_multiplier": 2}}, 6 * 4 * 9 * (4 * 2)),
        ({"SeparableConv2D": {"filters": 8, "kernel_size": 3}}, 6 * 4 * (9 * 4 + 4 * 8)),
        # input positions x channels in x (window x channels out)
        ({"Conv2DTranspose": {"filters": 8, "kernel_size": 3, "strides": 2}}, 8 * 6 * 4 * (9 * 8)),
    ],
)
def test_costs_are_a_hand_count(layer: dict[str, Any], macs: int) -> None:
    assert signature(layer, [8, 6, 4]).macs == macs


def test_strides_of_tf_nn_are_taken() -> None:
    layer = {"Conv2D": {"filters": 2, "kernel_size": 3, "strides": [1, 2, 3, 1], "padding": "SAME"}}
    assert signature(layer, [8, 9, 3]).output.shape[1:] == (4, 3, 2)


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"kernel_size": 9}, "NN204", 'kernel 9x9 does not fit input 8x8 with padding "valid"'),
        ({"kernel_size": 9}, "NN204", "use kernel_size of at most 8, or padding: same"),
        ({"kernel_size": [9, 3]}, "NN204", "use kernel_size of at most [8, 8]"),
        ({"kernel_size": 3, "dilation_rate": 4}, "NN204", "use kernel_size of at most 2"),
        ({"kernel_size": 3, "strides": [1, 2, 2, 2]}, "NN104", "moves along the channel axis"),
        ({"kernel_size": 3, "strides": [2, 2, 2, 1]}, "NN104", "moves along the batch axis"),
        ({"kernel_size": [3, 3, 3]}, "NN104", "one value or a list of 2"),
        ({"kernel_size": 3, "strides": None}, "NN103", "must be an integer, not nothing"),
        ({"kernel_size": 3, "strides": 2, "dilation_rate": 2}, "NN104", "both above 1"),
        ({"kernel_size": 3, "groups": 2}, "NN206", "the 3 channels of the input are not divisible"),
        ({"kernel_size": 3, "padding": "causal"}, "NN104", "must be one of valid, same"),
    ],
)
def test_says_what_to_do(fields: dict[str, Any], code: str, says: str) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        spec({"Conv2D": {"filters": 4, **fields}}, {"x": [8, 8, 3]})
    assert [d.code for d in caught.value.diagnostics] == [code]
    assert says in str(caught.value)


def test_dynamic_channels_are_refused() -> None:
    with pytest.raises(nnspec.SpecError, match="NN207"):
        spec({"Conv1D": {"filters": 4, "kernel_size": 3}}, {"x": [8, "channels"]})
