"""The phases in order: text, document, program, graph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..spec.diagnostics import Diagnostic, SpecError, has_errors, in_order
from ..spec.document import parse
from ..spec.reader import Limits, read
from ..spec.source import Source
from .expand import expand
from .graph import Graph
from .infer import infer, without_unused


@dataclass(frozen=True)
class Checked:
    """What the front end makes of a file: a graph, unless there is an error among the diagnostics."""

    graph: Graph | None
    diagnostics: tuple[Diagnostic, ...]


def check(source: Source, root: Path | None = None, limits: Limits | None = None) -> Checked:
    """Checks a spec; never raises for what is wrong with it. `root` is the folder that files are read from."""
    found: list[Diagnostic] = []
    try:
        tree = read(source, limits or Limits())
    except SpecError as error:
        return Checked(None, error.diagnostics)
    document = parse(source, tree, found.append)
    program = expand(document, root or Path(source.name).parent, found.append)
    graph = infer(program, found.append)
    if has_errors(found):
        return Checked(None, in_order(found))
    graph = without_unused(graph, found.append)
    return Checked(graph, in_order(found))


def compile_source(source: Source, root: Path | None = None, limits: Limits | None = None) -> Graph:
    """The graph of a spec. Raises SpecError with every diagnostic where there is an error."""
    checked = check(source, root, limits)
    if checked.graph is None:
        raise SpecError(checked.diagnostics)
    return checked.graph
