"""Lookups against Keras: tokens and numbers, special tokens, every output mode, and what is refused."""

from __future__ import annotations

from typing import Any

import nnspec
import numpy as np
import pytest
from differential import OPSETS, compare, layer_settings, spec
from hypothesis import assume, given
from hypothesis import strategies as st
from nnspec.backends.onnx.emit import to_onnx
from nnspec.backends.verify import verify

MODES = st.sampled_from(["int", "int", "one_hot", "multi_hot", "count", "tf_idf"])
TOKENS = {
    "IntegerLookup": st.integers(-3, 8) | st.sampled_from([-(2**31) + 1, 2**31 - 1]),
    "StringLookup": st.sampled_from(["", "a", "b", "[UNK]", "é", "a b", "yes", "0", "\n"]),
}
DTYPES = st.sampled_from(["int8", "int32", "int64", "float32", "uint8"])


@st.composite
def configurations(draw: st.DrawFn, layer: str) -> dict[str, Any]:
    tokens = TOKENS[layer]
    mode = draw(MODES)
    vocabulary = draw(st.lists(tokens, min_size=1, max_size=6))
    fields: dict[str, Any] = {"vocabulary": vocabulary, "output_mode": mode}
    if draw(st.booleans()):
        fields["mask_token"] = draw(tokens)
    if draw(st.booleans()):
        fields["oov_token"] = draw(tokens)
    fields["num_oov_indices"] = draw(st.integers(0, 3 if layer == "IntegerLookup" else 1))
    fields["invert"] = draw(st.booleans()) if mode == "int" else False
    if mode == "tf_idf":
        weights = st.floats(0, 2, width=32)
        fields["idf_weights"] = draw(
            st.lists(weights, min_size=len(vocabulary), max_size=len(vocabulary) + draw(st.integers(0, 1)))
        )
    if draw(st.booleans()):
        fields["max_tokens"] = draw(st.integers(2, 10))
        fields["pad_to_max_tokens"] = draw(st.booleans())
    return fields


def made(layer: str, fields: dict[str, Any]) -> Any:
    """Keras's layer; None where it refuses the fields."""
    import keras

    try:
        return getattr(keras.layers, layer)(**fields)
    except Exception:
        return None


@pytest.mark.parametrize("layer", TOKENS)
def test_is_keras(layer: str) -> None:
    @layer_settings
    @given(configurations(layer), st.lists(st.integers(1, 4), min_size=1, max_size=2), st.data())
    def run(fields: dict[str, Any], shape: list[int], data: st.DataObject) -> None:
        # Keras counts along other axes than it declares where there are more.
        assume(len(shape) == 1 or fields["output_mode"] in ("int", "one_hot"))
        numbers = fields["invert"] or layer == "IntegerLookup"
        dtype = data.draw(DTYPES) if numbers else "string"
        try:
            graph = spec({layer: fields}, {"x": {"shape": shape, "dtype": dtype}})
        except nnspec.SpecError:
            assert made(layer, fields) is None
            return
        assert made(layer, fields) is not None
        known: Any = graph.by_name["layer"].layer
        special = [] if known.mask_token is None else [known.mask_token]
        drawn = st.integers(0, 12) if fields["invert"] else st.sampled_from([*known.tokens, *special])
        if fields["num_oov_indices"] and not fields["invert"]:
            drawn |= TOKENS[layer]
        if numbers and dtype != "int64":
            drawn = drawn.filter(lambda number: (0 if dtype == "uint8" else -128) <= number < 128)
        size = 2 * int(np.prod(shape))
        values = data.draw(st.lists(drawn, min_size=size, max_size=size))
        given_ = np.array(values, "U" if dtype == "string" else dtype).reshape(2, *shape)
        compare(graph, inputs={"x": given_}, opset=data.draw(OPSETS))

    run()


def test_a_vocabulary_may_begin_with_the_special_tokens() -> None:
    fields = {"vocabulary": ["", "[UNK]", "a", "b"], "mask_token": ""}
    graph = spec({"StringLookup": fields}, {"x": {"shape": [4], "dtype": "string"}})
    compare(graph, inputs={"x": np.array([["a", "", "z", "b"]])})


