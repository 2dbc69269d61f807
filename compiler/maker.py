"""From a call as it is written to a layer: presets applied, wrapped layers made, fields checked."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ..spec import nodes
from ..spec.activations import ACTIVATIONS
from ..spec.diagnostics import Diagnostic
from ..spec.evaluate import Binding, Work
from ..spec.expressions import is_expression
from ..spec.items import Call
from ..spec.layers.base import Layer
from ..spec.locate import Report, validate
from ..spec.nodes import Node, Scalar, describe, to_data
from ..spec.parse_items import SIBLINGS, parse_call, scalars
from ..spec.source import Span
from .graph import Preset
from .provenance import Bindings, Frame, explaining, why_of
from .resolve import Unresolved, resolve
from .unit import MOST_PRESETS, Unit


class Made(NamedTuple):
    """A layer from an item's call, the place of each field's value, and the preset that it was made from."""

    layer: Layer
    span: Span
    fields: Mapping[str, Span]
    preset: Preset | None = None


class Base(NamedTuple):
    """What a call's name stands for: a layer, with the arguments of a preset."""

    cls: type[Layer]
    arguments: nodes.Mapping | None = None


@dataclass
class Fields:
    """A call's arguments as a record takes them: `data`, the nodes that it is from, and the fields whose
    absence was already reported in other words."""

    data: dict[str, object]
    node: nodes.Mapping
    settled: set[str] = field(default_factory=set)


