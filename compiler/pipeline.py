"""The phases in order: text, document, program, graph."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import NamedTuple

from ..spec.diagnostics import MAX_DIAGNOSTICS, Diagnostic, SpecError, has_errors, in_order
from ..spec.document import parse
from ..spec.limits import Limits
from ..spec.reader import read
from ..spec.source import Source
from .cost import check_macs, check_memory
from .expand import expand
from .graph import Graph
from .infer import infer, without_unused
from .masks import check_masks


class Checked(NamedTuple):
    """What the front end makes of a file: a graph, unless there is an error among the diagnostics."""

    graph: Graph | None
    diagnostics: tuple[Diagnostic, ...]


class Findings:
    """What the phases report, each finding once."""

    def __init__(self) -> None:
        self.seen: dict[Hashable, Diagnostic] = {}

    def report(self, diagnostic: Diagnostic) -> None:
        """Raises SpecError after more errors than are ever shown, so that no file costs more than its
        worth."""
        self.seen[diagnostic.identity] = diagnostic
        if diagnostic.severity == "error" and len(self.seen) > MAX_DIAGNOSTICS:
            raise SpecError(())


def check(source: Source, root: Path | None = None, limits: Limits | None = None) -> Checked:
    """Checks a spec; never raises for what is wrong with it. `root` is the folder that files are read
    from."""
    found = Findings()
    try:
        graph = _front_end(source, root or Path(source.name).parent, limits or Limits(), found)
    except SpecError as error:
        return Checked(None, in_order([*found.seen.values(), *error.diagnostics]))
    diagnostics = in_order(found.seen.values())
    return Checked(None if has_errors(diagnostics) else graph, diagnostics)


def _front_end(source: Source, root: Path, limits: Limits, found: Findings) -> Graph:
    document = parse(source, read(source, limits), found.report)
    graph = infer(expand(document, root, limits, found.report), found.report)
    check_memory(graph, limits, found.report)
    check_macs(graph, found.report)
    if has_errors(found.seen.values()):
        return graph
    graph = without_unused(graph, found.report)
    check_masks(graph, found.report)
    return graph


def compile_source(source: Source, root: Path | None = None, limits: Limits | None = None) -> Graph:
    """The graph of a spec. Raises SpecError with every diagnostic where there is an error."""
    checked = check(source, root, limits)
    if checked.graph is None:
        raise SpecError(checked.diagnostics)
    return checked.graph
