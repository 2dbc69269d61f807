"""From what pydantic says of plain data to diagnostics at the place in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from .diagnostics import Diagnostic, Fix, did_you_mean
from .nodes import Mapping, Node, Scalar, Sequence, describe, to_data
from .source import Span

Report: TypeAlias = Callable[[Diagnostic], None]
Location: TypeAlias = tuple[int | str, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)

# pydantic's error type -> what the value must be. Anything in this table is a value of the wrong type.
WANTED = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "int_parsing": "an integer",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "a string",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "finite_number": "a finite number",
}

BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}

# Errors about a Keras object that a spec names -> their codes. Their messages say whose error it is.
ABOUT_NAMES = {"named_unknown": "NN113", "unknown_argument": "NN101", "lacking_argument": "NN102"}


def validate(
    model: type[ModelT], node: Node, owner: Span, report: Report, *, data: Any = None, context: Any = None, title: str = ""
) -> ModelT | None:
    """The node as an instance of the model; or None, with every error reported at its place.

    `owner` is where a missing field is reported, `data` the node's value where some parts are already made,
    `title` what messages call the thing.
    """
    try:
        return model.model_validate(to_data(node) if data is None else data, context=context)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            report(explain(details, model, node, owner, title or model.__name__))
        return None


def explain(details: Any, model: type[BaseModel], node: Node, owner: Span, title: str) -> Diagnostic:
    """One of pydantic's errors as a diagnostic."""
    kind, location, context = details["type"], tuple(details["loc"]), details.get("ctx", {})
    field = next((part for part in reversed(location) if isinstance(part, str)), title)
    key, value = find(node, location)
    span = value.span if value is not None else owner
    if kind == "missing":
        return _missing(field, model, owner, title)
    if kind == "extra_forbidden":
        span = key.span if key is not None else span
        return unknown_key(str(field), title, model.model_fields, span)
    if kind in WANTED:
        return _wrong_type(str(field), WANTED[kind], value, span)
    if kind in BOUNDS:
        name, words = BOUNDS[kind]
        message = f"{field} must be {words} {context[name]}, not {_shown(value)}"
        return Diagnostic("NN104", message, span, help=f"give {field} a value {words} {context[name]}")
    if kind == "literal_error":
        return _not_a_choice(str(field), context["expected"], value, span)
    if kind in ABOUT_NAMES:
        at = key if kind == "unknown_argument" else _name(value)
        span = at.span if at else span
        return Diagnostic(ABOUT_NAMES[kind], details["msg"], span, help=context.get("help"))
    code = context.get("code", "NN104")
    return Diagnostic(code, f"{field}: {details['msg']}", span, help=context.get("help"))


def _name(value: Node | None) -> Scalar | None:
    """The name in `HeNormal` or `{HeNormal: {…}}`."""
    match value:
        case Mapping(entries=((key, _),)):
            return key
        case Scalar():
            return value
    return None


def find(node: Node, location: Location) -> tuple[Scalar | None, Node | None]:
    """The key and the node at a location. A part that the file spells shorter is passed over: `3` for `[3, 3]`,
    and the one key of `{HeNormal: {…}}`."""
    key: Scalar | None = None
    for part in location:
        match node, part:
            case Mapping(), str():
                inner = _inside(node, part)
                if inner is None:
                    return key, node
                key, node = inner.key(part), inner.get(part) or node
            case Sequence(items=items), int() if part < len(items):
                node = items[part]
    return key, node


def _inside(node: Mapping, part: str) -> Mapping | None:
    """The mapping that has the key: the node, or what its only key names."""
    if node.get(part) is not None:
        return node
    match node.entries:
        case ((_, Mapping() as inner),):
            return _inside(inner, part)
    return None


def unknown_key(key: str, title: str, known: Iterable[str], span: Span) -> Diagnostic:
    help = did_you_mean(key, known, "fields")
    near = help.removeprefix('did you mean "').removesuffix('"?') if help.startswith("did") else None
    return Diagnostic("NN101", f'{title} has no field "{key}"', span, help=help, fix=Fix(span, near) if near else None)


def _missing(field: str | int, model: type[BaseModel], owner: Span, title: str) -> Diagnostic:
    info = model.model_fields.get(str(field))
    about = f": {info.description[0].lower()}{info.description[1:]}" if info and info.description else ""
    return Diagnostic("NN102", f'{title} needs "{field}"', owner, help=f"add {field}{about}".rstrip("."))


def _wrong_type(field: str, wanted: str, value: Node | None, span: Span) -> Diagnostic:
    message = f"{field} must be {wanted}, not {_shown(value)}"
    match value:
        case Scalar(value=str() as text) if wanted != "a string" and is_number(text):
            return Diagnostic(
                "NN103", message, span, help=f"remove the quotes: {field}: {text}", fix=Fix(span, text)
            )
        case Scalar(value=str() as text) if wanted == "true or false" and text.lower() in ("yes", "no", "on", "off"):
            plain = "true" if text.lower() in ("yes", "on") else "false"
            return Diagnostic(
                "NN103", message, span, help=f"YAML 1.2 reads {text} as a string: write {plain}", fix=Fix(span, plain)
            )
        case Scalar(value=str() as text) if wanted == "a number" and is_number(text.replace(",", ".", 1)):
            return Diagnostic("NN103", message, span, help="a decimal point, not a comma")
    return Diagnostic("NN103", message, span, help=f"write {wanted} for {field}")


def _not_a_choice(field: str, expected: str, value: Node | None, span: Span) -> Diagnostic:
    choices = [choice.strip().strip("'") for choice in expected.replace(" or ", ", ").split(",")]
    message = f"{field} must be one of {', '.join(choices)}, not {_shown(value)}"
    given = value.value if isinstance(value, Scalar) and isinstance(value.value, str) else ""
    return Diagnostic("NN104", message, span, help=did_you_mean(given, choices, "values"))


def _shown(value: Node | None) -> str:
    return "nothing" if value is None else describe(value)


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
