"""ReversibleEmbedding against Keras: both directions, one table or two, masks that only tensors know of."""

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

IDS = {"shape": ["time"], "dtype": "int32"}


@st.composite
def fields(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "input_dim": draw(st.integers(5, 7)),
        "output_dim": draw(st.integers(1, 4)),
        "tie_weights": draw(st.booleans()),
        "mask_zero": draw(st.booleans()),
        "logit_soft_cap": draw(st.none() | st.sampled_from([1, 30.0])),
        "reverse_dtype": draw(st.sampled_from([None, None, "float32", "float64"])),
    }


def both_ways(given: dict[str, Any], between: list[Any], inputs: Any = IDS) -> nnspec.Graph:
    """The layer, those between, and the layer in reverse."""
    first = {"ReversibleEmbedding": given, "name": "tokens"}
    last = [{**item, "name": f"between{i}"} for i, item in enumerate(between)]
    hidden = f"between{len(between) - 1}" if between else "tokens"
    return spec({"reuse": "tokens"}, {"x": inputs}, [first, *last], {"reverse": hidden})


@layer_settings
@given(fields(), st.sampled_from(["none", "LSTM", "Dense", "Masked"]), st.booleans(), OPSETS)
def test_both_ways(given: dict[str, Any], kind: str, normalized: bool, opset: int) -> None:
    """With layers between that heed the mask, or pass it on."""
    size = given["output_dim"]
    between: list[Any] = [{"LayerNormalization": None}] if normalized else []
    between += {
        "none": [],
        "LSTM": [{"LSTM": {"units": size, "return_sequences": True}}],
        "Dense": [{"Dense": size}],
        "Masked": [{"Attention": None, "from": ["tokens", "tokens"]}],
    }[kind]
    compare(both_ways(given, between), opset=opset)


@layer_settings
@given(
    fields(),
    st.lists(st.sampled_from([1, 3, "n"]), max_size=2),
    st.sampled_from(["float32", "float64", "int32"]),
    OPSETS,
)
def test_in_reverse_alone(given: dict[str, Any], further: list[Any], dtype: str, opset: int) -> None:
    """Inputs are not cast: what they are multiplied with is."""
    inputs = {"x": {"shape": [*further, given["output_dim"]], "dtype": dtype}}
    compare(spec({"ReversibleEmbedding": given}, inputs, (), {"reverse": "x"}), opset=opset)


@pytest.mark.parametrize("opset", [15, 21])
@pytest.mark.parametrize("reverse", [None, "float32"])
@pytest.mark.parametrize("dtype", ["float16", "mixed_float16"])
def test_half_precision(dtype: str, reverse: str | None, opset: int) -> None:
    given = {"input_dim": 7, "output_dim": 4, "dtype": dtype, "reverse_dtype": reverse, "logit_soft_cap": 2.0}
    graph = both_ways(given, [{"Dense": {"units": 4, "dtype": dtype}}])
    weights, inputs = random_weights(graph), random_inputs(graph)
    expected = run_keras(build(graph, weights), graph, inputs)[0]
    actual = run_onnx(graph, weights, inputs, opset)[0]
    wanted = reverse or "float16"
    assert graph.types[graph.outputs[0].value].dtype == wanted
    assert actual.dtype == expected.dtype == wanted
    np.testing.assert_allclose(actual, expected, rtol=4e-3, atol=4e-3)


def test_vectors_are_not_cast() -> None:
    given = {"input_dim": 7, "output_dim": 4, "dtype": "mixed_float16"}
    graph = spec({"ReversibleEmbedding": given}, {"x": [5, 4]}, (), {"reverse": "x"})
    assert str(graph.types[graph.outputs[0].value]) == "float32[batch, 5, 7]"
    weights, inputs = random_weights(graph), random_inputs(graph)
    expected = run_keras(build(graph, weights), graph, inputs)[0]
    actual = run_onnx(graph, weights, inputs, 21)[0]
    assert actual.dtype == expected.dtype == "float32"
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("opset", [15, 21, 24])
def test_bfloat16_is_valid_onnx(opset: int) -> None:
    given = {"input_dim": 7, "output_dim": 4, "dtype": "bfloat16", "logit_soft_cap": 2.0}
    graph = both_ways(given, [{"Dense": {"units": 4, "dtype": "bfloat16"}}])
    checked(to_onnx(graph, random_weights(graph), opset))


def test_one_table_in_the_model() -> None:
    graph = both_ways({"input_dim": 7, "output_dim": 4}, [{"Dense": 4}])
    model = to_onnx(graph, random_weights(graph))
    assert sorted(i.name for i in model.graph.initializer if i.dims) == [
        "between0/bias",
        "between0/kernel",
        "tokens/embeddings",
    ]


def test_masks_that_multi_head_attention_takes_off_are_lost() -> None:
    """The model does not know of them when the layers after it are called, and keeps none."""
    heads = {"MultiHeadAttention": {"num_heads": 1, "key_dim": 2}, "from": ["tokens", "tokens"]}
    given = {"input_dim": 7, "output_dim": 4, "mask_zero": True}
    tokens = {"ReversibleEmbedding": given, "name": "tokens"}
    with pytest.raises(nnspec.SpecError, match="Keras runs layer without the mask of tokens"):
        spec(
            {"LSTM": 3, "name": "layer"},
            {"x": IDS},
            [tokens, {**heads, "name": "heads"}],
            "tokens",
            ["heads", "layer"],
        )
    plain = {"Embedding": given, "name": "tokens"}
    graph = spec({"LSTM": 3}, {"x": IDS}, [plain, {**heads, "name": "heads"}], "tokens", ["heads", "layer"])
    compare(graph)


def test_macs_by_counting() -> None:
    graph = spec(
        {"ReversibleEmbedding": {"input_dim": 7, "output_dim": 4}}, {"x": [5, 4]}, (), {"reverse": "x"}
    )
    assert graph.macs == len(list(product(range(5), range(4), range(7))))
    assert spec({"ReversibleEmbedding": {"input_dim": 7, "output_dim": 4}}, {"x": [5]}).macs == 0


@pytest.mark.parametrize(
    ("given", "shape", "sources", "message"),
    [
        ({}, [5, 3], {"reverse": "x"}, "its vectors have the size 4, and those to reverse 3"),
        ({}, [5, None], {"reverse": "x"}, "the last axis of the input has the dynamic size ?"),
        ({}, [], {"reverse": "x"}, "takes an input of rank 2 or more, not of rank 1"),
        ({}, [5, 4], {"inputs": "x", "reverse": "x"}, "is applied one way at a time"),
        ({"logit_soft_cap": 0}, [5, 4], {"reverse": "x"}, "must be greater than 0"),
        ({"reverse_dtype": "int32"}, [5, 4], {"reverse": "x"}, "reverse_dtype"),
    ],
)
def test_messages(given: dict[str, Any], shape: list[Any], sources: dict[str, str], message: str) -> None:
    with pytest.raises(nnspec.SpecError) as error:
        spec({"ReversibleEmbedding": {"input_dim": 7, "output_dim": 4, **given}}, {"x": shape}, (), sources)
    assert message in str(error.value)
