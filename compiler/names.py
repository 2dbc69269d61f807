"""The name of every item inside one file or block: its own, or the one that Keras would give it.

Names are given before anything is repeated or chosen, so that they do not depend on params: a layer keeps its name
when a count changes, or something is added elsewhere. What is in a repeat gets the numbers of its turns behind it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias

from ..spec.diagnostics import Diagnostic, Note
from ..spec.items import Call, Item, Parallel, Reuse, When, walk
from ..spec.locate import Report
from ..spec.nodes import Scalar
from ..spec.source import Span

# Which way of which `when` an item is in: names in different ways of one do not meet.
Ways: TypeAlias = tuple[tuple[int, int], ...]
# An item's names by its identity: items are compared by what they say, and two may say the same.
LocalNames: TypeAlias = Mapping[int, str]


class Given(NamedTuple):
    """A name that the spec gives."""

    name: str
    span: Span
    ways: Ways = ()


def local_names(
    items: tuple[Item, ...], inputs: Iterable[Scalar], base: Callable[[str], str], report: Report
) -> LocalNames:
    """The name of each item that makes something, or that has one. `base` gives the name that Keras would make of
    what a call names."""
    given = [Given(str(i.value), i.span) for i in inputs]
    given += _given(items, ())
    _check(given, report)
    taken = {part for one in given for part in _beginnings(one.name.lower())}
    counts: Counter[str] = Counter()
    names: dict[int, str] = {}
    for item in walk(items):
        if item.name is not None:
            names[id(item)] = str(item.name.value)
        elif (word := _base(item, base)) is not None:
            names[id(item)] = _next_name(word, taken, counts)
    return names


def _given(items: tuple[Item, ...], ways: Ways) -> Iterable[Given]:
    for item in items:
        if item.name is not None:
            yield Given(str(item.name.value), item.name.span, ways)
        for number, part in enumerate(item.parts):
            further = (*ways, (id(item), number)) if isinstance(item.body, When) else ways
            yield from _given(part, further)


def _base(item: Item, base: Callable[[str], str]) -> str | None:
    """What an item without a name is named after; None for one that needs no name."""
    match item.body:
        case Call(name=name) | Parallel(merge=Call(name=name)):
            return base(name)
        case Reuse(reference=reference):
            return reference.path[0] if reference else "layer"
        case None:
            return "layer"
    return None


def _beginnings(name: str) -> list[str]:
    """A name, and what it would be a part of: `stage_2` of `stage_2.conv`."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _next_name(word: str, taken: set[str], counts: Counter[str]) -> str:
    """The first name after the word that no other is, whatever its case, nor reads as a part of."""
    while True:
        name = f"{word}_{counts[word]}" if counts[word] else word
        counts[word] += 1
        if name.lower() not in taken:
            # A word may end in a number itself: `reuse: dense_1`.
            taken.add(name.lower())
            return name


def _check(given: list[Given], report: Report) -> None:
    """Reports names that are taken twice, differ by case only, or read as a part of another name."""
    alike: dict[str, list[Given]] = defaultdict(list)
    for one in given:
        twin = next((other for other in alike[one.name.lower()] if _meet(one.ways, other.ways)), None)
        alike[one.name.lower()].append(one)
        if twin is not None:
            report(_taken(one, twin))
    first = {one.name: one for one in reversed(given)}
    for one in given:
        owner = next((first[part] for part in _beginnings(one.name)[:-1] if part in first), None)
        if owner is not None:
            report(_inside(one, owner))


def _meet(a: Ways, b: Ways) -> bool:
    """Whether two items can both be there."""
    ways = dict(a)
    return all(ways.get(when, way) == way for when, way in b)


def _taken(one: Given, twin: Given) -> Diagnostic:
    message = (
        f'the name "{one.name}" is taken'
        if twin.name == one.name
        else f'the name "{one.name}" differs from "{twin.name}" by case only'
    )
    note = Note(f'"{twin.name}" is first named here', twin.span)
    return Diagnostic("NN107", message, one.span, (note,), help="give one of them another name")


def _inside(one: Given, owner: Given) -> Diagnostic:
    message = f'the name "{one.name}" reads as a part of "{owner.name}"'
    note = Note(f'"{owner.name}" is named here', owner.span)
    return Diagnostic("NN107", message, one.span, (note,), help="give one of them another name")
