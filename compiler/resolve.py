"""Expressions in what a spec says, replaced by their values."""

from __future__ import annotations

from ..spec.diagnostics import SpecError
from ..spec.evaluate import Binding, Value, Work, evaluate
from ..spec.expressions import is_expression, parse_expression
from ..spec.locate import Report
from ..spec.nodes import Mapping, Node, Scalar, Sequence
from ..spec.source import Span
from .provenance import Bindings


class Unresolved(Exception):
    """Something has no value, and that was reported."""


def resolve(node: Node, bindings: Bindings, work: Work, report: Report) -> Node:
    """The node with values in place of its expressions. Raises Unresolved for one without a value."""
    match node:
        case Scalar():
            return as_node(value_of(node, bindings, work, report), node.span) if is_expression(node) else node
        case Sequence(items, span):
            return Sequence(tuple([resolve(item, bindings, work, report) for item in items]), span)
        case Mapping(entries, span):
            return Mapping(
                tuple([(key, resolve(value, bindings, work, report)) for key, value in entries]), span
            )


def value_of(scalar: Scalar, bindings: Bindings, work: Work, report: Report) -> Value:
    """What an expression gives, whole floats as integers. Raises Unresolved where it has no value."""
    expression = parse_expression(scalar, report)
    if expression is None or any(name in bindings and bindings[name] is None for name in expression.names):
        raise Unresolved
    try:
        value = evaluate(expression, bindings, work)  # type: ignore[arg-type]
        if isinstance(value, list):
            # It becomes nodes, and is copied a few times on the way.
            work.spend(8 * elements(value), scalar.span)
        return whole(value)
    except SpecError as error:
        for diagnostic in error.diagnostics:
            if diagnostic.code == "NN003":
                raise
            report(diagnostic)
        raise Unresolved from None


def elements(value: Value) -> int:
    """How many values there are in a value, itself among them."""
    return 1 + sum(map(elements, value)) if isinstance(value, list) else 1


def whole(value: Value) -> Value:
    """A whole float as an integer, in lists too: what a size is computed from may be a fraction."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    return [whole(item) for item in value] if isinstance(value, list) else value


def to_value(node: Node) -> Value:
    """A node without mappings as a plain value."""
    match node:
        case Scalar(value=value):
            return value
        case Sequence(items=items):
            return [to_value(item) for item in items]
    raise TypeError("a mapping is not a value")


def bound(node: Node, origin: str = "") -> Binding:
    """A node's value as what a name is bound to."""
    return Binding(to_value(node), node.span, origin)


def as_node(value: Value, span: Span) -> Node:
    """A plain value as a node at a place."""
    if isinstance(value, list):
        return Sequence(tuple([as_node(item, span) for item in value]), span)
    return Scalar(value, span)
