"""Layers of which some fields are expressions: the Keras calls that the code makes of them, the expressions in place.

What a field is given as a plain value is checked and spelled as in the live model. An expression stands for a value
that is not known here: whatever would have to know it raises Unwritable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from ....compiler.maker import arguments_by_field
from ....compiler.unit import Unit
from ....spec import nodes
from ....spec.expressions import is_expression
from ....spec.items import Call
from ....spec.layers.base import Layer
from ....spec.named import Named
from ....spec.nodes import Node, Scalar, Sequence, to_data
from ....spec.parse_items import parse_call, scalars
from ....spec.problems import Checked
from ....spec.records import types
from ...calls import Spelling, spell
from ..expressions import Variable
from .translate import Names, as_integer, of_scalar

# Values to read the rest of a field with, where an expression stands in it.
PROBES: tuple[Any, ...] = (
    1,
    0.5,
    True,
    "relu",
    "same",
    "zeros",
    "mse",
    "adam",
    2,
    0,
    [1],
    [1, 1],
    [[1, 1], [1, 1]],
)


class Unwritable(Exception):
    """Why something that depends on an expression cannot be written down without its value."""


@dataclass(frozen=True)
class Written(Variable):
    """An expression in place of a value. How many outputs a layer has, for one, may depend on it."""

    def _unknown(self, *others: Any) -> Any:
        raise Unwritable

    __bool__ = __len__ = __iter__ = __index__ = _unknown
    __lt__ = __le__ = __gt__ = __ge__ = _unknown


class Argument(NamedTuple):
    """A field as it is written, with the names that expressions in it see."""

    node: Node
    names: Names


class Places(NamedTuple):
    """What symbolic layers are made in: names seen by presets, those that presets of another file see, what reads fixed
    weights, and what the module uses."""

    unit: Unit
    preset_names: Names
    defaults: Callable[[Unit], Names]
    dtype: str
    context: Mapping[str, object]
    uses: set[str]


class Symbolic(NamedTuple):
    """A layer with expressions in its fields. `preset` names what it is made from, where that is the same for all
    layers that are; `filled` are its arguments as such a layer has them."""

    layer: Layer
    preset: str | None = None
    shared: Layer | None = None
    fields: tuple[str, ...] = ()

    @property
    def spelling(self) -> Spelling:
        return spell(self.layer)


def symbolic(call: Call, names: Names, places: Places) -> Symbolic:
    """The layer of a call, expressions in place of the fields that depend on them. Raises Unwritable."""
    cls, under, constant = _base(call.name, places)
    own = _arguments(call, cls, names)
    layer = _layer(cls, {**under, **own}, places)
    if not under or not constant:
        return Symbolic(layer)
    shared = _layer(cls, {**own, **under}, places)
    return Symbolic(layer, call.name, shared, tuple(under))


def _base(name: str, places: Places) -> tuple[type[Layer], dict[str, Argument], bool]:
    """The layer that a name stands for, the arguments of the preset that it is, and whether these are constant."""
    found = places.unit.find_preset(name)
    if found is None:
        cls = places.unit.plugins.find(name)
        if cls is None:
            raise Unwritable
        return cls, {}, True
    unit, call = found
    if call is None:
        raise Unwritable
    here = unit is places.unit
    inner = places if here else places._replace(unit=unit, preset_names=places.defaults(unit))
    cls, under, constant = _base(call.name, inner)
    own = _arguments(call, cls, inner.preset_names)
    return cls, {**under, **own}, constant and not (here and call.names)


def _arguments(call: Call, cls: type[Layer], names: Names) -> dict[str, Argument]:
    given = arguments_by_field(call, cls, lambda _: None)
    if given is None:
        raise Unwritable
    return {str(key.value): Argument(value, names) for key, value in given.entries}


def _layer(cls: type[Layer], arguments: Mapping[str, Argument], places: Places) -> Layer:
    values = {name: _field(cls, name, argument, places) for name, argument in arguments.items()}
    return cls(**{"dtype": places.dtype, **values})


def _field(cls: type[Layer], name: str, argument: Argument, places: Places) -> Any:
    node, names = argument
    if name in cls.layer_fields() and not (isinstance(node, Scalar) and node.value is None):
        if name in cls.layer_lists() and isinstance(node, Sequence):
            return tuple(_held(item, names, places) for item in node.items)
        return _held(node, names, places)
    if name not in cls.fields:
        raise Unwritable

    def check(value: Any) -> Checked:
        return cls.checked(name, value, places.context)

    return with_expressions(node, types(cls)[name], check, names, places.uses)


def _held(node: Node, names: Names, places: Places) -> Layer:
    call = parse_call(node, lambda _: None)
    if call is None:
        raise Unwritable
    return symbolic(call, names, places).layer


def with_expressions(
    node: Node, type_: Any, check: Callable[[Any], Checked], names: Names, uses: set[str]
) -> Any:
    """The value of a field, with Written where it has expressions. `check` makes the field's value of plain data."""
    if isinstance(node, Scalar) and is_expression(node):
        return _written(node, type_, names, uses)
    if not any(map(is_expression, scalars(node))):
        value, problems = check(to_data(node))
        if problems:
            raise Unwritable
        return value
    for probe in PROBES:
        value, problems = check(_probed(node, probe))
        if not problems:
            return _put_back(value, node, type_, names, uses)
    raise Unwritable


