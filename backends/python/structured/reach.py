"""The functions of a module that keeps a spec's structure: which blocks are called, and what their params are."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ....compiler.block_calls import given_arguments
from ....compiler.maker import arguments_by_field
from ....compiler.unit import Unit
from ....spec.blocks import Block
from ....spec.expressions import is_expression, parse_expression
from ....spec.items import Call, Item, Repeat, walk
from ....spec.nodes import Node, Scalar, Sequence
from ....spec.params import Param
from ....spec.parse_items import parse_call, scalars
from ....spec.records import types
from .kinds import ANY, element, joined, kind_of_node, kind_of_param, names_computed_with
from .symbolic import wants_integers

# Kinds travel from call to call: a chain of blocks is seldom longer.
ROUNDS = 12


class Key(NamedTuple):
    """A block of a file, or the file itself where there is no name."""

    unit: Unit
    name: str = ""

    @property
    def block(self) -> Block:
        return self.unit.blocks[self.name] if self.name else self.unit.whole_file

    @property
    def is_file(self) -> bool:
        return not self.name


class Site(NamedTuple):
    """A call where it stands, with the kinds of the names that its expressions see."""

    call: Call
    kinds: Mapping[str, str]


def called(unit: Unit, name: str) -> Key | None:
    """What an item calls, where that is a block or file."""
    found = unit.find_block(name)
    if found is None:
        return None
    owner, block = found
    return Key(owner, "" if block.items is owner.document.items else block.name)


def reached(unit: Unit) -> list[Key]:
    """Every block that the file comes to, each after those that it calls."""
    done: dict[Key, None] = {}
    _visit(unit, unit.document.items, done)
    return list(done)


def _visit(unit: Unit, items: tuple[Item, ...], done: dict[Key, None]) -> None:
    for item in walk(items):
        key = called(unit, item.call.name) if item.call else None
        if key is not None and key not in done:
            _visit(key.unit, key.block.items, done)
            done[key] = None


def param_kinds(unit: Unit, own: Mapping[str, str], keys: list[Key]) -> dict[Key, dict[str, str]]:
    """The kinds of the params of every block. Where one is not declared, it is what calls give it; and an integer,
    where integers are computed with it and nothing but numbers is given. `own` has the kinds of the file's."""
    kinds = {key: {p.name: kind_of_param(p) for p in key.block.params} for key in keys}
    open_ = {key: [p for p in key.block.params if _is_open(p)] for key in keys}
    for _ in range(ROUNDS):
        given: dict[tuple[Key, str], list[str]] = defaultdict(list)
        integral: set[tuple[Key, str]] = set()
        for key in (*keys, Key(unit)):
            names = own if key == Key(unit) else kinds[key]
            for site in sites(key.block.items, names):
                _look_at(site, key, kinds, given, integral)
        found = {
            (k, p.name): _kind(given[k, p.name], (k, p.name) in integral) for k in keys for p in open_[k]
        }
        if all(kinds[key][name] == kind for (key, name), kind in found.items()):
            break
        for (key, name), kind in found.items():
            kinds[key][name] = kind
    return kinds


def own_kinds(params: tuple[Param, ...]) -> dict[str, str]:
    """The kinds of a file's own params, some of which are computed from others."""
    kinds = {param.name: kind_of_param(param) for param in params}
    for _ in params[:ROUNDS]:
        computed = {
            p.name: kind_of_node(p.default, kinds) for p in params if p.default is not None and _is_open(p)
        }
        kinds |= computed
    return kinds


def _is_open(param: Param) -> bool:
    """Whether a param is not declared to be of a kind, and has no plain value that is of one."""
    return param.kind is None and (param.default is None or is_expression(param.default))


def _kind(given: list[str], integral: bool) -> str:
    kind = joined(given) if given else ANY
    return "int" if integral and kind in ("int", "float", ANY) else kind


def sites(items: tuple[Item, ...], kinds: Mapping[str, str]) -> Iterator[Site]:
    """The calls among the items, with the names that repeats around them bind."""
    for item in items:
        inner = {**kinds, **turn_kinds(item.body, kinds)} if isinstance(item.body, Repeat) else kinds
        if item.call is not None:
            yield Site(item.call, kinds)
        for part in item.parts:
            yield from sites(part, inner)


def turn_kinds(repeat: Repeat, kinds: Mapping[str, str]) -> dict[str, str]:
    """The kinds of what the names of a repeat are bound to."""
    names = [str(name.value) for name in repeat.names]
    over = kind_of_node(repeat.over, kinds)
    if not over.startswith("list["):
        return dict.fromkeys(names, "int" if over in ("int", "float") else ANY)
    if len(names) == 1:
        return {names[0]: element(over)}
    if isinstance(repeat.over, Sequence) and all(isinstance(turn, Sequence) for turn in repeat.over.items):
        turns = [turn.items for turn in repeat.over.items if isinstance(turn, Sequence)]
        return {name: joined(kind_of_node(turn[i], kinds) for turn in turns) for i, name in enumerate(names)}
    return dict.fromkeys(names, element(element(over)))


def _look_at(
    site: Site,
    key: Key,
    kinds: Mapping[Key, Mapping[str, str]],
    given: dict[tuple[Key, str], list[str]],
    integral: set[tuple[Key, str]],
) -> None:
    """Notes what a call gives to the params of a block, and which names it computes integers with."""
    callee = called(key.unit, site.call.name)
    if callee is None:
        integral.update((key, name) for name in _integral(site.call, key.unit))
        return
    for name, node in (given_arguments(site.call, callee.block, lambda _: None) or {}).items():
        given[callee, name].append(kind_of_node(node, site.kinds))
        if kinds[callee][name] == "int":
            integral.update((key, used) for used in _names(node))


def _integral(call: Call, unit: Unit) -> Iterator[str]:
    """The names that a layer's call computes integers with."""
    cls = unit.find_layer(call.name)
    if cls is None or not call.names:
        return
    arguments = arguments_by_field(call, cls, lambda _: None)
    for key, node in arguments.entries if arguments else ():
        name = str(key.value)
        if name in cls.layer_fields():
            for one in node.items if isinstance(node, Sequence) else (node,):
                held = parse_call(one, lambda _: None)
                yield from _integral(held, unit) if held else ()
        elif name in cls.fields and wants_integers(types(cls)[name]):
            yield from _names(node)


def _names(node: Node) -> Iterator[str]:
    for scalar in scalars(node):
        expression = _expression(scalar)
        if expression is not None:
            yield from names_computed_with(expression)


def _expression(scalar: Scalar) -> ast.expr | None:
    found = parse_expression(scalar, lambda _: None) if is_expression(scalar) else None
    return found.tree if found else None
