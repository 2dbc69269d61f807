"""A module that keeps a spec's structure: blocks and included files are functions, params are arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

from ...compiler.graph import Graph, Preset
from ...compiler.parts import Parts
from ...compiler.scope import PREVIOUS
from ...compiler.settings import settle
from ...compiler.unit import Unit
from ...spec.document import InputForm
from ...spec.evaluate import Work
from ...spec.expressions import is_expression
from ...spec.files import file_loader
from ...spec.initializers import Fixed
from ...spec.items import Call, Item, walk
from ...spec.nodes import Mapping as MappingNode
from ...spec.nodes import Node, Scalar, Sequence
from ...spec.params import Param
from ...spec.records import types
from ...spec.training import Section, Training
from ..calls import KerasCall, Partial, calls_in, outputs_by_name, spell_preset
from ..training import spell_training
from .expressions import call, expression, keyword
from .functions import RETURNED, RUNNING, Body, Flow
from .kinds import ANY, element, kind_of_param, kind_of_value
from .layout import INDENT, Brackets, Expr, flat, layout, statement
from .names import Scope
from .reach import Key, called, own_kinds, param_kinds, reached
from .symbolic import Places, Symbolic, Unwritable, with_expressions
from .text import docstring, paragraphs, string
from .translate import Names, Variable, of_node
from .wanted import Wanted

KERAS_TENSOR = "keras.KerasTensor"


class Signature(NamedTuple):
    """What a function takes: variables by the names of its inputs and params, and those of its file's params."""

    scope: Scope
    inputs: dict[str, str]
    params: dict[str, Variable]
    lifted: dict[str, Variable]


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
    are met one by one, and no variable may have the name of a later one.
    """

    def __init__(self, graph: Graph, taken: frozenset[str] = frozenset()) -> None:
        assert graph.origin is not None
        self.graph, self.origin, self.unit = graph, graph.origin, graph.origin.unit
        self.scope, self.taken = Scope(), taken
        self.uses: set[str] = set()
        self.keys = reached(self.unit)
        own = own_kinds(self.unit.document.params)
        self.kinds = {**param_kinds(self.unit, own, self.keys), Key(self.unit): own}
        self.functions = {key: self.scope.name(self.function_word(key)) for key in self.keys}
        self.presets: dict[str, tuple[str, KerasCall]] = {}
        self.activations: dict[Partial, str] = {}
        self.files: set[str] = set()
        self.parts = Parts(lambda _: None)
        self.signatures = {key: self.signature(key) for key in (*self.keys, Key(self.unit))}

    @property
    def names(self) -> frozenset[str]:
        """The names of what the module defines."""
        presets = (variable for variable, _ in self.presets.values())
        return frozenset((*self.functions.values(), *presets, *self.activations.values()))

    # --- what functions take

    def function_word(self, key: Key) -> str:
        """What a function would like to be called: its block, with the include before it where that is another file."""
        if key.unit is self.unit:
            return key.name
        owner = next(
            (name for name, unit in self.unit.includes.items() if unit is key.unit), key.unit.document.name
        )
        return f"{owner}_{key.name}" if key.name else owner

    def signature(self, key: Key) -> Signature:
        scope = Scope()
        scope.taken |= self.taken | set(self.functions.values()) | {"name"}
        block, kinds = key.block, self.kinds[key]
        inputs = {str(i.value): "" for i in block.inputs}
        params = {p.name: Variable(scope.name(p.name), kinds[p.name]) for p in block.params}
        lifted = {name: Variable(scope.name(name), kind) for name, kind in self.lifted(key).items()}
        for name in inputs:
            # What is only handed on has the name of that.
            unnamed = name == "input" and not self.is_taken(key, name)
            inputs[name] = (
                RUNNING[0] if unnamed and RUNNING[0] not in scope.taken else scope.name(_plural(name))
            )
        return Signature(scope, inputs, params, lifted)

    def is_taken(self, key: Key, name: str) -> bool:
        """Whether something in a block refers to a name."""
        wanted = Wanted(key.block.items, self.local(key), [name], key.block.outputs)
        return bool(wanted.parts(name))

    def local(self, key: Key):
        return self.parts.names(key.unit, key.block.items, key.block.inputs)

    def lifted(self, key: Key) -> dict[str, str]:
        """The params of a block's file that presets in it depend on, with their kinds."""
        if key.is_file:
            return {}
        found = self._lifted(key, set())
        kinds = {p.name: kind_of_param(p) for p in key.unit.document.params}
        return {name: kind for name, kind in kinds.items() if name in found}

    def _lifted(self, key: Key, seen: set[Key]) -> set[str]:
        seen.add(key)
        found: set[str] = set()
        for item in walk(key.block.items):
            if item.call is None:
                continue
            inner = called(key.unit, item.call.name)
            if inner is not None and inner.unit is key.unit and inner not in seen:
                found |= self._lifted(inner, seen)
            found |= _preset_names(key.unit, item.call.name)
        return found

    def lifted_arguments(self, key: Key, body: Body) -> Iterator[tuple[str, Expr]]:
        """The arguments that a call of a block needs for presets of its file."""
        for name, variable in self.signatures[key].lifted.items():
            if key.unit is body.key.unit:
                yield variable.text, (body.places.preset_names[name].text,)

    def function(self, key: Key) -> str:
        return self.functions[key]

    def argument(self, key: Key, param: str) -> str:
        return self.signatures[key].params[param].text

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
        given = self.signatures[key]
        preset_names: Names = given.params if key.is_file else given.lifted
        places = self.places(key, preset_names)
        outputs = key.block.outputs
        body = Body(
            self, key, given.scope, given.params, places, self.local(key), outputs, given.inputs, prefix
        )
        return body, given

    def block(self, key: Key) -> str:
        """A block or included file as a function."""
        body, given = self.body(key, "{name}.")
        running = RUNNING[0] if RUNNING[0] in given.inputs.values() else body.running_at(0)
        if not body.running:
            body.running.append(running)
            given.scope.taken.add(running)
        defaults = [line for param in key.block.params for line in self.late_default(param, given, body)]
        current = next(iter(given.inputs.values())) if len(given.inputs) == 1 else None
        body.returned = self.returned(key)
        result = body.items(key.block.items, Flow(current, running))
        flow = Flow(result, running)
        outputs = () if result == RETURNED else key.block.outputs
        texts = [body.value(decl.reference, flow) for decl in outputs] or [result or ""]
        head = self.head(key, given, len(texts))
        words = key.block.description or f"The {'block' if key.name else 'file'} {key.block.name}."
        lines = [*defaults, *body.lines]
        if texts != [RETURNED]:
            lines.append(statement("", ("return ", ", ".join(texts)), INDENT))
        return "\n".join((*head, _docstring(words), *lines))

    def returned(self, key: Key) -> Item | None:
        """The last item of a block, where that is all it gives, and nothing else takes it."""
        block, local = key.block, self.local(key)
        if not block.items or len(block.outputs) > 1:
            return None
        last = block.items[-1]
        name = local.get(id(last), "")
        given = block.outputs[0].reference if block.outputs else None
        is_last = given is None or given.text in (name, PREVIOUS)
        wanted = Wanted(block.items, local, (), ())
        return last if is_last and not wanted.parts(name) else None

    def head(self, key: Key, given: Signature, outputs: int) -> list[str]:
        """The `def` line of a block."""
        items: list[Expr] = [(f"{text}: {KERAS_TENSOR}",) for text in given.inputs.values()]
        required = [p for p in key.block.params if p.default is None]
        others = [p for p in key.block.params if p.default is not None]
        lifted = [self.lifted_default(key, name, variable) for name, variable in given.lifted.items()]
        items += [(_annotated(given.params[p.name]),) for p in required]
        items += lifted if key.unit is self.unit else []
        items += [self.with_default(given.params[p.name], p) for p in others]
        items += [] if key.unit is self.unit else lifted
        items.append((f"name: str = {string(key.name or self.functions[key])}",))
        result = KERAS_TENSOR if outputs == 1 else f"tuple[{', '.join([KERAS_TENSOR] * outputs)}]"
        return layout((f"def {self.functions[key]}", Brackets("call", tuple(items))), 0, f" -> {result}:")

    def with_default(self, variable: Variable, param: Param) -> Expr:
        assert param.default is not None
        if is_expression(param.default):
            return (f"{variable.text}=None",)
        value = of_node(param.default, {}, self.uses, integer=variable.kind == "int", frozen=True)
        return _defaulted(variable, value)

    def late_default(self, param: Param, given: Signature, body: Body) -> Iterator[str]:
        """A default that is computed from other params."""
        if isinstance(param.default, Scalar) and is_expression(param.default):
            text = given.params[param.name].text
            yield f"{' ' * INDENT}if {text} is None:"
            value = of_node(
                param.default, body.names, self.uses, integer=given.params[param.name].kind == "int"
            )
            yield statement(text, value, 2 * INDENT)

    def lifted_default(self, key: Key, name: str, variable: Variable) -> Expr:
        """The default of what a block has from its file's params."""
        if key.unit is self.unit:
            return (_annotated(variable),)
        params = settle(key.unit.document.params, {}, Work(), lambda _: None)
        binding = params[name]
        if binding is None:
            raise Unwritable(f"the param {name} of an included file has no value")
        return _defaulted(variable, expression(_frozen(binding.value)))

    # --- the model

    @cached_property
    def arguments(self) -> list[tuple[str, Expr]]:
        """The arguments of `build_model`, each as it stands in the signature."""
        key = Key(self.unit)
        return [(p.name, self.own_default(p)) for p in key.block.params]

    def own_default(self, param: Param) -> Expr:
        variable = self.signatures[Key(self.unit)].params[param.name]
        binding = self.origin.params.get(param.name)
        assert binding is not None
        if param.default is not None and is_expression(param.default) and not binding.origin:
            return (f"{variable.text}=None",)
        return _defaulted(variable, expression(_frozen(binding.value)))

    def build(self) -> tuple[list[str], Expr, KerasCall | None]:
        """The statements of `build_model`, the model, and how it is compiled."""
        key = Key(self.unit)
        given = self.signatures[key]
        body, _ = self.body(key, "")
        running = body.running_at(0)
        for param in key.block.params:
            binding = self.origin.params.get(param.name)
            if binding is not None and not binding.origin:
                body.lines += self.late_default(param, given, body)
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


