"""What the functions of a structured module take: their arguments, with kinds and defaults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ....compiler.graph import Origin
from ....compiler.names import LocalNames
from ....compiler.parts import Parts
from ....compiler.settings import in_order, settle
from ....compiler.unit import Unit
from ....spec.evaluate import Work
from ....spec.expressions import is_expression
from ....spec.items import walk
from ....spec.params import Param
from ..expressions import expression
from ..layout import INDENT, Brackets, Expr, layout, statement
from ..names import Scope
from ..text import string
from .flow import RUNNING
from .kinds import ANY, element, kind_of_param
from .reach import Key, called, own_kinds, param_kinds, reached
from .symbolic import Unwritable
from .translate import Variable, of_node
from .wanted import Wanted

KERAS_TENSOR = "keras.KerasTensor"


class Signature(NamedTuple):
    """What a function takes: variables by the names of its inputs and params, and those of its file's params."""

    scope: Scope
    inputs: dict[str, str]
    params: dict[str, Variable]
    lifted: dict[str, Variable]


class Signatures:
    """The functions of a module and what each takes. `taken` are names of the module that no variable may have."""

    def __init__(self, origin: Origin, scope: Scope, taken: frozenset[str], uses: set[str]) -> None:
        self.origin, self.unit, self.uses, self.taken = origin, origin.unit, uses, taken
        self.keys = reached(self.unit)
        own = own_kinds(self.unit.document.params)
        self.kinds = {**param_kinds(self.unit, own, self.keys), Key(self.unit): own}
        self.functions = {key: scope.name(self.function_word(key)) for key in self.keys}
        self.parts = Parts(lambda _: None)
        self.by_key = {key: self.signature(key) for key in (*self.keys, Key(self.unit))}

    def function_word(self, key: Key) -> str:
        """What a function would like to be called: its block, with the include before it where that is another file."""
        if key.unit is self.unit:
            return key.name
        owner = next(
            (name for name, unit in self.unit.includes.items() if unit is key.unit), key.unit.document.name
        )
        return f"{owner}_{key.name}" if key.name else owner

    def signature(self, key: Key) -> Signature:
        scope = Scope((*self.taken, *self.functions.values(), "name"))
        block, kinds = key.block, self.kinds[key]
        inputs = {str(i.value): "" for i in block.inputs}
        params = {p.name: Variable(scope.name(p.name), kinds[p.name]) for p in block.params}
        lifted = {name: Variable(scope.name(name), kind) for name, kind in self.lifted(key).items()}
        for name in inputs:
            # What is only handed on has the name of that.
            unnamed = name == "input" and len(inputs) == 1 and not self.is_taken(key, name)
            inputs[name] = (
                RUNNING[0] if unnamed and RUNNING[0] not in scope.taken else scope.name(_plural(name))
            )
        return Signature(scope, inputs, params, lifted)

    def handed_on(self, key: Key) -> str | None:
        """The variable of an input that nothing refers to, where it has the name of what hands values on."""
        inputs = self.by_key[key].inputs
        return next(
            (text for i, text in inputs.items() if text == RUNNING[0] and not self.is_taken(key, i)), None
        )

    def is_taken(self, key: Key, name: str) -> bool:
        """Whether something in a block refers to a name."""
        wanted = Wanted(key.block.items, self.local(key), [name], key.block.outputs)
        return bool(wanted.parts(name))

    def local(self, key: Key) -> LocalNames:
        """The names of the items of a block."""
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

    def head(self, key: Key, outputs: int) -> list[str]:
        """The `def` line of a block that gives so many tensors."""
        given = self.by_key[key]
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

    def late_defaults(self, key: Key) -> Iterator[str]:
        """The statements for defaults that are computed from other params, each after those that it needs."""
        params = {p.name: p for p in key.block.params if p.default is not None and is_expression(p.default)}
        names = self.by_key[key].params
        for name in in_order(params, {n: (p.default, "") for n, p in params.items()}, lambda _: None):
            binding = self.origin.params.get(name) if key == Key(self.unit) else None
            if binding is not None and binding.origin:
                continue
            default = params[name].default
            assert default is not None
            value = of_node(default, names, self.uses, integer=names[name].kind == "int")
            yield f"{' ' * INDENT}if {names[name].text} is None:"
            yield statement(names[name].text, value, 2 * INDENT)

    def lifted_default(self, key: Key, name: str, variable: Variable) -> Expr:
        """The default of what a block has from its file's params."""
        if key.unit is self.unit:
            return (_annotated(variable),)
        params = settle(key.unit.document.params, {}, Work(), lambda _: None)
        binding = params[name]
        if binding is None:
            raise Unwritable(f"the param {name} of an included file has no value")
        return _defaulted(variable, expression(_frozen(binding.value)))

    @property
    def arguments(self) -> tuple[Expr, ...]:
        """The arguments of `build_model`, as they stand in its signature."""
        return tuple(self.own_default(param) for param in self.unit.document.params)

    def own_default(self, param: Param) -> Expr:
        variable = self.by_key[Key(self.unit)].params[param.name]
        binding = self.origin.params.get(param.name)
        assert binding is not None
        if param.default is not None and is_expression(param.default) and not binding.origin:
            return (f"{variable.text}=None",)
        return _defaulted(variable, expression(_frozen(binding.value)))


def _preset_names(unit: Unit, name: str) -> set[str]:
    """The params that a preset of the same file depends on, itself or by what it is made of."""
    call = unit.presets.get(name)
    return set(call.names or ()) | _preset_names(unit, call.name) if call else set()


def _plural(name: str) -> str:
    """`inputs` in place of a builtin of Python."""
    return "inputs" if name == "input" else name


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