def _written(scalar: Scalar, type_: Any, names: Names, uses: set[str]) -> Written:
    given = of_scalar(scalar, names, uses)
    return Written(as_integer(given, maybe=not _is_single(type_)) if wants_integers(type_) else given.text)


def _probed(node: Node, probe: Any) -> Any:
    match node:
        case Scalar():
            return probe if is_expression(node) else node.value
        case Sequence(items=items):
            return [_probed(item, probe) for item in items]
        case nodes.Mapping(entries=entries):
            return {str(key.value): _probed(value, probe) for key, value in entries}


def _put_back(value: Any, node: Node, type_: Any, names: Names, uses: set[str]) -> Any:
    """The value with expressions where the node has them."""
    match node, value:
        case Scalar(), _ if is_expression(node):
            return _written(node, type_, names, uses)
        case Sequence(items=items), tuple() | list() if len(items) == len(value):
            parts = [
                _put_back(part, item, type_, names, uses) for part, item in zip(value, items, strict=True)
            ]
            return tuple(parts) if isinstance(value, tuple) else parts
        case nodes.Mapping(entries=((_, nodes.Mapping(entries=inner)),)), Named():
            given = {str(key.value): item for key, item in inner}
            entry = value.catalogue.entries[value.name]
            arguments = tuple(
                (name, _put_back(part, given[name], entry[name][0], names, uses) if name in given else part)
                for name, part in value.arguments
            )
            return Named(value.catalogue, value.name, arguments)
        case nodes.Mapping(entries=entries), dict():
            return {
                str(key.value): _put_back(value[str(key.value)], item, Any, names, uses)
                for key, item in entries
            }
    if any(map(is_expression, scalars(node))):
        raise Unwritable
    return value


def wants_integers(type_: Any) -> bool:
    """Whether a field's numbers are integers."""
    found = set(_scalars_of(type_))
    return int in found and not found & {float, Any}


def _is_single(type_: Any) -> bool:
    """Whether a field has one value and never none or several."""
    while get_origin(type_) is Annotated:
        type_ = get_args(type_)[0]
    return type_ in (int, float)


def _scalars_of(type_: Any) -> list[Any]:
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Annotated:
        return _scalars_of(arguments[0])
    if origin in (Union, UnionType, tuple, list, dict):
        return [one for part in arguments if part not in (..., NoneType) for one in _scalars_of(part)]
    return [type_]
