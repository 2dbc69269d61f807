"""EinsumDense against Keras: equations of every form, in every layout, and what Keras cannot take."""

from __future__ import annotations

from itertools import product
from string import ascii_letters
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

ACTIVATIONS = st.sampled_from(["linear", "linear", "tanh", "softmax"])


@st.composite
def layers(draw: st.DrawFn) -> tuple[dict[str, Any], list[Any]]:
    """The fields of a layer that Keras can build, and the shape of its input."""
    letters = draw(st.permutations(ascii_letters[:9]))
    count = draw(st.integers(1, 4))
    inputs, new = letters[:count], letters[4 : 4 + draw(st.integers(0, 2))]
    size = {letter: draw(st.integers(1, 4)) for letter in letters}
    summed = draw(st.lists(st.sampled_from(inputs[1:]), unique=True)) if count > 1 else []
    shared = [letter for letter in inputs[1:] if letter not in summed and draw(st.integers(0, 3)) == 0]
    kernel = draw(st.permutations([*shared, *new, *(x for x in summed if draw(st.integers(0, 5)))]))
    output = draw(st.permutations([*(x for x in inputs[1:] if x not in summed), *new]))
    if not kernel:
        kernel, output = ["Z"], [*output, "Z"]
        size["Z"] = 3
    side = draw(st.sampled_from(["", "", "left", "right"])) if count > 1 and output else ""
    free = [x for x in inputs[1:] if x not in kernel]
    dynamic = [x for x in free if draw(st.integers(0, 2)) == 0]
    bias = draw(st.none() | st.lists(st.sampled_from(output), min_size=1, unique=True)) if output else None
    fields: dict[str, Any] = {
        "output_shape": [
            None if x in dynamic or (x in free and draw(st.booleans())) else size[x] for x in output
        ],
        "activation": draw(ACTIVATIONS),
        "bias_axes": "".join(x for x in bias if x not in dynamic) or None if bias else None,
    }
    shape: list[Any] = ["time" if x in dynamic else size[x] for x in inputs[1:]]
    further: list[Any] = draw(st.lists(st.sampled_from([1, 2, 3, "time"]), max_size=2)) if side else []
    x, k, y = "".join(inputs), "".join(kernel), "".join(output)
    match side:
        case "left":
            equation, shape = f"...{x[1:]},{k}->...{y}", [*further, *shape]
        case "right":
            equation, shape = f"{x}...,{k}->{x[0]}{y}...", [*shape, *further]
        case _:
            equation = f"{x},{k}->{x[0]}{y}"
    return {"equation": equation, **fields}, shape


def graph_of(
    fields: dict[str, Any], shape: list[Any], dtype: str = "float32", before: Any = ()
) -> nnspec.Graph:
    return spec({"EinsumDense": {**fields, "dtype": dtype}}, {"x": shape}, before)


@layer_settings
@given(layers(), st.sampled_from(["float32", "float32", "float64"]), OPSETS)
def test_every_equation(layer: tuple[dict[str, Any], list[Any]], dtype: str, opset: int) -> None:
    fields, shape = layer
    try:
        graph = graph_of(fields, shape, dtype)
    except nnspec.SpecError as error:
        assert "along another axis of the same size" in str(error)
        return
    lengths = [5, 6, 7]
    bias = graph.nodes[0].weights[1].shape if len(graph.nodes[0].weights) > 1 else ()
    compare(graph, opset=opset, dynamic=next(n for n in lengths if n not in bias))


@layer_settings
@given(
    st.sampled_from(
        ["abc,cd->abd", "...c,cd->...d", "ab...,bd->ad...", "abc,bcd->abd", "abc,ad->abd", "abc,cd->bad"]
    ),
    st.lists(st.none() | st.integers(1, 3), min_size=0, max_size=3) | st.integers(1, 3),
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    st.none() | st.text("abcdz", max_size=2),
)
def test_refuses_what_keras_refuses(equation: str, output: Any, shape: list[int], bias: str | None) -> None:
    """And what Keras builds and runs with another shape than it declares, or adds up along another axis."""
    fields = {"equation": equation, "output_shape": output, "bias_axes": bias}
    taken = takes("EinsumDense", fields, shape)
    if taken:
        compare(graph_of(fields, shape))
    assert taken == (keras_takes("EinsumDense", fields, shape) and _is_sound(fields, shape))


