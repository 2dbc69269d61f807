"""References to what stands above: `stem`, `encoder.mask`, `skip.-1`, `skip[=depth - 1 - i]`, `previous`."""

from __future__ import annotations

import re

from .diagnostics import Diagnostic
from .expressions import is_expression, parse_expression
from .items import From, Reference, References
from .locate import Report
from .nodes import Mapping, Node, Scalar, Sequence, describe, shorten
from .source import Span

# What stands in brackets after a name, to the end of the text.
BRACKETS = re.compile(r"\[([^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\]")


def parse_sources(node: Node, report: Report) -> From:
    """The value of `from`."""
    if isinstance(node, Mapping):
        return From(node.span, named=tuple((key, references(value, report)) for key, value in node.entries))
    return From(node.span, positional=references(node, report))


def references(node: Node, report: Report) -> References:
    """One reference or a list of them."""
    nodes = node.items if isinstance(node, Sequence) else (node,)
    if not nodes:
        help = "name the layers whose outputs go in"
        report(Diagnostic("NN109", "an empty list of references", node.span, help=help))
        return (None,)
    return tuple(reference(n, report) for n in nodes)


def reference(node: Node, report: Report) -> Reference | None:
    """The name of a layer or input, `previous`, or None where it is reported."""
    if isinstance(node, Scalar) and isinstance(node.value, str) and not is_expression(node):
        return _parse(node, node.value, report)
    message = f"a reference is the name of a layer or input, not {describe(node)}"
    help = "give the layer a name, and write that name here"
    if is_expression(node):
        help = 'an expression can stand in brackets after a name: "skip[=depth - 1]"'
    report(Diagnostic("NN103", message, node.span, help=help))
    return None


def _parse(node: Scalar, text: str, report: Report) -> Reference | None:
    name, bracket, _ = text.partition("[")
    path = tuple(name.split("."))
    if not bracket:
        return Reference(text, node.span, path)
    rest = text[len(name) :]
    found = BRACKETS.findall(rest)
    if "".join(f"[{inner}]" for inner in found) != rest:
        help = 'write "skip[=depth - 1]", an index in brackets after the name'
        report(Diagnostic("NN109", f'"{shorten(text)}" is not a reference', node.span, help=help))
        return None
    indices = tuple(_index(inner, node, report) for inner in found)
    return Reference(text, node.span, path, tuple(i for i in indices if i)) if all(indices) else None


def _index(text: str, node: Scalar, report: Report) -> Scalar | None:
    """An index as a scalar at its own place: an integer, or an expression that was checked."""
    start = node.span.text.find(f"[{text}]")
    span = node.span if start < 0 else _within(node.span, start + 1, len(text))
    if re.fullmatch(r"-?\d{1,9}", text):
        return Scalar(int(text), span)
    index = Scalar(text, span, node.quoted)
    if is_expression(index):
        return index if parse_expression(index, report) else None
    help = "write a number, or an expression that begins with `=`"
    report(Diagnostic("NN109", f'"{shorten(text)}" is not an index', span, help=help))
    return None


def _within(span: Span, start: int, length: int) -> Span:
    return Span(span.source, span.start + start, span.start + start + length)
