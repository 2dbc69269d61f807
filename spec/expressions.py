"""Expressions: the scalars that begin with `=`, where they stand, and how a message tells of their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from .diagnostics import Diagnostic
from .evaluate import Binding, Work, evaluate
from .grammar import LONGEST_WRITTEN, Parsed, extent, parsed
from .nodes import Node, Scalar, shorten
from .operations import FUNCTIONS, Value, shown
from .source import Span

if TYPE_CHECKING:
    import ast

    from .locate import Report

__all__ = [
    "FUNCTIONS",
    "Binding",
    "Expression",
    "Value",
    "Work",
    "evaluate",
    "is_expression",
    "parse_expression",
    "shown",
    "words",
]


class Expression(NamedTuple):
    """A text that is an expression, with its `=`, and where it stands.

    `tree` has parts of the closed list only, `true`, `false` and `null` as constants; it is shared by all that is
    written alike, so nobody may change it. `names` are those that it refers to, in order of appearance, each once.
    """

    text: str
    tree: ast.expr
    span: Span
    names: tuple[str, ...]

    def written(self, node: ast.AST) -> str:
        """The text of a part of the tree."""
        return self.text[slice(*extent(self.text, node))]

    def place(self, node: ast.AST) -> Span:
        """Where a part of the tree stands; the whole expression where the file spells it otherwise, with escapes or
        over several lines."""
        return _within(self.span, self.text, *extent(self.text, node))


def is_expression(node: Node) -> bool:
    """Whether a node is a scalar that begins with `=`, in quotes or not."""
    return isinstance(node, Scalar) and isinstance(node.value, str) and node.value.startswith("=")


def parse_expression(node: Scalar, report: Report) -> Expression | None:
    """The expression that a scalar holds. Reports NN114 at the part that cannot be in one."""
    text = str(node.value)
    found = parsed(text)
    if isinstance(found, Parsed):
        return Expression(text, found.tree, node.span, found.names)
    span = _within(node.span, text, found.start, found.end)
    report(Diagnostic("NN114", found.message, span, help=found.help))
    return None


def words(
    expression: Expression, value: Value, bindings: Mapping[str, Binding], seen_from: Span | None = None
) -> str:
    """How a value came about: `=64 * width` gives 6.4 with width = 0.1 (line 4), from --set. Of a name alone, what
    it is is all that there is to say. Places in the file of `seen_from`, or else of the expression, are lines
    alone."""
    gives = f"`{shorten(expression.text, LONGEST_WRITTEN)}` gives {shown(value)}"
    names = (name for name in expression.names if name in bindings)
    given = "; ".join(_given(name, bindings[name], seen_from or expression.span) for name in names)
    if expression.text.lstrip("= ").rstrip() in bindings:
        return given
    return f"{gives} with {given}" if given else gives


def _given(name: str, binding: Binding, seen_from: Span) -> str:
    place, origin = "", f", {binding.origin}" if binding.origin else ""
    if binding.span is not None:
        source, line = binding.span.source, binding.span.line
        place = f" (line {line})" if source == seen_from.source else f" ({source.name}:{line})"
    return f"{name} = {shown(binding.value)}{place}{origin}"


def _within(span: Span, text: str, start: int, end: int) -> Span:
    """A part of the text that is in the span, if the file has the text letter by letter; else all of it."""
    at = span.text.find(text)
    return span if at < 0 else Span(span.source, span.start + at + start, span.start + at + end)
