"""The value of an expression, of the values of its names: bounded in work, and touching nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from .diagnostics import Diagnostic, Note, SpecError, did_you_mean, fail, listed, nearest
from .grammar import LONGEST_WRITTEN, names_in
from .nodes import shorten
from .operations import (
    COMPARISONS,
    FUNCTIONS,
    NUMBERS,
    SIZED,
    NoValue,
    Value,
    binary,
    call,
    element,
    made,
    shown,
    unary,
)
from .source import Span

if TYPE_CHECKING:
    import ast

    from .expressions import Expression

MAX_WORK = 20_000_000
MOST_NOTES = 6
# What to do about a part without a value where nothing better is known.
OTHER_VALUES = "give its names other values, or write it in another way"
OTHER_TEXT = "write it in another way"


class Binding(NamedTuple):
    """A name's value; `span` is where it was given, and `origin` says how, such as "from --set"."""

    value: Value
    span: Span | None = None
    origin: str = ""


class Work:
    """What all expressions of a compilation may cost together: a step for each part of an expression that is looked
    at, and for each element or character that is made or compared."""

    __slots__ = ("left", "limit")

    def __init__(self, limit: int = MAX_WORK) -> None:
        self.limit = limit
        self.left = limit

    def spend(self, steps: int, span: Span | None = None) -> None:
        """Raises SpecError (NN003) at `span` once all is used up."""
        self.left -= steps
        if self.left < 0:
            message = f"the expressions take too much work together; the limit is {self.limit:,} steps"
            raise fail("NN003", message, span, help="repeat less, or make shorter lists")


class Scope(NamedTuple):
    """What the parts of an expression are evaluated in."""

    expression: Expression
    bindings: Mapping[str, Binding]
    work: Work

    def spend(self, steps: int) -> None:
        self.work.spend(steps, self.expression.span)

    def error(self, node: ast.expr, fault: NoValue) -> SpecError:
        """NN115 at the node, with the values of the names in it."""
        message = f"`{shorten(self.expression.written(node), LONGEST_WRITTEN)}` {fault.message}"
        names = dict.fromkeys(name.id for name in names_in(node))
        notes = [_note(name, self.bindings[name]) for name in names][:MOST_NOTES]
        help = fault.help or (OTHER_VALUES if notes else OTHER_TEXT)
        return fail("NN115", message, self.expression.place(node), *notes, help=help)


def evaluate(expression: Expression, bindings: Mapping[str, Binding], work: Work) -> Value:
    """The value that an expression has.

    Raises SpecError: NN108 for each name that `bindings` lacks, also where `if`, `and` or `or` would pass it by;
    NN115 at the part that has no value; NN003 once `work` is used up.
    """
    unknown = unknown_names(expression, bindings)
    if unknown:
        raise SpecError(unknown)
    return _value(expression.tree, Scope(expression, bindings, work))


def _note(name: str, binding: Binding) -> Note:
    origin = f", {binding.origin}" if binding.origin else ""
    return Note(f"{name} = {shown(binding.value)}{origin}", binding.span)


def unknown_names(expression: Expression, known: Collection[str]) -> list[Diagnostic]:
    """NN108 for each name of an expression that is not among those that are known."""
    return [_unknown(name, expression, known) for name in expression.names if name not in known]


def _unknown(name: str, expression: Expression, bindings: Collection[str]) -> Diagnostic:
    node = next(node for node in names_in(expression.tree) if node.id == name)
    found = Diagnostic("NN108", f'there is no param or binding "{shorten(name)}"', expression.place(node))
    if name in FUNCTIONS:
        return found._replace(help=f"a function is called: {FUNCTIONS[name].usage}")
    if not bindings:
        return found._replace(help="no names have values here: declare it under params")
    if nearest(name, bindings) is not None:
        found = found._replace(notes=(Note(f"in scope: {listed(sorted(bindings))}"),))
    return found._replace(help=did_you_mean(name, bindings, "names"))


# --- the parts of an expression


def _value(node: ast.expr, scope: Scope) -> Value:
    # What scope.spend(1) does, written out, as every part comes through here.
    scope.work.left -= 1
    if scope.work.left < 0:
        scope.spend(0)
    try:
        return EVALUATE[type(node).__name__](node, scope)
    except NoValue as fault:
        raise scope.error(node, fault) from None


def _list(node: ast.List, scope: Scope) -> Value:
    return made([_value(item, scope) for item in node.elts], scope.spend)


def _unary(node: ast.UnaryOp, scope: Scope) -> Value:
    kind = type(node.op).__name__
    if kind == "Not":
        return not _truth(node.operand, "not", scope)
    return unary(kind, _value(node.operand, scope))


def _binary(node: ast.BinOp, scope: Scope) -> Value:
    return binary(type(node.op).__name__, _value(node.left, scope), _value(node.right, scope), scope.spend)


def _compare(node: ast.Compare, scope: Scope) -> Value:
    pairs = zip(node.ops, pairwise(_in_turn(node, scope)), strict=False)
    return all(COMPARISONS[type(op).__name__](*pair, scope.spend) for op, pair in pairs)


def _in_turn(node: ast.Compare, scope: Scope) -> Iterator[Value]:
    """The values of a chain, each only once the comparison before it came out true."""
    yield _value(node.left, scope)
    for part in node.comparators:
        yield _value(part, scope)


def _logic(node: ast.BoolOp, scope: Scope) -> Value:
    if type(node.op).__name__ == "And":
        return all(_truth(part, "and", scope) for part in node.values)
    return any(_truth(part, "or", scope) for part in node.values)


def _choice(node: ast.IfExp, scope: Scope) -> Value:
    return _value(node.body if _truth(node.test, "if", scope) else node.orelse, scope)


def _truth(node: ast.expr, word: str, scope: Scope) -> bool:
    value = _value(node, scope)
    if type(value) is bool:
        return value
    text = shorten(scope.expression.written(node))
    help = f"write `len({text}) > 0`" if type(value) in SIZED else "write a comparison"
    if type(value) in NUMBERS:
        help = f"write `{text} != 0`"
    raise scope.error(node, NoValue(f"is {shown(value)}, and `{word}` takes true or false", help))


def _index(node: ast.Subscript, scope: Scope) -> Value:
    return element(_value(node.value, scope), _value(node.slice, scope))


def _call(node: ast.Call, scope: Scope) -> Value:
    parts = [*node.args, *(keyword.value for keyword in node.keywords)]
    return call(cast("ast.Name", node.func).id, [_value(part, scope) for part in parts], scope.spend)


# By the names of the classes, as `ast` is imported only where there is an expression.
EVALUATE: dict[str, Callable[[Any, Scope], Value]] = {
    "Constant": lambda node, scope: node.value,
    "Name": lambda node, scope: scope.bindings[node.id].value,
    "List": _list,
    "UnaryOp": _unary,
    "BinOp": _binary,
    "Compare": _compare,
    "BoolOp": _logic,
    "IfExp": _choice,
    "Subscript": _index,
    "Call": _call,
}
