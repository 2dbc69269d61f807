"""What an item can refer to, and the inputs that its references come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ..spec.diagnostics import Diagnostic, did_you_mean, listed, nearest
from ..spec.items import From, Item, Reference, References
from ..spec.layers.base import Layer, Port
from ..spec.locate import Report
from ..spec.nodes import Scalar
from ..spec.source import Span
from .graph import Argument, Value

PREVIOUS = "previous"


class Entry(NamedTuple):
    """Something that a reference can mean: a layer or an input, and what its outputs are called.

    `outputs` is None where the layer could not be made.
    """

    span: Span
    outputs: tuple[str, ...] | None


@dataclass
class Scope:
    """What stands above the item at hand. Where the file's declarations are not `whole`, what a reference
    does not find may be among the missing ones, and is no error of its own."""

    whole: bool = True
    entries: dict[str, Entry] = field(default_factory=dict)
    previous: Value | None = None


def bind(item: Item, layer: Layer | None, scope: Scope, report: Report) -> tuple[Argument, ...] | None:
    """The item's inputs, each for one port of the layer; None where one cannot be had."""
    sources = item.sources
    if sources is None:
        return _from_previous(item, layer, scope, report)
    if sources.positional:
        return _by_position(item, layer, _look_up_all(sources.positional, scope, report), report)
    if layer is None:
        return None
    return _by_name(item, sources, layer, scope, report)


def look_up(reference: Reference | None, scope: Scope, report: Report) -> Value | None:
    """The value that a reference means; None where it is unknown, reported unless that was done."""
    if reference is None:
        return None
    if reference.text == PREVIOUS:
        return _previous(reference, scope, report)
    name, dot, output = reference.text.partition(".")
    entry = scope.entries.get(name)
    if entry is None:
        return _nothing(name, reference, scope, report)
    if not dot or entry.outputs is None:
        return Value(name)
    if output not in entry.outputs:
        help = did_you_mean(output, entry.outputs, f"outputs of {name}")
        report(Diagnostic("NN108", f'{name} has no output "{output}"', reference.span, help=help))
        return None
    return Value(name, entry.outputs.index(output))


def _look_up_all(references: References, scope: Scope, report: Report) -> list[Value | None]:
    return [look_up(reference, scope, report) for reference in references]


def _previous(reference: Reference, scope: Scope, report: Report) -> Value | None:
    if scope.previous is None and scope.whole:
        message = "nothing stands before the first layer but several inputs"
        report(Diagnostic("NN108", message, reference.span, help=f"name one of {listed(scope.entries)}"))
    return scope.previous


def _nothing(name: str, reference: Reference, scope: Scope, report: Report) -> None:
    if scope.whole:
        near = nearest(name, scope.entries)
        help = f'did you mean "{near}"?' if near else f"named above: {listed(scope.entries)}"
        report(Diagnostic("NN108", f'nothing above is named "{name}"', reference.span, help=help))


def _from_previous(
    item: Item, layer: Layer | None, scope: Scope, report: Report
) -> tuple[Argument, ...] | None:
    if scope.previous is not None:
        return _by_position(item, layer, [scope.previous], report)
    if scope.whole and item.call:
        message = f"{item.call.name} does not say which of several inputs it takes"
        help = f"write `from:` and one of {listed(scope.entries)}"
        report(Diagnostic("NN108", message, item.call.span, help=help))
    return None


def _by_position(
    item: Item, layer: Layer | None, values: list[Value | None], report: Report
) -> tuple[Argument, ...] | None:
    found = [value for value in values if value is not None]
    if layer is None or len(found) < len(values):
        return None
    arguments: list[Argument] = []
    for port in layer.ports:
        count = len(found) if port.many else 1
        taken, found = found[:count], found[count:]
        arguments += [Argument(port.name, value) for value in taken]
    if found:
        report(_too_many(item, layer, len(values)))
        return None
    return _complete(item, layer, arguments, report)


def _by_name(
    item: Item, sources: From, layer: Layer, scope: Scope, report: Report
) -> tuple[Argument, ...] | None:
    ports = {port.name: port for port in layer.ports}
    found = {str(key.value): _port(key, refs, ports, layer, scope, report) for key, refs in sources.named}
    if None in found.values():
        return None
    arguments = [argument for name in ports for argument in found.get(name) or ()]
    return _complete(item, layer, arguments, report)


def _port(
    key: Scalar, references: References, ports: dict[str, Port], layer: Layer, scope: Scope, report: Report
) -> list[Argument] | None:
    """The arguments for one port by its name; None where one cannot be had."""
    name, kind = str(key.value), type(layer).__name__
    if name not in ports:
        help = did_you_mean(name, ports, f"inputs of {kind}")
        report(Diagnostic("NN101", f'{kind} has no input "{name}"', key.span, help=help))
        return None
    if len(references) > 1 and not ports[name].many:
        message = f'the input "{name}" of {kind} is one tensor, not {len(references)}'
        report(Diagnostic("NN201", message, key.span, help="name one layer"))
        return None
    values = _look_up_all(references, scope, report)
    arguments = [Argument(name, value) for value in values if value is not None]
    return arguments if len(arguments) == len(values) else None


def _complete(
    item: Item, layer: Layer, arguments: list[Argument], report: Report
) -> tuple[Argument, ...] | None:
    """The arguments, unless a port that must be filled is not."""
    filled = {argument.port for argument in arguments}
    missing = next((port for port in layer.ports if not port.optional and port.name not in filled), None)
    if missing is None:
        return tuple(arguments)
    example = ", ".join(f"{port.name}: …" for port in layer.ports if not port.optional)
    message = f'{type(layer).__name__} needs an input "{missing.name}"'
    report(Diagnostic("NN201", message, _inputs_span(item), help=f"write from: {{{example}}}"))
    return None


def _too_many(item: Item, layer: Layer, given: int) -> Diagnostic:
    message = f"{type(layer).__name__} takes {_ports(layer.ports)}, not {given}"
    help = "merge them first, with Add or Concatenate"
    return Diagnostic("NN201", message, _inputs_span(item), help=help)


def _ports(ports: tuple[Port, ...]) -> str:
    if len(ports) == 1:
        return "one input"
    return f"at most {len(ports)} inputs ({', '.join(port.name for port in ports)})"


def _inputs_span(item: Item) -> Span:
    """Where the item says what it takes."""
    if item.sources:
        return item.sources.span
    return item.call.span if item.call else item.span
