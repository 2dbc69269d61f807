"""What the tests of the reader share: a text, and what is found in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from nnspec.spec.diagnostics import Diagnostic, SpecError
from nnspec.spec.limits import Limits
from nnspec.spec.nodes import Node, Scalar, Sequence, to_data
from nnspec.spec.reader import read
from nnspec.spec.source import Source, Span

YAML = "net.nn.yaml"
JSON = "net.nn.json"


def load(text: str, name: str = YAML) -> object:
    return to_data(read(Source(name, text)))


def findings(action: Callable[[], object]) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        action()
    return caught.value.diagnostics


def refused(text: str, name: str = YAML, limits: Limits | None = None) -> Diagnostic:
    """The only finding about a text."""
    found = findings(lambda: read(Source(name, text), limits or Limits()))
    assert len(found) == 1, found
    return found[0]


def spanned(diagnostic: Diagnostic) -> Span:
    assert diagnostic.span is not None
    return diagnostic.span


def place(diagnostic: Diagnostic) -> tuple[str, int, int]:
    return diagnostic.code, spanned(diagnostic).line, spanned(diagnostic).column


def value(text: str) -> Node:
    """The node of `a: text`."""
    return read(Source(YAML, f"a: {text}")).entries[0][1]


def seconds(action: Callable[[], object]) -> float:
    """Time of this process alone: what else the machine does is not counted."""
    started = time.process_time()
    action()
    return time.process_time() - started


@contextmanager
def within(seconds: float) -> Iterator[None]:
    started = time.perf_counter()
    yield
    assert time.perf_counter() - started < seconds


def spans(node: Node) -> list[str]:
    """The text under every node, depth first."""
    match node:
        case Scalar():
            return [node.span.text]
        case Sequence():
            return [node.span.text, *(text for item in node.items for text in spans(item))]
        case _:
            parts = [part for entry in node.entries for part in entry]
            return [node.span.text, *(text for part in parts for text in spans(part))]
