"""Which values of a function are taken again later, and how: as a variable, or as lists over the turns of repeats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import NamedTuple

from ....compiler.names import LocalNames
from ....compiler.scope import PREVIOUS, is_turn
from ....spec.declared import OutputDecl
from ....spec.items import Item, Reference, Repeat, Reuse, When

# What of an item is taken: its default output, another output by name, or what makes it, for `reuse`.
VALUE, MAKER = "", "@"


class Taken(NamedTuple):
    """A part of what a name means."""

    name: str
    part: str = VALUE


class Declared(NamedTuple):
    """Where a name is declared: the repeats that it is in, and whether a `when` inside the last may leave it out."""

    repeats: tuple[int, ...]
    conditional: bool


class Use(NamedTuple):
    """A reference, taken apart: what it takes, how many of the repeats around that are around it too, and the turns of
    the others. `whole` says that it takes the values of all turns."""

    taken: Taken
    shared: int
    path: tuple[str, ...]
    whole: bool = False


class Wanted:
    """What is taken in one function. `lists` has the outermost repeat, by its depth, that each list goes over."""

    def __init__(
        self,
        items: tuple[Item, ...],
        names: LocalNames,
        inputs: Iterable[str],
        outputs: tuple[OutputDecl, ...],
    ) -> None:
        self.names = names
        self.declared = dict(_declared(items, names, ()))
        for name in inputs:
            self.declared[name] = Declared((), False)
        self.plain: set[Taken] = set()
        self.lists: dict[Taken, int] = {}
        for reference, repeats, part in _references(items, ()):
            self._note(reference, repeats, part)
        for decl in outputs:
            if decl.reference is not None:
                self._note(decl.reference, (), VALUE)
        self._parts: dict[str, set[str]] = {}
        for taken in (*self.plain, *self.lists):
            self._parts.setdefault(taken.name, set()).add(taken.part)
        self._over: dict[tuple[int, ...], list[tuple[Taken, int]]] = {}
        for taken, outermost in self.lists.items():
            around = self.declared[taken.name].repeats
            for depth in range(outermost + 1, len(around) + 1):
                self._over.setdefault(around[:depth], []).append((taken, len(around) - depth))

    def _note(self, reference: Reference, repeats: tuple[int, ...], part: str) -> None:
        use = self.use(reference, repeats, part)
        if use is None:
            return
        depth = len(self.declared[use.taken.name].repeats)
        if use.shared == depth:
            self.plain.add(use.taken)
        else:
            self.lists[use.taken] = min(use.shared, self.lists.get(use.taken, depth))

    def use(self, reference: Reference, repeats: tuple[int, ...], part: str = VALUE) -> Use | None:
        """What a reference takes; None for `previous`, and for what is not there."""
        if reference.text == PREVIOUS:
            return None
        for length in range(len(reference.path), 0, -1):
            name = ".".join(reference.path[:length])
            if name in self.declared:
                around = self.declared[name].repeats
                shared = _shared(around, repeats)
                levels = len(around) - shared
                rest = reference.path[length:]
                numbers = tuple(takewhile(is_turn, rest[: max(0, levels - len(reference.indices))]))
                output = ".".join(rest[len(numbers) :])
                whole = len(numbers) + len(reference.indices) < levels
                return Use(Taken(name, part or output), shared, numbers, whole)
        return None

    def parts(self, name: str) -> set[str]:
        """What is taken of a name."""
        return self._parts.get(name, set())

    def over(self, repeats: tuple[int, ...]) -> list[tuple[Taken, int]]:
        """The lists that go over a repeat, which is the last of `repeats`: with how many more are in each turn."""
        return self._over.get(repeats, [])


def _shared(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    """How many of the first entries are the same."""
    return next(
        (i for i, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1]), min(len(a), len(b))
    )


def _declared(
    items: tuple[Item, ...], names: LocalNames, repeats: tuple[int, ...], conditional: bool = False
) -> Iterator[tuple[str, Declared]]:
    for item in items:
        inner = (*repeats, id(item)) if isinstance(item.body, Repeat) else repeats
        may_lack = isinstance(item.body, When) or (conditional and inner == repeats)
        for part in item.parts:
            yield from _declared(part, names, inner, may_lack)
        if id(item) in names:
            yield names[id(item)], Declared(repeats, conditional)


def _references(
    items: tuple[Item, ...], repeats: tuple[int, ...]
) -> Iterator[tuple[Reference, tuple[int, ...], str]]:
    for item in items:
        if item.sources is not None:
            for reference in item.sources.positional:
                yield from ((reference, repeats, VALUE),) if reference else ()
            for _, references in item.sources.named:
                yield from ((reference, repeats, VALUE) for reference in references if reference)
        if isinstance(item.body, Reuse) and item.body.reference is not None:
            yield item.body.reference, repeats, MAKER
        inner = (*repeats, id(item)) if isinstance(item.body, Repeat) else repeats
        for part in item.parts:
            yield from _references(part, inner)
