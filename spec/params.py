"""Params of a file or a block: what they are declared to be, and whether a value is of that kind."""

from __future__ import annotations

from math import isfinite
from typing import Any, Literal, NamedTuple, TypeAlias

from .diagnostics import Diagnostic, Fix, did_you_mean, listed, nearest
from .evaluate import Value
from .expressions import is_expression, parse_expression
from .locate import Report, validate
from .naming import check_binding
from .nodes import Mapping, Node, Scalar, Sequence, describe, shorten, to_data
from .operations import shown
from .records import Record, doc
from .source import Span

Kind: TypeAlias = Literal["int", "float", "bool", "str", "list"]

# What a message calls a value of each kind.
WANTED: dict[Kind, str] = {
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "str": "a string",
    "list": "a list",
}
LIST_HELP = "write a list in brackets: [1, 2]"


class Param(NamedTuple):
    """A param; `default` is None where a value must be given, and `kind` where any value is taken."""

    name: str
    span: Span
    kind: Kind | None = None
    default: Node | None = None
    least: int | float | None = None
    most: int | float | None = None
    choices: tuple[Value, ...] = ()
    description: str = ""


class LongForm(Record):
    """A param with more than its default."""

    type: Literal["int", "float", "bool", "str", "list"] | None = doc("What its values are.", None)
    default: Any = doc("Its value where none is given.", None)
    min: float | None = doc("The least value.", None)
    max: float | None = doc("The greatest value.", None)
    choices: list[Any] = doc("All values that it may have.", [])
    description: str = doc("What it changes, in a sentence.", "")


class Refused(Exception):
    """Why a value is none of a param's: a code, a message and what to do."""

    def __init__(self, code: str, message: str, help: str) -> None:
        super().__init__(message)
        self.code, self.message, self.help = code, message, help


def parse_params(node: Node | None, report: Report) -> tuple[Param, ...]:
    """The section `params` of a file or a block. What is wrong is reported."""
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return ()
    if not isinstance(node, Mapping):
        help = "write params: {width: 1.0}, or params: {filters: } where a value must be given"
        report(Diagnostic("NN103", f"params must be a mapping, not {describe(node)}", node.span, help=help))
        return ()
    params = [_param(key, value, report) for key, value in node.entries]
    return tuple(param for param in params if param is not None)


def _param(key: Scalar, value: Node, report: Report) -> Param | None:
    name = str(key.value)
    if not check_binding(name, key.span, report, "a param"):
        return None
    match value:
        case Mapping():
            return _long(name, key, value, report)
        case Scalar(value=None):
            return Param(name, key.span)
    if is_expression(value):
        assert isinstance(value, Scalar)
        parse_expression(value, report)
        return Param(name, key.span, None, value)
    return Param(name, key.span, kind_of(to_data(value)), value)


def _long(name: str, key: Scalar, value: Mapping, report: Report) -> Param:
    form = validate(LongForm, value, key.span, report, title=f"param {name}")
    if form is None:
        return Param(name, key.span, None, value.get("default") or Scalar(None, key.span))
    default = value.get("default")
    if isinstance(default, Scalar) and is_expression(default):
        parse_expression(default, report)
    known = default if default is not None and not is_expression(default) else None
    kind = form.type or (kind_of(to_data(known)) if known is not None else None)
    choices = tuple(form.choices)
    param = Param(name, key.span, kind, default, form.min, form.max, choices, form.description)
    for problem in _ill_declared(param, known):
        at = value.get(problem[0])
        report(
            Diagnostic(problem[1].code, problem[1].message, at.span if at else key.span, help=problem[1].help)
        )
    return param


def _ill_declared(param: Param, default: Node | None) -> list[tuple[str, Refused]]:
    """What is wrong with a declaration, each with the key that it is about."""
    found: list[tuple[str, Refused]] = []
    bounds = param.least, param.most
    if bounds[0] is not None and bounds[1] is not None and bounds[0] > bounds[1]:
        text = f"{param.name} has a min of {bounds[0]:g}, above its max of {bounds[1]:g}"
        found.append(("min", Refused("NN104", text, "give a min that is at most the max")))
    if bounds != (None, None) and param.kind not in ("int", "float"):
        key = "min" if param.least is not None else "max"
        text = f"{param.name} is not declared to be a number, and has a {key}"
        found.append((key, Refused("NN103", text, "write type: int or type: float")))
    elif default is not None and not found:
        try:
            accept(param, to_data(default))
        except Refused as error:
            found.append(("default", error))
    return found


def kind_of(value: object) -> Kind | None:
    """The kind of a value; None for null, which every param may be."""
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "str"
        case list():
            return "list"
    return None


def accept(param: Param, value: Any) -> Value:
    """The value as the param has it: a whole float for an integer, and an integer for a float, as such.

    Raises Refused for a value of another kind, not finite, out of bounds, or none of the choices.
    """
    given = _of_kind(param, value)
    if not _is_finite(given):
        raise Refused("NN104", f"{param.name} must be finite, not {shown(given)}", "give a finite number")
    if isinstance(given, int | float) and not isinstance(given, bool):
        _check_bounds(param, given)
    if param.choices and given not in param.choices:
        choices = [shown(choice) for choice in param.choices]
        message = f"{param.name} must be one of {', '.join(choices)}, not {shown(given)}"
        words = [choice for choice in param.choices if isinstance(choice, str)]
        near = nearest(given, words) if isinstance(given, str) else None
        raise Refused(
            "NN104", message, f"did you mean {near}?" if near else f"write one of {listed(choices)}"
        )
    return given


def _is_finite(value: Value) -> bool:
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or isfinite(value)


def _of_kind(param: Param, value: Any) -> Value:
    if isinstance(value, dict):
        message = f"{param.name} is a value or a list, not a mapping"
        raise Refused("NN103", message, "make a preset of the layer, with the mapping in it")
    kind = kind_of(value)
    if param.kind is None or kind == param.kind:
        return value
    if param.kind == "int" and isinstance(value, float) and value.is_integer():
        return int(value)
    if param.kind == "float" and kind == "int":
        return float(value)
    message = f"{param.name} must be {WANTED[param.kind]}, not {_described(value)}"
    help = f"write {WANTED[param.kind]}"
    if param.kind == "int" and kind == "float":
        help = f"write an integer, or declare {param.name}: {{type: float, …}}"
    raise Refused("NN103", message, help)


def _check_bounds(param: Param, value: int | float) -> None:
    if param.least is not None and value < param.least:
        message = f"{param.name} must be at least {param.least:g}, not {value:g}"
        raise Refused("NN104", message, f"write a number that is at least {param.least:g}")
    if param.most is not None and value > param.most:
        message = f"{param.name} must be at most {param.most:g}, not {value:g}"
        raise Refused("NN104", message, f"write a number that is at most {param.most:g}")


def _described(value: Any) -> str:
    return f'the string "{shorten(value)}"' if isinstance(value, str) else shown(value)


def unknown_param(name: str, params: tuple[Param, ...], owner: str, span: Span) -> Diagnostic:
    """NN101 for a value of a param that there is not."""
    known = [param.name for param in params]
    near = nearest(name, known)
    help = did_you_mean(name, known, f"params of {owner}") if known else f"{owner} takes no params"
    fix = Fix(span, near) if near else None
    return Diagnostic("NN101", f'{owner} has no param "{shorten(name)}"', span, help=help, fix=fix)


def is_value(node: Node) -> bool:
    """Whether a node is a scalar, or lists of them."""
    return isinstance(node, Scalar) or (isinstance(node, Sequence) and all(map(is_value, node.items)))
