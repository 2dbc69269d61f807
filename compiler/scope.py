"""What an item can refer to, and what its references come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ..spec.diagnostics import Diagnostic, Note, did_you_mean, listed, nearest
from ..spec.items import Reference
from ..spec.locate import Report
from ..spec.nodes import Scalar
from ..spec.source import Span
from .graph import Value

if TYPE_CHECKING:
    from .context import Applied

PREVIOUS = "previous"

# What an index in brackets comes to; None where that was reported.
Index: TypeAlias = Callable[[Scalar], int | None]


class Entry(NamedTuple):
    """What a name means: values by the names of outputs, the first being the default.

    `outputs` is None where nothing is known of them; `applied` is what made them, for `reuse`.
    """

    span: Span
    values: tuple[Value, ...]
    outputs: tuple[str, ...] | None = ("output",)
    applied: Applied | None = None


class Turns(NamedTuple):
    """What a name declared in a repeat means outside it: a list, with None where a turn left the name out."""

    span: Span
    entries: tuple[Entry | Turns | None, ...]


@dataclass
class Scope:
    """What stands above the item at hand. Where the file's declarations are not `whole`, what a reference
    does not find may be among the missing ones, and is no error of its own.

    `around` is the scope that a turn of a repeat is in; `left_out` has the names that a `when` left out.
    """

    whole: bool = True
    previous: Value | None = None
    around: Scope | None = None
    entries: dict[str, Entry | Turns] = field(default_factory=dict)
    left_out: dict[str, Span] = field(default_factory=dict)

    def find(self, name: str) -> Entry | Turns | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.entries:
                return scope.entries[name]
            scope = scope.around
        return None

    @property
    def names(self) -> list[str]:
        """Every name that a reference can begin with, the nearest last."""
        return [*(self.around.names if self.around else ()), *self.entries]

    def when_span(self, name: str) -> Span | None:
        """The `when` that left the name out."""
        return self.left_out.get(name) or (self.around.when_span(name) if self.around else None)


def look_up(reference: Reference | None, scope: Scope, index: Index, report: Report) -> Value | None:
    """The value that a reference means; None where it is unknown, reported unless that was done."""
    if reference is None:
        return None
    if reference.text == PREVIOUS:
        return _previous(reference, scope, report)
    found = look_up_entry(reference, scope, index, report)
    if found is None:
        return None
    entry, rest = found
    if not rest or entry.outputs is None:
        return entry.values[0]
    name, output = ".".join(reference.path[: len(reference.path) - len(rest)]), ".".join(rest)
    if output not in entry.outputs:
        help = did_you_mean(output, entry.outputs, f"outputs of {name}")
        if entry.applied is not None and hasattr(entry.applied, "block"):
            help += "; what else is in the block has to stand under its `outputs`"
        report(Diagnostic("NN108", f'{name} has no output "{output}"', reference.span, help=help))
        return None
    return entry.values[entry.outputs.index(output)]


def look_up_entry(
    reference: Reference, scope: Scope, index: Index, report: Report
) -> tuple[Entry, tuple[str, ...]] | None:
    """What a reference means, and those of its parts that are left for an output; None where that is reported."""
    path = reference.path
    for length in range(len(path), 0, -1):
        found = scope.find(".".join(path[:length]))
        if found is not None:
            return _turn(found, reference, path[length:], index, report)
    _nothing(reference, scope, report)
    return None


def all_turns(reference: Reference, scope: Scope) -> tuple[Value, ...] | None:
    """The values of a name in every turn of the repeat that declares it, for what takes several; None where a reference
    means anything else."""
    found = None if reference.indices else scope.find(".".join(reference.path))
    entries = found.entries if isinstance(found, Turns) else (None,)
    values = tuple(entry.values[0] for entry in entries if isinstance(entry, Entry))
    return values if len(values) == len(entries) else None


def values_of(reference: Reference, scope: Scope) -> Iterator[Value]:
    """Every value that a reference may mean, in whatever turn; none where it means nothing."""
    prefixes = (".".join(reference.path[:length]) for length in range(len(reference.path), 0, -1))
    found = next((entry for entry in map(scope.find, prefixes) if entry is not None), None)
    waiting = [found]
    while waiting:
        match waiting.pop():
            case Entry(values=values):
                yield from values
            case Turns(entries=entries):
                waiting += entries


def _turn(
    found: Entry | Turns, reference: Reference, rest: tuple[str, ...], index: Index, report: Report
) -> tuple[Entry, tuple[str, ...]] | None:
    """The entry in the turn that the reference says."""
    brackets = list(reference.indices)
    while isinstance(found, Turns):
        if rest and is_turn(rest[0]):
            number, rest = int(rest[0]), rest[1:]
        elif not rest and brackets:
            number = index(brackets.pop(0))
            if number is None:
                return None
        else:
            report(_which_turn(reference, rest, found))
            return None
        entry = _at(found, number)
        if entry is None:
            report(_no_turn(reference, found, number))
            return None
        found = entry
    if brackets:
        message = f'"{reference.text}" has more indices than repeats around what it names'
        report(Diagnostic("NN108", message, reference.span, help="leave the last brackets out"))
        return None
    return found, rest


def is_turn(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and len(text) < 10


def _at(turns: Turns, number: int) -> Entry | Turns | None:
    inside = -len(turns.entries) <= number < len(turns.entries)
    return turns.entries[number] if inside else None


def _no_turn(reference: Reference, turns: Turns, number: int) -> Diagnostic:
    count = len(turns.entries)
    note = Note("it is declared in this repeat", turns.span)
    if -count <= number < count:
        message = f'"{reference.text}" was left out of turn {number % count} by a `when`'
        help = "name what stands after the `when` instead"
    else:
        message = f'"{reference.text}" is beyond the {count} turns of its repeat'
        help = f"count from 0 to {count - 1}, or from -1 backwards" if count else "the repeat has no turn"
    return Diagnostic("NN108", message, reference.span, (note,), help)


def _which_turn(reference: Reference, rest: tuple[str, ...], turns: Turns) -> Diagnostic:
    name, output = ".".join(reference.path[: len(reference.path) - len(rest)]), "".join(f".{r}" for r in rest)
    message = f'"{name}" is declared in a repeat, and is a list outside it'
    note = Note("it is declared here", turns.span)
    help = f"say which turn: {name}.0{output}, or {name}.-1{output} for the last"
    return Diagnostic("NN108", message, reference.span, (note,), help)


def _previous(reference: Reference, scope: Scope, report: Report) -> Value | None:
    if scope.previous is None and scope.whole:
        message = "nothing stands before the first layer but several inputs"
        report(Diagnostic("NN108", message, reference.span, help=f"name one of {listed(scope.names)}"))
    return scope.previous


def _nothing(reference: Reference, scope: Scope, report: Report) -> None:
    if not scope.whole:
        return
    name = reference.path[0]
    span = scope.when_span(reference.text) or scope.when_span(name)
    if span is not None:
        message = f'"{name}" is left out here by a `when`'
        note = Note("the condition is not met", span)
        help = "put what refers to it into the `when` too, or give it the same name in `else`"
        report(Diagnostic("NN108", message, reference.span, (note,), help))
        return
    report(nothing_above(reference, scope.names))


def nothing_above(reference: Reference, known: list[str]) -> Diagnostic:
    """NN108 for a reference to nothing above, where there are the names that are known."""
    near = nearest(reference.text, known)
    help = f'did you mean "{near}"?' if near else f"named above: {listed(known)}"
    return Diagnostic("NN108", f'nothing above is named "{reference.path[0]}"', reference.span, help=help)


def collect(names: Iterable[str], turns: list[Scope], scope: Scope, span: Span) -> None:
    """Gives the scope around a repeat a list for each name that is declared in it."""
    for name in names:
        entries = tuple(turn.entries.get(name) for turn in turns)
        scope.entries[name] = Turns(span, entries)
