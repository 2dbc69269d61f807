"""Which variables a functional model's values are in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ....compiler.graph import Graph, Node, Value
from ..layout import Expr, unpacked
from ..names import Scope

RUNNING = "x"
UNUSED = "_"

# Outputs of one layer are unpacked at once where their names leave room for the call.
MOST_UNPACKED = 44


class Variables:
    """How values are written. A layer that the spec names has a variable of that name, and so has one whose
    output is taken again later; the others hand their output on in `x`.

    `targets` has what the statement of each node assigns to, and `picked` the statements that take outputs
    from it one by one, as targets and values, where there are too many to be unpacked. `layers` has the variables of
    layers that are applied several times, by the layers' names.
    """

    def __init__(self, graph: Graph, scope: Scope, lasting_layers: Iterable[str] = ()) -> None:
        self.graph, self.scope = graph, scope
        self.texts = {Value(i.name): scope.name(i.name) for i in graph.inputs}
        self.targets: dict[str, str] = {}
        self.picked: dict[str, list[tuple[str, Expr]]] = {}
        lasting = [node for position, node in enumerate(graph.nodes) if not self._hands_on(position, node)]
        own = {node.name: scope.name(node.name) for node in lasting}
        self.layers = {name: scope.name(f"{name}_layer") for name in lasting_layers}
        running = scope.name(RUNNING)
        for node in graph.nodes:
            self._assign(node, own.get(node.name, running))

    def _hands_on(self, position: int, node: Node) -> bool:
        """Whether only the next statement takes the node's output; after the last node, that is the model."""
        if node.named:
            return False
        following = self.graph.nodes[position + 1 : position + 2]
        takers = self.graph.consumers.get(node.values[0], ())
        is_output = node.values[0] in self.graph.output_values
        return all(taker in following for taker in takers) and not (is_output and following)

    def _assign(self, node: Node, variable: str) -> None:
        first, *rest = node.values
        names = node.layer.output_names
        further = [self._further(value, f"{node.name}_{names[value.index]}") for value in rest]
        texts = [variable if self._is_used(first) else UNUSED, *further]
        self.texts.update(zip(node.values, texts, strict=True))
        grouped = node.layer.nested_outputs(tuple(texts))
        target = unpacked(grouped)
        whole = (
            target if not rest or len(target) <= MOST_UNPACKED else self.scope.name(f"{node.name}_outputs")
        )
        items = [] if whole == target else list(_picked(grouped, whole))
        self.targets[node.name] = whole
        self.picked[node.name] = [(text, item) for text, item in items if text != UNUSED]

    def _further(self, value: Value, wanted: str) -> str:
        return self.scope.name(wanted) if self._is_used(value) else UNUSED

    def _is_used(self, value: Value) -> bool:
        return value in self.graph.consumers or value in self.graph.output_values


def _picked(grouped: tuple[Any, ...], whole: str) -> Iterator[tuple[str, Expr]]:
    """Each variable, and what it is taken from the outputs by."""
    for index, part in enumerate(grouped):
        if isinstance(part, tuple):
            yield from _picked(part, f"{whole}[{index}]")
        else:
            yield part, (f"{whole}[{index}]",)