def _long_form(key: Scalar, form: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(form, MappingNode):
        yield from (
            (str(name.value), value) for name, value in form.entries if name.value in InputForm.fields
        )
    else:
        yield "shape", form


def _preset_names(unit: Unit, name: str) -> set[str]:
    """The params that a preset of the same file depends on, itself or by what it is made of."""
    call = unit.presets.get(name)
    return set(call.names or ()) | _preset_names(unit, call.name) if call else set()


def _plural(name: str) -> str:
    """`inputs` in place of a builtin of Python."""
    return "inputs" if name == "input" else name


def _in_brackets(value: Any) -> str:
    """A value as a part of an expression."""
    text = flat(expression(value))
    return f"({text})" if text.startswith("-") else text


def _frozen(value: Any) -> Any:
    """A list as a tuple: it is the default of an argument."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _annotated(variable: Variable) -> str:
    return variable.text if ANY in variable.kind else f"{variable.text}: {_annotation(variable.kind)}"


def _annotation(kind: str) -> str:
    return f"tuple[{_annotation(element(kind))}, ...]" if kind.startswith("list[") else kind


def _defaulted(variable: Variable, value: Expr) -> Expr:
    shown = _annotated(variable)
    return (f"{shown} = " if ":" in shown else f"{shown}=", *value)


def _one_or_list(texts: list[str]) -> Expr:
    return (texts[0],) if len(texts) == 1 else (Brackets("list", tuple((text,) for text in texts)),)


def _docstring(words: str) -> str:
    return docstring([[paragraph] for paragraph in paragraphs(words)], INDENT)
