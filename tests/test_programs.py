"""Random programs: what they mean, what their code builds, and what their layers are called."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nnspec
import pytest
from generated import assert_clean, assert_same_model
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from nnspec.backends.python import emit
from nnspec.backends.spec import expand
from nnspec.compiler.dump import dump
from nnspec.compiler.graph import Graph, Node
from nnspec.compiler.pipeline import check
from nnspec.compiler.provenance import Frame
from nnspec.spec.source import Source
from programs import programs

EXAMPLES = int(os.environ.get("NNSPEC_EXAMPLES", "20"))
# The code has a variable for what a spec gives a name and takes nowhere, which is what both warn of.
UNUSED_LAYER, UNUSED_VARIABLE = "NN111", "F841"
# Conditions in each other stay two, as the spec has them.
NESTED_CONDITIONS = "SIM102"


def examples(number: int) -> settings:
    return settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def graphs(program: dict[str, Any]) -> dict[str | None, Graph]:
    """The networks of a program: with its defaults, and in the variants that are networks."""
    found: dict[str | None, Graph] = {}
    for variant in (None, *program.get("variants", ())):
        try:
            found[variant] = nnspec.loads(json.dumps(program), variant=variant)
        except nnspec.SpecError as error:
            assert error.diagnostics
    return found


def graph_of(program: dict[str, Any]) -> Graph:
    """The network with the defaults; where there is none, another program is drawn."""
    found = graphs(program).get(None)
    assume(found is not None)
    assert found is not None
    return found


@examples(3 * EXAMPLES)
@given(programs())
def test_a_program_and_its_expansion_are_equal(program: dict[str, Any]) -> None:
    for graph in graphs(program).values():
        text = expand(graph)
        again = nnspec.loads(text)
        assert dump(again) == dump(graph)
        assert again.weights == graph.weights
        assert [node.layer for node in again.nodes] == [node.layer for node in graph.nodes]
        assert expand(again) == text


def test_nearly_every_program_is_a_network() -> None:
    """What is wrong with one that is none: nothing is left of it."""
    messages: list[str] = []

    @examples(5 * EXAMPLES)
    @given(programs())
    def look(program: dict[str, Any]) -> None:
        checked = check(Source("net", json.dumps(program)), Path())
        messages.append("" if checked.graph else checked.diagnostics[0].message)

    look()
    wrong = {re.sub('".*"', "…", message) for message in messages if message}
    assert wrong <= {"the network has no layers here, and gives its input …"}
    assert messages.count("") > 0.9 * len(messages)


ODD: list[Any] = [
    None,
    True,
    -1,
    0,
    2.5,
    "",
    "x",
    "previous",
    "=x",
    "=1 / 0",
    "=[1][3]",
    [],
    [[]],
    {},
    {"Dense": 2},
]


def parts_of(data: Any) -> Iterator[tuple[Any, Any]]:
    """Every value inside of data: what holds it, and its key there."""
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in list(entries):
        yield data, key
        yield from parts_of(value)


@examples(10 * EXAMPLES)
@given(programs(), st.data())
def test_what_is_wrong_with_a_spoiled_program_is_told(program: dict[str, Any], data: st.DataObject) -> None:
    changed = copy.deepcopy(program)
    for _ in range(data.draw(st.integers(1, 2))):
        holder, key = data.draw(st.sampled_from(list(parts_of(changed))))
        if data.draw(st.booleans()):
            del holder[key]
        else:
            holder[key] = data.draw(st.sampled_from(ODD))
    checked = check(Source("net", json.dumps(changed)), Path())
    errors = [diagnostic for diagnostic in checked.diagnostics if diagnostic.severity == "error"]
    assert (checked.graph is None) == bool(errors)
    assert all(diagnostic.span is not None for diagnostic in errors)
    if checked.graph is not None:
        code(checked.graph)


def code(graph: Graph) -> str:
    """The code that keeps the structure, or the flat one where that cannot be written."""
    try:
        return emit(graph)
    except nnspec.SpecError as error:
        assert [diagnostic.code for diagnostic in error.diagnostics] == ["NN402"]
        return emit(graph, flat=True)


# --- code


@examples(max(1, EXAMPLES // 3))
@given(programs())
def test_both_forms_of_code_build_the_live_model(program: dict[str, Any]) -> None:
    found = graphs(program)
    for variant, graph in found.items():
        assert_same_model(graph, flat=True)
        assert_same_model(graph, emitted=None if variant is None else found.get(None))


# What random programs came upon.
FOUND = {
    "keyword": """
        inputs: {x: [3]}
        layers:
          - {repeat: 2, layers: [{Dense: 3, name: i}]}
          - {Dense: 2, from: i.0}
        """,
    "one tensor twice": """
        inputs: {x: [3]}
        blocks: {both: {inputs: [a, b], layers: [{Dense: 3, from: a}, {Add: , from: [previous, b]}]}}
        layers: [{both: , from: [x, x]}, {reuse: both, from: [both, x]}]
        """,
    "given back": """
        params: {depth: 0}
        variants: {deep: {depth: 2}}
        inputs: {x: [3]}
        blocks:
          pass:
            params: {depth: }
            layers: [{repeat: =depth, layers: [{Dense: 3}]}]
            outputs: {same: input, other: previous}
        layers: [{Dense: 3}, {pass: =depth, name: stage}, {reuse: stage}, {Dense: 3}]
        """.replace("pass", "handed"),
    "unused output": """
        inputs: {x: [3]}
        blocks: {two: {layers: [{Dense: 3, name: a}, {Dense: 4, name: b}], outputs: [a, b]}}
        layers: [{two: }, {reuse: two}]
        """,
    "input x": """
        inputs: {a: [3], b: [3]}
        blocks: {two: {inputs: [input, x], layers: [{Dense: 3, from: input}, {Add: , from: [x, previous]}]}}
        layers: [{two: , from: [a, b]}]
        """,
    "input x given back": """
        inputs: {a: [3], b: [3]}
        blocks: {two: {inputs: [a, x], layers: [{Dense: 3, from: a}], outputs: {y: previous, z: x}}}
        layers: [{two: , from: [a, b]}, {Add: , from: [two, two.z]}]
        """,
    "function again": """
        inputs: {x: [3, 2]}
        layers:
          - {repeat: 2, layers: [{Transpose: {axes: [0, 2, 1]}, name: turned}]}
          - {reuse: turned.-1}
        """,
    "both ways": """
        params: {deep: true}
        variants: {flat: {deep: false}}
        inputs: {x: [3]}
        layers:
          - when: =deep
            layers: [{Dense: {units: 3, activation: relu}, name: stem}]
            else: [{Dense: 3, name: stem}]
          - reuse: stem
        """,
    "left out of a turn": """
        params: {depth: 3}
        variants: {one: {depth: 1}}
        inputs: {x: [4, 3]}
        blocks: {two: {layers: [{Dense: 3, name: a}, {Dense: 3, name: b}], outputs: [a, b]}}
        layers:
          - repeat: =depth
            as: i
            layers:
              - when: =i % 2 == 0
                layers: [{two: , name: pair}, {GRU: {units: 3, return_sequences: true}, name: gru}]
          - {Dense: 3}
          - {reuse: pair.0, from: pair.0.b}
          - {reuse: gru.0}
          - {Add: , from: [previous, pair.0.a]}
        """,
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_once(name: str) -> None:
    text = f"nnspec: 1\nname: net\n{FOUND[name]}"
    lines = [line.removeprefix(" " * 8) for line in text.splitlines()]
    variants = check(Source("net", "\n".join(lines)), Path())
    assert variants.graph is not None
    origin = variants.graph.origin
    assert origin is not None
    assert_same_model(variants.graph)
    for variant in origin.unit.document.variants:
        graph = nnspec.loads("\n".join(lines), variant=variant.name)
        assert_same_model(graph, emitted=variants.graph)


def test_code_is_clean(tmp_path: Path) -> None:
    clean: list[str] = []
    unused: list[str] = []

    @examples(3 * EXAMPLES)
    @given(programs())
    def write(program: dict[str, Any]) -> None:
        graph = graph_of(program)
        checked = check(Source("net", json.dumps(program)), Path())
        codes = {diagnostic.code for diagnostic in checked.diagnostics}
        (unused if UNUSED_LAYER in codes else clean).extend([emit(graph), emit(graph, flat=True)])

    write()
    assert clean and unused
    for sources, *more in ((clean,), (unused, UNUSED_VARIABLE)):
        folder = tmp_path / "_".join(["code", *more])
        folder.mkdir()
        assert_clean(sources, folder, ignored=[NESTED_CONDITIONS, *more])


# --- names


def lists_of_items(program: dict[str, Any]) -> list[list[Any]]:
    """Every list of items in a program."""

    def inside(items: list[Any]) -> Iterator[list[Any]]:
        yield items
        for item in (item for item in items if isinstance(item, dict)):
            for part in (item.get("layers"), item.get("else"), *item.get("parallel", ())):
                yield from inside(part) if part else ()

    owners = [program, *program.get("blocks", {}).values()]
    return [found for owner in owners for found in inside(owner["layers"])]


@examples(3 * EXAMPLES)
@given(programs(), st.data())
def test_something_added_elsewhere_renames_nothing(program: dict[str, Any], data: st.DataObject) -> None:
    """A layer of a kind that is nowhere else takes no number from any."""
    before = graph_of(program)
    changed = copy.deepcopy(program)
    items = data.draw(st.sampled_from(lists_of_items(changed)))
    items.insert(data.draw(st.integers(0, len(items))), {"LeakyReLU": None, "from": "previous"})
    after = graphs(changed).get(None)
    assume(after is not None)
    assert after is not None
    assert {node.name for node in before.nodes} <= {node.name for node in after.nodes}


@examples(3 * EXAMPLES)
@given(programs(), st.data())
def test_something_added_in_a_block_renames_nothing_outside(
    program: dict[str, Any], data: st.DataObject
) -> None:
    before = graph_of(program)
    assume("blocks" in program)
    changed = copy.deepcopy(program)
    block = data.draw(st.sampled_from(list(changed["blocks"].values())))
    block["layers"].insert(
        0, {"Activation": "linear", **({"from": block["inputs"][0]} if "inputs" in block else {})}
    )
    after = graphs(changed).get(None)
    assume(after is not None)
    assert after is not None
    own = re.compile(r"[A-Za-z]\w*(\.\d+)*", re.ASCII)
    names = [[node.name for node in graph.nodes if own.fullmatch(node.name)] for graph in (before, after)]
    assert names[0] == names[1]


def place(node: Node) -> tuple[Any, ...]:
    """Where a node is from: its item, and the calls and turns that it is in."""
    found: list[Any] = [node.place.span.start]
    frame: Frame | None = node.place.frame
    while frame is not None:
        found.append((frame.span.start, frame.words.partition(",")[0].partition(" with ")[0]))
        frame = frame.parent
    return tuple(found)


@examples(3 * EXAMPLES)
@given(programs())
def test_params_rename_nothing(program: dict[str, Any]) -> None:
    found = graphs(program)
    names = [{place(node): node.name for node in graph.nodes} for graph in found.values()]
    for one in names:
        for other in names:
            assert [one[key] for key in one if key in other] == [other[key] for key in one if key in other]


# --- the same each time

SCRIPT = """
import json, sys
import nnspec
for line in sys.stdin:
    graph = nnspec.loads(line)
    print(json.dumps([nnspec.expand(graph), nnspec.emit(graph), nnspec.emit(graph, flat=True)]))
"""


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    texts: list[str] = []

    @examples(EXAMPLES)
    @given(programs())
    def keep(program: dict[str, Any]) -> None:
        if None in graphs(program):
            texts.append(json.dumps(program))

    keep()
    results = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = [sys.executable, "-c", SCRIPT]
        result = subprocess.run(
            run, input="\n".join(texts), capture_output=True, text=True, check=True, env=environment
        )
        results.append(hashlib.sha256(result.stdout.encode()).hexdigest())
    assert results[0] == results[1]