@dataclass
class Maker:
    """Makes layers of calls within one file: its presets, dtype and params. `context` is what validation of fields
    needs; `others` gives the maker of an included file.

    What is made is kept, for the many calls in repeats and blocks that come to the same. A preset is None where
    there is something wrong with it: what is made from it is unknown, without a word more.
    """

    unit: Unit
    dtype: str
    context: Mapping[str, object]
    params: Bindings
    work: Work
    report: Report
    others: Callable[[Unit], Maker]
    presets: dict[str, Base | None] = field(default_factory=dict)
    kept: dict[Hashable, tuple[Call, Made | None]] = field(default_factory=dict)

    def check_presets(self) -> None:
        """Reports what is wrong with each preset itself, whether or not it is used."""
        for name in self.unit.presets:
            self._preset_base(name, ())

    def make(self, call: Call, bindings: Bindings, frame: Frame | None = None) -> Made | None:
        """The layer that a call makes; None for what is not one, which is reported."""
        key = (id(call), *(_identity(bindings.get(name)) for name in call.names or ()))
        if key not in self.kept:
            report = self.report
            if frame is not None or call.names is not None:
                report = explaining(report, why_of(call, bindings), frame)
            # The call is kept too, so that no other one gets its identity.
            self.kept[key] = call, self._make(call, bindings, report)
        return self.kept[key][1]

    def inspect(self, call: Call) -> None:
        """Reports what is wrong with a call that nothing makes, as far as it can be told without its expressions."""
        base = self._base(call, self.report)
        own = arguments_by_field(call, base.cls, self.report) if base else None
        if base is None or own is None:
            return
        known = tuple(entry for entry in own.entries if call.names is None or not _computed(entry[1]))
        merged = _merge(base.arguments, own._replace(entries=known))
        errors: list[Diagnostic] = []
        self._layer(base.cls, merged, call.span, errors.append)
        missing = {str(key.value) for key, _ in own.entries}
        for error in errors:
            if error.code != "NN102" or call.names is None or not missing:
                self.report(error)

    def _make(self, call: Call, bindings: Bindings, report: Report) -> Made | None:
        base = self._base(call, report)
        own = self._own(call, base.cls, bindings, report) if base else None
        if base is None or own is None:
            return None
        merged = _merge(base.arguments, own)
        layer = self._layer(base.cls, merged, call.span, report)
        if layer is None:
            return None
        fields = {str(key.value): value.span for key, value in merged.entries}
        return Made(layer, call.span, fields, self._preset(call, base, own))

    def _own(self, call: Call, cls: type[Layer], bindings: Bindings, report: Report) -> nodes.Mapping | None:
        """The call's own arguments, with values in place of expressions."""
        if call.names is not None and call.argument is not None:
            try:
                call = call._replace(argument=resolve(call.argument, bindings, self.work, report))
            except Unresolved:
                return None
        return arguments_by_field(call, cls, report)

    def _base(self, call: Call, report: Report) -> Base | None:
        found = self.unit.find_preset(call.name)
        if found is not None:
            unit, _ = found
            if unit is self.unit:
                return self._preset_base(call.name, ())
            base = self.others(unit)._preset_base(call.name.partition(".")[2], ())
            return base and _brought(base, unit.folder, self.unit.folder)
        cls = self.unit.plugins.find(call.name)
        if cls is None and not self.unit.is_unreadable(call.name):
            from .unknown import unknown_layer

            report(unknown_layer(call, self.unit))
        return Base(cls) if cls else None

    def _preset_base(self, name: str, above: tuple[str, ...]) -> Base | None:
        """What a preset stands for, made when it is first asked for; `above` are presets that are made from it."""
        if name not in self.presets:
            call = self.unit.presets[name]
            self.presets[name] = self._checked_preset(name, call, above) if call else None
        return self.presets[name]

    def _checked_preset(self, name: str, call: Call, above: tuple[str, ...]) -> Base | None:
        if call.name == name or call.name in above:
            message = f'the preset "{name}" is made from itself'
            self.report(Diagnostic("NN116", message, call.span, help="name a layer, with all the arguments"))
            return None
        if len(above) > MOST_PRESETS:
            message = f"presets are made from each other more than {MOST_PRESETS} times"
            self.report(Diagnostic("NN003", message, call.span, help="name the layer itself"))
            return None
        own_file = call.name in self.unit.presets
        base = self._preset_base(call.name, (*above, name)) if own_file else self._base(call, self.report)
        arguments = self._own(call, base.cls, self.params, self.report) if base else None
        if base is None or arguments is None:
            return None
        merged = _merge(base.arguments, arguments)
        errors: list[Diagnostic] = []
        self._layer(base.cls, merged, call.span, errors.append)
        # A preset may leave required fields to those who use it.
        found = [diagnostic for diagnostic in errors if diagnostic.code != "NN102"]
        for diagnostic in found:
            self.report(diagnostic)
        return None if found else Base(base.cls, merged)

    def _layer(self, cls: type[Layer], arguments: nodes.Mapping, owner: Span, report: Report) -> Layer | None:
        """The layer with these arguments; None where an error was reported."""
        errors: list[Diagnostic] = []
        fields = self._fields(cls, arguments, errors.append)
        layer = validate(
            cls,
            fields.node,
            owner,
            errors.append,
            data=fields.data,
            context=self.context,
            settled=fields.settled,
        )
        for error in errors:
            report(error)
        return None if errors or fields.settled else layer

    def _fields(self, cls: type[Layer], arguments: nodes.Mapping, report: Report) -> Fields:
        """The arguments that the layer may have, with layers in place of what a wrapper holds."""
        # A function has no dtype of its own, unless it is told one.
        fields = Fields({"dtype": self.dtype} if not cls.is_function else {}, arguments)
        problems = {
            key.value: _misplaced(cls, key, fields.settled, self.unit) for key, _ in arguments.entries
        }
        kept = tuple(entry for entry in arguments.entries if problems[entry[0].value] is None)
        for problem in filter(None, problems.values()):
            report(problem)
        for key, value in kept:
            name = str(key.value)
            if name in cls.layer_fields() and not (isinstance(value, Scalar) and value.value is None):
                self._hold(name, value, fields, name in cls.layer_lists(), report)
            else:
                fields.data[name] = to_data(value)
        fields.node = nodes.Mapping(kept, arguments.span)
        return fields

    def _hold(self, name: str, value: Node, fields: Fields, is_list: bool, report: Report) -> None:
        """Puts the layer that a wrapper holds into its field, or the layers of a list."""
        held = value.items if is_list and isinstance(value, nodes.Sequence) else (value,)
        made = [self._held(node, report) for node in held]
        if None in made:
            fields.settled.add(name)
        else:
            fields.data[name] = made[0] if held == (value,) else made

    def _held(self, node: Node, report: Report) -> Layer | None:
        call = parse_call(node, report, "a wrapped layer")
        made = self._make(call, {}, report) if call else None
        return made and made.layer

    def _preset(self, call: Call, base: Base, own: nodes.Mapping) -> Preset | None:
        """The preset for backends that spell it: its own values, completed by the item's where some are
        open."""
        if base.arguments is None:
            return None
        layer = self._layer(base.cls, _merge(own, base.arguments), call.span, lambda _: None)
        fields = tuple(str(key.value) for key, _ in base.arguments.entries)
        return Preset(call.name, layer, fields) if layer else None


