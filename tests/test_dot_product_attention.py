"""DotProductAttention against Keras: shared heads, biases, masks, constants, and what Keras cannot take."""

from __future__ import annotations

from itertools import product
from typing import Any

import nnspec
import numpy as np
import pytest
from differential import (
    OPSETS,
    compare,
    layer_settings,
    operators,
    random_inputs,
    run_keras,
    run_onnx,
    spec,
)
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.keras import build

HEADS = st.sampled_from([(1, 1), (3, 3), (4, 2), (6, 3)])


@layer_settings
@given(
    HEADS,
    st.none() | st.sampled_from([0.25, -1.5]),
    st.booleans(),
    st.none() | st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.none() | st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.sampled_from(["float32", "float32", "float64"]),
    st.integers(0, 9),
    OPSETS,
)
def test_every_field(
    heads: tuple[int, int],
    scale: float | None,
    causal: bool,
    bias: tuple[bool, ...] | None,
    mask: tuple[bool, ...] | None,
    dtype: str,
    seed: int,
    opset: int,
) -> None:
    """With biases and masks that spread over some of heads and positions; rows that are masked whole."""
    ours, theirs = heads
    scores = [ours, "time", 5]
    inputs: dict[str, Any] = {"q": ["time", ours, 4], "k": [5, theirs, 4], "v": [5, theirs, 4]}
    for name, spreads in (("bias", bias), ("mask", mask)):
        if spreads is not None:
            inputs[name] = [1 if one else size for one, size in zip(spreads, scores, strict=True)]
    types = {name: "bool" if name == "mask" else dtype for name in inputs}
    declared = {name: {"shape": shape, "dtype": types[name]} for name, shape in inputs.items()}
    ports = {"q": "query", "k": "key", "v": "value", "bias": "bias", "mask": "mask"}
    sources = {ports[name]: name for name in inputs}
    graph = spec({"DotProductAttention": {"scale": scale, "is_causal": causal}}, declared, (), sources)
    values = random_inputs(graph, dynamic=6)
    if mask is not None:
        values["mask"] = np.random.default_rng(seed).random(values["mask"].shape) < 0.5
    compare(graph, inputs=values, opset=opset)


def test_a_constant_for_a_bias() -> None:
    constant = {"Constant": [[0.0, -1e9, 1.0], [2.0, 0.0, -3.0]], "name": "c"}
    sources = {"query": "q", "key": "k", "value": "k", "bias": "c"}
    compare(spec("DotProductAttention", {"q": [2, 2, 4], "k": [3, 2, 4]}, [constant], sources))


@pytest.mark.parametrize("opset", [15, 21, 23])
def test_half_precision(opset: int) -> None:
    declared = {n: {"shape": [3, h, 4], "dtype": "float16"} for n, h in (("q", 4), ("k", 2))}
    graph = spec({"DotProductAttention": {"is_causal": True}}, declared, (), ["q", "k", "k"])
    inputs = random_inputs(graph)
    expected = run_keras(build(graph, {}), graph, inputs)[0]
    actual = run_onnx(graph, {}, inputs, opset)[0]
    assert actual.dtype == expected.dtype == "float16"
    np.testing.assert_allclose(actual, expected, rtol=4e-3, atol=4e-3)


def test_one_operator_where_there_is_one() -> None:
    graph = spec("DotProductAttention", {"x": ["time", 2, 4]}, (), ["x", "x", "x"])
    assert operators(graph, 23) == ["Transpose", "Attention", "Transpose"]
    assert "Attention" not in operators(graph, 22)


SHAPES = st.lists(st.integers(1, 2), min_size=3, max_size=3)


@layer_settings
@given(SHAPES, SHAPES, SHAPES, st.none() | st.lists(st.integers(1, 2), min_size=2, max_size=3))
def test_refuses_what_keras_refuses(q: list[int], k: list[int], v: list[int], bias: list[int] | None) -> None:
    """And what it declares otherwise than it computes it."""
    shapes = {"query": q, "key": k, "value": v, **({"bias": bias} if bias else {})}
    assert _takes(shapes) == _keras_takes(shapes)


def _takes(shapes: dict[str, list[int]]) -> bool:
    try:
        spec("DotProductAttention", shapes, (), {name: name for name in shapes})
    except nnspec.SpecError:
        return False
    return True


def _keras_takes(shapes: dict[str, list[int]]) -> bool:
    import keras

    inputs: dict[str, Any] = {name: keras.Input(shape) for name, shape in shapes.items()}
    try:
        model = keras.Model(inputs, keras.ops.dot_product_attention(**inputs))
        result = model({name: np.ones((3, *shape), np.float32) for name, shape in shapes.items()})
    except Exception:
        return False
    return tuple(result.shape) == (3, *shapes["query"])


def test_macs_by_counting() -> None:
    graph = spec("DotProductAttention", {"q": [3, 4, 5], "k": [6, 2, 5]}, (), ["q", "k", "k"])
    assert graph.macs == 2 * len(list(product(range(3), range(6), range(4), range(5))))


@pytest.mark.parametrize(
    ("fields", "inputs", "message"),
    [
        ({}, {"query": [3, 4], "key": [3, 4], "value": [3, 4]}, "takes an input of rank 4"),
        ({}, {"query": [3, 2, 4], "key": [3, 2, 5], "value": [3, 2, 5]}, "do not meet on axis 3"),
        ({}, {"query": [3, 2, 4], "key": [3, 2, 4], "value": [5, 2, 4]}, "do not meet on axis 1"),
        ({}, {"query": [3, 2, 4], "key": [3, 1, 4], "value": [3, 1, 4]}, "1 heads of the key cannot serve 2"),
        ({}, {"query": [3, 2, None], "key": [3, 2, 4], "value": [3, 2, 4]}, "do not meet on axis 3"),
        (
            {},
            {"query": [3, "n", 4], "key": [3, 2, 4], "value": [3, 2, 4]},
            "which are not known to be as many",
        ),
        (
            {},
            {"query": [3, 2, 4], "key": [3, 2, 4], "value": [3, 2, 4], "mask": [1, 3, 3]},
            "must be of booleans",
        ),
        (
            {},
            {"query": [3, 2, 4], "key": [3, 2, 4], "value": [3, 2, 4], "bias": [3, 3]},
            "the bias float32[batch, 3, 3] does not spread over the scores, which are [batch, 2, 3, 3]",
        ),
        (
            {"flash_attention": True},
            {"query": [3, 2, 4], "key": [3, 2, 4], "value": [3, 2, 4]},
            "leave it out",
        ),
    ],
)
def test_messages(fields: dict[str, Any], inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        spec({"DotProductAttention": fields}, inputs, (), {name: name for name in inputs})
    assert message in str(caught.value)
