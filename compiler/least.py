"""How large a network is at least, counted without expanding it: what is far too large is told at once."""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

from ..spec.diagnostics import Diagnostic, SpecError
from ..spec.items import Call, Item, Parallel, Repeat, When
from ..spec.limits import Limits, beyond
from ..spec.nodes import Node, Scalar, Sequence
from ..spec.source import Span
from .block_calls import callees_first
from .unit import Unit

# Counts stop here, beyond every limit, so that they stay small numbers.
MOST = 10**15


class Count(NamedTuple):
    """Layers, and turns of repeats with calls of blocks and items of items."""

    layers: int = 0
    turns: int = 0

    def plus(self, other: Count) -> Count:
        return Count(min(self.layers + other.layers, MOST), min(self.turns + other.turns, MOST))

    def times(self, turns: int) -> Count:
        return Count(min(turns * self.layers, MOST), min(turns * (1 + self.turns), MOST))


def check_least(unit: Unit, limits: Limits) -> None:
    """Raises SpecError (NN003) where a file is beyond the limit on layers or turns whatever its params are."""
    counter = Counter()
    total = Count()
    for item in unit.document.items:
        total = total.plus(counter.item(item, unit))
        check_count(total, limits, _span(item))


def check_count(count: Count, limits: Limits, span: Span) -> None:
    """Raises SpecError (NN003) where there are more layers or turns than the limit."""
    if count.layers > limits.layers:
        raise SpecError([beyond(limits, "layers", f"the network has {_shown(count.layers)} layers", span)])
    if count.turns > most_turns(limits):
        raise SpecError([too_many_turns(count.turns, limits, span)])


def most_turns(limits: Limits) -> int:
    """How many turns of repeats, calls of blocks, and items of items there may be: some may have no layer."""
    return 2 * limits.layers


def too_many_turns(turns: int, limits: Limits, span: Span) -> Diagnostic:
    message = f"{_shown(turns)} turns, calls and conditions are more than twice the layers there may be"
    return beyond(limits, "layers", message, span)


class Counter:
    """Counts the items of each file and block once."""

    def __init__(self) -> None:
        self.blocks: dict[Unit, dict[str, Count]] = {}
        self.files: dict[Unit, Count] = {}
        self.repeats: dict[int, Count] = {}

    def repeat(self, repeat: Repeat, unit: Unit) -> Count:
        """What is in each turn."""
        if id(repeat) not in self.repeats:
            self.repeats[id(repeat)] = self.items(repeat.items, unit)
        return self.repeats[id(repeat)]

    def items(self, items: tuple[Item, ...], unit: Unit) -> Count:
        total = Count()
        for item in items:
            total = total.plus(self.item(item, unit))
        return total

    def item(self, item: Item, unit: Unit) -> Count:
        match item.body:
            case Call(name=name):
                return self._call(name, unit)
            case Repeat(over=over, items=items):
                return Count(0, 1).plus(self.items(items, unit).times(_turns(over)))
            case Parallel(branches=branches):
                return Count(1, 1).plus(self.items(tuple(chain.from_iterable(branches)), unit))
            case When(items=items, otherwise=otherwise):
                one, other = self.items(items, unit), self.items(otherwise, unit)
                return Count(min(one.layers, other.layers), 1 + min(one.turns, other.turns))
        # What is applied again may be a block without a layer.
        return Count()

    def _call(self, name: str, unit: Unit) -> Count:
        owner, dot, inner = name.partition(".")
        if name in unit.blocks:
            return Count(0, 1).plus(self._blocks(unit).get(name, Count()))
        included = unit.includes.get(owner)
        if included is None:
            return Count(1)
        if not dot:
            return Count(0, 1).plus(self._file(included))
        return (
            Count(0, 1).plus(self._blocks(included).get(inner, Count()))
            if inner in included.blocks
            else Count(1)
        )

    def _blocks(self, unit: Unit) -> dict[str, Count]:
        """The counts of a file's blocks; those that come to themselves have none."""
        if unit not in self.blocks:
            self.blocks[unit] = counts = {}
            for name in callees_first(unit):
                counts[name] = self.items(unit.blocks[name].items, unit)
        return self.blocks[unit]

    def _file(self, unit: Unit) -> Count:
        if unit not in self.files:
            self.files[unit] = self.items(unit.document.items, unit)
        return self.files[unit]


def _turns(over: Node) -> int:
    match over:
        case Sequence(items=items):
            return len(items)
        case Scalar(value=int() as count) if not isinstance(count, bool) and count > 0:
            return count
    return 0


def _shown(count: int) -> str:
    return f"{count:,}" if count < MOST else "countless"


def _span(item: Item) -> Span:
    """Where the item says how many layers it has."""
    match item.body:
        case Call(span=span) | Repeat(over=Scalar(span=span)):
            return span
    return item.span
