"""Whatever is thrown at the checker gets an answer, fast, and never an exception."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from corpus_files import OK
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nnspec.compiler.pipeline import check
from nnspec.spec.limits import Limits
from nnspec.spec.nodes import to_data
from nnspec.spec.reader import read
from nnspec.spec.render import to_github, to_json, to_text
from nnspec.spec.source import Source
from reading import seconds

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["x", "previous", "relu", "=units", "Dense", "0x1F", "a.b", "{{7*7}}", "\u202e", "NaN"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)

At = tuple[str | int, ...]


def places(data: Any, at: At = ()) -> Iterator[At]:
    """The path to every part of plain data."""
    yield at
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in parts:
        yield from places(value, (*at, key))


def part(data: Any, at: At) -> Any:
    for key in at:
        data = data[key]
    return data


def mutate(data: Any, draw: Callable[[st.SearchStrategy[Any]], Any]) -> Any:
    """The data with one part deleted, doubled, replaced by another of its parts or by anything, or
    renamed."""
    paths = [at for at in places(data) if at]
    if not paths:
        return draw(VALUES)
    at = draw(st.sampled_from(paths))
    holder, key = part(data, at[:-1]), at[-1]
    match draw(st.sampled_from(["delete", "double", "move", "replace", "rename"])):
        case "delete":
            del holder[key]
        case "double" if isinstance(holder, list):
            holder.insert(draw(st.integers(0, len(holder))), holder[key])
        case "move":
            holder[key] = json.loads(json.dumps(part(data, draw(st.sampled_from(paths)))))
        case "rename" if isinstance(holder, dict):
            holder[draw(st.text(max_size=12))] = holder.pop(key)
        case _:
            holder[key] = draw(VALUES)
    return data


def survives(text: str, name: str = "net.nn.json") -> None:
    """Checking gives an answer, fast, and every form of it can be written."""
    taken = seconds(lambda: answered(text, name))
    assert taken < 1, taken


def answered(text: str, name: str) -> None:
    diagnostics = check(Source(name, text), Path("."), Limits(layers=500)).diagnostics
    assert to_text(diagnostics).isprintable() or "\n" in to_text(diagnostics)
    json.loads(to_json(diagnostics))
    assert len(to_github(diagnostics).splitlines()) == len(diagnostics)


SEEDS = [json.dumps(to_data(read(Source(path.name, path.read_text(encoding="utf-8"))))) for path in OK]

thorough = settings(
    max_examples=int(os.environ.get("NNSPEC_FUZZ", "300")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    derandomize=True,
    database=None,
)


@thorough
@given(st.data())
def test_any_change_to_a_right_spec_gets_an_answer(data: st.DataObject) -> None:
    spec = json.loads(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 3))):
        spec = mutate(spec, data.draw)
    survives(json.dumps(spec))


@thorough
@given(st.data())
def test_any_text_gets_an_answer(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([path.read_text(encoding="utf-8") for path in OK]))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    survives(text[:start] + data.draw(st.text(max_size=12)) + text[end:], "net.nn.yaml")


@thorough
@given(VALUES)
def test_any_data_gets_an_answer(value: Any) -> None:
    spec = dict.fromkeys(("inputs", "presets", "layers", "outputs", "training"), value)
    survives(json.dumps({"nnspec": 1, "name": "net", **spec}))
