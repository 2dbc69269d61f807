"""Attention and AdditiveAttention against Keras: fields, masks of every origin, and what Keras cannot take."""

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

MASKED = {"Embedding": {"input_dim": 5, "output_dim": 4, "mask_zero": True}}
IDS = {"shape": ["time"], "dtype": "int32"}


@st.composite
def layers(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """A layer of either class with some fields."""
    fields = {
        "dropout": draw(st.sampled_from([0, 0.1])),
        "return_attention_scores": draw(st.booleans()),
        "use_causal_mask": draw(st.booleans()),
        "use_scale": draw(st.booleans()),
        "dtype": draw(st.sampled_from(["float32", "float32", "float64"])),
    }
    kind = draw(st.sampled_from(["dot", "concat", "AdditiveAttention"]))
    return {kind: fields} if kind == "AdditiveAttention" else {"Attention": {**fields, "score_mode": kind}}


def kind_of(item: dict[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    ((name, fields),) = item.items()
    return name, fields


def outputs(item: dict[str, dict[str, Any]]) -> list[str]:
    return ["layer", *(["layer.scores"] if kind_of(item)[1]["return_attention_scores"] else [])]


@layer_settings
@given(layers(), st.booleans(), st.booleans(), st.sampled_from([[], [], [2], ["n", 1]]), OPSETS)
def test_sequences(item: dict[str, Any], keyed: bool, moved: bool, further: list[Any], opset: int) -> None:
    """To itself or another sequence, of a rank above 3 too, before or after a recurrent layer."""
    _, fields = kind_of(item)
    inputs: dict[str, Any] = {"q": [*further, "time", 4], "v": [*further, 5, 4 if not keyed else 3]}
    if keyed:
        inputs["k"] = [*further, 5, 4]
    before = [{"LSTM": {"units": 4, "return_sequences": True}, "name": "first", "from": "q"}]
    moved = moved and not further
    sources = ["first" if moved else "q", *[name for name in inputs if name != "q"]]
    fields["dtype"] = "float32" if moved else fields["dtype"]
    compare(spec(item, inputs, before if moved else (), sources, outputs(item)), opset=opset, dynamic=6)


@layer_settings
@given(
    layers(),
    st.sampled_from("xyz"),
    st.sampled_from("xyz"),
    st.none() | st.sampled_from("xyz"),
    st.integers(0, 9),
    OPSETS,
)
def test_masks_that_come_with_the_inputs(
    item: dict[str, Any], query: str, value: str, key: str | None, seed: int, opset: int
) -> None:
    """Rows that are masked whole among them; the key's mask does not count."""
    kind_of(item)[1]["dtype"] = "float32"
    before = [{**MASKED, "name": "x", "from": "i"}, {**MASKED, "name": "y", "from": "j"}]
    inputs = {"i": IDS, "j": IDS, "z": ["time", 4]}
    sources = [query, value, *([key] if key else [])]
    if "z" not in sources:
        inputs.pop("z")
    unused = [name for name in "xy" if name not in sources]
    graph = spec(item, inputs, before, sources, [*outputs(item), *unused])
    values = random_inputs(graph, seed=seed)
    values["i"][0] = 0
    compare(graph, inputs=values, opset=opset)


@layer_settings
@given(layers(), st.booleans(), st.booleans(), st.integers(0, 9), OPSETS)
def test_masks_as_inputs(item: dict[str, Any], by_row: bool, third: bool, seed: int, opset: int) -> None:
    """And an output that bears the query's, which the layers after it heed."""
    _, fields = kind_of(item)
    rows = [5] if by_row and not fields["use_causal_mask"] else []
    boolean = {"dtype": "bool"}
    inputs: dict[str, Any] = {
        "q": [5, 4],
        "v": [7, 4],
        "m": {"shape": [5], **boolean},
        "n": {"shape": [*rows, 7], **boolean},
    }
    fields["dtype"] = "float32"
    named = {
        **item,
        "name": "first",
        "from": {"inputs": ["q", "v"], "mask": ["m", "n", *(["n"] if third else [])]},
    }
    first = [name.replace("layer", "first") for name in outputs(item)]
    graph = spec("GlobalAveragePooling1D", inputs, [named], "first", [*first, "layer"])
    values = random_inputs(graph)
    rng = np.random.default_rng(seed)
    values |= {name: rng.random(values[name].shape) < 0.5 for name in "mn"}
    # The pooling of nothing is no number.
    values["m"][:, 0] = True
    compare(graph, inputs=values, opset=opset)


def test_masks_that_multi_head_attention_takes_off_are_kept() -> None:
    """Keras made them a part of the model when the layer was called."""
    heads = {"MultiHeadAttention": {"num_heads": 1, "key_dim": 2}, "name": "heads", "from": ["x", "x"]}
    before = [{**MASKED, "name": "x", "from": "i"}, heads]
    compare(spec("Attention", {"i": IDS}, before, ["x", "x"], ["heads", "layer"]))


@layer_settings
@given(
    st.sampled_from(["dot", "concat", "AdditiveAttention"]),
    st.lists(st.lists(st.integers(1, 2), min_size=1, max_size=3), min_size=1, max_size=4),
    st.booleans(),
)
def test_refuses_what_keras_refuses(kind: str, shapes: list[list[int]], scale: bool) -> None:
    """And what Keras declares otherwise than it computes it, or in which samples attend to each other."""
    name = "AdditiveAttention" if kind == "AdditiveAttention" else "Attention"
    fields: dict[str, Any] = {"use_scale": scale, "return_attention_scores": True}
    fields |= {} if name == kind else {"score_mode": kind}
    expected = (
        min(map(len, shapes)) > 1
        and len({len(shape) for shape in shapes}) == 1
        and _is_sound(name, fields, shapes)
    )
    assert _takes(name, fields, shapes) == expected


def _takes(name: str, fields: dict[str, Any], shapes: Sequence[list[int]]) -> bool:
    inputs = {f"x{i}": shape for i, shape in enumerate(shapes)}
    try:
        graph = spec({name: fields}, inputs, (), list(inputs), ["layer", "layer.scores"])
    except nnspec.SpecError:
        return False
    compare(graph)
    return True


def _is_sound(name: str, fields: dict[str, Any], shapes: Sequence[list[int]]) -> bool:
    """Whether Keras computes what it declares."""
    import keras

    given = {key: value for key, value in fields.items() if key != "return_attention_scores"}
    inputs = [keras.Input(shape) for shape in shapes]
    try:
        layer = getattr(keras.layers, name)(**given)
        declared = layer(inputs, return_attention_scores=True)
        results = layer([np.ones((3, *shape), np.float32) for shape in shapes], return_attention_scores=True)
    except Exception:
        return False
    return all(tuple(d.shape[1:]) == tuple(r.shape[1:]) for d, r in zip(declared, results, strict=True))


@pytest.mark.parametrize("opset", [15, 21, 23])
@pytest.mark.parametrize("kind", ["Attention", "AdditiveAttention"])
def test_half_precision(kind: str, opset: int) -> None:
    ids = {"shape": [4], "dtype": "int32"}
    for dtype in ("float16", "mixed_float16"):
        masked = {"Embedding": {**MASKED["Embedding"], "dtype": dtype}, "name": "x"}
        item = {kind: {"dtype": dtype, "use_scale": True, "use_causal_mask": True}}
        graph = spec(item, {"i": ids}, [masked], ["x", "x"])
        weights, inputs = random_weights(graph), random_inputs(graph)
        expected = run_keras(build(graph, weights), graph, inputs)[0]
        actual = run_onnx(graph, weights, inputs, opset)[0]
        assert actual.dtype == expected.dtype == "float16"
        np.testing.assert_allclose(actual, expected, rtol=4e-3, atol=4e-3)
    graph = spec({kind: {"dtype": "bfloat16", "use_causal_mask": True}}, {"x": [4, 3]}, (), ["x", "x"])
    checked(to_onnx(graph, random_weights(graph), opset))


def test_few_operators() -> None:
    after_conv = [{"Conv1D": {"filters": 4, "kernel_size": 2}, "name": "c"}]
    assert operators(spec("Attention", {"x": ["time", 4]}, (), ["x", "x"]), 23) == ["Attention"]
    assert operators(spec("Attention", {"x": ["time", 4]}, (), ["x", "x"])) == [
        *("Transpose", "MatMul", "Softmax", "MatMul"),
    ]
    moved = spec("Attention", {"x": ["time", 4]}, after_conv, ["c", "c"])
    assert operators(moved).count("Transpose") == 2
    assert "Attention" not in operators(
        spec("Attention", {"i": IDS}, [{**MASKED, "name": "x"}], ["x", "x"]), 23
    )


@pytest.mark.parametrize("kind", ["Attention", "AdditiveAttention"])
def test_types_and_macs_by_counting(kind: str) -> None:
    graph = spec(
        {kind: {"return_attention_scores": True}},
        {"q": ["time", 4], "v": [6, 7], "k": [6, 4]},
        (),
        ["q", "v", "k"],
        ["layer", "layer.scores"],
    )
    output, scores = graph.nodes[0].signature.outputs
    assert (str(output), str(scores)) == ("float32[batch, time, 7]", "float32[batch, time, 6]")
    of_a_position = len(list(product(range(6), range(4)))) + len(list(product(range(6), range(7))))
    assert str(graph.macs) == f"{of_a_position}*time"


@pytest.mark.parametrize(
    ("given", "inputs", "message"),
    [
        ({}, {"query": [4], "value": [4]}, "Attention takes an input of rank 3 or more, not of rank 2"),
        ({}, {"query": [5, 4]}, "Attention takes two inputs or three, not 1"),
        ({}, {"query": [5, 4], "value": [2, 5, 4]}, "have different numbers of axes"),
        ({}, {"query": [5, 4], "value": [6, 3]}, "query and key have 4 and 3 features"),
        ({}, {"query": [5, 4], "value": [6, 4], "key": [7, 4]}, "have different numbers of positions"),
        ({}, {"query": [1, 5, 4], "value": [2, 5, 4]}, "differ on axis 1"),
        ({}, {"query": [5, "a"], "value": [5, "b"]}, "with a = 2, b = 3 they differ"),
        ({"score_mode": "add"}, {"query": [5, 4], "value": [6, 4]}, "score_mode"),
    ],
)
def test_messages(given: dict[str, Any], inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        spec({"Attention": given}, inputs, (), list(inputs))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("masks", "causal", "message"),
    [
        ([[5]], False, "there are two masks, or three, and not 1"),
        ([[5], [5]], False, "the mask bool[batch, 5] is not bool[batch, 6]"),
        ([[5], [5, 6]], True, "the mask bool[batch, 5, 6] is not bool[batch, 6]"),
        ([[1], [6]], False, "the mask bool[batch, 1] is not bool[batch, 5]"),
    ],
)
def test_masks_that_do_not_fit(masks: list[list[int]], causal: bool, message: str) -> None:
    given = {f"m{i}": {"shape": shape, "dtype": "bool"} for i, shape in enumerate(masks)}
    with pytest.raises(nnspec.SpecError) as caught:
        spec(
            {"Attention": {"use_causal_mask": causal}},
            {"q": [5, 4], "v": [6, 4], **given},
            (),
            {"inputs": ["q", "v"], "mask": list(given)},
        )
    assert message in str(caught.value)


def test_whole_numbers_are_no_sequences_of_features() -> None:
    with pytest.raises(nnspec.SpecError, match="Attention takes floats, not int32"):
        spec("Attention", {"x": {"shape": [3, 4], "dtype": "int32"}}, (), ["x", "x"])
