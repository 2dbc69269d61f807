"""The phases in order: text, document, program, graph."""

from __future__ import annotations

import os
from collections.abc import Hashable
from pathlib import Path
from typing import NamedTuple

from ..spec.diagnostics import MAX_DIAGNOSTICS, Diagnostic, Note, SpecError, fail, has_errors, in_order
from ..spec.document import Document, parse
from ..spec.evaluate import Work
from ..spec.limits import Limits, beyond
from ..spec.plugins import NONE, Plugins
from ..spec.reader import read
from ..spec.source import Source, Span
from .cost import check_macs, check_memory
from .expand import expand
from .graph import Graph
from .infer import infer, without_unused
from .least import check_least
from .lexical import check_names, report_unused
from .masks import check_masks
from .parts import Parts
from .settings import Settings, find_variant
from .unit import Unit, load_unit

# How many layers the checking of a variant costs without any.
LEAST_OF_A_VARIANT = 100


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
        self.seen.setdefault(diagnostic.identity, diagnostic)
        if diagnostic.severity == "error" and len(self.seen) > MAX_DIAGNOSTICS:
            raise SpecError(())


def check(
    source: Source,
    root: Path | None = None,
    limits: Limits | None = None,
    settings: Settings | None = None,
    plugins: Plugins = NONE,
) -> Checked:
    """Checks a spec; never raises for what is wrong with it. `root` is the folder that files are read from.

    Without settings, the file is checked as it stands, and in every variant. The graph is that of the defaults, or of
    the first variant where a param has none.
    """
    found = Findings()
    at = root or Path(source.name).parent
    graph = None
    try:
        unit = load_unit(source, at, _folder(source, at), limits or Limits(), found.report, plugins)
        check_names(unit, Parts(found.report), found.report)
        if unit.document.library:
            # What can be told to be wrong with a file that others include for its parts.
            expand(unit, settings or Settings(), at, limits or Limits(), found.report)
        else:
            check_least(unit, limits or Limits())
            first, *others = [settings] if settings is not None else _settings(unit.document)
            graph = _front_end(unit, first, at, limits or Limits(), found)
            _check_variants(unit, others, at, limits or Limits(), found)
        if not has_errors(found.seen.values()):
            report_unused(unit, found.report)
    except SpecError as error:
        return Checked(None, in_order([*found.seen.values(), *error.diagnostics]))
    diagnostics = in_order(found.seen.values())
    return Checked(None if has_errors(diagnostics) else graph, diagnostics)


def _folder(source: Source, root: Path) -> Path:
    """The folder that a file's own paths are relative to: its own, where that is inside the root."""
    own = Path(source.name).parent
    inside = Path(os.path.realpath(own)).is_relative_to(os.path.realpath(root))
    return own if inside and Path(source.name).exists() else root


def _front_end(
    unit: Unit, settings: Settings, root: Path, limits: Limits, found: Findings, work: Work | None = None
) -> Graph:
    program = expand(unit, settings, root, limits, found.report, work)
    graph = infer(program, found.report)
    check_memory(graph, limits, found.report)
    check_macs(graph, found.report)
    if has_errors(found.seen.values()):
        return graph
    if program.dims:
        from .bounds import check_bounds

        check_bounds(graph, program.dims, found.report)
    graph = without_unused(graph, program.spared, found.report)
    check_masks(graph, found.report)
    return graph


def _settings(document: Document) -> list[Settings]:
    """The defaults and every variant. The defaults are left out where a param has none, so that only a variant is a
    network."""
    chosen = [Settings(variant=variant.name) for variant in document.variants]
    if not chosen or all(param.default is not None for param in document.params):
        chosen.insert(0, Settings())
    return chosen


def _check_variants(unit: Unit, chosen: list[Settings], root: Path, limits: Limits, found: Findings) -> None:
    """Reports what is wrong in the variants, and not without them."""
    work, layers = Work(), 0
    for variant in (find_variant(unit.document, one.variant) for one in chosen if one.variant):
        layers += LEAST_OF_A_VARIANT
        if layers > limits.layers:
            found.report(beyond(limits, "layers", "the variants have too many layers together", variant.span))
            return
        inside = Findings()
        note = Note(f"in the variant {variant.name}", variant.span)
        try:
            graph = _front_end(unit, Settings(variant=variant.name), root, limits, inside, work)
            layers += len(graph.nodes)
        except SpecError as error:
            for diagnostic in error.diagnostics:
                inside.seen[diagnostic.identity] = diagnostic
        for identity, diagnostic in inside.seen.items():
            if identity not in found.seen:
                found.report(diagnostic._replace(notes=(*diagnostic.notes, note)))


def check_each(
    source: Source, root: Path | None = None, limits: Limits | None = None, plugins: Plugins = NONE
) -> tuple[Checked, ...]:
    """A spec with the defaults of its params, where they have some, and in every variant. Raises SpecError where the
    file itself cannot be read."""
    document = parse(source, read(source, limits or Limits()), lambda _: None)
    return tuple(check(source, root, limits, settings, plugins) for settings in _settings(document))


def compile_source(
    source: Source,
    root: Path | None = None,
    limits: Limits | None = None,
    settings: Settings | None = None,
    plugins: Plugins = NONE,
) -> Graph:
    """The graph of a spec. Raises SpecError with every diagnostic where there is an error."""
    return network(check(source, root, limits, settings or Settings(), plugins), source)


def network(checked: Checked, source: Source) -> Graph:
    """The graph of a file that was checked. Raises SpecError with every diagnostic, or for a file without a network."""
    if checked.graph is not None:
        return checked.graph
    if has_errors(checked.diagnostics):
        raise SpecError(checked.diagnostics)
    help = "include it in a spec with inputs and layers"
    span = Span(source, 0, 0)
    raise fail("NN102", "the file has blocks and presets, and no network of its own", span, help=help)
