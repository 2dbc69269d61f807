"""What a node's layer is called with, as Keras and the generated code call it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from ..compiler.graph import Graph, Node
from ..spec.layers.base import Layer, Port
from ..spec.layers.functions import Function
from .calls import Spelling


def outputs_by_name(graph: Graph) -> bool:
    """Whether the model gives a dictionary of outputs: all but a single output that bears its layer's name, which
    is what Keras calls it."""
    name, *further = (output.name for output in graph.outputs)
    source = graph.outputs[0].value.node
    node = graph.by_name.get(source)
    return bool(further) or name != (node.owner if node else source)


def call_arguments(node: Node) -> tuple[tuple[str, tuple[Any, ...] | Any], ...]:
    """What the node's layer is called with: (keyword or "", value or tuple of values, which may have tuples in it)."""
    given = {argument.port for argument in node.arguments}
    found: list[tuple[str, Any]] = []
    for port in node.layer.ports:
        if port.name in given:
            values = tuple(a.value for a in node.arguments if a.port == port.name)
            value = node.layer.nested(port.name, values) if port.many else values[0]
            found.append((keyword_of(node.layer, port, given), value))
    return tuple(found)


def keyword_of(layer: Layer, port: Port, given: Collection[str]) -> str:
    """The keyword that an input needs where the ports of these names are `given`, "" for none: the first input needs
    none, and those of a function in their order need none either."""
    number = 0 if port.flag else layer.ports.index(port)
    in_order = isinstance(layer, Function) and all(before.name in given for before in layer.ports[:number])
    return "" if number == 0 or in_order else port.name


def call_keywords(spelling: Spelling, layer: Layer, given: Iterable[str]) -> tuple[tuple[str, Any], ...]:
    """What the layer's call takes besides its inputs, which go into the ports of these names."""
    flags = ((port.name, True) for port in layer.ports if port.flag and port.name in given)
    return (*spelling.call, *flags)


def takes_side_by_side(layer: Layer) -> bool:
    """Whether its inputs follow its other arguments, one by one."""
    return bool(layer.ports) and layer.ports[0].spread
