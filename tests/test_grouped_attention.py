"""GroupQueryAttention against Keras, and the masks of attention with heads that are inputs."""

from __future__ import annotations

from collections.abc import Sequence
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
    random_weights,
    run_keras,
    run_onnx,
    spec,
)
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.keras import build
from nnspec.backends.onnx.emit import checked, to_onnx
from nnspec.backends.python import emit

MASKED = {"Embedding": {"input_dim": 5, "output_dim": 4, "mask_zero": True}}
IDS = {"shape": ["time"], "dtype": "int32"}
HEADS = st.sampled_from([(1, 1), (2, 1), (4, 2), (3, 3), (6, 2)])


@st.composite
def grouped(draw: st.DrawFn) -> dict[str, Any]:
    """The fields of GroupQueryAttention."""
    heads, shared = draw(HEADS)
    return {
        "head_dim": draw(st.integers(1, 3)),
        "num_query_heads": heads,
        "num_key_value_heads": shared,
        **draw(common()),
    }


@st.composite
def common(draw: st.DrawFn) -> dict[str, Any]:
    """The fields that MultiHeadAttention has too."""
    return {
        "dropout": draw(st.sampled_from([0, 0, 0.1])),
        "use_bias": draw(st.booleans()),
        "sliding_window": draw(st.sampled_from([None, None, 1, 2])),
        "use_gate": draw(st.booleans()),
        "return_attention_scores": draw(st.sampled_from([False, False, True])),
        "use_causal_mask": draw(st.booleans()),
    }


def outputs(fields: dict[str, Any]) -> list[str]:
    return ["layer", *(["layer.scores"] if fields["return_attention_scores"] else [])]


@layer_settings
@given(
    grouped(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["float32", "float32", "float64"]),
    OPSETS,
)
def test_sequences(
    fields: dict[str, Any], keyed: bool, itself: bool, moved: bool, dtype: str, opset: int
) -> None:
    """To itself or another sequence, with keys of other features, after a recurrent layer or not."""
    inputs: dict[str, Any] = {"q": [5 if keyed else "time", 4], "v": [7, 4], "k": [7, 2]}
    inputs = {name: inputs[name] for name in ("q" if itself else "qvk" if keyed else "qv")}
    before = [{"LSTM": {"units": 4, "return_sequences": True}, "name": "first", "from": "q"}] if moved else []
    query = "first" if moved else "q"
    sources = {"query": query, "value": query if itself else "v", **({"key": "k"} if "k" in inputs else {})}
    fields["dtype"] = "float32" if moved else dtype
    graph = spec({"GroupQueryAttention": fields}, inputs, before, sources, outputs(fields))
    compare(graph, opset=opset, dynamic=8)


@layer_settings
@given(
    grouped(),
    st.sampled_from("xyz"),
    st.sampled_from("xyz"),
    st.none() | st.sampled_from("xyz"),
    st.integers(0, 9),
    OPSETS,
)
def test_masks_that_come_with_the_inputs(
    fields: dict[str, Any], query: str, value: str, key: str | None, seed: int, opset: int
) -> None:
    before = [{**MASKED, "name": "x", "from": "i"}, {**MASKED, "name": "y", "from": "j"}]
    sources = {"query": query, "value": value, **({"key": key} if key else {})}
    inputs: dict[str, Any] = {"i": IDS, "j": IDS, **({"z": ["time", 4]} if "z" in sources.values() else {})}
    unused = [name for name in "xy" if name not in sources.values()]
    graph = spec({"GroupQueryAttention": fields}, inputs, before, sources, [*outputs(fields), *unused])
    compare(graph, inputs=random_inputs(graph, seed=seed), opset=opset)


