"""Inputs to try a graph with: several batch sizes, and several lengths of each dynamic axis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ..compiler.graph import Graph, Value
from ..compiler.infer import call
from ..spec.diagnostics import fail
from ..spec.layers.base import Layer, LayerError
from ..spec.layers.core import Embedding
from ..spec.size import BATCH, Symbol, evaluate, symbols
from ..spec.types import TensorType, is_float
from .dtypes import numpy_dtype

BATCHES = (1, 2, 5)
# Lengths to try, the odd and the small among them. A length for which some layer cannot be computed is passed over.
LENGTHS = (1, 2, 3, 5, 8, 13, 16, 21, 32, 37, 48, 64, 96, 128, 224)
# Lengths to try where all of those are too small.
LONGER = (256, 384, 512, 768, 1024, 2048, 4096, 8192)
# Where nothing tells how many different integers an input may have.
INTEGERS = 10

Sizes = Mapping[Symbol, int]

(BATCH_SYMBOL,) = BATCH.symbols


def choose_sizes(graph: Graph) -> tuple[Sizes, ...]:
    """A size for every dynamic axis, one set for each batch size: the least possible, a middle and a large one.

    Raises SpecError (NN207) where no size that is tried goes through every layer.
    """
    dynamic = sorted(symbols(s for i in graph.inputs for s in i.type.features), key=lambda s: s.key)
    lengths = list(_possible_lengths(graph, dynamic))
    chosen = [lengths[0], lengths[len(lengths) // 2], lengths[-1]]
    return tuple(
        {BATCH_SYMBOL: size, **dict.fromkeys(dynamic, length)}
        for size, length in zip(BATCHES, chosen, strict=True)
    )


def make_cases(graph: Graph, seed: int = 0) -> tuple[dict[str, np.ndarray], ...]:
    """Random inputs for each of the chosen sizes: normal floats, and integers that embeddings have a row for."""
    rng = np.random.default_rng(seed)
    return tuple(
        {i.name: _random(rng, i.type, sizes, _rows(graph, i.name)) for i in graph.inputs}
        for sizes in choose_sizes(graph)
    )


def _possible_lengths(graph: Graph, dynamic: list[Symbol]) -> Iterator[int]:
    if not dynamic:
        yield LENGTHS[0]
        return
    possible = [length for length in LENGTHS if _takes(graph, dynamic, length)]
    yield from possible or _long_enough(graph, dynamic)


def _long_enough(graph: Graph, dynamic: list[Symbol]) -> Iterator[int]:
    """The first of the longer lengths that goes through, for kernels wider than all of LENGTHS."""
    length = next((length for length in LONGER if _takes(graph, dynamic, length)), None)
    if length is None:
        names = ", ".join(map(str, dynamic))
        message = (
            f"no one size of {names} that was tried goes through every layer, so nothing can be compared"
        )
        raise fail("NN207", message, graph.inputs[0].span, help="give the axes of the inputs numbers")
    yield length


def _takes(graph: Graph, dynamic: list[Symbol], length: int) -> bool:
    return is_possible(graph, {**dict.fromkeys(dynamic, length), BATCH_SYMBOL: 2})


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


def _rows(graph: Graph, name: str) -> int | None:
    """How many different values the embeddings know that an input comes to, itself or through layers of integers;
    None where it comes to none."""
    reached, rows = {Value(name)}, list[int]()
    for node in graph.nodes:
        if reached.isdisjoint(node.inputs):
            continue
        rows += [layer.input_dim for layer in _with_wrapped(node.layer) if isinstance(layer, Embedding)]
        if not is_float(node.signature.output.dtype):
            reached.update(node.values)
    return min(rows, default=None)


def _with_wrapped(layer: Layer) -> Iterator[Layer | None]:
    yield layer
    yield from (getattr(layer, field) for field in layer.layer_fields())


def _random(rng: np.random.Generator, type_: TensorType, sizes: Sizes, rows: int | None) -> np.ndarray:
    shape = [evaluate(size, sizes) for size in type_.shape]
    if is_float(type_.dtype) and rows is None:
        return rng.normal(size=shape).astype("float32").astype(numpy_dtype(type_.dtype))
    count = min(INTEGERS if rows is None else rows, 2 if type_.dtype == "bool" else 127)
    return rng.integers(0, count, size=shape).astype(numpy_dtype(type_.dtype))