def _is_sound(fields: dict[str, Any], shape: list[int]) -> bool:
    """Whether Keras's output has as many axes as it declares, of these sizes, and the bias where it belongs."""
    import keras

    layer: Any = keras.layers.EinsumDense(**fields, bias_initializer="ones")
    x = np.ones((5, *shape), np.float32)
    y = layer(x)
    declared = layer.compute_output_shape(x.shape)
    layer._kernel.assign(np.zeros(layer.kernel.shape))
    if layer.bias is not None:
        layer.bias.assign(np.arange(np.size(layer.bias)).reshape(layer.bias.shape))
    right = layer.bias is None or np.array_equal(layer(x), np.broadcast_to(layer.bias, y.shape))
    known = all(d in (None, n) for d, n in zip(declared, y.shape, strict=False))
    # It declares the axes of `...` in reverse order, which is made good.
    same = len(declared) == len(y.shape) and (known or fields["equation"].startswith("..."))
    return right and same


CONV = {"Conv2D": {"filters": 3, "kernel_size": 2}}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"equation": "...c,cd->...d", "output_shape": 2}, ["Transpose", "Conv", "Einsum"]),
        ({"equation": "abcd,cde->abe", "output_shape": [4, 2]}, ["Transpose", "Conv", "Einsum"]),
        (
            {"equation": "abcd,ce->adbe", "output_shape": [3, 4, 2]},
            ["Transpose", "Conv", "MatMul"],
        ),
        ({"equation": "abcd,bce->ade", "output_shape": [3, 2]}, ["Transpose", "Conv", "Reshape", "MatMul"]),
    ],
)
def test_in_the_layout_of_convolutions(fields: dict[str, Any], expected: list[str]) -> None:
    graph = graph_of(fields, [5, 4, 3], before=[CONV])
    compare(graph)
    assert operators(graph) == expected


def test_one_dynamic_size_stays_a_list() -> None:
    compare(graph_of({"equation": "abc,c->ab", "output_shape": [None]}, ["time", 3]))


def test_as_dense() -> None:
    graph = graph_of({"equation": "abc,cd->abd", "output_shape": [None, 2], "bias_axes": "d"}, ["time", 3])
    assert operators(graph) == ["MatMul", "Add"]
    heads = graph_of({"equation": "abc,cde->abde", "output_shape": [None, 2, 3]}, ["time", 3])
    assert operators(heads) == ["MatMul", "Reshape"]


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool", "float64"])
def test_other_dtypes_of_the_input(dtype: str) -> None:
    fields = {"equation": "abc,cd->abd", "output_shape": [3, 2]}
    graph = spec({"EinsumDense": fields}, {"x": {"shape": [3, 4], "dtype": dtype}})
    compare(graph, inputs={"x": np.random.default_rng(0).integers(0, 2, (3, 3, 4)).astype(dtype)})


@pytest.mark.parametrize("opset", [15, 21, 24])
@pytest.mark.parametrize("equation", ["abc,cd->abd", "abc,bcd->abd"])
def test_half_precision(equation: str, opset: int) -> None:
    fields = {"equation": equation, "output_shape": [3, 2], "bias_axes": "bd"}
    graph = graph_of(fields, [3, 4], "float16")
    weights, inputs = random_weights(graph), random_inputs(graph)
    expected = run_keras(build(graph, weights), graph, inputs)[0]
    actual = run_onnx(graph, weights, inputs, opset)[0]
    assert actual.dtype == expected.dtype == "float16"
    np.testing.assert_allclose(actual, expected, rtol=4e-3, atol=4e-3)
    graph = graph_of(fields, [3, 4], "bfloat16")
    checked(to_onnx(graph, random_weights(graph), opset))


