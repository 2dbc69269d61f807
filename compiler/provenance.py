"""How a layer came about: the blocks, turns and files that it is in, and the values that its expressions had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple, TypeAlias

from ..spec.diagnostics import Diagnostic, Note, SpecError
from ..spec.evaluate import Binding, Work, evaluate
from ..spec.expressions import Expression, is_expression, parse_expression, words
from ..spec.items import Call
from ..spec.locate import Report
from ..spec.nodes import Node, Scalar
from ..spec.operations import shown
from ..spec.parse_items import scalars
from ..spec.source import Span

# The values of names; None where what was wrong with one has been reported.
Bindings: TypeAlias = Mapping[str, Binding | None]

# How many values the way to a layer shows of each block.
MOST_SHOWN = 8


class Why(NamedTuple):
    """What a value was computed from: expressions somewhere in a node, and the values of names."""

    node: Node
    bindings: Bindings


def why_of(call: Call, bindings: Bindings) -> Why | None:
    """What the arguments of a call are computed from, where they hold expressions."""
    return Why(call.argument, bindings) if call.names is not None and call.argument else None


class Frame(NamedTuple):
    """One step on the way to a layer: a block call, a turn of a repeat, an include; `parent` is what that is in, and
    `given` the values that the words tell of."""

    head: str
    span: Span
    parent: Frame | None = None
    why: Why | None = None
    given: Bindings = {}  # noqa: RUF012
    tail: str = ""

    @property
    def words(self) -> str:
        """`in turn 0 of the repeat, with i = 0`: put together where somebody reads it, of the many that there are."""
        given = _shown(self.given)
        comma = "" if self.tail else ","
        return f"{self.head}{comma} with {given}{self.tail}" if given else f"{self.head}{self.tail}"


def explained(diagnostic: Diagnostic, why: Why | None, frame: Frame | None) -> Diagnostic:
    """The diagnostic with the values of the expressions that it is about, and the way to where it stands."""
    span, notes = diagnostic.span, list[Note]()
    if why is not None:
        about = (scalar for scalar in scalars(why.node) if span is None or _overlap(scalar.span, span))
        notes += _values(why, frame, about, span)
    notes += _chain(frame, span)
    return diagnostic._replace(notes=(*diagnostic.notes, *notes)) if notes else diagnostic


def explaining(report: Report, why: Why | None, frame: Frame | None) -> Report:
    """A report that explains each finding before it hands it on."""
    return lambda diagnostic: report(explained(diagnostic, why, frame))


def _chain(frame: Frame | None, seen_from: Span | None) -> Iterator[Note]:
    while frame is not None:
        yield Note(frame.words, frame.span)
        if frame.why is not None:
            yield from _values(frame.why, frame.parent, scalars(frame.why.node), seen_from)
        frame = frame.parent


def _values(why: Why, frame: Frame | None, about: Iterable[Scalar], seen_from: Span | None) -> Iterator[Note]:
    """What the expressions gave that are among some scalars. A name alone whose value the way there tells of is left
    out."""
    known = {name: binding for name, binding in why.bindings.items() if binding is not None}
    for scalar in filter(is_expression, about):
        expression = parse_expression(scalar, lambda _: None)
        if expression is None or _told(expression, known, frame):
            continue
        try:
            yield Note(words(expression, evaluate(expression, known, Work()), known, seen_from))
        except SpecError:
            # It had no value, and that is what the diagnostic is about.
            continue


def _told(expression: Expression, known: Bindings, frame: Frame | None) -> bool:
    binding = known.get(expression.text.lstrip("=").strip())
    while frame is not None and binding is not None:
        if any(given is binding for given in frame.given.values()):
            return True
        frame = frame.parent
    return False


def _shown(bindings: Bindings) -> str:
    known = ((name, binding) for name, binding in bindings.items() if binding is not None)
    given = [f"{name} = {shown(binding.value)}" for name, binding in islice(known, MOST_SHOWN + 1)]
    return ", ".join([*given[:MOST_SHOWN], *(["…"] if len(given) > MOST_SHOWN else [])])


def _overlap(a: Span, b: Span) -> bool:
    return a.source is b.source and a.start < b.end and b.start < a.end
