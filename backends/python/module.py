"""The module as a whole: its parts are made here, and the template places them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2

from ...compiler.graph import Graph
from ...spec.initializers import Fixed
from ..calls import KerasCall, Partial, calls_in, spell
from ..training import spell_training
from .body import functional, is_line, sequential
from .expressions import arguments, call, with_variables
from .layout import INDENT, Expr, statement
from .names import Scope
from .spelled import spell_nodes, used_presets
from .text import docstring, paragraphs, string


def emit(graph: Graph) -> str:
    """The source of a module with `build_model()`, formatted, the same for the same graph.

    A layer that bears the name that Keras would give it in a fresh session is not named in the code: to build
    a second model in one process under the same names, call `keras.utils.clear_session()` before it.
    """
    scope = Scope()
    presets = used_presets(graph)
    variables = {name: scope.name(name) for name in presets}
    partials = _partials(graph)
    functions = {partial: scope.name(_short(partial.call)) for partial in partials}
    nodes = [replace(node, call=with_variables(node.call, functions)) for node in spell_nodes(graph)]
    line = is_line(graph, nodes)
    body = sequential if line else functional
    statements, model = body(graph, nodes, variables, scope)
    return _template().render(
        docstring=docstring([[f"The network {graph.name} in Keras."]]),
        files=needed_files(graph),
        presets=[_preset(variables[name], filled, functions) for name, filled in presets.items()],
        package=string(graph.name),
        functions=[(functions[partial], _function_result(partial)) for partial in partials],
        model_type="keras.Sequential" if line else "keras.Model",
        model_docstring=docstring(_description(graph), INDENT),
        statements=[*statements, *_finish(model, spell_training(graph))],
    )


def needed_files(graph: Graph) -> tuple[str, ...]:
    """The files that the module reads beside itself, under the paths that they have in the spec's root."""
    fixed = [found for found in _calls(graph) if isinstance(found, Fixed)]
    return tuple(sorted({found.file for found in fixed if found.file is not None}))


def _calls(graph: Graph) -> Iterable[Any]:
    return calls_in([spell(node.layer).first for node in graph.nodes])


def _partials(graph: Graph) -> list[Partial]:
    """Functions with arguments filled in, each once."""
    return list(dict.fromkeys(found for found in _calls(graph) if isinstance(found, Partial)))


def _short(call: KerasCall) -> str:
    """`gelu` for `keras.activations.gelu`."""
    return call.function.rpartition(".")[2]


def _preset(variable: str, filled: KerasCall, functions: Mapping[Partial, str]) -> str:
    given = arguments(with_variables(filled, functions))
    return statement(variable, call("partial", ((filled.function,), *given)))


def _function_result(partial: Partial) -> str:
    filled = partial.call
    return statement("", ("return ", *call(filled.function, (("x",), *arguments(filled)))), INDENT)


def _description(graph: Graph) -> list[list[str]]:
    """What the network is for, and what goes in and comes out."""
    words = paragraphs(graph.description) or [f"Build the network {graph.name}."]
    inputs = [f"    {i.name}: {i.type}" for i in graph.inputs]
    outputs = [f"    {o.name}: {graph.types[o.value]}" for o in graph.outputs]
    return [*([paragraph] for paragraph in words), ["Inputs:", *inputs], ["Outputs:", *outputs]]


def _finish(model: Expr, training: KerasCall | None) -> list[str]:
    """The model made, compiled if it is to be trained, and returned."""
    if training is None:
        return [statement("", ("return ", *model), INDENT)]
    compiled = call("model.compile", arguments(training))
    return [statement("model", model, INDENT), statement("", compiled, INDENT), " " * INDENT + "return model"]


@cache
def _template() -> jinja2.Template:
    source = files("nnspec.templates").joinpath("model.py.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(source)
