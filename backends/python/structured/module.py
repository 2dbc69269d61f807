"""A module that keeps a spec's structure: blocks and included files are functions, params are arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ....compiler.graph import Graph, Preset
from ....compiler.scope import PREVIOUS
from ....compiler.settings import settle
from ....compiler.unit import Unit
from ....spec.document import InputForm
from ....spec.evaluate import Work
from ....spec.expressions import is_expression
from ....spec.files import file_loader
from ....spec.initializers import Fixed
from ....spec.items import Call, Item, When, walk
from ....spec.nodes import Mapping as MappingNode
from ....spec.nodes import Node, Scalar, Sequence
from ....spec.records import types
from ....spec.training import Section, Training
from ...application import outputs_by_name
from ...calls import KerasCall, Partial, calls_in, plugin_modules, spell_preset
from ...training import spell_training
from ..expressions import call, expression, keyword
from ..layout import INDENT, Brackets, Expr, flat, statement
from ..names import Scope, packages
from ..text import docstring, paragraphs, string
from .control import always
from .kinds import kind_of_value
from .reach import Key, called
from .signatures import Signature, Signatures
from .statements import RETURNED, Body, Flow
from .symbolic import Places, Symbolic, Unwritable, with_expressions
from .translate import Names, Variable, of_node
from .wanted import Wanted


def has_structure(graph: Graph) -> bool:
    """Whether the file says more than its layers one by one."""
    assert graph.origin is not None
    unit = graph.origin.unit
    items = list(walk(unit.document.items))
    plain = all(isinstance(item.body, Call) and called(unit, item.body.name) is None for item in items)
    return bool(unit.document.params) or not plain


class Module:
    """What the functions of a module share: their names, presets, and what has to be imported and defined.

    `taken` are the names that an earlier pass over the same file gave to things of the module: presets and functions
    are met one by one, and no variable may have the name of a later one. `plugins` are the modules of plugins that it
    found.
    """

    def __init__(
        self, graph: Graph, taken: frozenset[str] = frozenset(), plugins: frozenset[str] = frozenset()
    ) -> None:
        assert graph.origin is not None
        self.graph, self.origin, self.unit = graph, graph.origin, graph.origin.unit
        self.scope = Scope(packages(plugins))
        self.uses: set[str] = set()
        self.signatures = Signatures(self.origin, self.scope, taken, self.uses)
        self.presets: dict[str, tuple[str, KerasCall]] = {}
        self.activations: dict[Partial, str] = {}
        self.files: set[str] = set()
        self.plugins: set[str] = set()

    @property
    def names(self) -> frozenset[str]:
        """The names of what the module defines."""
        presets = (variable for variable, _ in self.presets.values())
        functions = self.signatures.functions.values()
        return frozenset((*functions, *presets, *self.activations.values(), *packages(self.plugins)))

    def lifted_arguments(self, key: Key, body: Body) -> Iterator[tuple[str, Expr]]:
        """The arguments that a call of a block needs for presets of its file."""
        for name, variable in self.signatures.by_key[key].lifted.items():
            if key.unit is body.key.unit:
                yield variable.text, (body.places.preset_names[name].text,)

    def function(self, key: Key) -> str:
        return self.signatures.functions[key]

    def argument(self, key: Key, param: str) -> str:
        return self.signatures.by_key[key].params[param].text

    # --- what the module defines

    def preset(self, made: Symbolic) -> tuple[str | None, KerasCall | None]:
        """The variable of a layer's preset and the call with what that fills in, where it is one for all layers."""
        if made.preset is None or made.shared is None:
            return None, None
        filled = spell_preset(Preset(made.preset, made.shared, made.fields))
        if not filled.arguments:
            return None, None
        if made.preset not in self.presets:
            self.presets[made.preset] = self.scope.name(made.preset), filled
        variable, known = self.presets[made.preset]
        return (variable, filled) if known == filled else (None, None)

    def partials(self, spelled: KerasCall) -> Mapping[Partial, str]:
        """The functions of the module for activations with arguments."""
        self.plugins |= plugin_modules(spelled)
        for found in calls_in(spelled):
            if isinstance(found, Fixed) and found.file is not None:
                self.files.add(found.file)
            if isinstance(found, Partial) and found not in self.activations:
                if any(isinstance(value, Variable) for _, value in found.call.arguments):
                    raise Unwritable("the arguments of an activation depend on a param")
                self.activations[found] = self.scope.name(found.call.function.rpartition(".")[2])
        return self.activations

    def places(self, key: Key, names: Names) -> Places:
        """What layers of a function are made in; `names` are what its file's presets see."""
        document = key.unit.document
        dtype = document.dtype or self.graph.dtype
        return Places(key.unit, names, self.defaults, dtype, self.context(key.unit), self.uses)

    def defaults(self, unit: Unit) -> Names:
        """The params of an included file as its presets see them from outside: their defaults, written out."""
        params = settle(unit.document.params, {}, Work(), lambda _: None)
        known = {name: binding.value for name, binding in params.items() if binding is not None}
        return {name: Variable(_in_brackets(value), kind_of_value(value)) for name, value in known.items()}

    def context(self, unit: Unit) -> Mapping[str, object]:
        return {"load": file_loader(self.origin.root, unit.folder)}

    # --- functions

    def body(self, key: Key, prefix: str) -> tuple[Body, Signature]:
        given = self.signatures.by_key[key]
        preset_names: Names = given.params if key.is_file else given.lifted
        places = self.places(key, preset_names)
        outputs = key.block.outputs
        body = Body(
            self,
            key,
            given.scope,
            given.params,
            places,
            self.signatures.local(key),
            outputs,
            given.inputs,
            prefix,
        )
        return body, given

    def block(self, key: Key) -> str:
        """A block or included file as a function."""
        body, given = self.body(key, "{name}.")
        running = self.signatures.handed_on(key) or body.running_at(0)
        if not body.running:
            body.running.append(running)
        defaults = self.signatures.late_defaults(key)
        current = next(iter(given.inputs.values())) if len(given.inputs) == 1 else None
        body.returned = self.returned(key)
        result = body.items(key.block.items, Flow(current, running))
        flow = Flow(result, running)
        outputs = () if result == RETURNED else key.block.outputs
        texts = [body.value(decl.reference, flow) for decl in outputs] or [result or ""]
        head = self.signatures.head(key, len(texts))
        words = key.block.description or f"The {'block' if key.name else 'file'} {key.block.name}."
        lines = [*defaults, *body.lines]
        if texts != [RETURNED]:
            lines.append(statement("", ("return ", ", ".join(texts)), INDENT))
        return "\n".join((*head, _docstring(words), *lines))

    def returned(self, key: Key) -> Item | None:
        """The last item of a block, where that is all it gives, and nothing else takes it."""
        block, local = key.block, self.signatures.local(key)
        last = _last(block.items)
        if not last or len(block.outputs) > 1:
            return None
        names = [local.get(id(item), "") for item in last]
        given = block.outputs[0].reference if block.outputs else None
        is_last = given is None or given.text in (*names, PREVIOUS)
        wanted = Wanted(block.items, local, (), ())
        return last[-1] if is_last and not any(map(wanted.parts, names)) else None

    # --- the model

    def build(self) -> tuple[list[str], Expr, KerasCall | None]:
        """The statements of `build_model`, the model, and how it is compiled."""
        key = Key(self.unit)
        given = self.signatures.by_key[key]
        body, _ = self.body(key, "")
        running = body.running_at(0)
        body.lines += self.signatures.late_defaults(key)
        for i in self.unit.document.inputs:
            body.write(
                given.inputs[str(i.key.value)], self.input(i.key, i.form, given.params), Flow(None, running)
            )
        current = next(iter(given.inputs.values())) if len(given.inputs) == 1 else None
        result = body.items(key.block.items, Flow(current, running))
        ends = self.outputs(body, Flow(result, running))
        name = keyword("name", (string(self.graph.name),))
        inputs = _one_or_list(list(given.inputs.values()))
        model = call("keras.Model", (keyword("inputs", inputs), keyword("outputs", ends), name))
        return body.lines, model, self.training(given.params)

    def outputs(self, body: Body, flow: Flow) -> Expr:
        declared = self.unit.document.outputs
        texts = [body.value(decl.reference, flow) for decl in declared] or [flow.current or ""]
        if not outputs_by_name(self.graph):
            return (texts[0],)
        names = [output.name for output in self.graph.outputs]
        pairs = zip(names, texts, strict=True)
        return (Brackets("dict", tuple((f"{string(name)}: {text}",) for name, text in pairs)),)

    def input(self, key: Scalar, form: Node, names: Names) -> Expr:
        fields = dict(_long_form(key, form))
        declared = next(i for i in self.graph.inputs if i.name == key.value)
        shape = fields["shape"]
        if not isinstance(shape, Sequence):
            raise Unwritable("the shape of an input depends on a param as a whole")
        axes = tuple(self.axis(axis, names) for axis in shape.items)
        arguments = [keyword("shape", (Brackets("tuple", axes),)), keyword("name", (string(declared.name),))]
        if "dtype" in fields and declared.type.dtype != "float32":
            arguments.append(keyword("dtype", of_node(fields["dtype"], names, self.uses)))
        return call("keras.Input", tuple(arguments))

    def axis(self, axis: Node, names: Names) -> Expr:
        if is_expression(axis):
            return of_node(axis, names, self.uses, integer=True, maybe=True)
        named = isinstance(axis, Scalar) and isinstance(axis.value, str)
        return ("None",) if named else of_node(axis, names, self.uses)

    def training(self, names: Names) -> KerasCall | None:
        if self.unit.document.training is None or self.graph.training is None:
            return None
        _, node = self.unit.document.training
        assert isinstance(node, MappingNode)
        values: dict[str, Any] = {}
        for key, given in node.entries:
            name = str(key.value)

            def check(value: Any, name: str = name):
                return Section.checked(name, value)

            values[name] = with_expressions(given, types(Section)[name], check, names, self.uses)
        written = replace(self.graph, training=Training(self.graph.training.span, **values))
        return spell_training(written)


def _last(items: tuple[Item, ...]) -> list[Item]:
    """What makes the last value: an item, with those around it that are conditions and none too."""
    for item in reversed(items):
        settled = always(item.body) if isinstance(item.body, When) else None
        if settled or settled is None or item.sources:
            return [item, *(_last(settled) if settled else ())]
    return []


def _long_form(key: Scalar, form: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(form, MappingNode):
        yield from (
            (str(name.value), value) for name, value in form.entries if name.value in InputForm.fields
        )
    else:
        yield "shape", form


def _in_brackets(value: Any) -> str:
    """A value as a part of an expression."""
    text = flat(expression(value))
    return f"({text})" if text.startswith("-") else text


def _one_or_list(texts: list[str]) -> Expr:
    return (texts[0],) if len(texts) == 1 else (Brackets("list", tuple((text,) for text in texts)),)


def _docstring(words: str) -> str:
    return docstring([[paragraph] for paragraph in paragraphs(words)], INDENT)
