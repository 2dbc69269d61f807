"""What the tests of weights share: small graphs of layers of any kind, and what is wrong with a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from nnspec.backends.weights import Weights, initialize, save
from nnspec.compiler.graph import Argument, Graph, Node, Output, Place, Value
from nnspec.spec.diagnostics import Diagnostic, SpecError
from nnspec.spec.initializers import (
    GLOROT_UNIFORM,
    ZEROS,
    Initializer,
)
from nnspec.spec.layers.base import Layer
from nnspec.spec.source import Source, Span
from nnspec.spec.types import Signature, WeightSpec

SOURCE = Source("net.nn.yaml", "".join(f"line {number}\n" for number in range(50)))


def node(name: str, kind: str, weights: Iterable[WeightSpec], inputs: Iterable[str] = ()) -> Node:
    """A layer of any kind, with these weights; each name has a place of its own in the source."""
    start = sum(name.encode()) % len(SOURCE.text)
    layer = type(kind, (Layer,), {"__module__": __name__})()
    arguments = tuple(Argument("inputs", Value(i)) for i in inputs)
    return Node(name, layer, arguments, Signature((), tuple(weights)), Place(Span(SOURCE, start, start + 1)))


def graph_of(*nodes: Node, outputs: Iterable[str] | None = None) -> Graph:
    names = [nodes[-1].name] if outputs is None else list(outputs)
    ends = tuple(Output(name, Value(name)) for name in names)
    return Graph("net", "", "float32", (), nodes, ends, None, SOURCE)


def dense(name: str = "dense", dtype: str = "float32", initializer: Initializer = GLOROT_UNIFORM) -> Node:
    kernel = WeightSpec("kernel", (4, 3), initializer, dtype=dtype)
    return node(name, "Dense", [kernel, WeightSpec("bias", (3,), ZEROS, dtype=dtype)])


def findings(action: Callable[[], object]) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        action()
    return caught.value.diagnostics


def only(action: Callable[[], object]) -> Diagnostic:
    (diagnostic,) = findings(action)
    return diagnostic


def same(one: Weights, other: Weights) -> bool:
    return list(one) == list(other) and all(
        one[key].dtype == other[key].dtype and np.array_equal(one[key], other[key]) for key in one
    )


KINDS = (".npz", ".safetensors")


def in_every_kind(folder: Path) -> Path:
    """The folder, with the weights of one Dense in every kind of file."""
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="dense")])
    for kind in KINDS:
        save(initialize(graph_of(dense())), folder / f"w{kind}")
    model.save(folder / "w.keras")
    model.save_weights(folder / "w.weights.h5")
    return folder
