"""Merge layers against Keras: types, values, masks, and what they refuse."""

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
from nnspec.spec.promotion import result_type
from nnspec.spec.types import DTYPES

ELEMENTWISE = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
NUMBERS = st.sampled_from(["float32", "float32", "float64", "int32", "int64", "int16", "uint8", "uint16"])
# Convolutions leave their output channels-first in ONNX, recurrent layers time-major.
BEFORE = {
    3: {"LSTM": {"units": 3, "return_sequences": True}},
    4: {"Conv2D": {"filters": 3, "kernel_size": 1}},
}

Inputs = dict[str, dict[str, Any]]


def refused(
    item: Any, inputs: Mapping[str, Any], before: Sequence[Any] = (), from_: Any = None
) -> nnspec.SpecError:
    with pytest.raises(nnspec.SpecError) as caught:
        spec(item, inputs, before, from_ or list(inputs))
    return caught.value


@st.composite
def broadcast(draw: st.DrawFn, count: int | None = None) -> Inputs:
    """Inputs that can be merged: the last axes of one shape, 1 in the place of some, one axis dynamic."""
    whole = [draw(st.sampled_from([2, 3, "time"])), draw(st.integers(2, 4)), draw(st.integers(2, 4))]
    inputs: Inputs = {}
    for name in "abcd"[: count or draw(st.integers(2, 4))]:
        kept = whole[draw(st.integers(0, 3)) :]
        shape = [draw(st.sampled_from([size, size, size, 1])) for size in kept]
        inputs[name] = {"shape": shape, "dtype": draw(NUMBERS)}
    return inputs


@pytest.mark.parametrize("layer", ELEMENTWISE)
def test_elementwise(layer: str) -> None:
    @layer_settings
    @given(broadcast(2 if layer == "Subtract" else None), OPSETS)
    def check(inputs: Inputs, opset: int) -> None:
        graph = spec(layer, inputs, from_=list(inputs))
        # Keras takes an input of one number a sample for a bias where the batch is as large as the channels.
        compare(graph, inputs=random_inputs(graph, batch=7, dynamic=5), opset=opset)

    check()


@layer_settings
@given(st.lists(NUMBERS, min_size=2, max_size=3), st.integers(1, 3), st.data(), OPSETS)
def test_concatenate(dtypes: list[str], rank: int, data: st.DataObject, opset: int) -> None:
    sizes = data.draw(st.lists(st.sampled_from([1, 2, 3, "time"]), min_size=rank, max_size=rank))
    axis = data.draw(st.integers(1, rank))
    inputs = {}
    for name, dtype in zip("abc", dtypes, strict=False):
        shape = [*sizes]
        shape[axis - 1] = data.draw(st.sampled_from([1, 2, 5, "time", "other"]))
        inputs[name] = {"shape": shape, "dtype": dtype}
    field = data.draw(st.sampled_from([axis, axis - rank - 1]))
    compare(spec({"Concatenate": field}, inputs, from_=list(inputs)), opset=opset, dynamic=4)


@st.composite
def dots(draw: st.DrawFn) -> tuple[dict[str, Any], Inputs]:
    """Two inputs of rank 2 to 4 with an axis of one size in each."""
    summed = draw(st.sampled_from([2, 3, "time"]))
    shapes, axes = [], []
    for _ in range(2):
        shape = draw(st.lists(st.sampled_from([1, 2, 4, "other"]), min_size=1, max_size=3))
        place = draw(st.integers(0, len(shape) - 1))
        shape[place] = summed
        shapes.append(shape)
        axes.append(draw(st.sampled_from([place + 1, place - len(shape)])))
    normalize = draw(st.booleans())
    numbers = (
        st.just("float32") if normalize else st.sampled_from(["float32", "float64", "int32", "int8", "uint8"])
    )
    inputs = {
        name: {"shape": shape, "dtype": draw(numbers)} for name, shape in zip("ab", shapes, strict=True)
    }
    short = axes[0] == axes[1] and draw(st.booleans())
    return {"axes": axes[0] if short else axes, "normalize": normalize}, inputs


@layer_settings
@given(dots(), OPSETS)
def test_dot(drawn: tuple[dict[str, Any], Inputs], opset: int) -> None:
    fields, inputs = drawn
    compare(spec({"Dot": fields}, inputs, from_=["a", "b"]), opset=opset, dynamic=3)


