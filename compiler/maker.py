"""From a call as it is written to a layer: presets applied, wrapped layers made, fields checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ..spec import nodes
from ..spec.activations import ACTIVATIONS
from ..spec.diagnostics import Diagnostic, did_you_mean
from ..spec.items import SIBLINGS, Call, parse_call
from ..spec.layers import NAMES, NOT_YET, REFUSED, canonical, find
from ..spec.layers.base import Layer
from ..spec.locate import Report, validate
from ..spec.nodes import Node, Scalar, describe, shorten, to_data
from ..spec.source import Span
from .graph import Place, Preset


class Made(NamedTuple):
    """A layer from an item's call; `layer` is None where it could not be made."""

    layer: Layer | None
    place: Place
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
    """Makes layers of calls, within a file's presets and dtype. `context` is what validation of fields needs.

    A preset is None where there is something wrong with it: what is made from it is unknown, without a word
    more.
    """

    dtype: str
    context: Mapping[str, object]
    report: Report
    presets: dict[str, Base | None] = field(default_factory=dict)

    def add_presets(self, calls: Mapping[str, Call | None]) -> None:
        """Reports what is wrong with each preset itself, whether or not it is used."""
        self.presets = {name: self._checked_preset(call, calls) for name, call in calls.items()}

    def make(self, call: Call | None) -> Made | None:
        """The layer that a call makes; None for what is not one, or was not read."""
        if call is None or (base := self._base(call)) is None:
            return None
        own = self._arguments(call, base.cls)
        if own is None:
            return None
        merged = _merge(base.arguments, own) if base.arguments else own
        place = Place(call.span, {str(key.value): value.span for key, value in merged.entries})
        layer = self._layer(base.cls, merged, call.span, self.report)
        return Made(layer, place, self._preset(call, base, own) if layer else None)

    def _base(self, call: Call) -> Base | None:
        if call.name in self.presets:
            return self.presets[call.name]
        cls = find(call.name)
        if cls is None:
            self.report(_unknown_layer(call, self.presets))
        return Base(cls) if cls else None

    def _checked_preset(self, call: Call | None, calls: Mapping[str, Call | None]) -> Base | None:
        if call is None:
            return None
        if call.name in calls:
            message = f'a preset is made from a layer, and "{call.name}" is a preset'
            help = "name the layer, with all the arguments"
            self.report(Diagnostic("NN105", message, call.span, help=help))
            return None
        base = self._base(call)
        arguments = self._arguments(call, base.cls) if base else None
        if base is None or arguments is None:
            return None
        errors: list[Diagnostic] = []
        self._layer(base.cls, arguments, call.span, errors.append)
        # A preset may leave required fields to those who use it.
        found = [diagnostic for diagnostic in errors if diagnostic.code != "NN102"]
        for diagnostic in found:
            self.report(diagnostic)
        return None if found else Base(base.cls, arguments)

    def _arguments(self, call: Call, cls: type[Layer]) -> nodes.Mapping | None:
        """The call's arguments by field: a value that is not a mapping is the first field's."""
        match call.argument:
            case None | Scalar(value=None):
                return nodes.Mapping((), call.span)
            case nodes.Mapping() as mapping:
                return mapping
            case value:
                return self._short_form(call, cls, value)

    def _short_form(self, call: Call, cls: type[Layer], value: Node) -> nodes.Mapping | None:
        fields = cls.own_fields()
        required = [name for name in fields if cls.fields[name].required]
        if not fields:
            message, help = f"{call.name} has no argument for {describe(value)}", f"write {call.name} alone"
        elif isinstance(value, nodes.Sequence) and len(required) > 1:
            message = f"the arguments of {call.name} are given by name, not as a list"
            help = f"write {call.name}: {{{', '.join(f'{name}: …' for name in required)}}}"
        else:
            return nodes.Mapping(((Scalar(fields[0], call.span), value),), value.span)
        self.report(Diagnostic("NN103", message, value.span, help=help))
        return None

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
        fields = Fields({"dtype": self.dtype}, arguments)
        problems = {key.value: _misplaced(cls, key, fields.settled) for key, _ in arguments.entries}
        kept = tuple(entry for entry in arguments.entries if problems[entry[0].value] is None)
        for problem in filter(None, problems.values()):
            report(problem)
        for key, value in kept:
            name = str(key.value)
            if name in cls.layer_fields() and not (isinstance(value, Scalar) and value.value is None):
                self._hold(name, value, fields, report)
            else:
                fields.data[name] = to_data(value)
        fields.node = nodes.Mapping(kept, arguments.span)
        return fields

    def _hold(self, name: str, node: Node, fields: Fields, report: Report) -> None:
        """Puts the layer that a wrapper holds into its field."""
        made = replace(self, report=report).make(parse_call(node, report, "a wrapped layer"))
        if made is None or made.layer is None:
            fields.settled.add(name)
        else:
            fields.data[name] = made.layer

    def _preset(self, call: Call, base: Base, own: nodes.Mapping) -> Preset | None:
        """The preset for backends that spell it: its own values, completed by the item's where some are
        open."""
        if base.arguments is None:
            return None
        layer = self._layer(base.cls, _merge(own, base.arguments), call.span, lambda _: None)
        fields = tuple(str(key.value) for key, _ in base.arguments.entries)
        return Preset(call.name, layer, fields) if layer else None


def _merge(under: nodes.Mapping, over: nodes.Mapping) -> nodes.Mapping:
    """The entries of both, those of `over` in place of the same key's in `under`."""
    given = {key.value: value for key, value in over.entries}
    kept = [(key, given.get(key.value, value)) for key, value in under.entries]
    names = {key.value for key, _ in under.entries}
    added = [entry for entry in over.entries if entry[0].value not in names]
    return over._replace(entries=(*kept, *added))


def _misplaced(cls: type[Layer], key: Scalar, settled: set[str]) -> Diagnostic | None:
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
    owner = _owner(cls, name)
    if owner is None:
        return None
    settled.add(owner)
    help = f"write {kind}: {{{owner}: {{{name}: …}}}}"
    return Diagnostic(
        "NN101", f"{name} is not a field of {kind}, but a value of {owner}", key.span, help=help
    )


def _owner(cls: type[Layer], name: str) -> str | None:
    """The field that a layer's or an activation's name is a value of, where it stands in place of the
    field."""
    if canonical(name) is not None:
        return next(iter(cls.layer_fields()), None)
    return "activation" if name in ACTIVATIONS and "activation" in cls.fields else None


def _unknown_layer(call: Call, presets: Collection[str]) -> Diagnostic:
    if call.name in REFUSED:
        return Diagnostic("NN112", f"{call.name} cannot stand in a spec", call.span, help=REFUSED[call.name])
    if call.name in NOT_YET:
        message = f"{call.name} is not supported by this version of nnspec"
        return Diagnostic("NN112", message, call.span, help="`nnspec layers` lists the layers that are")
    help = did_you_mean(call.name, [*NAMES, *presets], "layers")
    return Diagnostic("NN105", f'there is no layer or preset "{shorten(call.name)}"', call.span, help=help)
