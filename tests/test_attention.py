"""MultiHeadAttention against Keras: fields, masks of every origin, and the masks that Keras loses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import nnspec
import numpy as np
import pytest
from differential import OPSETS, compare, layer_settings, random_inputs, random_weights, spec
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.onnx.emit import to_onnx
from nnspec.backends.weights import initialize

MASKED = {"Embedding": {"input_dim": 5, "output_dim": 4, "mask_zero": True}}


@st.composite
def fields(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "num_heads": draw(st.integers(1, 3)),
        "key_dim": draw(st.integers(1, 4)),
        "value_dim": draw(st.none() | st.integers(1, 4)),
        "dropout": draw(st.sampled_from([0, 0, 0.1])),
        "use_bias": draw(st.booleans()),
        "output_shape": draw(st.sampled_from([None, None, 3, [5], [2, 3]])),
        "use_gate": draw(st.sampled_from([False, False, True])),
        "return_attention_scores": draw(st.sampled_from([False, False, True])),
    }


def outputs(given: Mapping[str, Any]) -> list[str]:
    return ["layer", *(["layer.scores"] if given["return_attention_scores"] else [])]


@layer_settings
@given(
    fields(),
    st.booleans(),
    st.sampled_from([None, None, 1, 2, 3]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    OPSETS,
)
def test_sequences(
    given: dict[str, Any],
    causal: bool,
    window: int | None,
    itself: bool,
    keyed: bool,
    moved: bool,
    opset: int,
) -> None:
    """To itself or to a longer or shorter sequence, causal or not, after a recurrent layer or not."""
    given |= {"use_causal_mask": causal, "sliding_window": window}
    inputs: dict[str, Any] = {"q": [5 if keyed else "time", 4], "v": [7, 3], "k": [7, 2]}
    inputs = {name: inputs[name] for name in ("q" if itself else "qvk" if keyed else "qv")}
    before = [{"LSTM": {"units": 4, "return_sequences": True}, "name": "first", "from": "q"}] if moved else []
    query = "first" if moved else "q"
    sources = {"query": query, "value": query if itself else "v", **({"key": "k"} if "k" in inputs else {})}
    graph = spec({"MultiHeadAttention": given}, inputs, before, sources, outputs(given))
    compare(graph, opset=opset, dynamic=6)


@layer_settings
@given(fields(), st.sampled_from([None, 1, 2, [2], [-2], [2, 1]]), st.booleans(), st.booleans(), OPSETS)
def test_images(given: dict[str, Any], axes: Any, moved: bool, dynamic: bool, opset: int) -> None:
    """Attention over rows, over columns, over both."""
    inputs = {"q": ["height", "width", 3] if dynamic else [2, 3, 4]}
    before = [{"Conv2D": {"filters": 4, "kernel_size": 1}}] if moved else [{"Identity": None}]
    # Keras adds a bias with 1 as its last size along the wrong axis where that is as long: see below.
    given |= {"attention_axes": axes, "num_heads": 5 if given["num_heads"] == 2 else given["num_heads"]}
    graph = spec(
        {"MultiHeadAttention": given}, inputs, [{**before[0], "name": "x"}], ["x", "x"], outputs(given)
    )
    compare(graph, opset=opset, dynamic=4)


@layer_settings
@given(
    fields(),
    st.sampled_from([[5, 7], [1, 7], [5, 1], [2, 5, 7], [2, 1, 7], [1, 1, 7]]),
    st.booleans(),
    st.sampled_from(["bool", "int32", "float32"]),
    OPSETS,
)
def test_a_mask_as_an_input(
    given: dict[str, Any], mask: list[int], causal: bool, dtype: str, opset: int
) -> None:
    given |= {"num_heads": 2, "use_causal_mask": causal}
    inputs = {"q": [5, 4], "v": [7, 3], "m": {"shape": mask, "dtype": dtype}}
    sources = {"query": "q", "value": "v", "attention_mask": "m"}
    graph = spec({"MultiHeadAttention": given}, inputs, (), sources, outputs(given))
    values = random_inputs(graph)
    # Some rows are masked whole.
    values["m"] = (np.random.default_rng(given["key_dim"]).random((3, *mask)) < 0.5).astype(dtype)
    compare(graph, inputs=values, opset=opset)


def test_a_mask_over_two_axes() -> None:
    inputs = {"q": [2, 3, 4], "v": [4, 2, 4], "m": {"shape": [2, 3, 4, 2], "dtype": "bool"}}
    sources = {"query": "q", "value": "v", "attention_mask": "m"}
    compare(spec({"MultiHeadAttention": {"num_heads": 2, "key_dim": 3}}, inputs, (), sources))


def network(layers: Sequence[Any], results: Sequence[str]) -> nnspec.Graph:
    """A network over two sequences of ids, embedded with masks as `x` and `y`, and one of vectors, `z`."""
    ids = {"shape": ["time"], "dtype": "int32"}
    data = {
        "nnspec": 1,
        "name": "masked",
        "inputs": {"i": ids, "j": ids, "z": ["time", 4]},
        "layers": [{**MASKED, "name": "x", "from": "i"}, {**MASKED, "name": "y", "from": "j"}, *layers],
        "outputs": list(results),
    }
    return nnspec.loads(json.dumps(data))


def attention(name: str, query: str, value: str, key: str | None = None, **given: Any) -> dict[str, Any]:
    sources = {"query": query, "value": value, **({"key": key} if key else {})}
    return {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, **given}, "name": name, "from": sources}


POOLED = {"GlobalAveragePooling1D": None, "name": "pooled"}


@layer_settings
@given(
    fields(),
    st.sampled_from("xyz"),
    st.sampled_from("xyz"),
    st.sampled_from([None, "x", "y", "z"]),
    st.booleans(),
    st.sampled_from([None, 2]),
    st.integers(0, 9),
    OPSETS,
)
def test_masks_that_come_with_the_inputs(
    given: dict[str, Any],
    query: str,
    value: str,
    key: str | None,
    causal: bool,
    window: int | None,
    seed: int,
    opset: int,
) -> None:
    given |= {"use_causal_mask": causal, "sliding_window": window, "output_shape": None}
    names = ["a", *(["a.scores"] if given["return_attention_scores"] else []), "pooled"]
    layers = [attention("a", query, value, key, **given), {**POOLED, "from": "a"}]
    graph = network(layers, names)
    compare(graph, inputs=random_inputs(graph, seed=seed), opset=opset)


@pytest.mark.parametrize("opset", [15, 21, 24])
def test_blocks_that_normalize_first(opset: int) -> None:
    layers: list[Any] = []
    previous = "x"
    for i in range(2):
        layers += [
            {"LayerNormalization": None, "name": f"norm{i}", "from": previous},
            attention(f"attention{i}", f"norm{i}", f"norm{i}"),
            {"Add": None, "name": f"sum{i}", "from": [previous, f"attention{i}"]},
        ]
        previous = f"sum{i}"
    graph = network([*layers, POOLED], ["pooled", "sum0", "sum1"])
    compare(graph, opset=opset)


def lost(layers: Sequence[Any], results: Sequence[str]) -> str:
    with pytest.raises(nnspec.SpecError) as caught:
        network(layers, results)
    return str(caught.value)


RESIDUAL = [attention("a", "x", "x"), {"Add": None, "name": "s", "from": ["x", "a"]}]


def test_one_residual_block_keeps_its_mask_where_keras_does() -> None:
    compare(network([*RESIDUAL, POOLED], ["s", "pooled"]))


def test_masks_that_keras_loses() -> None:
    message = "without the mask of {}: a MultiHeadAttention before it takes it off"
    assert message.format("s") in lost([*RESIDUAL, attention("b", "s", "s")], ["b"])
    assert message.format("x") in lost([attention("a", "x", "x"), attention("b", "y", "x")], ["a", "b"])
    assert message.format("x") in lost(
        [RESIDUAL[0], {"Multiply": None, "name": "s", "from": ["x", "a"]}], ["s"]
    )


def test_keras_still_loses_masks() -> None:
    """The reason for the error above: the second attention of a model heeds no mask. Once this fails, the
    error is no longer needed."""
    import keras

    ids = keras.Input([None], dtype="int32")
    x = keras.layers.Embedding(5, 4, mask_zero=True)(ids)
    first = keras.layers.MultiHeadAttention(2, 3)(x, x)
    second = keras.layers.MultiHeadAttention(2, 3)
    s = keras.layers.Add()([x, first])
    model = keras.Model(ids, [s, second(s, s)])
    sums, seen = model(np.array([[1, 2, 0, 0]]))
    padding = np.array([[[True, True, False, False]]])
    assert np.allclose(seen, second(sums, sums), atol=1e-6)
    assert not np.allclose(seen, second(sums, sums, attention_mask=padding), atol=1e-6)


# --- what Keras refuses


@layer_settings
@given(
    st.lists(st.lists(st.integers(1, 2), min_size=1, max_size=3), min_size=2, max_size=3),
    st.sampled_from([None, 1, 2]),
)
def test_refuses_what_keras_refuses(shapes: list[list[int]], axes: int | None) -> None:
    import keras

    inputs = [keras.Input(shape) for shape in shapes]
    try:
        model = keras.Model(inputs, keras.layers.MultiHeadAttention(2, 3, attention_axes=axes)(*inputs))
        model([np.ones((2, *shape), np.float32) for shape in shapes])
        expected = all(len(shape) > 1 for shape in shapes) and (axes is None or axes < len(shapes[0]))
    except Exception:
        expected = False
    try:
        names = dict(zip("qvk", shapes, strict=False))
        spec(
            {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "attention_axes": axes}},
            names,
            (),
            list(names),
        )
        taken = True
    except nnspec.SpecError:
        taken = False
    assert taken == expected


@pytest.mark.parametrize(
    ("given", "inputs", "message"),
    [
        ({}, {"query": [4], "value": [5, 4]}, "takes an input of rank 3 or more, not of rank 2"),
        ({}, {"query": [5, 4], "value": [5, 5, 4]}, "have different numbers of axes"),
        ({}, {"query": [5, 4], "value": [6, 4], "key": [7, 4]}, "differ on axis 1"),
        ({}, {"query": [5, 4], "value": ["time", 4], "key": ["other", 4]}, "with other = 2, time = 3 they"),
        ({}, {"query": [5, None], "value": [6, 4]}, "the last axis of the query has the dynamic size ?"),
        ({"attention_axes": 2}, {"query": [5, 4], "value": [6, 4]}, "axis 2 is the features"),
        ({"flash_attention": True}, {"query": [5, 4], "value": [6, 4]}, "leave flash_attention out"),
        (
            {},
            {"query": [5, 4], "value": [6, 4], "attention_mask": [6]},
            "the attention, which is [batch, 5, 6]",
        ),
        ({"use_causal_mask": True}, {"query": [5, 5, 4], "value": [5, 5, 4]}, "works along axis 1"),
        ({"key_dim": 1}, {"query": [2, 4], "value": [6, 4]}, "would add the bias of query along axis 1"),
        (
            {"output_shape": [5, 1]},
            {"query": [5, 4], "value": [6, 4]},
            "bias of attention_output along axis 1",
        ),
        ({"num_heads": 0}, {"query": [5, 4], "value": [6, 4]}, "num_heads must be at least 1, not 0"),
    ],
)
def test_messages(given: dict[str, Any], inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        spec(
            {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, **given}},
            inputs,
            (),
            {n: n for n in inputs},
        )
    assert message in str(caught.value)


# --- types, costs, the size of the ONNX graph


def test_types_and_macs_by_hand() -> None:
    given = {"num_heads": 2, "key_dim": 3, "value_dim": 5, "return_attention_scores": True, "use_gate": True}
    graph = spec(
        {"MultiHeadAttention": given},
        {"q": ["time", 4], "v": [6, 7]},
        (),
        ["q", "v"],
        ["layer", "layer.scores"],
    )
    output, scores = graph.nodes[0].signature.outputs
    assert (str(output), str(scores)) == ("float32[batch, time, 4]", "float32[batch, 2, time, 6]")
    # query, gate and output for each position; key and value for each of six; both products.
    each = 4 * 2 * 3 + 4 * 2 * 5 + 2 * 5 * 4 + 6 * 2 * 3 + 6 * 2 * 5
    assert str(graph.macs) == f"{each}*time + {6 * 7 * 2 * (3 + 5)}"


def operators(opset: int, **given: Any) -> list[str]:
    item = {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, **given}}
    graph = spec(item, {"x": ["time", 4]}, (), ["x", "x"])
    return [node.op_type for node in to_onnx(graph, random_weights(graph), opset).graph.node]


def test_few_operators() -> None:
    assert len(operators(21)) == 19
    assert sorted(set(operators(21))) == ["Add", "MatMul", "Reshape", "Softmax", "Transpose"]
    assert sorted(operators(23)) == ["Add"] * 4 + ["Attention"] + ["MatMul"] * 4
    assert "Attention" not in operators(23, sliding_window=2)


def test_kernels_begin_within_the_bounds_of_kerass() -> None:
    """Keras counts the fans of (features, heads, size) as features and heads times size."""
    inputs = {"x": [5, 64]}
    graph = spec({"MultiHeadAttention": {"num_heads": 4, "key_dim": 16}}, inputs, from_=["x", "x"])
    weights = initialize(graph)
    for name in ("query", "key", "value", "attention_output"):
        greatest = np.abs(weights[f"layer/{name}/kernel"]).max()
        assert greatest == pytest.approx(np.sqrt(6 / 128), rel=0.01)
        assert greatest <= np.sqrt(6 / 128)
