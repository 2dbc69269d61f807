"""The section `dims`: what is read, and what is said of the rest."""

from __future__ import annotations

import pytest
from nnspec.spec.diagnostics import Diagnostic
from nnspec.spec.dims import Dim, check_dims, parse_dims
from nnspec.spec.reader import read
from nnspec.spec.source import Source


def parsed(text: str) -> tuple[dict[str, Dim], list[Diagnostic]]:
    said: list[Diagnostic] = []
    root = read(Source("net.nn.yaml", f"dims: {text}\n"))
    return parse_dims(root.get("dims"), said.append), said


@pytest.mark.parametrize(
    ("text", "bounds", "words"),
    [
        ("{}", (1, 1, None), "t is 1 or more"),
        ("{min: 3}", (1, 3, None), "t is 3 or more"),
        ("{min: 3, max: 9}", (1, 3, 9), "t is from 3 to 9"),
        ("{max: null}", (1, 1, None), "t is 1 or more"),
        ("{multiple_of: 8}", (8, 8, None), "t is 8 or more, in steps of 8"),
        ("{min: 9, max: 39, multiple_of: 8}", (8, 16, 32), "t is from 16 to 32, in steps of 8"),
        ("{min: 16, max: 16, multiple_of: 8}", (8, 16, 16), "t is from 16 to 16, in steps of 8"),
    ],
)
def test_bounds_are_multiples(text: str, bounds: tuple[int, int, int | None], words: str) -> None:
    dims, said = parsed(f"{{t: {text}}}")
    assert said == []
    assert dims["t"][2:] == bounds
    assert str(dims["t"]) == words
    (axis,) = dims["t"].size.symbols
    assert (axis.unit, axis.least, axis.most) == bounds
    assert str(dims["t"].size) == "t"
    assert dims["t"].span.text == "t"


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("8", "NN103", "8"),
        ("[1, 8]", "NN103", "[1, 8]"),
        ("{min: 0}", "NN104", "0"),
        ("{min: 3.5}", "NN103", "3.5"),
        ("{min: true}", "NN103", "true"),
        ("{min: null}", "NN103", "null"),
        ("{minimum: 3}", "NN101", "minimum"),
        ("{min: 9, max: 3}", "NN104", "3"),
        ("{max: 7, multiple_of: 8}", "NN104", "8"),
        ("{max: 4294967296}", "NN104", "4294967296"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(text: str, code: str, at: str) -> None:
    dims, (said,) = parsed(f"{{t: {text}, other: {{}}}}")
    assert list(dims) == ["other"]
    assert said.code == code
    assert said.span is not None
    assert said.span.text == at
    assert said.help


@pytest.mark.parametrize("text", ["8", "[]", "time"])
def test_dims_are_a_mapping(text: str) -> None:
    dims, (said,) = parsed(text)
    assert dims == {}
    assert said.code == "NN103"


def test_a_dim_that_no_input_has_is_one_misspelled() -> None:
    dims, _ = parsed("{tiem: {max: 3}, height: {}}")
    said: list[Diagnostic] = []
    check_dims(dims, [["time", 4], [None, "height"]], said.append)
    assert [(d.code, d.span and d.span.text, d.help) for d in said] == [
        ("NN101", "tiem", 'did you mean "time"?')
    ]