def test_text_goes_in_and_out_on_every_path() -> None:
    before = [{"StringLookup": {"vocabulary": ["a", "b", "é"]}}]
    item = {"StringLookup": {"vocabulary": ["x", "y", "ß"], "invert": True}}
    report = verify(
        spec(item, {"x": {"shape": ["time"], "dtype": "string"}}, before=before), paths=["python", "onnx"]
    )
    assert [(path.name, path.equal) for path in report.paths] == [("python", True), ("onnx", True)]


def test_text_that_differs_is_told() -> None:
    from nnspec.backends.compare import difference

    found = difference("x", [np.array(["a"])], [np.array(["b"])], 1e-5)
    assert not found.equal and str(found) == "output x has text that is not Keras's"


def test_masked_tokens_are_left_out_of_vectors() -> None:
    fields = {"vocabulary": [5, 7], "mask_token": 0, "output_mode": "count", "num_oov_indices": 2}
    graph = spec({"IntegerLookup": fields}, {"x": {"shape": [4], "dtype": "int64"}})
    compare(graph, inputs={"x": np.array([[5, 0, 0, -3], [7, 8, 9, 0]])})


@pytest.mark.parametrize(
    ("item", "dtype"),
    [
        ({"StringLookup": {"vocabulary": ["a"], "num_oov_indices": 2}}, "string"),
        ({"IntegerLookup": {"vocabulary": [1], "num_oov_indices": 2, "oov_method": "farmhash"}}, "int64"),
    ],
)
def test_hashes_are_refused_in_onnx(item: dict[str, Any], dtype: str) -> None:
    graph = spec(item, {"x": {"shape": [3], "dtype": dtype}})
    with pytest.raises(nnspec.SpecError, match="NN402"):
        to_onnx(graph, {})


@pytest.mark.parametrize(
    ("item", "dtype", "code"),
    [
        ({"StringLookup": {"vocabulary": "/etc/passwd"}}, "string", "NN103"),
        ({"StringLookup": {}}, "string", "NN102"),
        ({"StringLookup": {"vocabulary": ["a", 2]}}, "string", "NN103"),
        ({"IntegerLookup": {"vocabulary": ["a"]}}, "int64", "NN103"),
        ({"IntegerLookup": {"vocabulary": []}}, "int64", "NN104"),
        ({"IntegerLookup": {"vocabulary": [1, 1]}}, "int64", "NN104"),
        ({"IntegerLookup": {"vocabulary": [1, 0], "mask_token": 0}}, "int64", "NN104"),
        ({"IntegerLookup": {"vocabulary": [1, 2], "max_tokens": 2}}, "int64", "NN104"),
        ({"IntegerLookup": {"vocabulary": [1, 2], "pad_to_max_tokens": True}}, "int64", "NN104"),
        ({"IntegerLookup": {"vocabulary": [1], "output_mode": "tf_idf"}}, "int64", "NN104"),
        ({"IntegerLookup": {"vocabulary": [1], "idf_weights": [0.5]}}, "int64", "NN104"),
        ({"IntegerLookup": {"vocabulary": [1], "invert": True, "output_mode": "count"}}, "int64", "NN104"),
        ({"IntegerLookup": {"vocabulary": [1], "salt": 3}}, "int64", "NN104"),
        ({"IntegerLookup": {"vocabulary": [1], "salt": "x"}}, "int64", "NN103"),
        ({"IntegerLookup": {"vocabulary": [1], "sparse": True}}, "int64", "NN112"),
        ({"IntegerLookup": {"vocabulary": [1]}}, "string", "NN202"),
        ({"StringLookup": {"vocabulary": ["a"]}}, "int64", "NN202"),
        ({"StringLookup": {"vocabulary": ["a"], "invert": True}}, "string", "NN202"),
        ({"Flatten": None}, "string", "NN202"),
        ({"Embedding": {"input_dim": 3, "output_dim": 2}}, "string", "NN202"),
    ],
)
def test_what_does_not_fit(item: dict[str, Any], dtype: str, code: str) -> None:
    with pytest.raises(nnspec.SpecError) as error:
        spec(item, {"x": {"shape": [3], "dtype": dtype}})
    assert [d.code for d in error.value.diagnostics] == [code]


@pytest.mark.parametrize(("shape", "mode"), [([2, 3], "count"), ([], "multi_hot")])
def test_vectors_of_other_ranks(shape: list[int], mode: str) -> None:
    item = {"IntegerLookup": {"vocabulary": [1], "output_mode": mode}}
    with pytest.raises(nnspec.SpecError, match="NN201"):
        spec(item, {"x": {"shape": shape, "dtype": "int64"}})
