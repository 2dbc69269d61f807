"""The statements of `build_model`: Sequential where the graph is a line, functional where not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....compiler.graph import Graph, Input, Value
from ...application import call_arguments, outputs_by_name, takes_side_by_side
from ..expressions import arguments, call, expression, keyword
from ..layout import INDENT, Brackets, Expr, statement
from ..names import Scope
from ..text import string
from .spelled import SpelledNode
from .variables import Variables


def is_line(graph: Graph, nodes: Sequence[SpelledNode]) -> bool:
    """Whether each layer takes the one before it and nothing else, from the only input to the only output."""
    if len(graph.inputs) != 1 or not nodes or outputs_by_name(graph):
        return False
    *before, last = [Value(graph.inputs[0].name), *(Value(spelled.node.name) for spelled in nodes)]
    inputs = [spelled.node.inputs for spelled in nodes]
    if graph.outputs[0].value != last or inputs != [(value,) for value in before]:
        return False
    return all(spelled.takes_one for spelled in nodes)


def sequential(
    graph: Graph, nodes: Sequence[SpelledNode], presets: dict[str, str], scope: Scope
) -> tuple[list[str], Expr]:
    """The statements before the model, of which there are none, and the model. `presets` are their variables,
    by name."""
    layers = (_input(graph.inputs[0]), *(_made(spelled, presets) for spelled in nodes))
    stack: Expr = (Brackets("list", layers, tall=True),)
    return [], call("keras.Sequential", (stack, keyword("name", (string(graph.name),))))


def functional(
    graph: Graph, nodes: Sequence[SpelledNode], presets: dict[str, str], scope: Scope
) -> tuple[list[str], Expr]:
    """The statements before the model, one for each input, layer with a variable of its own, and node; and the
    model."""
    variables = Variables(graph, scope, [spelled.node.name for spelled in nodes if spelled.is_lasting])
    lines = [statement(variables.texts[Value(i.name)], _input(i), INDENT) for i in graph.inputs]
    for spelled in nodes:
        if spelled.is_lasting:
            lines.append(statement(variables.layers[spelled.node.name], _made(spelled, presets), INDENT))
        target = variables.targets[spelled.node.name]
        lines.append(statement(target, _applied(spelled, presets, variables), INDENT))
        lines += [statement(*picked, INDENT) for picked in variables.picked[spelled.node.name]]
    inputs = [(variables.texts[Value(i.name)],) for i in graph.inputs]
    outputs = [(variables.texts[output.value],) for output in graph.outputs]
    given: Expr = inputs[0] if len(inputs) == 1 else (Brackets("list", tuple(inputs)),)
    named = tuple((f"{string(o.name)}: ", *text) for o, text in zip(graph.outputs, outputs, strict=True))
    result: Expr = (Brackets("dict", named),) if outputs_by_name(graph) else outputs[0]
    name = keyword("name", (string(graph.name),))
    return lines, call("keras.Model", (keyword("inputs", given), keyword("outputs", result), name))


def _input(declared: Input) -> Expr:
    sizes = [size if isinstance(size, int) else None for size in declared.type.features]
    given = {"shape": tuple(sizes), "name": declared.name, "dtype": declared.type.dtype}
    if declared.type.dtype == "float32":
        del given["dtype"]
    return call("keras.Input", tuple(keyword(name, expression(value)) for name, value in given.items()))


def _made(spelled: SpelledNode, presets: dict[str, str]) -> Expr:
    """The call that makes a layer."""
    named = (keyword("name", (string(spelled.node.name),)),) if spelled.stated else ()
    return call(_function(spelled, presets), (*arguments(spelled.call), *named))


def _applied(spelled: SpelledNode, presets: dict[str, str], variables: Variables) -> Expr:
    """A layer, made or out of its variable, called on its inputs; or a function called on them."""
    node = spelled.node
    if takes_side_by_side(node.layer):
        inputs = tuple((variables.texts[value],) for value in node.inputs)
        return call(_function(spelled, presets), (*arguments(spelled.call), *inputs))
    inputs = tuple(_given(name, values, variables) for name, values in call_arguments(node))
    keywords = tuple(keyword(name, expression(value)) for name, value in spelled.keywords)
    if spelled.is_function:
        return call(_function(spelled, presets), (*inputs, *keywords, *arguments(spelled.call)))
    variable = variables.layers.get(node.owner)
    layer = (variable,) if variable else _made(spelled, presets)
    return (*layer, Brackets("call", (*inputs, *keywords)))


def _function(spelled: SpelledNode, presets: dict[str, str]) -> str:
    return presets[spelled.through] if spelled.through else spelled.call.function


def _given(name: str, values: Value | tuple[Any, ...], variables: Variables) -> Expr:
    """One of the layer's inputs."""
    given = _listed(values, variables)
    return keyword(name, given) if name else given


def _listed(values: Value | tuple[Any, ...], variables: Variables) -> Expr:
    if isinstance(values, tuple):
        return (Brackets("list", tuple(_listed(value, variables) for value in values)),)
    return (variables.texts[values],)
