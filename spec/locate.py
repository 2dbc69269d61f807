"""From problems with plain data to diagnostics at their places in the file."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeAlias, TypeVar

from .diagnostics import Diagnostic, Fix, did_you_mean, nearest
from .nodes import Mapping, Node, Scalar, Sequence, describe, shorten, to_data
from .problems import Problem, without_cascades
from .records import Record
from .scalars import is_number, resolve
from .source import Span

Report: TypeAlias = Callable[[Diagnostic], None]
Location: TypeAlias = tuple[int | str, ...]
RecordT = TypeVar("RecordT", bound=Record)

# pydantic's error type -> what the value must be. Anything in this table is a value of the wrong type.
WANTED = {
    "int_type": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "a string",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "finite_number": "a finite number",
}

# What YAML 1.1 took for booleans.
YES_AND_NO = {"yes": "true", "on": "true", "no": "false", "off": "false"}

BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}

LENGTHS = {"too_long": ("max_length", "at most"), "too_short": ("min_length", "at least")}

# Errors about a Keras object that a spec names -> their codes. Their messages say whose error it is.
ABOUT_NAMES = {"named_unknown": "NN113", "unknown_argument": "NN101", "lacking_argument": "NN102"}


def validate(
    record: type[RecordT],
    node: Node,
    owner: Span,
    report: Report,
    *,
    data: Any = None,
    context: Any = None,
    title: str = "",
    settled: Collection[str | None] = (),
) -> RecordT | None:
    """The node as a record of that class; or None, with every error reported at its place.

    `owner` is where a missing field is reported, `data` the node's value where some parts are already made,
    `title` what messages call the thing, `settled` the fields whose absence was reported in other words.
    """
    values: Any = to_data(node) if data is None else data
    made, problems = record.make(values, context)
    for found in without_cascades(problems, record.fields, settled):
        report(explain(found, record, node, owner, title or record.__name__))
    return made


def explain(found: Problem, record: type[Record], node: Node, owner: Span, title: str) -> Diagnostic:
    """A problem as a diagnostic. One of ours says in its context where inside the value it is."""
    kind, context = found["type"], found.get("ctx", {})
    location = (*found["loc"], *context.get("at", ()))
    field = str(next((part for part in reversed(found["loc"]) if isinstance(part, str)), title))
    key, value = find(node, location)
    span = value.span if value is not None else owner
    if kind == "missing":
        return _missing(field, record, owner, title)
    if kind == "extra_forbidden":
        return _unknown_key(field, title, record.fields, key.span if key else span, value)
    if kind in LENGTHS:
        return _wrong_length(field, kind, context, span)
    if kind in WANTED:
        return _wrong_type(field, WANTED[kind], value, span)
    if kind in BOUNDS:
        return _out_of_bounds(field, kind, context, value, span)
    if kind == "literal_error":
        return _not_a_choice(field, context["expected"], value, span)
    if kind in ABOUT_NAMES:
        at = key if kind == "unknown_argument" else _name(value)
        return Diagnostic(ABOUT_NAMES[kind], found["msg"], at.span if at else span, help=context.get("help"))
    return _in_own_words(field, found["msg"], context, value, span)


def _name(value: Node | None) -> Scalar | None:
    """The name in `HeNormal` or `{HeNormal: {…}}`."""
    match value:
        case Mapping(entries=((key, _),)):
            return key
        case Scalar():
            return value
    return None


def find(node: Node, location: Location) -> tuple[Scalar | None, Node | None]:
    """The key and the node at a location. A part that the file spells shorter is passed over: `3` for `[3,
    3]`, and the one key of `{HeNormal: {…}}`."""
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


def _unknown_key(
    key: str, title: str, known: Collection[str], span: Span, value: Node | None = None
) -> Diagnostic:
    near = nearest(key, known)
    help = did_you_mean(key, known, "fields")
    if key.isdecimal() and isinstance(value, Scalar) and value.value is None:
        help = "a comma ends the value before it: write a decimal point"
    message = f'{title} has no field "{shorten(key)}"'
    return Diagnostic("NN101", message, span, help=help, fix=Fix(span, near) if near else None)


def _missing(field: str, record: type[Record], owner: Span, title: str) -> Diagnostic:
    info = record.fields.get(field)
    about = f": {info.description[0].lower()}{info.description[1:]}" if info and info.description else ""
    return Diagnostic("NN102", f'{title} needs "{field}"', owner, help=f'add "{field}"{about}'.rstrip("."))


def _out_of_bounds(field: str, kind: str, context: Any, value: Node | None, span: Span) -> Diagnostic:
    name, words = BOUNDS[kind]
    bound = context[name]
    number = int(bound) if isinstance(bound, float) and bound.is_integer() else bound
    message = f"{field} must be {words} {number}, not {_shown(value)}"
    return Diagnostic("NN104", message, span, help=f"write a number that is {words} {number}")


def _wrong_length(field: str, kind: str, context: Any, span: Span) -> Diagnostic:
    name, words = LENGTHS[kind]
    message = f"{field} must have {words} {context[name]} entries, not {context['actual_length']}"
    return Diagnostic("NN104", message, span, help=f"write {words} {context[name]}")


def _in_own_words(field: str, message: str, context: Any, value: Node | None, span: Span) -> Diagnostic:
    """For an error that our own validation raised. "must be a list" gets the field before it and the value
    behind, and "an axis cannot …" is a sentence already."""
    code, help = context.get("code", "NN104"), context.get("help")
    if message.startswith("must "):
        message = f"{field} {message}"
    elif not message.startswith(("a ", "an ", "the ")):
        message = f"{field}: {message}"
    if " must be " in message and ", not " not in message:
        message = f"{message}, not {_shown(value)}"
    return Diagnostic(code, message, span, help=help)


def _wrong_type(field: str, wanted: str, value: Node | None, span: Span) -> Diagnostic:
    help, replacement = f"write {wanted} for {field}", None
    match value:
        case Scalar(value=str() as text, quoted=True) if wanted != "a string" and _is(wanted, text):
            help, replacement = f"remove the quotes: {field}: {text}", text
        case Scalar(value=str() as text) if wanted == "true or false" and text.lower() in YES_AND_NO:
            replacement = YES_AND_NO[text.lower()]
            help = f"YAML 1.2 reads {text} as a string: write {replacement}"
        case Scalar(value=str() as text) if wanted == "a number" and _is(wanted, text.replace(",", ".", 1)):
            replacement = text.replace(",", ".", 1)
            help = f"a decimal point, not a comma: {replacement}"
    fix = Fix(span, replacement) if replacement else None
    return Diagnostic("NN103", f"{field} must be {wanted}, not {_shown(value)}", span, help=help, fix=fix)


def _is(wanted: str, text: str) -> bool:
    """Whether the text without quotes would be what is wanted."""
    if wanted == "true or false":
        return text.lower() in ("true", "false")
    return is_number(text) and (wanted != "an integer" or isinstance(resolve(text), int))


def _not_a_choice(field: str, expected: str, value: Node | None, span: Span) -> Diagnostic:
    choices = [choice.strip().strip("'") for choice in expected.replace(" or ", ", ").split(",")]
    message = f"{field} must be one of {', '.join(choices)}, not {_shown(value)}"
    given = value.value if isinstance(value, Scalar) and isinstance(value.value, str) else ""
    return Diagnostic("NN104", message, span, help=did_you_mean(given, choices, "values"))


def _shown(value: Node | None) -> str:
    return "nothing" if value is None else describe(value)