def test_cosine_of_a_zero_vector() -> None:
    graph = spec({"Dot": {"axes": -1, "normalize": True}}, {"a": [3], "b": [3]}, from_=["a", "b"])
    compare(graph, inputs={"a": np.zeros((2, 3), np.float32), "b": np.ones((2, 3), np.float32)})


@layer_settings
@given(st.sampled_from([*ELEMENTWISE, "Concatenate", "Dot"]), st.sampled_from([3, 4]), st.booleans(), OPSETS)
def test_in_the_layout_of_the_layer_before(layer: str, rank: int, both: bool, opset: int) -> None:
    shape = [4, 5, 3][4 - rank :]
    fields = {"Concatenate": {"axis": rank - 2}, "Dot": {"axes": rank - 1}}.get(layer, {})
    before = [
        {**BEFORE[rank], "name": "left", "from": "a"},
        {**(BEFORE[rank] if both else {"Identity": None}), "name": "right", "from": "b"},
    ]
    compare(spec({layer: fields}, {"a": shape, "b": shape}, before, ["left", "right"]), opset=opset)


def test_vector_over_channels_first() -> None:
    before = [{**BEFORE[4], "name": "image", "from": "a"}, {"GlobalAveragePooling2D": None, "name": "pooled"}]
    graph = spec("Multiply", {"a": [4, 5, 3]}, before, ["image", "pooled"])
    compare(graph)
    assert [n.op_type for n in to_onnx(graph, random_weights(graph)).graph.node].count("Transpose") == 2


# --- what Keras refuses


def keras_takes(layer: str, fields: Mapping[str, Any], shapes: Sequence[Sequence[int]]) -> bool:
    import keras

    inputs = [keras.Input(shape) for shape in shapes]
    try:
        model = keras.Model(inputs, getattr(keras.layers, layer)(**fields)(inputs))
        model([np.ones((7, *shape), np.float32) for shape in shapes])
    except Exception:
        return False
    return True


def takes(layer: str, fields: Mapping[str, Any], shapes: Sequence[Sequence[int]]) -> bool:
    inputs = {name: list(shape) for name, shape in zip("abc", shapes, strict=False)}
    try:
        spec({layer: dict(fields)}, inputs, from_=list(inputs))
    except nnspec.SpecError:
        return False
    return True


SHAPES = st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=3), min_size=2, max_size=3)


@layer_settings
@given(st.sampled_from(ELEMENTWISE), SHAPES)
def test_refuses_what_keras_refuses(layer: str, shapes: list[list[int]]) -> None:
    assert takes(layer, {}, shapes) == keras_takes(layer, {}, shapes)


@layer_settings
@given(st.lists(st.integers(1, 2), min_size=1, max_size=3), st.integers(-4, 4), st.data())
def test_concatenate_refuses_what_keras_refuses(shape: list[int], axis: int, data: st.DataObject) -> None:
    other = data.draw(st.lists(st.integers(1, 2), min_size=1, max_size=3) | st.just(shape))
    batch = axis in (0, -len(shape) - 1) and len(other) == len(shape)
    expected = keras_takes("Concatenate", {"axis": axis}, [shape, other]) and not batch
    assert takes("Concatenate", {"axis": axis}, [shape, other]) == expected


@layer_settings
@given(SHAPES, st.integers(-4, 4) | st.lists(st.integers(-4, 4), min_size=2, max_size=2))
def test_dot_refuses_what_keras_refuses(shapes: list[list[int]], axes: Any) -> None:
    """Beside a single axis too far below 0, which Keras counts round and round."""
    around = isinstance(axes, int) and any(axes < -len(shape) - 1 for shape in shapes)
    expected = keras_takes("Dot", {"axes": axes}, shapes) and not around
    assert takes("Dot", {"axes": axes}, shapes) == expected


def test_promotion_is_that_of_keras() -> None:
    from keras.src.backend.common import dtypes

    for a in DTYPES:
        for b in DTYPES:
            assert result_type((a, b)) == dtypes.result_type(a, b), (a, b)


# --- masks


