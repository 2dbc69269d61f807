"""The phases in order: text, document, program, graph."""

from __future__ import annotations

import os
from collections.abc import Hashable
from pathlib import Path
from typing import NamedTuple

from ..spec.diagnostics import MAX_DIAGNOSTICS, Diagnostic, Note, SpecError, fail, has_errors, in_order
from ..spec.limits import Limits
from ..spec.source import Source, Span
from .cost import check_macs, check_memory
from .expand import expand
from .graph import Graph
from .infer import infer, without_unused
from .masks import check_masks
from .settings import Settings
from .unit import Unit, load_unit


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


def check(
    source: Source,
    root: Path | None = None,
    limits: Limits | None = None,
    settings: Settings | None = None,
) -> Checked:
    """Checks a spec; never raises for what is wrong with it. `root` is the folder that files are read from.

    Without settings, the file is checked as it stands, and in every variant; the graph is that of the defaults.
    """
    found = Findings()
    at = root or Path(source.name).parent
    graph = None
    try:
        unit = load_unit(source, at, _folder(source, at), limits or Limits(), found.report)
        if unit.document.library:
            _check_library(unit, at, limits or Limits(), found)
        else:
            graph = _front_end(unit, settings or Settings(), at, limits or Limits(), found)
            if settings is None:
                _check_variants(unit, at, limits or Limits(), found)
    except SpecError as error:
        return Checked(None, in_order([*found.seen.values(), *error.diagnostics]))
    diagnostics = in_order(found.seen.values())
    return Checked(None if has_errors(diagnostics) else graph, diagnostics)


def _folder(source: Source, root: Path) -> Path:
    """The folder that a file's own paths are relative to: its own, where that is inside the root."""
    own = Path(source.name).parent
    inside = Path(os.path.realpath(own)).is_relative_to(os.path.realpath(root))
    return own if inside and Path(source.name).exists() else root


def _front_end(unit: Unit, settings: Settings, root: Path, limits: Limits, found: Findings) -> Graph:
    program = expand(unit, settings, root, limits, found.report)
    graph = infer(program, found.report)
    check_memory(graph, limits, found.report)
    check_macs(graph, found.report)
    if has_errors(found.seen.values()):
        return graph
    if program.dims:
        from .bounds import check_bounds

        check_bounds(graph, program.dims, found.report)
    graph = without_unused(graph, found.report)
    check_masks(graph, found.report)
    return graph


def _check_variants(unit: Unit, root: Path, limits: Limits, found: Findings) -> None:
    """Reports what is wrong in the variants, and not without them."""
    for variant in unit.document.variants:
        inside = Findings()
        note = Note(f"in the variant {variant.name}", variant.span)
        try:
            _front_end(unit, Settings(variant=variant.name), root, limits, inside)
        except SpecError as error:
            for diagnostic in error.diagnostics:
                inside.seen[diagnostic.identity] = diagnostic
        for identity, diagnostic in inside.seen.items():
            if identity not in found.seen:
                found.report(diagnostic._replace(notes=(*diagnostic.notes, note)))


def _check_library(unit: Unit, root: Path, limits: Limits, found: Findings) -> None:
    """Reports what can be told to be wrong with a file that others include for its parts."""
    expand(unit, Settings(), root, limits, found.report)


def compile_source(
    source: Source,
    root: Path | None = None,
    limits: Limits | None = None,
    settings: Settings | None = None,
) -> Graph:
    """The graph of a spec. Raises SpecError with every diagnostic where there is an error."""
    checked = check(source, root, limits, settings or Settings())
    if checked.graph is None and not has_errors(checked.diagnostics):
        span = Span(source, 0, 0)
        help = "include it in a spec with inputs and layers"
        raise fail("NN102", "the file has blocks and presets, and no network of its own", span, help=help)
    if checked.graph is None:
        raise SpecError(checked.diagnostics)
    return checked.graph
