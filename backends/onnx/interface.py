"""How the inputs and outputs of a model differ from what the spec declares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from ...compiler.graph import Graph, Input, Node, Output, Value
from ...spec.diagnostics import SpecError, fail
from ...spec.layers.windows import Spatial
from ...spec.source import Span
from ...spec.types import TensorType
from . import Form
from .layout import Layout, channels_first

Neighbours = Callable[[Value], Iterable[tuple[Node, Iterable[Value]]]]


@dataclass(frozen=True)
class Interface:
    """The inputs and outputs of a model that lie otherwise than in logical order, and the outputs of another dtype than
    what they are computed in, by name."""

    inputs: Mapping[str, Layout] = field(default_factory=dict)
    outputs: Mapping[str, Layout] = field(default_factory=dict)
    dtypes: Mapping[str, str] = field(default_factory=dict)

    @property
    def moved(self) -> list[str]:
        """The names of all that have their channels first."""
        return list(dict.fromkeys((*self.inputs, *self.outputs)))

    def input_type(self, declared: Input) -> TensorType:
        """The type of an input as it lies."""
        return laid(declared.type, self.inputs.get(declared.name))

    def output_type(self, output: Output, type_: TensorType) -> TensorType:
        """The type of an output as it lies, of a value of that type."""
        wanted = type_.with_dtype(self.dtypes.get(output.name, type_.dtype))
        return laid(wanted, self.outputs.get(output.name))

    def fed(self, case: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Inputs in logical order as the model takes them."""
        return {
            name: value.transpose(self.inputs[name]) if name in self.inputs else value
            for name, value in case.items()
        }

    def taken(self, case: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Inputs as the model takes them in logical order."""
        return {
            name: value.transpose(np.argsort(self.inputs[name])) if name in self.inputs else value
            for name, value in case.items()
        }

    def restored(self, names: Iterable[str], outputs: Iterable[np.ndarray]) -> list[np.ndarray]:
        """What the model gives, in logical order."""
        return [
            value.transpose(np.argsort(self.outputs[name])) if name in self.outputs else value
            for name, value in zip(names, outputs, strict=True)
        ]


LOGICAL = Interface()


def interface_of(graph: Graph, form: Form) -> Interface:
    """The interface of a model of that form. Raises SpecError (NN402) where there is no image to lie otherwise."""
    return Interface(
        _moved_inputs(graph) if form.inputs == "nchw" else {},
        _moved_outputs(graph) if form.outputs == "nchw" else {},
    )


def _moved_inputs(graph: Graph) -> dict[str, Layout]:
    takers = _takers(graph)
    images = [i for i in graph.inputs if _is_image(i.type, Value(i.name), takers)]
    if not images:
        raise _without_image(graph, "input", graph.inputs[0].span)
    return {i.name: channels_first(i.type.rank) for i in images}


def _moved_outputs(graph: Graph) -> dict[str, Layout]:
    maker = _maker(graph)
    types = {o.name: graph.types[o.value] for o in graph.outputs}
    images = [o for o in graph.outputs if _is_image(types[o.name], o.value, maker)]
    if not images:
        node = graph.by_name.get(graph.outputs[0].value.node)
        raise _without_image(graph, "output", node.place.span if node else graph.inputs[0].span)
    return {o.name: channels_first(types[o.name].rank) for o in images}


def _without_image(graph: Graph, what: str, span: Span) -> SpecError:
    message = f"no {what} of {graph.name} is an image with its channels last, which nchw would put first"
    return fail("NN402", message, span, help=f"leave --{what}s nchw out")


def laid(type_: TensorType, layout: Layout | None) -> TensorType:
    """The type of a value as it lies."""
    return type_ if layout is None else type_._replace(shape=tuple(type_.shape[axis] for axis in layout))


def _is_image(type_: TensorType, value: Value, neighbours: Neighbours) -> bool:
    """Whether the nearest layers over spatial axes have the channels last. Where there is none, a value of rank 4 is
    taken for an image; others are more often sequences."""
    last = [layer.channel_axis == type_.rank - 1 for layer in _nearest(value, type_.rank, neighbours)]
    return any(last) if last else type_.rank == 4


def _nearest(value: Value, rank: int, neighbours: Neighbours) -> list[Spatial]:
    """The layers over the spatial axes of a value that are reached through those that keep every position, such as
    activations, normalizations and Dense."""
    found: list[Spatial] = []
    waiting, seen = [value], {value}
    while waiting:
        for node, beyond in neighbours(waiting.pop()):
            layer = node.layer
            if isinstance(layer, Spatial) and layer.rank + 2 == rank:
                found.append(layer)
            elif node.signature.reach == "point" and node.signature.output.rank == rank:
                new = [other for other in beyond if other not in seen]
                waiting += new
                seen.update(new)
    return found


def _takers(graph: Graph) -> Neighbours:
    return lambda value: ((node, node.values) for node in graph.consumers.get(value, ()))


def _maker(graph: Graph) -> Neighbours:
    def made(value: Value) -> list[tuple[Node, Iterable[Value]]]:
        node = graph.by_name.get(value.node)
        return [] if node is None else [(node, node.inputs)]

    return made
