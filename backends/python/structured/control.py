"""Repeats as loops, conditions as `if`, and branches one after another."""

from __future__ import annotations

import ast
from collections.abc import Callable
from textwrap import dedent
from typing import TYPE_CHECKING

from ....spec.expressions import is_expression
from ....spec.items import Call, Item, Parallel, Repeat, Reuse, When
from ....spec.nodes import Node, Scalar, Sequence
from ..expressions import call
from ..layout import INDENT, Brackets, Expr, layout, statement
from .flow import TURNS, UNUSED, Flow, by_port
from .kinds import kind_of_node
from .reach import turn_kinds
from .symbolic import Unwritable, symbolic
from .translate import Variable, as_integer, kinds_of, negated, of_node, of_scalar
from .wanted import MAKER, VALUE, Taken

if TYPE_CHECKING:
    from .statements import Body


def repeat(body: Body, item: Item, repeat: Repeat, flow: Flow) -> str | None:
    flow = body.hand_on(flow)
    repeats = (*flow.repeats, id(item))
    for taken, _ in body.wanted.over(repeats):
        text = body.scope.name(_plural(taken))
        body.lists[taken, len(flow.repeats)] = text
        body.write(text, (Brackets("list"),), flow)
    outer, body.lines, names = body.lines, [], body.names
    turn, header = _header(body, repeat, flow)
    inner = flow._replace(
        repeats=repeats,
        turns=(*flow.turns, turn),
        indent=flow.indent + INDENT,
        current=flow.running if flow.current else None,
        target=None,
    )
    result = body.items(repeat.items, inner)
    if result is not None and result != flow.running:
        body.write(flow.running, (result,), inner)
    _collect(body, repeats, inner)
    unset = [statement(text, ("None",), inner.indent) for text in _conditional(body, repeats).values()]
    inside, body.lines, body.names = [*dict.fromkeys(unset), *body.lines], outer, names
    body.lines += layout(header(_names(inside)), flow.indent, ":")
    body.lines += inside or [" " * inner.indent + "pass"]
    return flow.running


def _header(body: Body, repeat: Repeat, flow: Flow) -> tuple[str, Callable[[set[str]], Expr]]:
    """The variable of the turns, and the `for` line, which depends on what the body takes."""
    names = [str(name.value) for name in repeat.names]
    kinds = kinds_of(body.names)
    over, bound_kinds = kind_of_node(repeat.over, kinds), turn_kinds(repeat, kinds)
    counted = over in ("int", "float")
    if not counted and not over.startswith("list["):
        raise Unwritable("whether a repeat has a count or values depends on a param")
    values = _over(body, repeat.over, counted)
    bound = {name: Variable(body.loop_name(name, name), bound_kinds[name]) for name in names}
    body.names = {**body.names, **bound}
    if counted and bound:
        (variable,) = bound.values()
        return variable.text, lambda taken: _for(_used(variable.text, taken), call("range", (values,)))
    turn = _turn(body, flow)
    if counted or not bound:
        count = values if counted else call("len", (values,))
        if isinstance(repeat.over, Sequence):
            count = (str(len(repeat.over.items)),)
        return turn, lambda taken: _for(_used(turn, taken), call("range", (count,)))
    return turn, lambda taken: _over_values(turn, [b.text for b in bound.values()], values, taken)


def _over_values(turn: str, names: list[str], values: Expr, taken: set[str]) -> Expr:
    """The `for` line of a repeat over values, with the number of the turn where the body takes it."""
    shown = ", ".join(_used(name, taken) for name in names)
    if turn not in taken:
        return _for(shown, values)
    return _for(f"{turn}, ({shown})" if len(names) > 1 else f"{turn}, {shown}", call("enumerate", (values,)))


def _names(lines: list[str]) -> set[str]:
    """The variables that statements take."""
    nodes = ast.walk(ast.parse(dedent("\n".join(lines))))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _used(variable: str, taken: set[str]) -> str:
    return variable if variable in taken else UNUSED


