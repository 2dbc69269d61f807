"""What is wrong with plain values, as pydantic's core says it: found before anyone asks where in a file they stand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias, get_args

from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError, core_schema

from .diagnostics import MAX_DIAGNOSTICS, nearest
from .schemas import validator

# One problem, in pydantic's terms: `type`, `loc` (from the record on), `msg`, and `ctx` where there is more to say.
Problem: TypeAlias = dict[str, Any]

# A value that was checked, or None, and every problem with it.
Checked: TypeAlias = tuple[Any, list[Problem]]

BUILT_IN = frozenset(get_args(core_schema.ErrorType))


def problem(type_: str, name: str, message: str = "", context: Mapping[str, Any] | None = None) -> Problem:
    """A problem with the field `name` that pydantic has no part in."""
    return {"type": type_, "loc": (name,), "msg": message, "ctx": context or {}, "input": None}


def check_value(type_: Any, value: Any, name: str, context: Any = None) -> Checked:
    """The value of the field `name` once it is of its type; or None, and every problem there is."""
    try:
        return validator(type_).validate_python(value, context=context), []
    except ValidationError as error:
        found = error.errors(include_url=False)
    return None, [{**one, "loc": (name, *one["loc"])} for one in found]


def check_fields(
    data: Mapping[str, Any], required: Mapping[str, bool], check: Callable[[str, Any], Checked]
) -> tuple[dict[str, Any], list[Problem]]:
    """The values of known fields, each as `check` gives it, and every problem: a field that is not known, and one
    that is `required` and not given, among them."""
    problems = [problem("extra_forbidden", name) for name in data if name not in required]
    values: dict[str, Any] = {}
    for name, must in required.items():
        if name in data:
            values[name], found = check(name, data[name])
            problems += found
        elif must:
            problems.append(problem("missing", name))
    return values, problems


def without_cascades(
    problems: list[Problem], known: Collection[str], settled: Collection[str | None] = ()
) -> list[Problem]:
    """Those problems that say something new: who writes `unitz: 64` is told of that, and not that `units` is missing
    too. `settled` are fields whose absence was reported in other words."""
    found = problems[: MAX_DIAGNOSTICS + 1]
    meant = {nearest(str(one["loc"][-1]), known) for one in found if one["type"] == "extra_forbidden"}
    return [one for one in found if one["type"] != "missing" or one["loc"][-1] not in {*meant, *settled}]


def as_error(title: str, problems: list[Problem]) -> ValidationError:
    """The problems as pydantic takes several of them from a function that it calls."""
    return ValidationError.from_exception_data(title, [_details(one) for one in problems])


def _details(found: Problem) -> InitErrorDetails:
    kind, context = found["type"], found.get("ctx", {})
    if kind not in BUILT_IN:
        kind = PydanticCustomError(kind, found["msg"], context)
    return {"type": kind, "loc": found["loc"], "input": found["input"], "ctx": context}
