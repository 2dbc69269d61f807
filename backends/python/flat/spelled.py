"""A graph's layers as the calls that a module writes: through presets, named where they must be."""

from __future__ import annotations

from dataclasses import dataclass

from ....compiler.graph import Graph, Node
from ...application import call_arguments, call_keywords
from ...calls import KerasCall, spell, spell_preset, through_preset
from ..names import AutomaticNames


@dataclass(frozen=True)
class SpelledNode:
    """A node of the graph. `call` makes its layer or is its function, by the name of the preset `through`
    where there is one; `stated` says whether the code gives the layer its name, and `is_lasting` whether further
    nodes apply it again, so that it needs a variable."""

    node: Node
    call: KerasCall
    through: str | None
    stated: bool
    is_function: bool
    is_lasting: bool
    keywords: tuple[tuple[str, object], ...]

    @property
    def takes_one(self) -> bool:
        """Whether a Sequential model can apply it: one tensor in and one out, and nothing else."""
        several = len(self.node.signature.outputs) > 1 or len(self.node.arguments) > 1
        listed = any(isinstance(value, tuple) for _, value in call_arguments(self.node))
        shared = self.is_lasting or self.node.shares is not None
        return not (several or listed or shared or self.is_function or self.keywords)


def used_presets(graph: Graph) -> dict[str, KerasCall]:
    """The presets that layers use, each as a call with the arguments that it fills in."""
    found: dict[str, KerasCall] = {}
    for node in graph.nodes:
        if node.preset and (filled := spell_preset(node.preset)).arguments:
            found.setdefault(node.preset.name, filled)
    return found


def spell_nodes(graph: Graph) -> list[SpelledNode]:
    names, presets = AutomaticNames(), used_presets(graph)
    shared = {node.shares for node in graph.nodes}
    return [_spell_node(node, node.name in shared, presets, names) for node in graph.nodes]


def _spell_node(
    node: Node, is_shared: bool, presets: dict[str, KerasCall], names: AutomaticNames
) -> SpelledNode:
    spelling = spell(node.layer)
    is_function = spelling.constructor is None
    is_lasting = is_shared and not is_function
    stated = (
        not is_function and node.shares is None and names.needs_stating(spelling.first, node.name, node.named)
    )
    if is_function:
        names.count_function(spelling.first)
    keywords = call_keywords(spelling, node.layer, {argument.port for argument in node.arguments})
    filled = presets.get(node.preset.name) if node.preset else None
    if node.preset is None or filled is None or filled != spell_preset(node.preset):
        return SpelledNode(node, spelling.first, None, stated, is_function, is_lasting, keywords)
    call = through_preset(node.layer, filled)
    return SpelledNode(node, call, node.preset.name, stated, is_function, is_lasting, keywords)
