"""What sections of a file and of a block have in common: declared outputs, and what is missing or strange."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .diagnostics import Diagnostic, Note, did_you_mean, nearest
from .items import Reference
from .locate import Report
from .naming import check_path
from .nodes import Mapping, Node, Scalar, Sequence, describe, shorten, to_data
from .references import reference, references
from .source import Span


class OutputDecl(NamedTuple):
    """One of the outputs; `name` is None where it takes the referenced layer's."""

    name: str | None
    span: Span
    reference: Reference | None


def parse_outputs(node: Node | None, report: Report) -> tuple[OutputDecl, ...]:
    """A reference, a list of them, or references by the names of the outputs."""
    match node:
        case None:
            return ()
        case Mapping(entries=()):
            help = "name a layer: outputs: probabilities; or leave the section out for the last one"
            report(Diagnostic("NN103", "outputs must not be empty", node.span, help=help))
            return ()
        case Mapping(entries=entries):
            return tuple(_output(key, value, report) for key, value in entries)
    nodes = node.items if isinstance(node, Sequence) else (node,)
    return tuple(
        OutputDecl(None, part.span, ref) for part, ref in zip(nodes, references(node, report), strict=False)
    )


def _output(key: Scalar, value: Node, report: Report) -> OutputDecl:
    check_path(str(key.value), key.span, report, "an output")
    return OutputDecl(str(key.value), key.span, reference(value, report))


def lacking(owner: str, section: str, form: str, node: Node | None, start: Span, help: str) -> Diagnostic:
    """For a section that is not there, or is empty or of another form."""
    if node is None:
        return Diagnostic("NN102", f'{owner} needs "{section}"', start, help=help)
    given = "an empty one" if isinstance(node, Mapping | Sequence) and not to_data(node) else describe(node)
    return Diagnostic("NN103", f"{section} must be {form}, not {given}", node.span, help=help)


def report_unknown(
    node: Mapping, known: tuple[str, ...], owner: str, what: str, report: Report
) -> frozenset[str | None]:
    """Reports the keys that are not known; gives those that were probably meant."""
    strange = [key for key, _ in node.entries if key.value not in known]
    for key in strange:
        word = str(key.value)
        message = f'{owner} has no {what} "{shorten(word)}"'
        report(Diagnostic("NN101", message, key.span, help=did_you_mean(word, known, f"{what}s")))
    return frozenset(nearest(str(key.value), known) for key in strange)


def check_unique(names: Iterable[tuple[str, Span, str]], report: Report) -> None:
    """Reports (NN107) each name that stands twice; a name comes with its place and what it names."""
    first: dict[str, tuple[Span, str]] = {}
    for name, span, what in names:
        earlier, kind = first.setdefault(name, (span, what))
        if earlier is not span:
            note = Note(f'{kind} "{name}" is declared here', earlier)
            help = "give one of them another name"
            report(Diagnostic("NN107", f'the name "{name}" is taken', span, (note,), help=help))