@layer_settings
@given(
    grouped() | common(),
    st.sets(st.sampled_from(["query_mask", "value_mask", "key_mask"]), min_size=1),
    st.booleans(),
    st.sampled_from(["bool", "int32", "float32"]),
    st.integers(0, 9),
    OPSETS,
)
def test_masks_as_inputs(
    fields: dict[str, Any], ports: set[str], masked: bool, dtype: str, seed: int, opset: int
) -> None:
    """In place of those that come with the tensors, or of none. MultiHeadAttention has none for its query."""
    kind = "GroupQueryAttention" if "head_dim" in fields else "MultiHeadAttention"
    if kind == "MultiHeadAttention":
        fields |= {"num_heads": 2, "key_dim": 3}
        ports = {port for port in ports if port != "query_mask"} or {"value_mask"}
    inputs: dict[str, Any] = {"q": [5, 4], "v": {"shape": [5], "dtype": "int32"} if masked else [5, 4]}
    inputs |= {port: {"shape": [5], "dtype": dtype} for port in sorted(ports)}
    before = [{**MASKED, "name": "x", "from": "v"}] if masked else []
    sources = {"query": "q", "value": "x" if masked else "v", **{port: port for port in sorted(ports)}}
    graph = spec({kind: fields}, inputs, before, sources, outputs(fields))
    values = random_inputs(graph)
    rng = np.random.default_rng(seed)
    values |= {port: (rng.random((3, 5)) < 0.6).astype(dtype) for port in ports}
    compare(graph, inputs=values, opset=opset)


@layer_settings
@given(
    grouped(),
    st.sampled_from([[5, 7], [1, 7], [5, 1], [6, 5, 7], [6, 1, 7], [1, 1, 7]]),
    st.sampled_from(["bool", "int32", "float32"]),
    st.integers(0, 9),
    OPSETS,
)
def test_an_attention_mask(
    fields: dict[str, Any], mask: list[int], dtype: str, seed: int, opset: int
) -> None:
    """For each position, for each head, for all; rows that are masked whole, and numbers other than 0 and 1."""
    fields |= {"num_query_heads": 6, "num_key_value_heads": 2}
    inputs = {"q": [5, 4], "v": [7, 4], "m": {"shape": mask, "dtype": dtype}}
    sources = {"query": "q", "value": "v", "attention_mask": "m"}
    graph = spec({"GroupQueryAttention": fields}, inputs, (), sources, outputs(fields))
    values = random_inputs(graph)
    chosen = [0, 1] if dtype != "float32" else [0, 0.25, 0.75, -1]
    values["m"] = np.random.default_rng(seed).choice(chosen, (3, *mask)).astype(dtype)
    compare(graph, inputs=values, opset=opset)


def test_masks_that_multi_head_attention_takes_off_are_kept() -> None:
    """Keras made them a part of the model when the layer was called."""
    heads = {"MultiHeadAttention": {"num_heads": 1, "key_dim": 2}, "name": "heads", "from": ["x", "x"]}
    before = [{**MASKED, "name": "x", "from": "i"}, heads]
    item = {"GroupQueryAttention": {"head_dim": 2, "num_query_heads": 2, "num_key_value_heads": 1}}
    compare(spec(item, {"i": IDS}, before, ["x", "x"], ["heads", "layer"]))


@layer_settings
@given(st.lists(st.lists(st.integers(1, 2), min_size=1, max_size=3), min_size=2, max_size=3), HEADS)
def test_refuses_what_keras_refuses(shapes: list[list[int]], heads: tuple[int, int]) -> None:
    fields = {"head_dim": 3, "num_query_heads": heads[0], "num_key_value_heads": heads[1]}
    assert _takes(fields, shapes) == _keras_takes(fields, shapes)


def _takes(fields: dict[str, Any], shapes: Sequence[list[int]]) -> bool:
    names = dict(zip("qvk", shapes, strict=False))
    try:
        spec({"GroupQueryAttention": fields}, names, (), list(names))
    except nnspec.SpecError:
        return False
    return True


def _keras_takes(fields: dict[str, Any], shapes: Sequence[list[int]]) -> bool:
    import keras

    inputs = [keras.Input(shape) for shape in shapes]
    try:
        model = keras.Model(inputs, keras.layers.GroupQueryAttention(**fields)(*inputs))
        model([np.ones((2, *shape), np.float32) for shape in shapes])
    except Exception:
        return False
    return True


