"""A typed graph as text, a line a node: for reading, and for seeing what a change changes."""

from __future__ import annotations

from ..spec.size import shape_text
from ..spec.types import TensorType, WeightSpec
from .graph import Argument, Graph, Node


def dump(graph: Graph) -> str:
    """The graph's inputs, nodes and outputs in order, the same text for the same graph.

    `name = Kind(inputs) -> output types | weights | macs n`; a type that carries a mask has a `~` behind it. A node
    that applies the layer of another has `shares` and that one's name in place of weights.
    """
    lines = [f"graph {graph.name} {graph.dtype}"]
    lines += (f"input {i.name}: {_type(i.type)}" for i in graph.inputs)
    lines += (_node(node, graph) for node in graph.nodes)
    lines += (f"output {o.name} = {graph.reference(o.value)}" for o in graph.outputs)
    trainable, other = graph.parameters(trainable=True), graph.parameters(trainable=False)
    lines.append(f"parameters {trainable:,} trainable, {other:,} not; macs {graph.macs}")
    return "\n".join(lines) + "\n"


def _node(node: Node, graph: Graph) -> str:
    inputs = ", ".join(_argument(argument, node, graph) for argument in node.arguments)
    parts = [
        f"{node.name} = {node.kind}({inputs}) -> {', '.join(map(_type, node.signature.outputs))}",
        *([f"shares {node.shares}"] if node.shares else []),
        *([", ".join(map(_weight, node.weights))] if node.weights else []),
        *([f"macs {node.signature.macs}"] if node.signature.macs != 0 else []),
    ]
    return " | ".join(parts)


def _argument(argument: Argument, node: Node, graph: Graph) -> str:
    """The port is told where it is not the layer's first."""
    value = graph.reference(argument.value)
    return value if argument.port == node.layer.ports[0].name else f"{argument.port}: {value}"


def _type(type_: TensorType) -> str:
    return f"{type_}~" if type_.masked else str(type_)


def _weight(weight: WeightSpec) -> str:
    fixed = "" if weight.trainable else " fixed"
    return f"{weight.name} {weight.dtype}{shape_text(weight.shape)}{fixed}"
