"""Inputs to try a graph with: several batch sizes, and several lengths of each dynamic axis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ..compiler.graph import Graph, Value
from ..compiler.infer import call
from ..spec.layers.base import LayerError
from ..spec.layers.core import Embedding
from ..spec.size import BATCH, Symbol, evaluate, symbols
from ..spec.types import TensorType, is_float

BATCHES = (1, 2, 5)
# Lengths to try, the odd and the small among them. A length for which some layer cannot be computed is passed over.
LENGTHS = (1, 2, 3, 5, 8, 13, 16, 21, 32, 37, 48, 64, 96, 128, 224)
# Where nothing tells how many different integers an input may have.
INTEGERS = 10

Sizes = Mapping[Symbol, int]

(BATCH_SYMBOL,) = BATCH.symbols


def choose_sizes(graph: Graph) -> tuple[Sizes, ...]:
    """A size for every dynamic axis, one set for each batch size: the least possible, a middle and a large one."""
    dynamic = sorted(symbols(s for i in graph.inputs for s in i.type.features), key=lambda s: s.key)
    lengths = list(_possible_lengths(graph, dynamic)) or [LENGTHS[-1]]
    chosen = [lengths[0], lengths[len(lengths) // 2], lengths[-1]]
    return tuple(
        {BATCH_SYMBOL: size, **dict.fromkeys(dynamic, length)}
        for size, length in zip(BATCHES, chosen, strict=True)
    )


def make_cases(graph: Graph, seed: int = 0) -> tuple[dict[str, np.ndarray], ...]:
    """Random inputs for each of the chosen sizes: normal floats, and integers that embeddings have a row for."""
    rng = np.random.default_rng(seed)
    return tuple(
        {i.name: _random(rng, i.type, sizes, _integers(graph, i.name)) for i in graph.inputs}
        for sizes in choose_sizes(graph)
    )


def _possible_lengths(graph: Graph, dynamic: list[Symbol]) -> Iterator[int]:
    if not dynamic:
        yield LENGTHS[0]
        return
    for length in LENGTHS:
        if is_possible(graph, {**dict.fromkeys(dynamic, length), BATCH_SYMBOL: 2}):
            yield length


def is_possible(graph: Graph, sizes: Sizes) -> bool:
    """Whether every layer takes its inputs when the dynamic axes have these sizes."""
    types: dict[Value, TensorType] = {Value(i.name): _concrete(i.type, sizes) for i in graph.inputs}
    for node in graph.nodes:
        try:
            signature = call(node.layer, node.arguments, [types[value] for value in node.inputs])
        except LayerError:
            return False
        types.update(zip(node.values, signature.outputs, strict=True))
        if any(isinstance(size, int) and size < 1 for output in signature.outputs for size in output.shape):
            return False
    return True


def _concrete(type_: TensorType, sizes: Sizes) -> TensorType:
    return TensorType(tuple(evaluate(size, sizes) for size in type_.shape), type_.dtype)


def _integers(graph: Graph, name: str) -> int:
    """How many different integers the embeddings of an input know."""
    takers = graph.consumers.get(Value(name), ())
    rows = [node.layer.input_dim for node in takers if isinstance(node.layer, Embedding)]
    return min(rows, default=INTEGERS)


def _random(rng: np.random.Generator, type_: TensorType, sizes: Sizes, integers: int) -> np.ndarray:
    shape = [evaluate(size, sizes) for size in type_.shape]
    if is_float(type_.dtype):
        return rng.normal(size=shape).astype("float32").astype(type_.dtype)
    if type_.dtype == "bool":
        return rng.integers(0, 2, size=shape).astype(bool)
    return rng.integers(0, min(integers, 127), size=shape).astype(type_.dtype)
