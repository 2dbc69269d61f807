"""The turns of a repeat: how many there are, and what its names are bound to in each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..spec.diagnostics import Diagnostic
from ..spec.evaluate import Binding
from ..spec.items import Repeat
from ..spec.locate import Report
from ..spec.nodes import Mapping, Node, Scalar, Sequence, describe
from .resolve import to_value

HELP = "write repeat: 3, or repeat: [64, 128]"


class TurnList(NamedTuple):
    """What a repeat goes through: a count, or the nodes of values."""

    repeat: Repeat
    number: int
    values: tuple[Node, ...] | None

    def bindings(self) -> Iterator[dict[str, Binding | None]]:
        """What the names are bound to, turn by turn."""
        names = [str(name.value) for name in self.repeat.names]
        if self.values is None:
            for number in range(self.number):
                yield {name: Binding(number, self.repeat.over.span) for name in names}
            return
        for node in self.values:
            parts = node.items if len(names) > 1 and isinstance(node, Sequence) else (node,)
            yield (
                {name: Binding(to_value(part), part.span) for name, part in zip(names, parts, strict=True)}
                if names
                else {}
            )


def turns_of(repeat: Repeat, over: Node, report: Report) -> TurnList | None:
    """The turns for a count or list of values, which `over` is; None where it is neither, which is reported."""
    match over:
        case (
            Scalar(value=bool())
            | Scalar(value=float())
            | Scalar(value=str())
            | Scalar(value=None)
            | Mapping()
        ):
            message = f"repeat takes a count or a list of values, not {describe(over)}"
            report(Diagnostic("NN103", message, over.span, help=HELP))
            return None
        case Scalar(value=int() as count) if count < 0:
            report(Diagnostic("NN104", f"repeat must be at least 0, not {count}", over.span, help=HELP))
            return None
        case Scalar(value=int() as count):
            return _counted(repeat, count, report)
        case Sequence(items=items):
            return _listed(repeat, items, report)
    return None


def _counted(repeat: Repeat, count: int, report: Report) -> TurnList | None:
    if len(repeat.names) <= 1:
        return TurnList(repeat, count, None)
    help = "give one name, for the number of the turn; or repeat over a list of lists"
    message = f"a count gives one value a turn, not {len(repeat.names)}"
    report(Diagnostic("NN109", message, repeat.names[1].span, help=help))
    return None


def _listed(repeat: Repeat, items: tuple[Node, ...], report: Report) -> TurnList | None:
    wrong = next((node for node in items if not _fits(repeat, node)), None)
    if wrong is None:
        return TurnList(repeat, len(items), items)
    if _has_mapping(wrong):
        message, help = (
            "a value of a repeat is a scalar or a list, not a mapping",
            "name a preset or block instead",
        )
    else:
        names = ", ".join(str(name.value) for name in repeat.names)
        given = f"a list of {len(wrong.items)}" if isinstance(wrong, Sequence) else describe(wrong)
        message = f"each turn binds {names}, and this value is {given}"
        help = f"write a list of {len(repeat.names)} for each turn"
    report(Diagnostic("NN109", message, wrong.span, help=help))
    return None


def _fits(repeat: Repeat, node: Node) -> bool:
    if _has_mapping(node):
        return False
    return len(repeat.names) <= 1 or (isinstance(node, Sequence) and len(node.items) == len(repeat.names))


def _has_mapping(node: Node) -> bool:
    match node:
        case Mapping():
            return True
        case Sequence(items=items):
            return any(map(_has_mapping, items))
    return False
