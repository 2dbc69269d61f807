"""Where Keras would lose a mask.

When a functional model runs, MultiHeadAttention takes the masks off the very tensors it was given, so that
whatever reads one of them afterwards sees none. A layer that takes a `mask` in its call is not touched by it:
its mask was made a part of the model when the layer was first called. Other layers read the mask that the
tensor bears at that moment.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

from ..spec.diagnostics import Diagnostic, Note
from ..spec.locate import Report
from .graph import Graph, Node, Value

# A layer's name -> the names of all that it depends on.
Before: TypeAlias = Callable[[str], frozenset[str]]


def check_masks(graph: Graph, report: Report) -> None:
    """Reports every layer that Keras would run without a mask which the spec gives it, or with one that it does not."""
    _check_given(graph, report)
    if not any(type_.masked for type_ in graph.types.values()):
        return
    # What bears no mask, though the spec gives it one, and the layer that took it off what this was made of.
    bare: dict[Value, Node] = {}
    before: Before = cache(lambda name: _before(graph, name))
    declared = _declared(graph)
    for node in graph.nodes:
        masked = [value for value in dict.fromkeys(node.inputs) if graph.types[value].masked]
        takers = {value: _taker(graph, value, node, before) or bare.get(value) for value in masked}
        lost = {value: taker for value, taker in takers.items() if taker is not None}
        if not lost or (declared.issuperset(masked) and _records(graph, node)):
            continue
        if node.layer.mask_source is not None:
            for value, taker in lost.items():
                report(_lost(node, value, taker))
        bare.update((value, next(iter(lost.values()))) for value in node.values)


def _declared(graph: Graph) -> set[Value]:
    """The values of which the model knows when it is made that they are masked."""
    found: set[Value] = set()
    for node in graph.nodes:
        masked = [value for value in node.inputs if graph.types[value].masked]
        if node.layer.declares_mask and found.issuperset(masked):
            found.update(value for value in node.values if graph.types[value].masked)
    return found


def _check_given(graph: Graph, report: Report) -> None:
    """Reports layers that heed a mask which was meant for a Softmax: Keras hands on what the call was given."""
    carrying: dict[Value, Node] = {}
    for node in graph.nodes:
        first = node.inputs[0] if node.inputs else None
        if node.kind == "Softmax" and any(argument.port == "mask" for argument in node.arguments):
            carrying[node.values[0]] = node
        source = next((carrying[value] for value in node.inputs if value in carrying), None)
        if source is None or (node.kind == "Softmax" and first not in carrying):
            continue
        if node.layer.mask_source is not None:
            report(_handed_on(node, source))
        elif node.layer.passes_mask:
            carrying.setdefault(node.values[0], source)


def _handed_on(reader: Node, source: Node) -> Diagnostic:
    message = f"Keras hands the mask that {source.name} was given on to {reader.name}, for which it is none"
    help = f"put a layer between them that ends masks, such as Reshape, or mask before {source.name}"
    note = Note(f"{source.name} is given its mask here", source.place.span)
    return Diagnostic("NN402", message, reader.place.span, (note,), help)


def _records(graph: Graph, node: Node) -> bool:
    """Whether the model keeps the masks of the layer's call: it does where there is an argument for the mask of each,
    or one argument alone, of the layer's own dtype."""
    layer = node.layer
    same = all(graph.types[value].dtype == layer.policy.compute for value in node.inputs)
    alone = len({argument.port for argument in node.arguments}) == 1
    return same and (alone or layer.masks_by_port) and layer.mask_source == "call"


def _taker(graph: Graph, value: Value, reader: Node, before: Before) -> Node | None:
    """Another layer that takes the value's mask off, and does not surely run after the reader."""
    others = (node for node in graph.consumers[value] if node.layer.takes_masks_off and node is not reader)
    return next((node for node in others if reader.name not in before(node.name)), None)


def _before(graph: Graph, name: str) -> frozenset[str]:
    """Every layer that the named one depends on."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        node = graph.by_name.get(waiting.pop())
        new = {value.node for value in node.inputs} - found if node else set()
        found |= new
        waiting += new
    return frozenset(found)


def _lost(reader: Node, value: Value, taker: Node) -> Diagnostic:
    direct = value in taker.inputs
    notes = (Note(f"{taker.name} takes the mask off {value.node}", taker.place.span),) if direct else ()
    message = (
        f"Keras runs {reader.name} without the mask of {value.node}: a {taker.kind} before it takes it off"
    )
    help = (
        f"put LayerNormalization before each {taker.kind}, so that nothing else takes what it reads, "
        "or give it attention_mask"
    )
    return Diagnostic("NN402", message, reader.place.span, notes, help)
