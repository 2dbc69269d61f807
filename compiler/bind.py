"""The inputs of an item, each for one port of what it calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from ..spec.diagnostics import Diagnostic, did_you_mean, listed
from ..spec.items import From, Item, Reference, References
from ..spec.layers.base import Port
from ..spec.locate import Report
from ..spec.nodes import Scalar
from ..spec.source import Span
from .graph import Argument, Value
from .scope import Scope, all_turns

LookUp: TypeAlias = Callable[[Reference | None], Value | None]


class Callee(NamedTuple):
    """What an item calls: what messages call it, and its ports; None where it could not be made."""

    name: str
    ports: tuple[Port, ...] | None


class Site(NamedTuple):
    """An item and what it calls, with all that its references are looked up in."""

    item: Item
    callee: Callee
    scope: Scope
    look_up: LookUp
    report: Report

    def fail(self, message: str, span: Span, help: str, code: str = "NN201") -> None:
        self.report(Diagnostic(code, message, span, help=help))


def bind(site: Site) -> tuple[Argument, ...] | None:
    """The item's inputs, each for one port; None where one cannot be had."""
    sources = site.item.sources
    if sources is None:
        return () if site.callee.ports == () else _from_previous(site)
    if sources.positional:
        many = any(port.many for port in site.callee.ports or ())
        return by_position(site, _values(site, sources.positional, many))
    return None if site.callee.ports is None else _by_name(site, sources, site.callee.ports)


def _values(site: Site, references: References, many: bool) -> list[Value | None]:
    """What the references mean. Where several values can go in, a name of a repeat means those of all turns."""
    found: list[Value | None] = []
    for reference in references:
        turns = all_turns(reference, site.scope) if many and reference else None
        found += [site.look_up(reference)] if turns is None else turns
    return found


def _from_previous(site: Site) -> tuple[Argument, ...] | None:
    scope = site.scope
    if scope.previous is not None:
        return by_position(site, [scope.previous])
    if scope.whole and site.callee.name:
        message = f"{site.callee.name} does not say which of several inputs it takes"
        help = f"write `from:` and one of {listed(scope.names)}"
        site.fail(message, item_span(site.item), help, "NN108")
    return None


def by_position(site: Site, values: list[Value | None]) -> tuple[Argument, ...] | None:
    """The values for the ports in order."""
    found = [value for value in values if value is not None]
    ports = site.callee.ports
    if ports is None or len(found) < len(values):
        return None
    arguments: list[Argument] = []
    for port in ports:
        count = len(found) if port.many else 1
        taken, found = found[:count], found[count:]
        arguments += [Argument(port.name, value) for value in taken]
    if found:
        message = f"{site.callee.name} takes {_ports(ports)}, not {len(values)}"
        help = "merge them first, with Add or Concatenate" if ports else "leave `from` out"
        site.fail(message, inputs_span(site.item), help)
        return None
    return _complete(site, ports, arguments)


def _by_name(site: Site, sources: From, ports: tuple[Port, ...]) -> tuple[Argument, ...] | None:
    by_name = {port.name: port for port in ports}
    found = {str(key.value): _port(site, key, refs, by_name) for key, refs in sources.named}
    if None in found.values():
        return None
    arguments = [argument for name in by_name for argument in found.get(name) or ()]
    return _complete(site, ports, arguments)


def _port(site: Site, key: Scalar, references: References, ports: dict[str, Port]) -> list[Argument] | None:
    """The arguments for one port by its name; None where one cannot be had."""
    name, kind = str(key.value), site.callee.name
    if name not in ports:
        help = did_you_mean(name, ports, f"inputs of {kind}")
        site.fail(f'{kind} has no input "{name}"', key.span, help, "NN101")
        return None
    many = ports[name].many
    if len(references) > 1 and not many:
        message = f'the input "{name}" of {kind} is one tensor, not {len(references)}'
        site.fail(message, key.span, "name one layer")
        return None
    values = _values(site, references, many)
    arguments = [Argument(name, value) for value in values if value is not None]
    return arguments if len(arguments) == len(values) else None


def _complete(site: Site, ports: tuple[Port, ...], arguments: list[Argument]) -> tuple[Argument, ...] | None:
    """The arguments, unless a port that must be filled is not."""
    filled = {argument.port for argument in arguments}
    missing = next((port for port in ports if not port.optional and port.name not in filled), None)
    if missing is None:
        return tuple(arguments)
    example = ", ".join(f"{port.name}: …" for port in ports if not port.optional)
    message = f'{site.callee.name} needs an input "{missing.name}"'
    site.fail(message, inputs_span(site.item), f"write from: {{{example}}}")
    return None


def _ports(ports: tuple[Port, ...]) -> str:
    if len(ports) < 2:
        return "one input" if ports else "no input"
    return f"at most {len(ports)} inputs ({', '.join(port.name for port in ports)})"


def inputs_span(item: Item) -> Span:
    """Where the item says what it takes."""
    return item.sources.span if item.sources else item_span(item)


def item_span(item: Item) -> Span:
    """Where the item says what it is."""
    return item.call.span if item.call else item.span
