"""How a layer came about: the blocks, turns and files that it is in, and the values that its expressions had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from ..spec.diagnostics import Diagnostic, Note, SpecError
from ..spec.evaluate import Binding, Work, evaluate
from ..spec.expressions import is_expression, parse_expression, words
from ..spec.locate import Report
from ..spec.nodes import Node
from ..spec.parse_items import scalars
from ..spec.source import Span

# The values of names; None where what was wrong with one has been reported.
Bindings: TypeAlias = Mapping[str, Binding | None]


class Why(NamedTuple):
    """What a value was computed from: expressions somewhere in a node, and the values of names."""

    node: Node
    bindings: Bindings


class Frame(NamedTuple):
    """One step on the way to a layer: a block call, a turn of a repeat, an include; `parent` is what that is in."""

    words: str
    span: Span
    parent: Frame | None = None
    why: Why | None = None


def explained(diagnostic: Diagnostic, why: Why | None, frame: Frame | None) -> Diagnostic:
    """The diagnostic with the values of the expressions that it is about, and the way to where it stands."""
    notes = [*_values(why, diagnostic.span), *_chain(frame)]
    return diagnostic._replace(notes=(*diagnostic.notes, *notes)) if notes else diagnostic


def explaining(report: Report, why: Why | None, frame: Frame | None) -> Report:
    """A report that explains each finding before it hands it on."""
    return lambda diagnostic: report(explained(diagnostic, why, frame))


def _chain(frame: Frame | None) -> Iterator[Note]:
    while frame is not None:
        yield Note(frame.words, frame.span)
        if frame.why is not None:
            yield from _values(frame.why, None)
        frame = frame.parent


def _values(why: Why | None, about: Span | None) -> Iterator[Note]:
    """What expressions gave, those only that overlap `about` where it is given."""
    if why is None:
        return
    for scalar in scalars(why.node):
        if is_expression(scalar) and (about is None or _overlap(scalar.span, about)):
            expression = parse_expression(scalar, lambda _: None)
            known = {name: binding for name, binding in why.bindings.items() if binding is not None}
            if expression is None:
                continue
            try:
                yield Note(words(expression, evaluate(expression, known, Work()), known))
            except SpecError:
                # It had no value, and that is what the diagnostic is about.
                continue


def _overlap(a: Span, b: Span) -> bool:
    return a.source is b.source and a.start < b.end and b.start < a.end
