"""Functions of `keras.ops` that move, repeat and join elements, against Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from differential import OPSETS, compare, layer_settings, operators, spec
from drawn_functions import (
    DTYPES,
    SHAPES,
    Case,
    after,
    axis,
    keras_takes_function,
    names_batch,
    takes_function,
)
from hypothesis import given
from hypothesis import strategies as st

Fields = Callable[[st.DrawFn, list[Any]], dict[str, Any]]


def axes(draw: st.DrawFn, rank: int, low: int = 1, most: int = 3) -> int | list[int]:
    """Some axes, each once, or one as a number."""
    found = draw(st.lists(st.integers(low, rank - 1), min_size=1, max_size=most, unique=True))
    given = [a - draw(st.sampled_from([0, rank])) for a in found]
    return given[0] if len(given) == 1 and draw(st.booleans()) else given


def expand_dims(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    count = draw(st.integers(1, 2))
    found = draw(st.lists(st.integers(1, len(shape) + count), min_size=count, max_size=count, unique=True))
    given = [a - draw(st.sampled_from([0, len(shape) + 1 + count])) for a in found]
    return {"axis": given[0] if count == 1 and draw(st.booleans()) else given}


def squeeze(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    for place in draw(st.lists(st.integers(0, len(shape) - 1), min_size=1, unique=True)):
        shape[place] = 1
    ones = [place + 1 for place, size in enumerate(shape) if size == 1]
    chosen = draw(st.lists(st.sampled_from(ones), min_size=1, unique=True))
    return {"axis": [a - draw(st.sampled_from([0, len(shape) + 1])) for a in chosen]}


def swap_axes(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    return {"axis1": axis(draw, len(shape) + 1), "axis2": axis(draw, len(shape) + 1)}


def move_axis(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    rank = len(shape) + 1
    count = draw(st.integers(1, len(shape)))
    pair = [draw(st.permutations(range(1, rank)))[:count] for _ in range(2)]
    given = [[a - draw(st.sampled_from([0, rank])) for a in found] for found in pair]
    if count == 1 and draw(st.booleans()):
        given = [found[0] for found in given]
    return {"source": given[0], "destination": given[1]}


def flip(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    return {"axis": axes(draw, len(shape) + 1)}


def rot90(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    if len(shape) == 1:
        shape.append(2)
    pair = draw(st.permutations(range(1, len(shape) + 1)))[:2]
    k = draw(st.integers(-5, 5))
    if k % 2 == 0:
        shape[pair[0] - 1] = shape[pair[1] - 1]
    return {"k": k, "axes": [a - draw(st.sampled_from([0, len(shape) + 1])) for a in pair]}


def roll(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    rank, shift = len(shape) + 1, st.integers(-9, 9)
    if draw(st.booleans()):
        return {"shift": draw(shift), "axis": axis(draw, rank)}
    count = draw(st.integers(1, 3))
    return {"shift": [draw(shift) for _ in range(count)], "axis": [axis(draw, rank) for _ in range(count)]}


def pad(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    mode = draw(st.sampled_from(["constant", "reflect", "symmetric", "REFLECT"]))
    # The dynamic axes of these tests have four elements.
    most = [
        3 if mode == "constant" else (size if isinstance(size, int) else 4) - (mode.lower() == "reflect")
        for size in shape
    ]
    width = [[draw(st.integers(0, n)), draw(st.integers(0, n))] for n in most]
    fields = {"pad_width": [[0, 0], *width], "mode": mode}
    if mode == "constant":
        fields["constant_values"] = draw(st.sampled_from([None, 0, 3]))
    return {name: value for name, value in fields.items() if value is not None}


def tile(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    count = st.integers(1, 3)
    if draw(st.booleans()):
        return {"repeats": draw(count)}
    return {"repeats": [1, *(draw(count) for _ in shape)][draw(st.integers(0, len(shape))) :]}


def repeat(draw: st.DrawFn, shape: list[Any]) -> dict[str, Any]:
    along = axis(draw, len(shape) + 1)
    size = [None, *shape][along]
    if isinstance(size, int) and draw(st.booleans()):
        counts = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size).filter(any))
        return {"repeats": counts, "axis": along}
    return {
        "repeats": draw(st.integers(1, 3) | st.lists(st.integers(1, 3), min_size=1, max_size=1)),
        "axis": along,
    }


DRAWN: dict[str, Fields] = {
    "ExpandDims": expand_dims,
    "Squeeze": squeeze,
    "SwapAxes": swap_axes,
    "MoveAxis": move_axis,
    "Flip": flip,
    "Rot90": rot90,
    "Roll": roll,
    "Pad": pad,
    "Tile": tile,
    "Repeat": repeat,
}


@st.composite
def cases(draw: st.DrawFn, function: str) -> Case:
    shape = draw(SHAPES)
    fields = DRAWN[function](draw, shape)
    dtype = draw(DTYPES)
    if dtype == "bool":
        fields.pop("constant_values", None)
    return Case(fields, shape, "int16" if (function, dtype) == ("Tile", "uint16") else dtype)


@pytest.mark.parametrize("function", DRAWN)
def test_function(function: str) -> None:
    @layer_settings
    @given(cases(function), st.booleans(), OPSETS)
    def check(case: Case, moved: bool, opset: int) -> None:
        before = after(case.shape, moved)
        inputs = {"x": case.shape if before else {"shape": case.shape, "dtype": case.dtype}}
        compare(spec({function: case.fields}, inputs, before), opset=opset, dynamic=4)

    check()


@layer_settings
@given(SHAPES, st.integers(1, 4), st.data(), OPSETS)
def test_stack(shape: list[Any], count: int, data: st.DataObject, opset: int) -> None:
    rank = len(shape) + 2
    place = data.draw(st.integers(1, rank - 1)) - data.draw(st.sampled_from([0, rank]))
    dtypes = [data.draw(DTYPES) for _ in range(count)]
    inputs = {f"x{i}": {"shape": shape, "dtype": dtype} for i, dtype in enumerate(dtypes)}
    compare(spec({"Stack": {"axis": place}}, inputs, from_=list(inputs)), opset=opset, dynamic=4)


@pytest.mark.parametrize("function", [*DRAWN, "Stack"])
def test_refuses_what_keras_refuses(function: str) -> None:
    """Beside what would touch the batch, which Keras does."""

    @layer_settings
    @given(st.lists(st.integers(1, 3), min_size=1, max_size=3), st.data())
    def check(shape: list[int], data: st.DataObject) -> None:
        fields = data.draw(st.fixed_dictionaries(ANY[function]))
        shapes = [shape] * (2 if function == "Stack" else 1)
        expected = keras_takes_function(function, fields, *shapes)
        if function in ("Roll", "Repeat"):
            expected = expected and not names_batch(fields, len(shape) + 1)
        assert takes_function(function, fields, *shapes) == expected

    check()


ANY_AXIS = st.integers(-4, 4)
ANY_AXES = ANY_AXIS | st.lists(ANY_AXIS, min_size=1, max_size=3)
ANY: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "ExpandDims": {"axis": ANY_AXES},
    "Squeeze": {"axis": ANY_AXES},
    "SwapAxes": {"axis1": ANY_AXIS, "axis2": ANY_AXIS},
    "MoveAxis": {"source": ANY_AXES, "destination": ANY_AXES},
    "Flip": {"axis": ANY_AXES},
    "Rot90": {"k": st.integers(-2, 3), "axes": st.lists(ANY_AXIS, min_size=1, max_size=3)},
    "Roll": {
        "shift": st.lists(ANY_AXIS, min_size=1, max_size=2),
        "axis": st.lists(ANY_AXIS, min_size=1, max_size=2),
    },
    "Pad": {
        "pad_width": st.lists(st.lists(st.integers(-1, 3), min_size=2, max_size=2), min_size=1, max_size=4),
        "mode": st.sampled_from(["constant", "reflect", "symmetric"]),
        "constant_values": st.sampled_from([None, 0, 1.5]),
    },
    "Tile": {"repeats": st.integers(-1, 2) | st.lists(st.integers(-1, 2), min_size=1, max_size=4)},
    "Repeat": {"repeats": ANY_AXIS | st.lists(st.integers(-1, 2), min_size=1, max_size=3), "axis": ANY_AXIS},
    "Stack": {"axis": ANY_AXIS},
}


def test_many_repeats_are_counted_at_run_time() -> None:
    graph = spec({"Repeat": {"repeats": 3000, "axis": 1}}, {"x": [4]})
    compare(graph)
    assert "Range" in operators(graph)
    assert operators(spec({"Repeat": {"repeats": 3, "axis": 1}}, {"x": [4]})) == ["Gather"]
