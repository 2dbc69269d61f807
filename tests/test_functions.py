"""Functions of `keras.ops` as items, against Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nnspec
import numpy as np
import pytest
from differential import OPSETS, assert_close, compare, layer_settings, random_inputs, spec
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.keras import build

SIZES = st.sampled_from([1, 2, 3, "time", "other"])
DTYPES = st.sampled_from(
    [
        "float32",
        "float32",
        "float16",
        "float64",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "bool",
    ]
)
MOVED = {3: {"LSTM": {"units": 4, "return_sequences": True}}, 4: {"Conv2D": {"filters": 4, "kernel_size": 1}}}


def refused(item: Any, shape: list[Any], dtype: str = "float32") -> str:
    with pytest.raises(nnspec.SpecError) as caught:
        spec(item, {"x": {"shape": shape, "dtype": dtype}})
    return str(caught.value)


@st.composite
def reductions(draw: st.DrawFn, function: str) -> tuple[dict[str, Any], list[Any], str]:
    shape = draw(st.lists(SIZES, min_size=1, max_size=4))
    axes = draw(st.lists(st.integers(1, len(shape)), min_size=1, max_size=len(shape), unique=True))
    given = [axis - draw(st.sampled_from([0, len(shape) + 1])) for axis in axes]
    fields = {
        "axis": given[0] if len(given) == 1 and draw(st.booleans()) else given,
        "keepdims": draw(st.booleans()),
    }
    # Sums of halves are rounded by each runtime in its own order.
    dtype = draw(DTYPES.filter(lambda d: d != "float16") if function == "Sum" else DTYPES)
    if function == "Max":
        fields["initial"] = draw(st.sampled_from([None, None, 1, 0.0, *([] if dtype[0] in "ub" else [-3])]))
    return fields, shape, dtype


@pytest.mark.parametrize("function", ["Mean", "Sum", "Max"])
def test_reductions(function: str) -> None:
    @layer_settings
    @given(reductions(function), st.booleans(), OPSETS)
    def check(drawn: tuple[dict[str, Any], list[Any], str], moved: bool, opset: int) -> None:
        fields, shape, dtype = drawn
        before = (
            [MOVED[len(shape) + 1]] if moved and len(shape) in (2, 3) and isinstance(shape[-1], int) else []
        )
        inputs = {"x": shape if before else {"shape": shape, "dtype": dtype}}
        compare(spec({function: fields}, inputs, before), opset=opset, dynamic=4)

    check()


@layer_settings
@given(st.lists(SIZES, max_size=4), st.data(), DTYPES, OPSETS)
def test_transpose(shape: list[Any], data: st.DataObject, dtype: str, opset: int) -> None:
    order = [0, *data.draw(st.permutations(range(1, len(shape) + 1)))]
    axes = [axis - data.draw(st.sampled_from([0, len(order)])) for axis in order]
    compare(spec({"Transpose": axes}, {"x": {"shape": shape, "dtype": dtype}}), opset=opset, dynamic=4)


@layer_settings
@given(st.lists(st.integers(1, 3), max_size=3), st.data())
def test_refuses_what_keras_refuses(shape: list[int], data: st.DataObject) -> None:
    """Beside what would move or reduce the batch, which Keras does."""
    import keras

    rank = len(shape) + 1
    axes = data.draw(st.lists(st.integers(-5, 5), min_size=1, max_size=4))
    name = data.draw(st.sampled_from(["Mean", "Sum", "Max", "Transpose"]))
    field = "axes" if name == "Transpose" else "axis"
    batch = 0 in axes or -rank in axes
    if name == "Transpose":
        batch = axes[0] not in (0, -rank)
    try:
        x = keras.Input(shape)
        keras.Model(x, getattr(keras.ops, name.lower())(x, **{field: axes}))(np.ones((2, *shape), np.float32))
        expected = not batch
    except Exception:
        expected = False
    try:
        spec({name: {field: axes}}, {"x": shape})
        taken = True
    except nnspec.SpecError:
        taken = False
    assert taken == expected


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("Mean", "Mean of every axis would reduce the batch too"),
        ({"Sum": 0}, "Sum cannot reduce the batch, axis 0"),
        ({"Max": {"axis": [1, 0]}}, "name axes behind the batch: Max: {axis: [1, 2]}"),
        ("Transpose", "the order is [2, 1, 0]"),
        ({"Transpose": [1, 0, 2]}, "keep axis 0 first: axes: [0, 2, 1]"),
        ({"Transpose": [0, 1, 1]}, "does not name each of the input's 3 axes once"),
        ({"Mean": {"axis": 1, "dtype": "float16"}}, "a function gives the dtype that its input has"),
    ],
)
def test_messages(item: Any, message: str) -> None:
    assert message in refused(item, [3, 4])


def test_initial_is_of_the_inputs_dtype() -> None:
    for initial, dtype in ((0.5, "int32"), (-1, "uint8"), (128, "int8"), (2, "bool")):
        message = refused({"Max": {"axis": 1, "initial": initial}}, [3], dtype)
        assert f"initial is {initial}, and the input is of dtype {dtype}" in message


def test_symbolic_shapes() -> None:
    graph = spec({"Mean": {"axis": [1, 2]}}, {"x": ["height", "width", 3]})
    assert str(graph.nodes[0].signature.output) == "float32[batch, 3]"
    graph = spec(
        {"Sum": {"axis": 1, "keepdims": True}}, {"x": {"shape": ["height", "width"], "dtype": "uint8"}}
    )
    assert str(graph.nodes[0].signature.output) == "uint32[batch, 1, width]"
    graph = spec({"Transpose": [0, 2, 1]}, {"x": ["height", "width"]})
    assert str(graph.nodes[0].signature.output) == "float32[batch, width, height]"


def test_a_model_with_functions_is_saved_and_loaded(tmp_path: Path) -> None:
    import keras

    before = [{"Transpose": [0, 2, 1]}, {"Sum": {"axis": 1, "keepdims": True}}, {"Max": 2}]
    graph = spec({"Mean": {"axis": -1, "keepdims": True}}, {"x": [3, 4]}, before)
    model = build(graph, {})
    model.save(tmp_path / "functions.keras")
    loaded: Any = keras.saving.load_model(tmp_path / "functions.keras")
    x = random_inputs(graph)["x"]
    assert_close(np.asarray(loaded(x)), np.asarray(model(x)))


@pytest.mark.parametrize("dtype", ["float16", "mixed_float16", "float64"])
def test_a_function_in_a_file_of_another_dtype(dtype: str) -> None:
    text = f"""
        {{nnspec: 1, name: net, dtype: {dtype}, inputs: {{x: [3, 4]}},
         layers: [{{Dense: 2}}, {{Mean: {{axis: 1}}, name: layer}}]}}
    """
    compare(nnspec.loads(text), opset=21) if dtype == "float64" else build(nnspec.loads(text))
