"""A graph as the spec that says all of it: layers one after another, each with its whole name, nothing to resolve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..compiler.graph import Argument, Graph, Input, Node, Value
from ..spec.fields import Margins, OneOrMany, PerAxis
from ..spec.initializers import Fixed, Plain
from ..spec.layers.base import Layer, Port
from ..spec.losses import LOSSES
from ..spec.metrics import METRICS
from ..spec.named import Named
from ..spec.records import metadata
from ..spec.size import Symbol, symbols
from ..spec.training import Section, Training
from .calls import short_margins
from .yaml import entries, items, string

DEFAULT_DTYPE = "float32"
# Where a bare name stays a string, an object without arguments is not its name.
KEPT_BARE = (LOSSES, METRICS)


def expand(graph: Graph) -> str:
    """The spec's text. Files that it names are those of `needed_files`, under their paths in the root."""
    head: dict[str, Any] = {"nnspec": 1, "name": graph.name}
    inputs = {i.name: _input(i) for i in graph.inputs}
    bounds = _dims(graph)
    training = _training(graph.training)
    lines = [
        *entries(head),
        # The description alone is taken as it is, `=` and all.
        *([f"description: {string(graph.description)}"] if graph.description else []),
        *entries({"dtype": graph.dtype} if graph.dtype != DEFAULT_DTYPE else {}),
        *entries({"inputs": inputs, **({"dims": bounds} if bounds else {})}),
        "layers:",
        *items(list(_items(graph)) or [_nothing(graph)], 2),
        *entries({"outputs": _outputs(graph), **({} if training is None else {"training": training})}),
    ]
    return "\n".join(lines) + "\n"


def needed_files(graph: Graph) -> tuple[str, ...]:
    """The files that the spec names, under their paths in the root."""
    values = (
        getattr(layer, name) for n in graph.nodes for layer in n.layer.with_held() for name in layer.fields
    )
    return tuple(
        sorted({value.file for value in values if isinstance(value, Fixed) and value.file is not None})
    )


# --- inputs, outputs and training


def _input(declared: Input) -> Any:
    shape = [_axis(size) for size in declared.type.features]
    return shape if declared.type.dtype == DEFAULT_DTYPE else {"shape": shape, "dtype": declared.type.dtype}


def _axis(size: Any) -> int | str | None:
    """A size as it is declared: a number, or the name of the axis."""
    return size if isinstance(size, int) else next(iter(symbols([size]))).name


def _dims(graph: Graph) -> dict[str, dict[str, int]]:
    """The bounds of the inputs' axes, in the order in which these stand."""
    axes = (axis for i in graph.inputs for size in i.type.features for axis in symbols([size]))
    return {axis.name: bounds for axis in axes if axis.name and (bounds := _bounds(axis))}


def _bounds(axis: Symbol) -> dict[str, int]:
    given = {"min": axis.least, "max": axis.most, "multiple_of": axis.unit}
    plain = {"min": axis.unit, "max": None, "multiple_of": 1}
    return {key: value for key, value in given.items() if value is not None and value != plain[key]}


def _outputs(graph: Graph) -> Any:
    """A list where every output has the name of its layer."""
    if all(output.name == graph.reference(output.value) for output in graph.outputs):
        return [output.name for output in graph.outputs]
    return {output.name: graph.reference(output.value) for output in graph.outputs}


def _training(training: Training | None) -> dict[str, Any] | None:
    if training is None:
        return None
    given = ((name, getattr(training, name)) for name in Section.fields)
    return {name: spelled(value) for name, value in given if value != Section.fields[name].default}


# --- layers


def _items(graph: Graph) -> Iterator[dict[str, Any]]:
    previous = Value(graph.inputs[0].name) if len(graph.inputs) == 1 else None
    for node in graph.nodes:
        made = {"reuse": node.shares} if node.shares else call(node.layer, graph.dtype)
        sources = _sources(node, previous, graph)
        yield {**made, "name": node.name, **({} if sources is None else {"from": sources})}
        previous = Value(node.name)


def _nothing(graph: Graph) -> dict[str, Any]:
    """A layer that nothing uses, for a network of none: a spec has at least one."""
    return {"Identity": {}, "from": graph.inputs[0].name}


def _sources(node: Node, previous: Value | None, graph: Graph) -> Any:
    """What the item says of its inputs; None where it takes the previous item's output."""
    ports, arguments = node.layer.ports, node.arguments
    if not ports or (previous is not None and arguments == (Argument(ports[0].name, previous),)):
        return None
    if [argument.port for argument in arguments] == _in_order(ports, len(arguments)):
        return _one_or_all([graph.reference(argument.value) for argument in arguments])
    by_port: dict[str, list[str]] = {}
    for argument in arguments:
        by_port.setdefault(argument.port, []).append(graph.reference(argument.value))
    return {port: _one_or_all(references) for port, references in by_port.items()}


def _in_order(ports: tuple[Port, ...], count: int) -> list[str]:
    """The ports that inputs go to which are given without saying where."""
    found: list[str] = []
    for port in ports:
        left = count - len(found)
        found += [port.name] * (left if port.many else min(left, 1))
    return found


def _one_or_all(references: list[str]) -> Any:
    return references[0] if len(references) == 1 else references


def call(layer: Layer, dtype: str) -> dict[str, Any]:
    """A layer with those of its fields that are not at their default; `dtype` is the file's."""
    cls = type(layer)
    names = dict.fromkeys([*cls.own_fields(), "trainable", "dtype"])
    given = {name: _field(layer, name, dtype) for name in names if _is_given(layer, name, dtype)}
    return {cls.__name__: _shortest(cls, given)}


def _is_given(layer: Layer, name: str, dtype: str) -> bool:
    if name == "dtype" and not layer.is_function:
        return layer.dtype != dtype
    field = layer.fields[name]
    return field.required or getattr(layer, name) != type(layer).prepared(name, field.default)


def _shortest(cls: type[Layer], given: dict[str, Any]) -> Any:
    """The first field's value alone, where nothing else is given and it cannot be taken for anything else."""
    first = next(iter(cls.own_fields()), None)
    if first is None or list(given) != [first]:
        return given
    value = given[first]
    several = sum(cls.fields[name].required for name in cls.own_fields()) > 1
    unclear = value is None or isinstance(value, Mapping) or (isinstance(value, list) and several)
    return given if unclear else value


def _field(layer: Layer, name: str, dtype: str) -> Any:
    value, marks = getattr(layer, name), metadata(type(layer), name)
    match value:
        case Layer():
            return call(value, dtype)
        case Fixed(file=None, values=values) if Plain in marks:
            return values
        case (Layer(), *_):
            return [call(held, dtype) for held in value]
        case tuple() if PerAxis in marks and len(set(value)) == 1:
            return value[0]
        case (only,) if OneOrMany in marks and only is not None:
            return only
        case tuple() if Margins in marks:
            return spelled(short_margins(value))
    return spelled(value)


def spelled(value: Any) -> Any:
    """A value as a spec writes it."""
    match value:
        case Named(catalogue, name, arguments):
            if not arguments and catalogue not in KEPT_BARE:
                return value.identifier
            return {name: {key: spelled(inner) for key, inner in arguments}}
        case Fixed(file=None, values=values):
            return {"values": values}
        case Fixed(file=file):
            return {"file": file}
        case Mapping():
            return {key: spelled(inner) for key, inner in value.items()}
        case list() | tuple():
            return [spelled(inner) for inner in value]
    return value