@pytest.mark.parametrize("opset", [15, 21, 23])
@pytest.mark.parametrize("dropout", [0, 0.1])
def test_half_precision(dropout: float, opset: int) -> None:
    fields = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2, "dropout": dropout}
    for dtype in ("float16", "mixed_float16"):
        item = {"GroupQueryAttention": {**fields, "dtype": dtype, "sliding_window": 2}}
        graph = spec(item, {"x": [4, 5]}, (), ["x", "x"])
        weights, inputs = random_weights(graph), random_inputs(graph)
        expected = run_keras(build(graph, weights), graph, inputs)[0]
        actual = run_onnx(graph, weights, inputs, opset)[0]
        assert actual.dtype == expected.dtype == "float16"
        np.testing.assert_allclose(actual, expected, rtol=8e-3, atol=8e-3)
    item = {"GroupQueryAttention": {**fields, "dtype": "bfloat16", "sliding_window": 2}}
    checked(to_onnx(graph := spec(item, {"x": [4, 5]}, (), ["x", "x"]), random_weights(graph), opset))


def test_few_operators() -> None:
    item = {"GroupQueryAttention": {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}}
    graph = spec(item, {"x": ["time", 4]}, (), ["x", "x"])
    assert sorted(operators(graph, 23)) == ["Add"] * 4 + ["Attention"] + ["MatMul"] * 4
    one = {"GroupQueryAttention": {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 1}}
    assert "Unsqueeze" not in operators(spec(one, {"x": ["time", 4]}, (), ["x", "x"]), 21)


def test_macs_by_counting() -> None:
    fields = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2, "use_gate": True}
    graph = spec({"GroupQueryAttention": fields}, {"q": [5, 8], "v": [6, 8]}, (), ["q", "v"])
    ours = len(list(product(range(5), range(8), range(4), range(3))))
    theirs = len(list(product(range(6), range(8), range(2), range(3))))
    both = len(list(product(range(4), range(5), range(6), range(3))))
    # Query, gate and output; key and value; scores and their products with the values.
    assert graph.macs == 3 * ours + 2 * theirs + 2 * both


@pytest.mark.parametrize(
    ("given", "inputs", "message"),
    [
        ({"num_key_value_heads": 3}, {"query": [5, 4], "value": [6, 4]}, "4 heads cannot share 3 evenly"),
        ({}, {"query": [4], "value": [5, 4]}, "takes an input of rank 3"),
        ({}, {"query": [5, 5, 4], "value": [5, 5, 4]}, "takes an input of rank 3"),
        ({}, {"query": [5, 4], "value": [6, 3]}, "query and value have 4 and 3 features"),
        ({}, {"query": [5, 4], "value": [6, 4], "key": [7, 4]}, "differ on axis 1"),
        (
            {},
            {"query": [5, 4], "value": [6, 4], "value_mask": [5]},
            "value_mask float32[batch, 5] does not fit",
        ),
        (
            {},
            {"query": [5, 4], "value": [6, 4], "query_mask": [5, 6]},
            "query_mask float32[batch, 5, 6] does not fit",
        ),
        ({"head_dim": 1}, {"query": [4, 4], "value": [6, 4]}, "would add the bias of query along axis 1"),
        ({"flash_attention": True}, {"query": [5, 4], "value": [6, 4]}, "leave flash_attention out"),
    ],
)
def test_messages(given: dict[str, Any], inputs: dict[str, Any], message: str) -> None:
    fields = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2, **given}
    with pytest.raises(nnspec.SpecError) as caught:
        spec({"GroupQueryAttention": fields}, inputs, (), {n: n for n in inputs})
    assert message in str(caught.value)


def test_the_name_that_keras_makes() -> None:
    """Its class has another name than it is exported under."""
    text = """
nnspec: 1
name: net
inputs: {x: [5, 4]}
layers:
  - GroupQueryAttention: {head_dim: 3, num_query_heads: 4, num_key_value_heads: 2}
    from: [x, x]
"""
    graph = nnspec.loads(text)
    assert [node.name for node in graph.nodes] == ["grouped_query_attention"]
    assert "name=" not in emit(graph).replace('name="x"', "").replace('name="net"', "")
