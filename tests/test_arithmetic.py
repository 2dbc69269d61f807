"""Functions of two inputs, number by number, against Keras: arithmetic, comparison, logic, choice."""

from __future__ import annotations

from typing import Any

import nnspec
import numpy as np
import pytest
from differential import OPSETS, layer_settings, spec
from function_cases import DRAWN, SIZES, Draw, agree, keras_computes, network, numbers, sizes_of, we_take
from hypothesis import given
from hypothesis import strategies as st
from nnspec.spec.layers import FAMILIES, find

# Where takes three inputs.
FUNCTIONS = [name for name in FAMILIES["arithmetic"] if name != "Where"]
WITH_NUMBER = [name for name in FUNCTIONS if "x2" in find(name).fields]  # type: ignore[union-attr]


@st.composite
def shapes(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """Two shapes of the same rank, some axes being 1 in one of them."""
    shape = draw(st.lists(SIZES, max_size=3))
    ones = [draw(st.sampled_from("aab")) for _ in shape]
    narrow = [1 if one == "b" else size for one, size in zip(ones, shape, strict=True)]
    return (shape, narrow) if draw(st.booleans()) else (narrow, shape)


def operands(draw: Draw) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    first, second = draw(shapes())
    dtypes = [draw(st.sampled_from(DRAWN)) for _ in range(2)]
    if draw(st.booleans()):
        dtypes[1] = dtypes[0]
    inputs = {n: {"shape": s, "dtype": d} for n, s, d in zip("ab", (first, second), dtypes, strict=True)}
    given = {n: numbers(draw, sizes_of(i["shape"]), i["dtype"]) for n, i in inputs.items()}
    return inputs, given


def divisor(x: np.ndarray) -> np.ndarray:
    """Numbers by which whole ones can be divided, and to whose power they can be raised."""
    return (
        np.where(x == 0, 1, np.abs(x.astype(np.float64)) % 4).astype(x.dtype) if x.dtype.kind in "iub" else x
    )


@layer_settings
@given(st.data(), OPSETS)
def test_two_inputs(data: st.DataObject, opset: int) -> None:
    inputs, given = operands(data.draw)
    given["b"] = np.maximum(divisor(given["b"]), 1) if given["b"].dtype.kind in "iu" else given["b"]
    if given["b"].dtype == bool:
        given["b"] |= True
    items = {n: {n: {}} for n in FUNCTIONS if we_take(n, {}, list(given.values()))}
    agree(network(items, inputs, ["a", "b"]), given, opset)


@layer_settings
@given(st.data(), OPSETS)
def test_a_number(data: st.DataObject, opset: int) -> None:
    shape, dtype = data.draw(st.lists(SIZES, max_size=3)), data.draw(st.sampled_from(DRAWN))
    x = numbers(data.draw, sizes_of(shape), dtype)
    number = data.draw(st.integers(-3, 4) | st.sampled_from([0.5, -1.5, 2.0, 0.1]))
    items = {n: {n: {"x2": number}} for n in WITH_NUMBER if we_take(n, {"x2": number}, [x])}
    agree(network(items, {"x": {"shape": shape, "dtype": dtype}}, "x"), {"x": x}, opset)


@layer_settings
@given(st.data(), OPSETS)
def test_where(data: st.DataObject, opset: int) -> None:
    inputs, given = operands(data.draw)
    shape, _ = sorted((inputs["a"]["shape"], inputs["b"]["shape"]), key=lambda s: s.count(1))
    dtype = data.draw(st.sampled_from(["bool", *DRAWN]))
    inputs["c"] = {"shape": shape, "dtype": dtype}
    given["c"] = numbers(data.draw, sizes_of(shape), dtype)
    number = data.draw(st.integers(0, 4) | st.sampled_from([0.5, -1.5]))
    items: dict[str, Any] = {"both": {"Where": {}, "from": ["c", "a", "b"]}}
    if we_take("Where", {"x2": number}, [given["c"], given["a"]]):
        items["second"] = {"Where": {"x2": number}, "from": ["c", "a"]}
        items["first"] = {"Where": {"x1": number}, "from": {"condition": "c", "x2": "a"}}
    items["neither"] = {"Where": {"x1": number, "x2": 2}, "from": "c"}
    agree(network(items, inputs, None), given, opset)


@layer_settings
@given(st.data(), OPSETS)
def test_constants_and_what_lies_otherwise(data: st.DataObject, opset: int) -> None:
    """A constant of any rank with what a convolution or a recurrent layer leaves in a layout of its own."""
    moved = data.draw(
        st.sampled_from(
            [{"Conv2D": {"filters": 4, "kernel_size": 1}}, {"LSTM": {"units": 4, "return_sequences": True}}]
        )
    )
    shape = ["height", "width", 3] if "Conv2D" in moved else ["height", 3]
    sizes = [data.draw(st.sampled_from([1, n])) for n in (*[1] * (len(shape) - 1), 4)]
    values = np.round(np.random.default_rng(0).normal(size=sizes), 2)
    values = values[(0,) * data.draw(st.integers(0, len(shape) - 1))]
    before = [{**moved, "name": "m"}, {"Constant": values.tolist(), "name": "c"}]
    items: dict[str, Any] = {n: {n: {}} for n in ("Divide", "Hypot", "Less")}
    items["turned"] = {"Power": {}, "from": ["c", "m"]}
    items["chosen"] = {"Where": {"x1": 2}, "from": {"condition": "Less", "x2": "m"}}
    x = numbers(data.draw, sizes_of(shape), "float32")
    agree(network(items, {"x": shape}, ["m", "c"], before), {"x": x}, opset)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_takes_the_dtypes_that_keras_computes(function: str) -> None:
    for number in (None, 2, 0.5):
        if number is not None and function not in WITH_NUMBER:
            continue
        fields = {} if number is None else {"x2": number}
        given = [[np.ones((2, 3), d)] * (2 if number is None else 1) for d in DRAWN]
        ours = [x[0].dtype.name for x in given if we_take(function, fields, x)]
        theirs = [x[0].dtype.name for x in given if keras_computes(function, fields, x)]
        assert ours == theirs, number


@layer_settings
@given(st.lists(st.integers(1, 3), max_size=3), st.lists(st.integers(1, 3), max_size=3))
def test_takes_the_shapes_that_keras_broadcasts(first: list[int], second: list[int]) -> None:
    """Of the same rank: else a batch would meet what is none, which Keras leaves to the run."""
    given = [np.ones((2, *shape), np.float32) for shape in (first, second)]
    expected = len(first) == len(second) and keras_computes("Divide", {}, given)
    assert we_take("Divide", {}, given) == expected


@pytest.mark.parametrize(
    ("item", "from_", "message"),
    [
        ("Divide", "a", "Divide needs an input x2"),
        ({"Power": 2}, ["a", "b"], "Power has x2 twice, as a number and as an input"),
        ("Greater", ["a", "c"], "sizes 4 and 3 do not fit for Greater"),
        (
            "Less",
            ["a", "d"],
            "the batch of [batch, 4] would meet an axis of [batch, 3, 4] that is not its batch",
        ),
        ({"Power": -1}, "i", "Power of whole numbers takes no negative x2 such as -1"),
        ({"Mod": 0}, "i", "Mod of whole numbers by 0 has no result"),
        ({"FloorDivide": 300}, "u", "x2 is 300, which uint8 does not hold"),
        ("Less", ["t", "t"], "Less takes numbers, not bool"),
        ("BitwiseAnd", ["a", "a"], "BitwiseAnd takes whole numbers, not float32"),
        ({"Where": {"x1": 1}}, "t", "Where needs an input x2"),
    ],
)
def test_messages(item: Any, from_: Any, message: str) -> None:
    inputs = {"a": [4], "b": [4], "c": [3], "d": [3, 4]}
    kinds = {"i": "int32", "u": "uint8", "t": "bool"}
    typed = {name: {"shape": [4], "dtype": dtype} for name, dtype in kinds.items()}
    with pytest.raises(nnspec.SpecError) as caught:
        spec(item, {**inputs, **typed}, from_=from_)
    assert message in str(caught.value)
