"""Calls of blocks: their arguments, and which blocks call which."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ..spec.blocks import Block
from ..spec.diagnostics import Diagnostic, Note
from ..spec.items import Call, Item, walk
from ..spec.locate import Report
from ..spec.nodes import Mapping, Node, Scalar, describe
from ..spec.params import unknown_param
from .settings import MOST_OF_A_CIRCLE, in_circle
from .unit import Unit


def given_arguments(call: Call, block: Block, report: Report) -> dict[str, Node] | None:
    """The arguments of a call by the block's params; a value that is not a mapping is the first one's. None where
    something about them was reported."""
    match call.argument:
        case None | Scalar(value=None):
            entries: tuple[tuple[Scalar, Node], ...] = ()
        case Mapping(entries=entries):
            pass
        case value if block.params:
            entries = ((Scalar(block.params[0].name, call.span), value),)
        case value:
            message = f'block "{call.name}" has no param for {describe(value)}'
            report(Diagnostic("NN103", message, value.span, help=f"write {call.name} alone"))
            return None
    return _checked(call, block, entries, report)


def _checked(
    call: Call, block: Block, entries: tuple[tuple[Scalar, Node], ...], report: Report
) -> dict[str, Node] | None:
    known = {param.name for param in block.params}
    owner = f'block "{call.name}"'
    strange = [
        unknown_param(str(key.value), block.params, owner, key.span)
        for key, _ in entries
        if key.value not in known
    ]
    given = {str(key.value): value for key, value in entries}
    meant = {found.fix.replacement for found in strange if found.fix}
    needed = (p for p in block.params if p.default is None and p.name not in given and p.name not in meant)
    missing = [_missing(call, param.name, block) for param in needed]
    for found in (*strange, *missing):
        report(found)
    return None if strange or missing else given


def _missing(call: Call, name: str, block: Block) -> Diagnostic:
    param = next(param for param in block.params if param.name == name)
    note = Note(f"{name} is declared here, without a default", param.span)
    help = f"write {call.name}: {{{name}: …}}"
    return Diagnostic("NN102", f'block "{call.name}" needs "{name}"', call.span, (note,), help)


def check_recursion(unit: Unit, report: Report) -> None:
    """Reports (NN116) blocks that call themselves, directly or through others. Files cannot include each other, so
    that each file's blocks can be looked at by themselves."""
    from graphlib import CycleError, TopologicalSorter

    calls = {name: dict(_calls(block.items, unit)) for name, block in unit.blocks.items()}
    while any(calls.values()):
        try:
            TopologicalSorter(calls).prepare()
            return
        except CycleError as error:
            # Each one of the cycle is called by the next.
            cycle = list(reversed(error.args[1]))
            report(_recursive(cycle, calls))
            calls[cycle[0]].pop(cycle[1])


def callees_first(unit: Unit) -> list[str]:
    """The file's blocks, each after those of the file that it calls; without the ones that come to themselves, which
    cannot be expanded."""
    callers: dict[str, list[str]] = {name: [] for name in unit.blocks}
    left: dict[str, int] = {}
    for name, block in unit.blocks.items():
        called = [inner for inner, _ in _calls(block.items, unit)]
        left[name] = len(called)
        for inner in called:
            callers[inner].append(name)
    ordered = [name for name, count in left.items() if count == 0]
    for name in ordered:  # which grows on the way
        for caller in callers[name]:
            left[caller] -= 1
            if left[caller] == 0:
                ordered.append(caller)
    return ordered


def _calls(items: tuple[Item, ...], unit: Unit) -> Iterator[tuple[str, Call]]:
    """The blocks of the same file that items call, each with the first call."""
    seen: set[str] = set()
    for item in walk(items):
        call = item.call
        if call is not None and call.name in unit.blocks and call.name not in seen:
            seen.add(call.name)
            yield call.name, call


def _recursive(cycle: list[str], calls: dict[str, dict[str, Call]]) -> Diagnostic:
    first, second = cycle[0], cycle[1]
    message = f'block "{first}" calls itself'
    if len(cycle) > 2:
        message = f"blocks call each other: {in_circle(cycle, 'calls')}"
    shown = cycle[1 : MOST_OF_A_CIRCLE + 1]
    notes = tuple(Note(f'"{a}" calls "{b}" here', calls[a][b].span) for a, b in pairwise(shown))
    help = "repeat the layers with `repeat`, or take the call out"
    return Diagnostic("NN116", message, calls[first][second].span, notes, help)
