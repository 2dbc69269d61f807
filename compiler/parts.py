"""What is found once for each file and block, however often they are used: names, and calls in circles."""

from __future__ import annotations

from collections.abc import Iterable

from ..spec.items import Item
from ..spec.locate import Report
from ..spec.named import snake_case
from ..spec.nodes import Scalar
from .block_calls import callees_first, check_recursion
from .names import LocalNames, local_names
from .unit import Unit


class Parts:
    """Keeps what was found, and reports what is wrong there once."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._names: dict[int, LocalNames] = {}
        self._recursive: dict[Unit, frozenset[str]] = {}

    def names(self, unit: Unit, items: tuple[Item, ...], inputs: Iterable[Scalar]) -> LocalNames:
        """The names of the items of a file or block."""
        if id(items) not in self._names:
            self._names[id(items)] = local_names(
                items, inputs, lambda word: base_name(unit, word), self.report
            )
        return self._names[id(items)]

    def is_recursive(self, unit: Unit, block: str) -> bool:
        """Whether a block comes to itself again; that is reported when a file is first asked for."""
        if unit not in self._recursive:
            check_recursion(unit, self.report)
            self._recursive[unit] = frozenset(unit.blocks) - frozenset(callees_first(unit))
        return block in self._recursive[unit]


def base_name(unit: Unit, word: str) -> str:
    """What an item without a name is named after: its layer as Keras names it, or its block."""
    if unit.find_block(word) is not None:
        return word.rpartition(".")[2]
    return snake_case(unit.canonical(unit.layer_name(word)) or "layer")
