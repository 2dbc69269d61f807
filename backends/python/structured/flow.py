"""Where a statement stands in a function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ....spec.layers.base import Port
from ..layout import INDENT

# What hands a value on from one statement to the next; inside branches, one more letter for each level.
RUNNING = ("x", "y", "z", "w")
TURNS = ("i", "j", "k", "n")
UNUSED = "_"
# In place of the variable of what a function returns as it is made.
RETURNED = "return"


class Flow(NamedTuple):
    """Where a statement stands: the value before it, what hands values on, the repeats that it is in with the
    variables of their turns, and how deep it is indented. `target` is where the value is wanted, if anywhere."""

    current: str | None
    running: str
    repeats: tuple[int, ...] = ()
    turns: tuple[str, ...] = ()
    indent: int = INDENT
    branches: int = 0
    target: str | None = None


def by_port(ports: tuple[Port, ...], texts: list[str]) -> Iterator[tuple[str, list[str]]]:
    """What goes into each port, of values in order."""
    left = list(texts)
    for port in ports:
        count = len(left) if port.many else 1
        taken, left = left[:count], left[count:]
        if taken:
            yield port.name, taken