def arguments_by_field(call: Call, cls: type[Layer], report: Report) -> nodes.Mapping | None:
    """The call's arguments by field: a value that is not a mapping is the first field's."""
    match call.argument:
        case None | Scalar(value=None):
            return nodes.Mapping((), call.span)
        case nodes.Mapping() as mapping:
            return mapping
        case value:
            return _short_form(call, cls, value, report)


def _short_form(call: Call, cls: type[Layer], value: Node, report: Report) -> nodes.Mapping | None:
    fields = cls.own_fields()
    required = [name for name in fields if cls.fields[name].required]
    if not fields:
        message, help = f"{call.name} has no argument for {describe(value)}", f"write {call.name} alone"
    elif isinstance(value, nodes.Sequence) and len(required) > 1:
        message = f"the arguments of {call.name} are given by name, not as a list"
        help = f"write {call.name}: {{{', '.join(f'{name}: …' for name in required)}}}"
    else:
        return nodes.Mapping(((Scalar(fields[0], call.span), value),), value.span)
    report(Diagnostic("NN103", message, value.span, help=help))
    return None


def _brought(base: Base, folder: Path, to: Path) -> Base:
    """An included file's preset as a file in another folder has it, with the paths of fixed weights from there."""
    if base.arguments is None:
        return base
    moved = _moved(base.arguments, folder, to)
    assert isinstance(moved, nodes.Mapping)
    return base._replace(arguments=moved)


def _moved(node: Node, folder: Path, to: Path) -> Node:
    match node:
        case nodes.Mapping(entries=((Scalar(value="file") as key, Scalar(value=str() as path) as value),)):
            if os.path.isabs(path) or path.startswith("~") or "\0" in path or not path:
                return node
            moved = Path(os.path.relpath(folder / path, to)).as_posix()
            return node._replace(entries=((key, value._replace(value=moved)),))
        case nodes.Mapping(entries=entries):
            return node._replace(entries=tuple([(key, _moved(value, folder, to)) for key, value in entries]))
        case nodes.Sequence(items=items):
            return node._replace(items=tuple([_moved(item, folder, to) for item in items]))
    return node


def _merge(under: nodes.Mapping | None, over: nodes.Mapping) -> nodes.Mapping:
    """The entries of both, those of `over` in place of the same key's in `under`, where there is one."""
    if under is None:
        return over
    given = {key.value: value for key, value in over.entries}
    kept = [(key, given.get(key.value, value)) for key, value in under.entries]
    names = {key.value for key, _ in under.entries}
    added = [entry for entry in over.entries if entry[0].value not in names]
    return over._replace(entries=(*kept, *added))


def _misplaced(cls: type[Layer], key: Scalar, settled: set[str], unit: Unit) -> Diagnostic | None:
    """What is wrong with an argument that the layer has in Keras, or that belongs elsewhere in a spec. A
    field that it was meant for is added to `settled`."""
    name, kind = str(key.value), cls.__name__
    if name in cls.refused:
        return Diagnostic("NN112", f"{kind} cannot have {name} in a spec", key.span, help=cls.refused[name])
    if name in cls.fields:
        return None
    if name in SIBLINGS:
        help = f"put it beside the layer: {{{kind}: …, {name}: …}}"
        return Diagnostic("NN101", f'"{name}" is not an argument of {kind}', key.span, help=help)
    owner = _owner(cls, name, unit)
    if owner is None:
        return None
    settled.add(owner)
    help = f"write {kind}: {{{owner}: {{{name}: …}}}}"
    return Diagnostic(
        "NN101", f"{name} is not a field of {kind}, but a value of {owner}", key.span, help=help
    )


def _owner(cls: type[Layer], name: str, unit: Unit) -> str | None:
    """The field that a layer's or an activation's name is a value of, where it stands in place of the
    field."""
    if unit.canonical(name) is not None:
        return next(iter(cls.layer_fields()), None)
    return "activation" if name in ACTIVATIONS and "activation" in cls.fields else None


def _computed(node: Node) -> bool:
    return any(map(is_expression, scalars(node)))


def _identity(binding: Binding | None) -> Hashable:
    """What tells values apart that make different layers: 1 from 1.0 and true."""
    return None if binding is None else (type(binding.value), repr(binding.value))
