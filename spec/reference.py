"""What a layer's fields take, in words: for `nnspec layers`, and for the reference page."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from .fields import MAX_SIZE, Margins, OneOrMany, PerAxis, parse_numbers
from .layers.base import Layer
from .records import types
from .schemas import Parsed

TYPES = {bool: "true or false", int: "integer", float: "number", str: "string", NoneType: "null"}
BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
DEFAULTS = {None: "null", True: "true", False: "false"}
SHORT_FORMS = {
    PerAxis: "integer, or one for each axis",
    Margins: "integer, or one or two for each axis",
    OneOrMany: "integer, or a list of them",
}
# What functions that check a field by themselves take.
PARSED = {parse_numbers: "number, or lists of them"}


class FieldWords(NamedTuple):
    """A field as people read of it. `default` is as a spec would write it, None where a value is required."""

    name: str
    type: str
    default: str | None
    about: str


def fields(layer: type[Layer]) -> list[FieldWords]:
    """The layer's fields in Keras's order, then those of all layers that it does not refuse."""
    own = layer.own_fields()
    shared = [name for name in layer.fields if name not in own and name not in layer.refused]
    return [_field(layer, name) for name in (*own, *shared)]


def first_line(layer: type[Layer]) -> str:
    """What the layer does, in a line."""
    return about(layer).partition("\n")[0]


def about(layer: type[Layer]) -> str:
    """What the layer does, as it is documented."""
    return inspect.getdoc(layer) or ""


def _field(layer: type[Layer], name: str) -> FieldWords:
    field = layer.fields[name]
    default = None if field.required else spelled(field.default)
    return FieldWords(name, words(types(layer)[name], name), default, field.description)


def words(annotation: Any, field: str) -> str:
    """A field's type as people say it. A Keras object goes by the last word of the field that holds it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _marked(arguments[0], annotation.__metadata__, field)
    if origin is Literal:
        return " | ".join(DEFAULTS.get(one, str(one)) for one in arguments)
    if origin is tuple:
        one = words(arguments[0], field)
        if arguments[-1] is not ...:
            return f"{one}, or a list of {len(arguments)}"
        return f"list of {one}s" if " " not in one else f"list, each of {one}"
    if origin in (Union, UnionType):
        parts = list(dict.fromkeys(words(argument, field) for argument in arguments))
        return (", or " if any(", " in part for part in parts) else " or ").join(parts)
    return TYPES.get(annotation) or field.rpartition("_")[2]


def _marked(type_: Any, marks: tuple[Any, ...], field: str) -> str:
    """A type with what `Annotated` adds to it."""
    parsed = next((said for mark in marks if isinstance(mark, Parsed) and (said := _parsed(mark))), None)
    form = next((form for mark, form in SHORT_FORMS.items() if mark in marks), None)
    if parsed or form is None:
        return ", ".join((parsed or words(type_, field), *_bounds(marks)))
    null = ["or null"] if NoneType in get_args(type_) else []
    return ", ".join((form, *_bounds(_inner_marks(type_)), *null))


def _parsed(mark: Parsed) -> str:
    return mark.words or PARSED.get(mark.function, "")


def _bounds(marks: Iterable[Any]) -> list[str]:
    """What constraints on a number say in words; nothing for the bound that every size has."""
    given = ((word, getattr(mark, bound, None)) for mark in marks for bound, word in BOUNDS.items())
    return [f"{word} {value}" for word, value in given if value is not None and abs(value) < MAX_SIZE]


def _inner_marks(type_: Any) -> tuple[Any, ...]:
    """What `Annotated` adds to the numbers in a list."""
    if get_origin(type_) is Annotated:
        return type_.__metadata__
    return next((marks for part in get_args(type_) if (marks := _inner_marks(part))), ())


def spelled(value: Any) -> str:
    """A default as a spec would write it."""
    match value:
        case None | bool():
            return DEFAULTS[value]
        case tuple():
            return f"[{', '.join(map(spelled, value))}]"
    return str(getattr(value, "identifier", value))