def _over(body: Body, node: Node, counted: bool) -> Expr:
    """The count or list that a repeat goes over."""
    if not (isinstance(node, Scalar) and is_expression(node)):
        return of_node(node, body.names, body.places.uses)
    given = of_scalar(node, body.names, body.places.uses)
    if counted:
        return (as_integer(given),)
    # A loop needs no list of a range.
    is_range = given.text.startswith("list(range(") and given.text.count("list(") == 1
    return (given.text[len("list(") : -1] if is_range and given.text.endswith("))") else given.text,)


def _turn(body: Body, flow: Flow) -> str:
    """A variable for the numbers of turns."""
    level = len(flow.turns)
    free = (name for name in TURNS if name not in body.scope.taken)
    return body.loop_name(level, next(free, f"turn_{level}"))


def _collect(body: Body, repeats: tuple[int, ...], flow: Flow) -> None:
    """Puts the lists of inner repeats into those of this one, and what a condition may have left out, at the end
    of a turn."""
    conditional = _conditional(body, repeats)
    for taken, inside in body.wanted.over(repeats):
        outer = body.lists[taken, len(repeats) - 1]
        if inside:
            body.write("", (f"{outer}.append({body.lists[taken, len(repeats)]})",), flow)
        elif taken in conditional:
            body.write("", (f"{outer}.append({conditional[taken]})",), flow)


def _conditional(body: Body, repeats: tuple[int, ...]) -> dict[Taken, str]:
    """What conditions may leave out of a turn, of all that lists over it have, with its variables."""
    found = (taken for taken, inside in body.wanted.over(repeats) if not inside)
    return {
        taken: body.variables[taken]
        for taken in found
        if body.wanted.declared[taken.name].conditional and taken in body.variables
    }


def always(when: When) -> tuple[Item, ...] | None:
    """The items that are there where the condition is no expression; None where it is one."""
    if isinstance(when.condition, Scalar) and is_expression(when.condition):
        return None
    return (
        when.items if isinstance(when.condition, Scalar) and when.condition.value is True else when.otherwise
    )


def when(body: Body, when: When, flow: Flow) -> str | None:
    settled = always(when)
    if settled is not None:
        return body.items(settled, flow)
    assert isinstance(when.condition, Scalar)
    flow = body.hand_on(flow)
    uses = body.places.uses
    ways = [(of_scalar(when.condition, body.names, uses).text, when.items), ("", when.otherwise)]
    if not when.items:
        ways = [(negated(when.condition, body.names, uses), when.otherwise)]
    for condition, items in ways:
        if items:
            opening = f"if {condition}:" if condition else "else:"
            body.lines.append(" " * flow.indent + opening)
            _way(body, items, flow)
    return flow.running


def _way(body: Body, items: tuple[Item, ...], flow: Flow) -> None:
    inner = flow._replace(indent=flow.indent + INDENT, target=None)
    before = len(body.lines)
    result = body.items(items, inner)
    if result is not None and result != flow.running:
        body.write(flow.running, (result,), inner)
    if len(body.lines) == before:
        body.lines.append(" " * inner.indent + "pass")


def parallel(body: Body, item: Item, parallel: Parallel, flow: Flow) -> str:
    if parallel.merge is None:
        raise Unwritable
    level = flow.branches + 1
    running = body.running_at(level)
    results: list[str] = []
    for number, branch in enumerate(parallel.branches):
        inner = flow._replace(running=running, branches=level, target=None)
        last = number == len(parallel.branches) - 1
        if branch and not last:
            inner = inner._replace(target=_branch_target(body, branch[-1]))
        result = body.items(branch, inner)
        if result is None:
            raise Unwritable
        if result == running and not last:
            kept = body.scope.name("branch")
            body.write(kept, (result,), inner)
            result = kept
        results.append(result)
    layer = symbolic(parallel.merge, body.names, body.places)
    return body.apply(item, layer, list(by_port(layer.layer.ports, results)), flow)


def _branch_target(body: Body, last: Item) -> str | None:
    """A variable for what a branch comes to, which must last until it is merged."""
    return body.own(last) if isinstance(last.body, Call | Reuse | Parallel) else None


def _for(variables: str, values: Expr) -> Expr:
    return (f"for {variables} in ", *values)


def _plural(taken: Taken) -> str:
    name = taken.name if taken.part in (VALUE, MAKER) else f"{taken.name}_{taken.part}"
    return f"{name}_layers" if taken.part == MAKER else f"{name}s"
