"""A graph whose dynamic axes are given sizes: whether every layer then takes its inputs."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from ..spec.layers.base import LayerError
from ..spec.ranges import Values
from ..spec.size import substitute
from ..spec.types import TensorType
from .graph import Graph, Node, Value
from .infer import call


class Failure(NamedTuple):
    """A layer that does not take its inputs, and what it says of them."""

    node: Node
    error: LayerError


def first_failure(graph: Graph, sizes: Values) -> Failure | None:
    """The first layer that does not take its inputs when axes have these sizes, or makes an axis below 1; None where
    all layers do. Axes without a size here stay dynamic, and nothing is said about them."""
    types = {Value(i.name): _with_sizes(i.type, sizes) for i in graph.inputs}
    # Layers of repeats and blocks are alike: what one infers, the others of its kind need not.
    kept: dict[Hashable, tuple[TensorType, ...]] = {}
    for node in graph.nodes:
        given = [types[value] for value in node.inputs]
        key = id(node.layer), tuple([argument.port for argument in node.arguments]), tuple(given)
        try:
            outputs = kept[key] = kept.get(key) or _infer(node, given)
        except LayerError as error:
            return Failure(node, error)
        types.update(zip(node.values, outputs, strict=True))
    return None


def _infer(node: Node, given: list[TensorType]) -> tuple[TensorType, ...]:
    """The outputs' types. Raises LayerError where the layer does not take these inputs, or makes an axis below 1."""
    outputs = call(node.layer, node.arguments, given).outputs
    below = next((n for output in outputs for n in output.shape if isinstance(n, int) and n < 1), None)
    if below is not None:
        help = "make its input larger, or what it takes away less"
        raise LayerError(f"an axis of the output has the size {below}", code="NN204", help=help)
    return outputs


def _with_sizes(type_: TensorType, sizes: Values) -> TensorType:
    return type_._replace(shape=tuple(substitute(size, sizes) for size in type_.shape))