@pytest.mark.parametrize(
    ("equation", "output", "shape"),
    [("abc,cd->abd", [3, 5], [3, 4]), ("abc,bcd->ad", [5], [3, 4]), ("abc,ce->abe", [3, 2], [3, 4])],
)
def test_macs_by_counting(equation: str, output: list[int], shape: list[int]) -> None:
    """One multiplication for each set of indices, the batch's aside."""
    graph = graph_of({"equation": equation, "output_shape": output}, shape)
    x, k, y = equation.replace("->", ",").split(",")
    sizes = dict(zip(x[1:], shape, strict=True)) | dict(zip(y[1:], output, strict=True))
    letters = sorted(set(x[1:] + k + y[1:]))
    assert graph.macs == len(list(product(*(range(sizes[letter]) for letter in letters))))


def test_what_follows_knows_the_sizes() -> None:
    """Keras would declare null, or axes in reverse order, and could build nothing on them."""
    after = {"Dense": 2}
    for fields, shape in (
        ({"equation": "abc,cd->abd", "output_shape": [None, 2]}, [3, 4]),
        ({"equation": "...c,cd->...d", "output_shape": 2}, [2, 3, 5, 4]),
        ({"equation": "...c,cd->...d", "output_shape": 2}, ["time", 3, 4]),
    ):
        before = [{"EinsumDense": fields}, *(["Flatten"] if "time" not in shape else [])]
        compare(spec(after, {"x": shape}, before))


def test_a_layer_made_for_one_size_takes_no_other() -> None:
    layer = {
        "EinsumDense": {"equation": "abc,cd->abd", "output_shape": [None, 2]},
        "name": "first",
        "from": "x",
    }
    with pytest.raises(nnspec.SpecError, match="and would have to give"):
        spec({"reuse": "first"}, {"x": [3, 4], "y": [5, 4]}, [layer], "y", ["first", "layer"])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"equation": "ab, bc->ac"}, "not in a form that EinsumDense takes"),
        ({"equation": "abc,cd"}, "not in a form that EinsumDense takes"),
        ({"equation": "abb,bd->ad"}, "two axes of one tensor have the same letter"),
        ({"equation": "abc,ce->abd"}, "the axis e is the kernel's alone"),
        ({"equation": "abc,c->abd"}, "the axis d is the output's alone"),
        ({"equation": "ab,bd->ad"}, "names 2 axes of the input, which has 3"),
        ({"equation": "abc,cd->bad"}, "axis a of the input is the batch"),
        ({"equation": "abc,ad->bd"}, "axis a of the input is the batch"),
        ({"output_shape": 2}, "output_shape [2] is not one size for each of b, d"),
        ({"output_shape": [5, 2]}, "axis b is time in the input, and 5 in output_shape"),
        ({"output_shape": [None, None]}, "axis d of the output is the kernel's too, and has no size"),
        (
            {"equation": "abc,bd->acd", "output_shape": [4, 2]},
            "axis b of the kernel has the dynamic size time",
        ),
        ({"bias_axes": "e"}, "the output abd has no axis e"),
        ({"bias_axes": ""}, "bias_axes names no axis"),
        ({"bias_axes": "b"}, "axis b of the bias has the dynamic size time"),
        ({"lora_rank": 2}, "adapters belong to fine-tuning"),
    ],
)
def test_messages(fields: dict[str, Any], message: str) -> None:
    given = {"equation": "abc,cd->abd", "output_shape": [None, 2], **fields}
    with pytest.raises(nnspec.SpecError) as error:
        graph_of(given, ["time", 4])
    assert message in str(error.value)


def test_a_bias_that_keras_would_turn() -> None:
    fields = {"equation": "abc,cd->abd", "output_shape": [3, 3], "bias_axes": "b"}
    with pytest.raises(nnspec.SpecError, match='bias_axes too: "bd"'):
        graph_of(fields, [3, 4])
    compare(graph_of({**fields, "output_shape": [3, 2]}, [3, 4]))
