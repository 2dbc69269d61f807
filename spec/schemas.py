"""Types as pydantic's core checks them.

`check` must start quickly, and the core alone, told what a type is, starts in half the time of all of pydantic. It
knows all that the language needs: the types below are the ones that a field may have.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic_core import CoreSchema, SchemaValidator, core_schema

Check = Callable[..., Any]


class Bounds(NamedTuple):
    """Bounds on a number, or on the length of a list."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    min_length: int | None = None
    max_length: int | None = None


class Before(NamedTuple):
    """A function of the value as it is given, to a value of the type."""

    function: Check


class After(NamedTuple):
    """A function of a value of the type, to the field's value."""

    function: Check


class Parsed(NamedTuple):
    """A function that does all of the checking. Where it asks for it, it gets pydantic's ValidationInfo too.
    `words` say what it takes."""

    function: Check
    with_info: bool = False
    words: str = ""


_validators: dict[int, tuple[Any, SchemaValidator]] = {}


def validator(type_: Any) -> SchemaValidator:
    """The validator of a type, made when it is first asked for: strict, so that nothing is taken for what it is not.

    Types cannot always be hashed: they are told apart by identity, and kept so that no other type gets it.
    """
    if id(type_) not in _validators:
        _validators[id(type_)] = type_, SchemaValidator(schema(type_))
    return _validators[id(type_)][1]


def schema(type_: Any) -> CoreSchema:
    """A type in the core's terms. Raises TypeError for one that the language has no need of."""
    origin, arguments = get_origin(type_), get_args(type_)
    if type_ in SCALARS:
        return SCALARS[type_]
    if origin is Annotated:
        return reduce(_marked, type_.__metadata__, _unmarked(arguments[0], type_.__metadata__))
    if origin is Literal:
        return core_schema.literal_schema(list(arguments))
    if origin in (Union, UnionType):
        return _optional(type_, [one for one in arguments if one is not NoneType])
    if origin is list:
        return core_schema.list_schema(schema(arguments[0]), strict=True)
    if origin is dict:
        return core_schema.dict_schema(schema(arguments[0]), schema(arguments[1]), strict=True)
    if origin is tuple:
        items = [schema(one) for one in arguments if one is not ...]
        variadic = 0 if arguments[-1] is ... else None
        return core_schema.tuple_schema(items, variadic_item_index=variadic, strict=True)
    if isinstance(type_, type):
        return core_schema.is_instance_schema(type_)
    raise TypeError(f"no schema for {type_}")


SCALARS: dict[Any, CoreSchema] = {
    Any: core_schema.any_schema(),
    bool: core_schema.bool_schema(strict=True),
    int: core_schema.int_schema(strict=True),
    # A float that is not finite cannot be written to most of what a spec becomes.
    float: core_schema.float_schema(strict=True, allow_inf_nan=False),
    str: core_schema.str_schema(strict=True),
}


def _unmarked(type_: Any, marks: tuple[Any, ...]) -> CoreSchema:
    """The type without its marks; of no account where a function checks all."""
    return core_schema.any_schema() if any(isinstance(mark, Parsed) for mark in marks) else schema(type_)


def _marked(inner: CoreSchema, mark: Any) -> CoreSchema:
    match mark:
        case Bounds():
            given = {name: bound for name, bound in mark._asdict().items() if bound is not None}
            return {**inner, **given}  # type: ignore[return-value]
        case Before(function):
            return core_schema.no_info_before_validator_function(function, inner)
        case After(function):
            return core_schema.no_info_after_validator_function(function, inner)
        case Parsed(function, with_info=True):
            return core_schema.with_info_plain_validator_function(function)
        case Parsed(function):
            return core_schema.no_info_plain_validator_function(function)
    return inner


def _optional(type_: Any, others: list[Any]) -> CoreSchema:
    """A type or None. A choice of several types would make messages about all of them."""
    if len(others) != 1:
        raise TypeError(f"no schema for {type_}")
    return core_schema.nullable_schema(schema(others[0]))
