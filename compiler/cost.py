"""What a network costs: memory for weights and activations."""

from __future__ import annotations

from ..spec.diagnostics import Diagnostic
from ..spec.limits import Limits, beyond
from ..spec.locate import Report
from ..spec.size import Size, SizeTooLong, product
from ..spec.source import Span
from ..spec.types import TensorType
from .graph import Graph, Node, Value

ITEM_BYTES = {
    "bool": 1,
    # What TensorFlow has for one, whatever its length.
    "string": 24,
    **{f"float{bits}": bits // 8 for bits in (16, 32, 64)},
    "bfloat16": 2,
    **{f"{sign}int{bits}": bits // 8 for sign in ("", "u") for bits in (8, 16, 32, 64)},
}


def weight_bytes(graph: Graph) -> int:
    """Bytes of all weights in the dtypes that they are stored in."""
    return sum(weight.size * ITEM_BYTES[weight.dtype] for weight in graph.weights.values())


def activation_bytes(graph: Graph) -> int | None:
    """The most bytes of activations alive at once for one sample; None where a size is not known.

    Layers run in the graph's order, each holding its inputs and outputs. A value dies after its last
    consumer, a network's output never. Work space inside a layer is not counted, and nothing is computed in
    place.
    """
    sizes = {value: _bytes(type_) for value, type_ in graph.types.items()}
    known = {value: size for value, size in sizes.items() if size is not None}
    return _peak(graph, known) if len(known) == len(sizes) else None


def check_memory(graph: Graph, limits: Limits, report: Report) -> None:
    """Reports (NN003), at the heaviest layer, weights and activations that need more than the limit.

    Activations count only where every size is known: dynamic ones are the choice of whoever runs the network.
    """
    needed = weight_bytes(graph) + (activation_bytes(graph) or 0)
    if needed > limits.bytes:
        message = f"weights and the activations of one sample need {needed:,} bytes"
        report(beyond(limits, "bytes", message, _heaviest(graph)))


def check_macs(graph: Graph, report: Report) -> None:
    """Reports (NN003), at the layer that goes beyond, a sum of MACs over dynamic axes that is too long to write."""
    total: Size = 0
    for node in graph.nodes:
        try:
            total = node.signature.macs + total
        except SizeTooLong:
            message = "the multiply-accumulates up to here take an expression that is too long"
            help = "give some axes of the inputs numbers"
            report(Diagnostic("NN003", message, node.place.span, help=help))
            return


def _bytes(type_: TensorType) -> int | None:
    size = product(type_.features)
    return size * ITEM_BYTES[type_.dtype] if isinstance(size, int) else None


def _peak(graph: Graph, sizes: dict[Value, int]) -> int:
    ended = _ended(graph, sizes)
    alive = peak = sum(sizes[Value(i.name)] for i in graph.inputs)
    for number, node in enumerate(graph.nodes):
        alive += sum([sizes[value] for value in node.values])
        peak = max(peak, alive)
        alive -= ended[number]
    return peak


def _ended(graph: Graph, sizes: dict[Value, int]) -> list[int]:
    """What nothing needs once each node has run: what it was the last to take, and what it made in vain."""
    last: dict[Value, int] = {}
    for number, node in enumerate(graph.nodes):
        last.update(dict.fromkeys((*node.inputs, *node.values), number))
    ended = [0] * len(graph.nodes)
    for value in last.keys() - graph.output_values:
        ended[last[value]] += sizes[value]
    return ended


def _heaviest(graph: Graph) -> Span | None:
    """Where the node stands that needs the most for its weights and outputs."""

    def weight(node: Node) -> int:
        held = sum(w.size * ITEM_BYTES[w.dtype] for w in node.weights)
        return held + sum(_bytes(type_) or 0 for type_ in node.signature.outputs)

    return max(graph.nodes, key=weight).place.span if graph.nodes else None
