"""The values of params: what a caller gives, what a variant sets, and the defaults of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..spec.diagnostics import Diagnostic, Note, did_you_mean, fail
from ..spec.document import Document, Variant
from ..spec.evaluate import Binding, Work
from ..spec.expressions import is_expression, parse_expression
from ..spec.locate import Report
from ..spec.nodes import Node, Scalar, shorten, to_data
from ..spec.params import Param, Refused, accept, is_value, unknown_param
from .provenance import Bindings, Why, explained
from .resolve import Unresolved, to_value, value_of, whole


class Setting(NamedTuple):
    """A value that a user gives to a param. Both have places of their own; `origin` says whose value it is."""

    name: Scalar
    value: Node
    origin: str


# How many of those that need each other a message tells of.
MOST_OF_A_CIRCLE = 8


class Settings(NamedTuple):
    """What a user turns: values of params, and a variant."""

    values: tuple[Setting, ...] = ()
    variant: str | None = None

    @property
    def given(self) -> bool:
        return bool(self.values) or self.variant is not None


def settle_file(
    document: Document, settings: Settings, work: Work, report: Report
) -> dict[str, Binding | None]:
    """The values of a file's params: its defaults, a variant's, and those that a user gives."""
    given: dict[str, tuple[Node, str]] = {}
    variant = find_variant(document, settings.variant) if settings.variant is not None else None
    if variant is not None:
        origin = f"from the variant {variant.name}"
        given |= {str(key.value): (node, origin) for key, node in variant.settings}
    known = {param.name for param in document.params}
    for name, node, origin in settings.values:
        if name.value in known:
            given[str(name.value)] = (node, origin)
        else:
            report(unknown_param(str(name.value), document.params, document.source.name, name.span))
    return settle(document.params, given, work, report)


def find_variant(document: Document, name: str) -> Variant:
    """The variant of that name. Raises SpecError (NN101)."""
    found = next((variant for variant in document.variants if variant.name == name), None)
    if found is not None:
        return found
    known = [variant.name for variant in document.variants]
    help = did_you_mean(name, known, "variants")
    raise fail("NN101", f'the file has no variant "{shorten(name)}"', document.span, help=help)


def settle(
    params: tuple[Param, ...],
    given: Mapping[str, tuple[Node, str]],
    work: Work,
    report: Report,
    missing: Diagnostic | None = None,
) -> dict[str, Binding | None]:
    """The params' values: those given, each with a word on where it is from, and defaults, which may be computed from
    other params. One that has none is None, and was reported: as `missing` where that is given."""
    sources = {p.name: given.get(p.name) or (p.default, "") for p in params}
    bindings: dict[str, Binding | None] = {}
    by_name = {param.name: param for param in params}
    for name in in_order(by_name, sources, report):
        node, origin = sources[name]
        if node is None:
            report(missing or _without_value(by_name[name]))
            bindings[name] = None
        else:
            bindings[name] = _settled(by_name[name], node, origin, bindings, work, report)
    return {name: bindings.get(name) for name in by_name}


def _settled(
    param: Param, node: Node, origin: str, bindings: Bindings, work: Work, report: Report
) -> Binding | None:
    try:
        value = value_of(node, bindings, work, report) if is_expression(node) else None  # type: ignore[arg-type]
    except Unresolved:
        return None
    if not is_expression(node) and not is_value(node):
        value = to_data(node)  # type: ignore[assignment]
    elif not is_expression(node):
        value = whole(to_value(node)) if param.kind is None else to_value(node)
    try:
        return Binding(accept(param, value), node.span, origin)
    except Refused as error:
        note = Note(f"{param.name} is declared here", param.span)
        found = Diagnostic(error.code, error.message, node.span, (note,), error.help)
        report(explained(found, Why(node, bindings), None))
        return None


def _without_value(param: Param) -> Diagnostic:
    message = f"param {param.name} has no value"
    help = f"give it a default, or a value with --set {param.name}=…"
    return Diagnostic("NN102", message, param.span, help=help)


def in_order(
    params: Mapping[str, Param], sources: Mapping[str, tuple[Node | None, str]], report: Report
) -> list[str]:
    """The params' names, each after those that its value is computed from. Those in a cycle are reported, and left
    out."""
    needs = {name: list(_needed(node, params)) for name, (node, _) in sources.items()}
    if not any(needs.values()):
        return list(params)
    from graphlib import CycleError, TopologicalSorter

    while True:
        try:
            return list(TopologicalSorter(needs).static_order())
        except CycleError as error:
            cycle = error.args[1]
            report(_circular([params[name] for name in cycle]))
            needs = {
                name: [n for n in wanted if n not in cycle]
                for name, wanted in needs.items()
                if name not in cycle
            }


def _needed(node: Node | None, params: Mapping[str, Param]) -> Iterator[str]:
    if isinstance(node, Scalar) and is_expression(node):
        expression = parse_expression(node, lambda _: None)
        yield from (name for name in (expression.names if expression else ()) if name in params)


def in_circle(names: list[str], verb: str) -> str:
    """`a needs b needs a`; the middle of a long circle is left out."""
    if len(names) > MOST_OF_A_CIRCLE:
        names = [*names[: MOST_OF_A_CIRCLE - 2], "…", *names[-2:]]
    return f" {verb} ".join(names)


def _circular(cycle: list[Param]) -> Diagnostic:
    first = cycle[0]
    # The cycle begins and ends with the same param, each one needing the one before it.
    names = [param.name for param in reversed(cycle)]
    message = f"{first.name} needs itself"
    if len(names) > 2:
        message = f"params need each other: {in_circle(names, 'needs')}"
    shown = cycle[1:-1][:MOST_OF_A_CIRCLE]
    notes = tuple(Note(f"{param.name} is declared here", param.span) for param in shown)
    return Diagnostic("NN116", message, first.span, notes, "give one of them a number")
