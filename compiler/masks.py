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

# Takes the masks of all its inputs off.
TAKER = "MultiHeadAttention"

# Layers whose result depends on the masks that tensors bear.
READERS = (TAKER, "Multiply", "Maximum", "Minimum")

# Layers with a `mask` in their call, which is recorded where the layer has one input, of its own dtype.
RECORDERS = (
    "SimpleRNN",
    "LSTM",
    "GRU",
    "Bidirectional",
    "TimeDistributed",
    "GlobalAveragePooling1D",
    "Softmax",
)


def check_masks(graph: Graph, report: Report) -> None:
    """Reports every layer that Keras would run without a mask which the spec gives it."""
    bearing: set[Value] = set()
    before: Before = cache(lambda name: _before(graph, name))
    for node in graph.nodes:
        masked = [value for value in dict.fromkeys(node.inputs) if graph.types[value].masked]
        taken = {value: _taker(graph, value, node, before) for value in masked}
        lost = [value for value in masked if value not in bearing or taken[value] is not None]
        if _records(graph, node):
            lost = []
        elif node.kind in (*READERS, *RECORDERS):
            for value in lost:
                report(_lost(node, value, taken[value]))
        if not lost:
            bearing.update(value for value in node.values if graph.types[value].masked)


def _records(graph: Graph, node: Node) -> bool:
    same = len(node.inputs) == 1 and graph.types[node.inputs[0]].dtype == node.layer.policy.compute
    return same and node.kind in RECORDERS


def _taker(graph: Graph, value: Value, reader: Node, before: Before) -> Node | None:
    """Another layer that takes the value's mask off, and does not surely run after the reader."""
    others = (node for node in graph.consumers[value] if node.kind == TAKER and node is not reader)
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


def _lost(reader: Node, value: Value, taker: Node | None) -> Diagnostic:
    notes = (Note(f"{taker.name} takes the mask off {value.node}", taker.place.span),) if taker else ()
    message = f"Keras runs {reader.name} without the mask of {value.node}: a {TAKER} before it takes it off"
    help = (
        "put LayerNormalization before each MultiHeadAttention, so that nothing else takes what it reads, "
        "or give it attention_mask"
    )
    return Diagnostic("NN402", message, reader.place.span, notes, help)
