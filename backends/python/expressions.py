"""The data of Keras calls as Python expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...spec.initializers import Fixed
from ..calls import KerasCall, Partial
from .layout import Brackets, Expr
from .text import number, string

# A longer path gets a call to itself, which needs no operator to be broken over lines.
LONG_PATH = 40


@dataclass(frozen=True)
class Variable:
    """Something that the module has under a name of its own."""

    name: str


def expression(value: Any) -> Expr:
    """The expression that makes a value of a call's data."""
    match value:
        case KerasCall():
            return call(value.function, arguments(value))
        case Variable(name):
            return (name,)
        case Fixed():
            return _fixed(value)
        case str():
            return (string(value),)
        case Mapping():
            entries = ((f"{string(key)}: ", *expression(inner)) for key, inner in value.items())
            return (Brackets("dict", tuple(entries)),)
        case tuple():
            return (Brackets("tuple", tuple(map(expression, value))),)
        case list():
            return (Brackets("list", tuple(map(expression, value))),)
    return (number(value),)


def call(function: str, arguments: tuple[Expr, ...]) -> Expr:
    return (function, Brackets("call", arguments))


def arguments(call: KerasCall) -> tuple[Expr, ...]:
    """The arguments of a call, its first ones without their keyword."""
    return tuple(
        expression(value) if number < call.positional else keyword(name, expression(value))
        for number, (name, value) in enumerate(call.arguments)
    )


def keyword(name: str, value: Expr) -> Expr:
    return (f"{name}=", *value)


def with_variables(value: Any, variables: Mapping[Partial, str]) -> Any:
    """The value with the module's functions in place of those with arguments filled in.

    `functools.partial` would do as well, but Keras cannot save it.
    """
    match value:
        case Partial():
            return Variable(variables[value])
        case KerasCall():
            pairs = tuple((name, with_variables(inner, variables)) for name, inner in value.arguments)
            return replace(value, arguments=pairs)
        case list():
            return [with_variables(inner, variables) for inner in value]
    return value


def _fixed(fixed: Fixed) -> Expr:
    if fixed.file is None:
        return expression(fixed.values)
    path = string(fixed.file)
    if len(path) > LONG_PATH:
        return call("np.load", (call("HERE.joinpath", ((path,),)),))
    return call("np.load", ((f"HERE / {path}",),))
