"""From a graph to a live Keras model."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..compiler.graph import Graph, Node, Value
from ..spec.diagnostics import fail, system_reason
from ..spec.initializers import Fixed
from ..spec.plugins import blaming
from .application import call_arguments, call_keywords, outputs_by_name, takes_side_by_side
from .calls import KerasCall, Partial, spell
from .extras import require
from .files import write_atomically
from .training import spell_training
from .weights import Weights, initialize

if TYPE_CHECKING:
    import keras


def build(graph: Graph, weights: Weights | None = None, seed: int = 0) -> keras.Model:
    """The graph as a functional `keras.Model` with the spec's names on layers, inputs and outputs.

    A single output is the model's output itself where it bears the layer's name; otherwise outputs are a dictionary
    by name. The weights are the given ones, or initialised from `seed`; `training` is compiled in.
    Raises SpecError where Keras is not installed.
    """
    keras = require("keras")
    tensors: dict[Value, Any] = {
        Value(i.name): keras.Input(_shape(i.type.features), name=i.name, dtype=i.type.dtype)
        for i in graph.inputs
    }
    layers: dict[str, Any] = {}
    for node in graph.nodes:
        result = _apply(node, layers, tensors)
        tensors.update(zip(node.values, _flat(result), strict=True))
    inputs = [tensors[Value(i.name)] for i in graph.inputs]
    model = keras.Model(inputs[0] if len(inputs) == 1 else inputs, _outputs(graph, tensors), name=graph.name)
    assign(model, graph, initialize(graph, seed) if weights is None else weights)
    compiled = spell_training(graph)
    if compiled is not None:
        model.compile(**{name: construct(value) for name, value in compiled.arguments})
    return model


def call(model: Any, graph: Graph, inputs: Sequence[Any]) -> list[Any]:
    """The model's outputs at inference, in the graph's order, for inputs in the graph's order."""
    result = model(inputs[0] if len(inputs) == 1 else list(inputs), training=False)
    by_name = result if isinstance(result, dict) else {graph.outputs[0].name: result}
    return [by_name[output.name] for output in graph.outputs]


def save(model: keras.Model, path: Path) -> None:
    """The model as Keras saves it, in a `.keras` file that is written whole or not at all.

    Raises SpecError (NN404) where the file cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".nnspec-", dir=path.parent) as folder:
            temporary = Path(folder, "model.keras")
            model.save(temporary)
            write_atomically(path, temporary.read_bytes())
    except OSError as error:
        raise fail("NN404", f'cannot write "{path}": {system_reason(error)}') from None


def assign(model: keras.Model, graph: Graph, weights: Mapping[str, Any]) -> None:
    """Puts a store's weights into the model's layers, in each layer's own order."""
    for node in graph.nodes:
        if node.weights:
            values = [weights[f"{node.name}/{weight.name}"] for weight in node.weights]
            layer = model.get_layer(node.name)
            layer.set_weights(values)
            # Normalization computes with tensors that it makes of its weights.
            getattr(layer, "finalize_state", lambda: None)()


def stored_weights(model: keras.Model, graph: Graph) -> Weights:
    """The model's weights as a store, for what was trained or changed after `build`."""
    weights: Weights = {}
    for node in graph.nodes:
        if node.weights:
            values = model.get_layer(node.name).get_weights()
            names = [f"{node.name}/{weight.name}" for weight in node.weights]
            weights.update(zip(names, values, strict=True))
    return weights


def construct(value: Any, **extra: Any) -> Any:
    """The Keras object that a call's data describes."""
    match value:
        case KerasCall():
            arguments = {name: construct(argument) for name, argument in value.arguments}
            return _resolve(value.function)(**arguments, **extra)
        case Partial(call):
            return _operation(call)
        case Fixed():
            return value.array()
        case dict():
            return {name: construct(item) for name, item in value.items()}
        case list():
            return [construct(item) for item in value]
    return value


def _operation(call: KerasCall) -> Any:
    """An activation function with its arguments, as the operation that Keras makes of its call: what
    `functools.partial` makes cannot be saved."""
    keras = require("keras")
    arguments = dict(call.arguments)
    x = keras.Input(batch_shape=(1,) * (abs(arguments.get("axis", 0)) + 1))
    y = getattr(keras.ops, call.function.rpartition(".")[2])(x, **arguments)
    return keras.Function(x, y).operations[-1]


def _resolve(dotted: str) -> Any:
    """What a dotted name stands for in Keras, or in a module of a plugin."""
    module, _, name = dotted.rpartition(".")
    if not dotted.startswith("keras."):
        return getattr(import_module(module), name)
    return functools.reduce(getattr, dotted.split(".")[1:], require("keras"))


def _apply(node: Node, layers: dict[str, Any], tensors: Mapping[Value, Any]) -> Any:
    """What the node's layer, made where it is applied first, or its function gives. `layers` has those made."""
    spelling = spell(node.layer)
    inputs = [(name, _pick(value, tensors)) for name, value in call_arguments(node)]
    plain = [value for name, value in inputs if not name]
    flags = call_keywords(spelling, node.layer, {argument.port for argument in node.arguments})
    keywords = {name: value for name, value in inputs if name} | dict(flags)
    with blaming(node.layer):
        if spelling.function is not None:
            return _compute(spelling.function, takes_side_by_side(node.layer), plain, keywords)
        if node.owner not in layers:
            layers[node.owner] = construct(spelling.constructor, name=node.owner)
        return layers[node.owner](*plain, **keywords)


def _compute(call: KerasCall, side_by_side: bool, inputs: list[Any], keywords: dict[str, Any]) -> Any:
    """What a function gives: of inputs that follow its arguments side by side, or come first."""
    arguments = {name: construct(value) for name, value in call.arguments}
    if side_by_side:
        return _resolve(call.function)(*arguments.values(), *inputs[0])
    return _resolve(call.function)(*inputs, **keywords, **arguments)


def _pick(value: Value | tuple[Any, ...], tensors: Mapping[Value, Any]) -> Any:
    return [_pick(v, tensors) for v in value] if isinstance(value, tuple) else tensors[value]


def _flat(result: Any) -> list[Any]:
    """A layer's outputs, which may be grouped."""
    return [one for part in result for one in _flat(part)] if isinstance(result, list | tuple) else [result]


def _outputs(graph: Graph, tensors: Mapping[Value, Any]) -> Any:
    if outputs_by_name(graph):
        return {output.name: tensors[output.value] for output in graph.outputs}
    return tensors[graph.outputs[0].value]


def _shape(sizes: tuple[Any, ...]) -> tuple[int | None, ...]:
    return tuple(size if isinstance(size, int) else None for size in sizes)
