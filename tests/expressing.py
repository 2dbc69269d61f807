"""What the tests of expressions share: names with values, and an expression's value or what is wrong with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
from nnspec.spec import grammar
from nnspec.spec.diagnostics import Diagnostic, SpecError
from nnspec.spec.evaluate import Binding, Work, evaluate
from nnspec.spec.expressions import Expression, parse_expression
from nnspec.spec.grammar import CONSTANTS
from nnspec.spec.nodes import Scalar
from nnspec.spec.source import Source, Span
from reading import YAML, seconds

NAMES = {
    "x": 3,
    "width": 0.1,
    "flag": True,
    "text": "abc",
    "sizes": [64, 128, 256],
    "nothing": None,
    "base": 64,
}
BOUND = {name: Binding(value) for name, value in NAMES.items()}
# The same names, and no others, for Python's own eval.
PYTHON: dict[str, Any] = {
    "__builtins__": {},
    **{
        function.__name__: function
        for function in (min, max, abs, round, int, float, len, math.floor, math.ceil)
    },
    "range": lambda *bounds: list(range(*bounds)),
    **NAMES,
    **CONSTANTS,
}

QUICK = 0.05


def scalar(text: str) -> Scalar:
    source = Source(YAML, f"a: {text}\n")
    return Scalar(text, Span(source, 3, 3 + len(text)))


def parse(node: Scalar) -> Expression:
    found: list[Diagnostic] = []
    expression = parse_expression(node, found.append)
    assert expression is not None, found
    assert not found
    return expression


def result(text: str, bindings: Mapping[str, Binding] = BOUND) -> Any:
    return evaluate(parse(scalar(text)), bindings, Work())


def complaint(node: Scalar, bindings: Mapping[str, Binding] = BOUND) -> Diagnostic:
    """The only thing that is said about a bad expression."""
    found: list[Diagnostic] = []
    expression = parse_expression(node, found.append)
    if expression is not None:
        with pytest.raises(SpecError) as caught:
            evaluate(expression, bindings, Work())
        found += caught.value.diagnostics
    assert len(found) == 1, found
    return found[0]


def took(text: str) -> float:
    """Seconds in which a bad expression is answered that was not seen before: the least of three, as what else the
    process has to do, such as collect garbage, is not counted."""

    def answer() -> None:
        grammar._parsed.cache_clear()
        complaint(scalar(text))

    return min(seconds(answer) for _ in range(3))
