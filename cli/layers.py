"""`nnspec layers`: the catalogue, and one layer's fields."""

from __future__ import annotations

import inspect
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

import click

from .streams import write

if TYPE_CHECKING:
    from ..spec.layers.base import Layer

TYPES = {bool: "true or false", int: "integer", float: "number", str: "string", NoneType: "null"}
BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
DEFAULTS = {None: "null", True: "true", False: "false"}


@click.command("layers")
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the layers and functions that a spec may use, or the fields of one of them."""
    write(catalogue() if name is None else details(name))


def catalogue() -> str:
    """Every layer by its family, with a line on what it does."""
    from ..spec.layers import FAMILIES, NAMES, find

    width = max(map(len, NAMES))
    lines: list[str] = []
    for family, names in FAMILIES.items():
        lines += ["", family]
        lines += (f"  {name:{width}}  {first_line(find(name))}" for name in names)
    return "\n".join(lines[1:]) + "\n"


def details(name: str) -> str:
    """One layer's fields in Keras's order, then those of all. Raises UsageError for an unknown name."""
    from ..spec.layers import find
    from .tables import table

    layer = find(name)
    if layer is None:
        raise click.UsageError(unknown(name))
    fields = [*layer.own_fields(), *(f for f in layer.fields if f not in layer.own_fields())]
    rows = [field_row(layer, field) for field in fields]
    alias = f" (Keras's {name} is the same)" if name != layer.__name__ else ""
    head = f"{layer.__name__}{alias}: {first_line(layer)}"
    columns = ("field", "type", "default", "about")
    return f"{head}\n\n{table(columns, rows)}{refusals(layer)}"


def unknown(name: str) -> str:
    from ..spec.diagnostics import did_you_mean
    from ..spec.layers import ALIASES, NAMES, REFUSED

    if name in REFUSED:
        return f"a spec has no {name}: {REFUSED[name]}"
    return f'no layer "{name}"; {did_you_mean(name, (*NAMES, *ALIASES), "layers")}'


def first_line(layer: type[Layer] | None) -> str:
    return (inspect.getdoc(layer) or "").partition("\n")[0]


def field_row(layer: type[Layer], name: str) -> tuple[str, ...]:
    from ..spec.records import metadata, types

    field, marks = layer.fields[name], metadata(layer, name)
    bounds = ", ".join(bound for mark in marks for bound in bounds_of(mark))
    kind = short_form(types(layer)[name], marks) or words(types(layer)[name], name)
    default = "required" if field.required else spelled(field.default)
    return name, f"{kind}, {bounds}" if bounds else kind, default, field.description


def short_form(annotation: Any, marks: tuple[Any, ...]) -> str | None:
    """What a field takes that has a short form; None where it has only the form of its type."""
    from ..spec.fields import Margins, OneOrMany, PerAxis

    forms = {
        PerAxis: "integer, or one for each axis",
        Margins: "integer, or one or two for each axis",
        OneOrMany: "integer, or a list of them",
    }
    form = next((form for mark, form in forms.items() if mark in marks), None)
    return f"{form}, or null" if form and NoneType in get_args(get_args(annotation)[0]) else form


def refusals(layer: type[Layer]) -> str:
    """Keras's arguments that a spec cannot give, each with the reason."""
    lines = [f"  {name}: {reason}" for name, reason in layer.refused.items()]
    return "\n".join(("\nnot in a spec:", *lines, "")) if lines else ""


def bounds_of(part: Any) -> list[str]:
    """What a constraint on a number says in words; nothing for the bound that every size has."""
    from ..spec.fields import MAX_SIZE

    given = ((word, getattr(part, attribute, None)) for attribute, word in BOUNDS.items())
    return [f"{word} {value}" for word, value in given if value is not None and abs(value) != MAX_SIZE]


def words(annotation: Any, field: str) -> str:
    """A field's type as people say it. A Keras object goes by the last word of the field that holds it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return words(arguments[0], field)
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if origin is tuple:
        one = words(arguments[0], field)
        return f"list of {one}s" if arguments[-1] is ... else f"{one}, or a list of {len(arguments)}"
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(words(argument, field) for argument in arguments))
    return TYPES.get(annotation) or field.rpartition("_")[2]


def spelled(value: Any) -> str:
    """A default as a spec would write it."""
    match value:
        case None | bool():
            return DEFAULTS[value]
        case tuple():
            return f"[{', '.join(map(spelled, value))}]"
    return str(getattr(value, "identifier", value))
