"""A graph whose layers compute in another dtype than the file's."""

from __future__ import annotations

from dataclasses import replace

from ..spec.diagnostics import Diagnostic, SpecError
from ..spec.layers.base import Layer, LayerError
from ..spec.types import Signature, TensorType
from .graph import Graph, Node, Value
from .infer import call, located


def retyped(graph: Graph, dtype: str) -> Graph:
    """The graph as though the file's `dtype` were that one: inputs are as declared, and layers that are given a dtype
    of their own keep it, with all that they hold. Raises SpecError with all layers that do not take it."""
    # A layer that is applied several times is one layer still.
    layers: dict[int, Layer] = {}
    types: dict[Value, TensorType] = {Value(i.name): i.type for i in graph.inputs}
    found: list[Diagnostic] = []
    nodes: list[Node] = []
    for old in graph.nodes:
        if id(old.layer) not in layers:
            layers[id(old.layer)] = old.layer if _has_own(old) else _in_dtype(old.layer, graph.dtype, dtype)
        node = old._replace(layer=layers[id(old.layer)])
        nodes.append(node._replace(signature=_signature(node, graph, types, found)))
        types.update(zip(old.values, nodes[-1].signature.outputs, strict=True))
    if found:
        raise SpecError(found)
    return replace(graph, dtype=dtype, nodes=tuple(nodes))


def _has_own(node: Node) -> bool:
    """Whether the spec gives the layer a dtype, be it the file's."""
    return "dtype" in node.place.fields or (node.preset is not None and "dtype" in node.preset.fields)


def _in_dtype(layer: Layer, old: str, new: str) -> Layer:
    """The layer, and all that it holds, in the new dtype where it had the old one."""
    held = layer.held_as(lambda one: _in_dtype(one, old, new))
    return layer.changed(dtype=new if layer.dtype == old else layer.dtype, **held)


def _signature(
    node: Node, graph: Graph, types: dict[Value, TensorType], found: list[Diagnostic]
) -> Signature:
    given = [types[value] for value in node.inputs]
    try:
        return call(node.layer, node.arguments, given)
    except LayerError as error:
        lines = {i.name: i.span for i in graph.inputs} | {n.name: n.place.span for n in graph.nodes}
        found.append(located(error, node, given, lines))
        return node.signature
