"""The typed graph that every backend spells in its own language. Nothing in it is changed after it is
made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from ..spec.diagnostics import Diagnostic
from ..spec.layers.base import Layer
from ..spec.size import Size
from ..spec.source import Source, Span
from ..spec.training import Training
from ..spec.types import Signature, TensorType, WeightSpec
from .provenance import Bindings, Frame, Why
from .unit import Unit


@dataclass(frozen=True, slots=True)
class Value:
    """One output of a node, or an input of the network (whose `node` is the input's name)."""

    node: str
    index: int = 0


class Argument(NamedTuple):
    """A value that goes into one port of a layer. A port that takes a list has several of them, in order."""

    port: str
    value: Value


class Place(NamedTuple):
    """Where a layer stands: its own name and each field's value in the file, the way to it from the network's own
    layers, and what its fields were computed from."""

    span: Span
    fields: Mapping[str, Span] = {}
    frame: Frame | None = None
    why: Why | None = None

    def of(self, field: str | None) -> Span:
        return self.fields.get(field, self.span) if field else self.span


class Input(NamedTuple):
    name: str
    type: TensorType
    span: Span


class Output(NamedTuple):
    name: str
    value: Value


class Preset(NamedTuple):
    """A preset as a layer uses it: `layer` is the layer with the preset's own values, which are in
    `fields`."""

    name: str
    layer: Layer
    fields: tuple[str, ...]


class Node(NamedTuple):
    """A layer at its place in the network, with everything inferred of it. `named` says whether the spec
    gives the name, which is otherwise one by Keras's rule. `shares` is the node whose layer is applied here again:
    the weights are that one's."""

    name: str
    layer: Layer
    arguments: tuple[Argument, ...]
    signature: Signature
    place: Place
    preset: Preset | None = None
    named: bool = False
    shares: str | None = None

    @property
    def owner(self) -> str:
        """The name of the layer, and of its weights in the store."""
        return self.shares or self.name

    @property
    def kind(self) -> str:
        """The layer's name in Keras."""
        return type(self.layer).__name__

    @property
    def inputs(self) -> tuple[Value, ...]:
        return tuple(argument.value for argument in self.arguments)

    @property
    def values(self) -> tuple[Value, ...]:
        """The node's outputs."""
        return tuple([Value(self.name, i) for i in range(len(self.signature.outputs))])

    @property
    def weights(self) -> tuple[WeightSpec, ...]:
        """The weights that are the node's own: none where it applies another node's layer."""
        return () if self.shares else self.signature.weights

    @property
    def parameters(self) -> int:
        """Number of elements of all weights that are the node's own."""
        return sum(weight.size for weight in self.weights)


class Origin(NamedTuple):
    """What a graph was made of: a file with its includes, the folder that all files are in, the values of its params,
    and the variant chosen."""

    unit: Unit
    root: Path
    params: Bindings
    variant: str | None = None


@dataclass(frozen=True)
class Graph:
    """A checked network: nodes in an order in which each stands after what it takes."""

    name: str
    description: str
    dtype: str
    inputs: tuple[Input, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Output, ...]
    training: Training | None
    source: Source
    warnings: tuple[Diagnostic, ...] = ()
    origin: Origin | None = None

    @cached_property
    def by_name(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}

    @cached_property
    def types(self) -> dict[Value, TensorType]:
        """The type of every value."""
        found = {Value(i.name): i.type for i in self.inputs}
        for node in self.nodes:
            found.update(zip(node.values, node.signature.outputs, strict=True))
        return found

    def reference(self, value: Value) -> str:
        """The value as a spec refers to it: `stem`, or `encoder.state_h` for an output that is not the first."""
        if value.index == 0:
            return value.node
        return f"{value.node}.{self.by_name[value.node].layer.output_names[value.index]}"

    @cached_property
    def consumers(self) -> dict[Value, tuple[Node, ...]]:
        """The nodes that take each value; a value that no node takes is not in it."""
        found: dict[Value, list[Node]] = {}
        for node in self.nodes:
            for value in dict.fromkeys(node.inputs):
                found.setdefault(value, []).append(node)
        return {value: tuple(nodes) for value, nodes in found.items()}

    @cached_property
    def output_values(self) -> frozenset[Value]:
        return frozenset(output.value for output in self.outputs)

    @cached_property
    def weights(self) -> dict[str, WeightSpec]:
        """Every weight by its key in the store, `layer/weight`."""
        return {f"{node.name}/{weight.name}": weight for node in self.nodes for weight in node.weights}

    @property
    def macs(self) -> Size:
        """Multiply-accumulates for one sample."""
        total: Size = 0
        for node in self.nodes:
            total = node.signature.macs + total
        return total

    def parameters(self, *, trainable: bool) -> int:
        return sum(weight.size for weight in self.weights.values() if weight.trainable is trainable)
