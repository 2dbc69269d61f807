"""Inputs to try a graph with: several batch sizes, and several lengths of each dynamic axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..compiler.concrete import first_failure
from ..compiler.graph import Graph, Input, Node, Value
from ..spec.diagnostics import fail
from ..spec.layers.base import Layer
from ..spec.layers.core import Embedding
from ..spec.layers.indexing import Take, TakeAlongAxis
from ..spec.layers.lookup import Lookup
from ..spec.layers.preprocessing import CategoryEncoding
from ..spec.ranges import Values, nearest, ordered
from ..spec.size import BATCH_AXIS, Size, Symbol, evaluate, symbols
from ..spec.types import TensorType, is_float
from .dtypes import numpy_dtype

BATCHES = (1, 2, 5)
# Lengths to try, the odd and the small among them. A length for which some layer cannot be computed is passed over.
LENGTHS = (1, 2, 3, 5, 8, 13, 16, 21, 32, 37, 48, 64, 96, 128, 224)
# Lengths to try where all of those are too small.
LONGER = (256, 384, 512, 768, 1024, 2048, 4096, 8192)
# Where nothing tells how many different integers an input may have.
INTEGERS = 10


def choose_sizes(graph: Graph) -> tuple[Values, ...]:
    """A size for every dynamic axis, one set for each batch size: the least possible, a middle and a large one, each
    within the axis's bounds.

    Raises SpecError (NN207) where no size that is tried goes through every layer.
    """
    dynamic = ordered(symbols(s for i in graph.inputs for s in i.type.features))
    sizes = list(_possible_sizes(graph, dynamic))
    chosen = [sizes[0], sizes[len(sizes) // 2], sizes[-1]]
    return tuple({BATCH_AXIS: batch, **given} for batch, given in zip(BATCHES, chosen, strict=True))


def make_cases(graph: Graph, seed: int = 0) -> tuple[dict[str, np.ndarray], ...]:
    """Random inputs for each of the chosen sizes: normal floats, and integers that embeddings have a row for, and
    tensors an element."""
    rng = np.random.default_rng(seed)
    return tuple(
        {i.name: _drawn(rng, graph, i, sizes) for i in graph.inputs} for sizes in choose_sizes(graph)
    )


def _possible_sizes(graph: Graph, dynamic: list[Symbol]) -> Iterator[Values]:
    possible = [sizes for sizes in _sizes_near(LENGTHS, dynamic) if is_possible(graph, sizes)]
    yield from possible or _large_enough(graph, dynamic)


def _large_enough(graph: Graph, dynamic: list[Symbol]) -> Iterator[Values]:
    """The first of the longer lengths that goes through, for kernels wider than all of LENGTHS."""
    longer = (sizes for sizes in _sizes_near(LONGER, dynamic) if is_possible(graph, sizes))
    if (sizes := next(longer, None)) is None:
        names = ", ".join(map(str, dynamic))
        message = (
            f"no one size of {names} that was tried goes through every layer, so nothing can be compared"
        )
        raise fail("NN207", message, graph.inputs[0].span, help="give the axes of the inputs numbers")
    yield sizes


def _sizes_near(lengths: tuple[int, ...], dynamic: list[Symbol]) -> list[Values]:
    """For each length, every axis as near to it as its bounds allow; each set of sizes once."""
    sizes = (tuple(nearest(axis, length) for axis in dynamic) for length in lengths)
    return [dict(zip(dynamic, given, strict=True)) for given in dict.fromkeys(sizes)]


def is_possible(graph: Graph, sizes: Values) -> bool:
    """Whether every layer takes its inputs when the dynamic axes have these sizes."""
    return first_failure(graph, sizes) is None


def _rows(graph: Graph, name: str, sizes: Values) -> int | None:
    """How many different values those layers know that choose rows or elements by an input, itself or through layers
    of integers; None where there are none."""
    reached, rows = {Value(name)}, list[int]()
    for node in graph.nodes:
        if reached.isdisjoint(node.inputs):
            continue
        rows += [count for layer in node.layer.with_held() if (count := _categories(layer)) is not None]
        rows += [evaluate(size, sizes) for size in _elements(graph, node, reached)]
        if not is_float(node.signature.output.dtype):
            reached.update(node.values)
    return min(rows, default=None)


def _elements(graph: Graph, node: Node, reached: set[Value]) -> Iterator[Size]:
    """How many elements there are to choose from by one of these values."""
    values = {argument.port: argument.value for argument in node.arguments}
    if isinstance(node.layer, Take | TakeAlongAxis) and values.get("indices") in reached:
        yield node.layer.elements(graph.types[values["x"]])


def _categories(layer: Layer) -> int | None:
    """How many different integers the layer knows; None where they are not counted."""
    match layer:
        case Embedding():
            return layer.input_dim
        case CategoryEncoding():
            return layer.num_tokens
    return None


def _drawn(rng: np.random.Generator, graph: Graph, input: Input, sizes: Values) -> np.ndarray:
    words = _words(graph, input)
    if words:
        shape = [evaluate(size, sizes) for size in input.type.shape]
        return rng.choice(words, size=shape).astype(numpy_dtype(input.type.dtype))
    return _random(rng, input.type, sizes, _rows(graph, input.name, sizes))


def _words(graph: Graph, input: Input) -> list[Any]:
    """The tokens that a layer looks up in the input, and one that it does not know where it takes such."""
    layers = (node.layer for node in graph.nodes if Value(input.name) in node.inputs)
    lookups = [layer for layer in layers if isinstance(layer, Lookup) and not layer.invert]
    found = min(lookups, key=lambda layer: layer.num_oov_indices, default=None)
    if found is None:
        return ["a", "b", ""] if input.type.dtype == "string" else []
    greatest = max(found.tokens, key=lambda token: (len(token), token) if isinstance(token, str) else token)
    unknown = greatest + ("?" if isinstance(greatest, str) else 1)
    special = [found.mask_token] if found.mask_token is not None else []
    return [*found.tokens, *special, *([unknown] if found.num_oov_indices else [])]


def _random(rng: np.random.Generator, type_: TensorType, sizes: Values, rows: int | None) -> np.ndarray:
    shape = [evaluate(size, sizes) for size in type_.shape]
    if is_float(type_.dtype) and rows is None:
        return rng.normal(size=shape).astype("float32").astype(numpy_dtype(type_.dtype))
    count = min(INTEGERS if rows is None else rows, 2 if type_.dtype == "bool" else 127)
    return rng.integers(0, count, size=shape).astype(numpy_dtype(type_.dtype))
