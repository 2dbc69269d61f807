"""The module as a whole: its parts are made here, and the template places them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2

from ...compiler.graph import Graph
from ...spec.diagnostics import fail
from ...spec.document import Variant
from ...spec.initializers import Fixed
from ...spec.nodes import Node, to_data
from ..calls import KerasCall, Partial, calls_in, plugin_modules, spell
from ..training import spell_training
from .expressions import arguments, call, with_variables
from .expressions import expression as literal
from .flat import functional, is_line, sequential, spell_nodes, used_presets
from .layout import INDENT, Brackets, Expr, layout, statement
from .layout import flat as flat_text
from .names import Scope, packages
from .structured import DIVISIBLE, MATH, PARTIAL, SHARED, Key, Module, Unwritable, has_structure
from .text import docstring, paragraphs, string

# What stands behind the arguments of `build_model`.
MODEL = " -> keras.Model:"


def emit(graph: Graph, *, flat: bool = False) -> str:
    """The source of a module with `build_model()`, formatted, the same for the same graph.

    Blocks are functions, repeats loops, and params arguments of `build_model`, with the values of the graph as their
    defaults. `flat` gives the layers one by one, as they are where the spec has no more structure than that.
    Raises SpecError (NN402) for what can only be written flat.
    """
    if flat or graph.origin is None or not has_structure(graph):
        return _flat(graph)
    try:
        return _structured(_module(graph))
    except Unwritable as reason:
        help = "emit it with --flat, or write the value in place of the expression"
        message = f"the structure cannot be kept in code: {reason or 'a layer depends on an expression'}"
        raise fail("NN402", message, graph.origin.unit.document.span, help=help) from None


def build_arguments(graph: Graph) -> dict[str, Any]:
    """The arguments with which the code's `build_model` makes the graph, as the spec sets its params."""
    if graph.origin is None or not has_structure(graph):
        return {}
    params = Module(graph).signatures.by_key[Key(graph.origin.unit)].params
    values = {name: binding.value for name, binding in graph.origin.params.items() if binding is not None}
    return {params[name].text: value for name, value in values.items()}


def _module(graph: Graph, plugins: frozenset[str] = frozenset()) -> Module:
    """What a first pass over the file finds that the module defines and imports. `plugins` are what it is known to
    import: nothing that it defines has the name of one."""
    module = Module(graph, plugins=plugins)
    for key in module.signatures.keys:
        module.block(key)
    module.build()
    return module if module.plugins <= plugins else _module(graph, frozenset(module.plugins))


def _structured(found: Module) -> str:
    graph = found.graph
    module = Module(graph, found.names, frozenset(found.plugins))
    blocks = [module.block(key) for key in module.signatures.keys]
    statements, model, training = module.build()
    functions = module.activations
    head = layout(("def build_model", Brackets("call", module.signatures.arguments)), 0, MODEL)
    return _template().render(
        docstring=docstring([[f"The network {graph.name} in Keras."]]),
        math=MATH in module.uses,
        files=module.files,
        imports=_imports(module.plugins, module.files),
        divisible=DIVISIBLE in module.uses,
        shared=SHARED in module.uses,
        partial=PARTIAL in module.uses,
        presets=[_preset(variable, filled, functions) for variable, filled in module.presets.values()],
        package=string(graph.name),
        functions=[(name, _function_result(partial)) for partial, name in functions.items()],
        blocks=blocks,
        head="\n".join(head),
        model_docstring=docstring(_structured_description(graph), INDENT),
        statements=[*statements, *_finish(model, training)],
    )


def _structured_description(graph: Graph) -> list[list[str]]:
    """What the network is for, what its arguments change, and which values of them have names."""
    assert graph.origin is not None
    document = graph.origin.unit.document
    described = [(p.name, p.description) for p in document.params if p.description]
    arguments = [f"    {name}: {' '.join(paragraphs(text))}" for name, text in described]
    variants = [f"    {v.name}: {_settings(v)}" for v in document.variants]
    blocks = [
        [paragraph] for paragraph in paragraphs(graph.description) or [f"Build the network {graph.name}."]
    ]
    blocks += [["Args:", *arguments]] if arguments else []
    return [*blocks, ["Variants:", *variants]] if variants else blocks


def _settings(variant: Variant) -> str:
    shown = (f"{key.value}={_shown(node)}" for key, node in variant.settings)
    return " ".join(paragraphs(", ".join(shown))) or "the defaults"


def _shown(node: Node) -> str:
    value = to_data(node)
    return (
        value.removeprefix("=")
        if isinstance(value, str) and value.startswith("=")
        else flat_text(literal(value))
    )


def _flat(graph: Graph) -> str:
    """The module of a graph's layers one by one.

    A layer that bears the name that Keras would give it in a fresh session is not named in the code: to build
    a second model in one process under the same names, call `keras.utils.clear_session()` before it.
    """
    plugins = plugin_modules([spell(node.layer).first for node in graph.nodes])
    scope = Scope(packages(plugins))
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
        math=False,
        files=_files(graph),
        imports=_imports(plugins, _files(graph)),
        divisible=False,
        shared=False,
        partial=False,
        presets=[_preset(variables[name], filled, functions) for name, filled in presets.items()],
        package=string(graph.name),
        functions=[(functions[partial], _function_result(partial)) for partial in partials],
        blocks=[],
        head=f"def build_model() -> {'keras.Sequential' if line else 'keras.Model'}:",
        model_docstring=docstring(_description(graph), INDENT),
        statements=[*statements, *_finish(model, spell_training(graph))],
    )


def needed_files(graph: Graph) -> tuple[str, ...]:
    """The files that the module reads beside itself, in either form, under the paths that they have in the spec's
    root."""
    if graph.origin is None or not has_structure(graph):
        return _files(graph)
    try:
        return tuple(sorted({*_files(graph), *_module(graph).files}))
    except Unwritable:
        return _files(graph)


def _files(graph: Graph) -> tuple[str, ...]:
    fixed = [found for found in _calls(graph) if isinstance(found, Fixed)]
    return tuple(sorted({found.file for found in fixed if found.file is not None}))


def _imports(plugins: Iterable[str], files: Collection[str]) -> list[str]:
    """The modules of other packages, as import statements have them, in their order."""
    return sorted(["keras", *plugins, *(["numpy as np"] if files else [])], key=str.lower)


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
