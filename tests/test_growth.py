"""Large networks: what four times as many layers take is about four times as much, and too many are refused at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import nnspec
import pytest
from nnspec.backends.python import emit
from nnspec.compiler.dump import dump
from nnspec.compiler.pipeline import Checked, check
from nnspec.spec.source import Source

HEAD = "nnspec: 1\nname: large\nparams: {units: 4}\ninputs: {x: [4]}\n"

# Quadratic work would take sixteen times as long.
MOST_TIMES = 9


def nested(layers: int) -> str:
    return f"""{HEAD}blocks:
  cell: {{params: {{units: }}, layers: [{{repeat: 10, as: i, layers: [{{Dense: =units}}]}}]}}
  stage: {{params: {{units: }}, layers: [{{repeat: 10, layers: [{{cell: =units}}]}}]}}
layers:
  - {{repeat: {layers // 100}, layers: [{{stage: =units}}]}}
"""


def chain(layers: int) -> str:
    """Each layer takes the one before it by name."""
    items = (f"  - {{Dense: =units, name: d{i}, from: {f'd{i - 1}' if i else 'x'}}}\n" for i in range(layers))
    return f"{HEAD}layers:\n{''.join(items)}"


def wide(layers: int) -> str:
    """All layers take one value, and one takes all of them."""
    items = (f"  - {{Dense: =units, name: d{i}, from: x}}\n" for i in range(layers))
    names = ", ".join(f"d{i}" for i in range(layers))
    return f"{HEAD}layers:\n{''.join(items)}  - {{Add: , from: [{names}]}}\n"


def conditions(layers: int) -> str:
    dense = "{Dense: =units, name: d%d}"
    items = (
        f"  - {{when: =units > {i % 7}, layers: [{dense % i}], else: [{dense % i}]}}\n"
        f"  - {{Add: , from: [d{i}, previous]}}\n"
        for i in range(layers // 2)
    )
    return f"{HEAD}layers:\n{''.join(items)}"


def skips(layers: int) -> str:
    return f"""{HEAD}layers:
  - {{repeat: {layers // 2}, layers: [{{Dense: =units, name: skip}}]}}
  - {{repeat: {layers // 2}, as: i, layers: [{{Add: , from: [previous, "skip[=i]"]}}]}}
"""


def checked(text: str) -> Checked:
    return check(Source("large", text), Path())


def work(text: str) -> dict[str, float]:
    """What each step takes in seconds, the least of two."""
    found = checked(text)
    assert found.graph is not None
    graph = found.graph
    steps: dict[str, Callable[[], object]] = {
        "check": lambda: checked(text),
        "emit": lambda: emit(graph),
        "emit flat": lambda: emit(graph, flat=True),
        "expand": lambda: nnspec.expand(graph),
        "dump": lambda: dump(graph),
    }
    return {name: min(seconds(step), seconds(step)) for name, step in steps.items()}


def seconds(step: Callable[[], object]) -> float:
    start = time.process_time()
    step()
    return time.process_time() - start


@pytest.mark.parametrize("text_of", [nested, chain, wide, conditions, skips], ids=lambda f: f.__name__)
def test_work_grows_with_the_layers(text_of: Callable[[int], str]) -> None:
    small, large = work(text_of(500)), work(text_of(2000))
    slow = {
        name: (small[name], large[name]) for name in small if large[name] > MOST_TIMES * small[name] + 0.05
    }
    assert slow == {}


@pytest.mark.parametrize("layers", [200_100, 10**12])
def test_too_many_layers_are_refused_at_once(layers: int) -> None:
    text = nested(layers)
    start = time.process_time()
    found = checked(text)
    assert time.process_time() - start < 1
    assert [diagnostic.code for diagnostic in found.diagnostics] == ["NN003"]
    assert found.diagnostics[0].message == f"the network has {layers:,} layers; the limit is 200,000"