def masked(layers: Sequence[Any], outputs: Sequence[str]) -> nnspec.Graph:
    """A network over two sequences of ids, embedded with masks as `x` and `y`, and one of vectors, `z`."""
    ids = {"shape": ["time"], "dtype": "int32"}
    embedding = {"Embedding": {"input_dim": 5, "output_dim": 4, "mask_zero": True}}
    data = {
        "nnspec": 1,
        "name": "masked",
        "inputs": {"i": ids, "j": ids, "z": ["time", 4]},
        "layers": [{**embedding, "name": "x", "from": "i"}, {**embedding, "name": "y", "from": "j"}, *layers],
        "outputs": list(outputs),
    }
    return nnspec.loads(json.dumps(data))


@layer_settings
@given(
    st.sampled_from([*ELEMENTWISE, "Concatenate"]),
    st.lists(st.sampled_from("xyz"), min_size=2, max_size=4),
    st.integers(0, 9),
    OPSETS,
)
def test_masks(layer: str, sources: list[str], seed: int, opset: int) -> None:
    taken = sources[:2] if layer == "Subtract" else sources
    item = {layer: {"axis": 1 + seed % 2}} if layer == "Concatenate" else {layer: None}
    graph = masked(
        [{**item, "name": "merged", "from": taken}, {"GlobalAveragePooling1D": None, "name": "pooled"}],
        ["merged", "pooled"],
    )
    compare(graph, inputs=random_inputs(graph, seed=seed), opset=opset)


def test_masks_of_different_ranks_do_not_merge() -> None:
    ids = {"shape": [], "dtype": "int32"}
    layer = {"Embedding": {"input_dim": 5, "output_dim": 4, "mask_zero": True}}
    before = [{**layer, "name": "word", "from": "i"}, {**layer, "name": "words", "from": "j"}]
    error = refused("Add", {"i": ids, "j": {"shape": [3], "dtype": "int32"}}, before, ["word", "words"])
    assert "masks of inputs of different ranks" in str(error)


# --- types and messages


def test_symbolic_shapes() -> None:
    graph = spec(
        {"Concatenate": 1}, {"a": ["time", 3], "b": ["other", 3], "c": [2, 3]}, from_=["a", "b", "c"]
    )
    assert str(graph.nodes[0].signature.output) == "float32[batch, other + time + 2, 3]"
    graph = spec("Add", {"a": ["time", 1], "b": [1, 3]}, from_=["a", "b"])
    assert str(graph.nodes[0].signature.output) == "float32[batch, time, 3]"


def test_macs_of_dot() -> None:
    graph = spec({"Dot": [1, 2]}, {"a": ["time", 3], "b": [5, "time"]}, from_=["a", "b"])
    assert str(graph.macs) == "15*time"


def test_channels_that_do_not_add() -> None:
    error = str(refused("Add", {"a": [8, 8, 64], "b": [8, 8, 128]}))
    assert "NN203" in error
    assert "channels 64 and 128 do not add: the inputs are [batch, 8, 8, 64] and [batch, 8, 8, 128]" in error
    assert "make the last layer of one branch give 128, e.g. with a 1x1 Conv2D" in error


def test_sizes_that_may_differ() -> None:
    assert "with other = 2, time = 3 they differ" in str(
        refused("Add", {"a": ["time", 4], "b": ["other", 4]})
    )
    assert "give both the same name" in str(refused("Add", {"a": [None, 4], "b": [None, 4]}))

    assert "they differ" in str(
        refused("Add", {"a": ["time", 4]}, [{"MaxPooling1D": 2, "name": "half"}], ["a", "half"])
    )


def test_too_few_and_too_many_inputs() -> None:
    assert "takes two inputs or more, not 1" in str(refused("Add", {"a": [4]}))
    assert "takes two inputs, not 3" in str(refused("Subtract", {"a": [4], "b": [4], "c": [4]}))


def test_booleans_are_no_numbers() -> None:
    flag = {"shape": [4], "dtype": "bool"}
    assert "NN202" in str(refused("Add", {"a": flag, "b": flag}))


def test_one_operator_for_many_inputs() -> None:
    graph = spec("Add", {name: [4] for name in "abcd"}, from_=list("abcd"))
    assert [n.op_type for n in to_onnx(graph, {}).graph.node] == ["Sum"]
