"""References to what stands above in a spec that is drawn, and names for what is added.

Every value has the shape [length, width], so that whatever is drawn fits. The width is a number, or the file's param
`width`, which blocks get as their param `units`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from drawn_expressions import Drawer, Kind


class Turns(NamedTuple):
    """A repeat that is not around any more: how many turns it has at least, the expression that says how many, where
    its names are still known, and whether only the first turn has what is declared."""

    least: int
    text: str | None
    first: bool = False


class Entry(NamedTuple):
    """Something with a name. `inputs` says what it takes when it is applied again: names, or a number of values; None
    for what cannot be. `states` is for a layer that gives its states too."""

    name: str
    outputs: tuple[str, ...] = ()
    inputs: tuple[str, ...] | int | None = None
    states: bool = False
    turns: tuple[Turns, ...] = ()


@dataclass
class Scope:
    """What stands above, the file's or block's names, and how often all of this is there."""

    width: str
    names: dict[str, Kind]
    taken: set[str]
    entries: list[Entry] = field(default_factory=list)
    previous: bool = True
    times: int = 1

    def inside(self, **changes: Any) -> Scope:
        return replace(self, entries=list(self.entries), **changes)


class References(Drawer):
    """Draws names and references."""

    def fresh(self, among: tuple[str, ...], taken: set[str]) -> str:
        """A name that nothing has."""
        word = self.pick(among)
        name = next(n for n in (word, *(f"{word}_{i}" for i in range(2, 99))) if n.lower() not in taken)
        taken.add(name.lower())
        return name

    def index(self, turns: Turns, scope: Scope) -> str:
        """The number of a turn as an expression."""
        number = self.integer(scope.names, 0, 0 if turns.first else turns.least - 1, 0)
        if turns.text is None or turns.first:
            return number
        return self.pick(
            [number, f"{turns.text} - 1", f"{number} % ({turns.text})", f"({turns.text}) - {number} - 1"]
        )

    def turn(self, turns: Turns) -> str:
        if turns.first:
            return "0"
        return str(self.number(-turns.least, turns.least - 1))

    def spelled(self, entry: Entry, scope: Scope, output: str = "") -> str:
        """A reference to an entry, in some turn."""
        dots = len(entry.turns) if output else self.number(0, len(entry.turns))
        numbers = [self.turn(turns) for turns in entry.turns[:dots]]
        brackets = "".join(f"[={self.index(turns, scope)}]" for turns in entry.turns[dots:])
        return ".".join([entry.name, *numbers, *([output] if output else [])]) + brackets

    def reference(self, scope: Scope) -> str:
        """A reference to any value above."""
        if scope.previous and self.chance(3):
            return "previous"
        entry = (
            scope.entries[-1 - min(self.number(0, 4), self.number(0, len(scope.entries) - 1))]
            if len(scope.entries) > 4
            else self.pick(scope.entries)
        )
        output = self.pick(("", *entry.outputs)) if not entry.states else ""
        return self.spelled(entry, scope, output)

    def sources(self, inputs: tuple[str, ...] | int, scope: Scope) -> Any:
        """What an item of these inputs has as its `from`; None for the previous value."""
        if inputs == 1 or (isinstance(inputs, tuple) and len(inputs) == 1):
            if scope.previous and not self.chance(4):
                return None
            one = self.reference(scope)
            return [one] if self.chance(5) else one
        if isinstance(inputs, int):
            return [self.reference(scope) for _ in range(inputs)]
        given = {name: self.reference(scope) for name in inputs}
        return given if self.chance(2) else list(given.values())
