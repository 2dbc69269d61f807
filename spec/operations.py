"""What the operators and functions of expressions compute: Python's own meaning, kept strict and bounded.

Strict means that nothing is converted unasked: arithmetic takes numbers and never booleans, and a boolean is never
compared with a number, as Python would take `true == 1` for true. Whatever has a value here has the same in Python.
Each operation calls `spend` with the number of elements or characters that it makes or looks at.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from itertools import repeat
from typing import Any, NamedTuple, TypeAlias, cast

from .nodes import shorten

Value: TypeAlias = bool | int | float | str | list | None
Spend: TypeAlias = Callable[[int], None]

# Integers are smaller than this in magnitude.
LARGEST = 2**63
BITS = 63
# Characters of a string; elements of a list, with the elements and characters of what is in it.
MAX_SIZE = 1_000_000
MAX_NESTED_LISTS = 32
# No number has as many digits on either side of the point; to round an integer at more, Python computes 10**digits.
MOST_DIGITS = 400
MOST_ARGUMENTS = 1000
LONGEST_SHOWN = 40
MOST_SHOWN = 13
DEEPEST_SHOWN = 3

NUMBERS = frozenset({int, float})
SIZED = frozenset({str, list})

TOO_LARGE = "is too large: an integer stays below 2**63, any other number within the range of float64"
TOO_LONG = f"is too long: a list or a string holds at most {MAX_SIZE:,} elements and characters"
TOO_DEEP = f"nests lists deeper than {MAX_NESTED_LISTS}"
OF_BOOLEAN = "write `1 if … else 0` to make a number of a boolean"
NOT_BY_ZERO = "choose by a condition what to divide by: `a / b if b != 0 else a`"
TO_INTEGER = "int(…), round(…), floor(…) and ceil(…) give integers"


class NoValue(Exception):
    """There is no value. The message goes on where the text of what was to be computed ends: `x / 0` ..."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


def shown(value: Value) -> str:
    """A value as a message has it, in the spelling of expressions, shortened."""
    return shorten(_spelled(value, 0), LONGEST_SHOWN)


def _spelled(value: Value, depth: int) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{shorten(value, LONGEST_SHOWN - 2)}"'
        case list() if depth == DEEPEST_SHOWN and value:
            return "[…]"
        case list():
            parts = [_spelled(item, depth + 1) for item in value[:MOST_SHOWN]]
            return f"[{', '.join(parts)}{', …' if len(parts) < len(value) else ''}]"
    return str(value)


# --- operators


def unary(kind: str, value: Value) -> Value:
    """`+` or `-` before a number."""
    if type(value) not in NUMBERS:
        raise NoValue(f"has {shown(value)}, and a sign takes a number", _number_help(value))
    return SIGNS[kind](value)


def binary(kind: str, left: Value, right: Value, spend: Spend) -> Value:
    """An arithmetic operator; `+` also joins strings or lists, `*` also repeats a list."""
    types = (type(left), type(right))
    if NUMBERS.issuperset(types):
        return _arithmetic(ARITHMETIC[kind].compute, left, right)
    if kind == "Add" and types in ((str, str), (list, list)):
        return _joined(left, right, spend)
    if kind == "Mult" and types in ((list, int), (int, list)):
        return _repeated(left, right, spend)
    help = _number_help(left) or _number_help(right)
    raise NoValue(f"has {shown(left)} and {shown(right)}, and {ARITHMETIC[kind].takes}", help)


def _arithmetic(compute: Callable[[Any, Any], Any], left: Any, right: Any) -> Value:
    try:
        return _number(compute(left, right))
    except ZeroDivisionError:
        raise NoValue("divides by zero", NOT_BY_ZERO) from None
    except OverflowError:
        raise NoValue(TOO_LARGE) from None


def _power(left: Any, right: Any) -> Any:
    """Looks at the sizes first: 9**9**9 would never end."""
    if type(left) is type(right) is int and abs(left) > 1 and (left.bit_length() - 1) * right >= BITS:
        raise OverflowError
    return left**right


def _number(value: Any) -> Any:
    """The value, where it is a number that may be."""
    if type(value) is int and -LARGEST < value < LARGEST:
        return value
    if type(value) is float and math.isfinite(value):
        return value
    raise NoValue("is a root of a negative number" if type(value) is complex else TOO_LARGE)


def _joined(left: Any, right: Any, spend: Spend) -> Value:
    if _size(left, spend) + _size(right, spend) > MAX_SIZE:
        raise NoValue(TOO_LONG)
    spend(len(left) + len(right))
    return left + right


def _repeated(left: Any, right: Any, spend: Spend) -> Value:
    items, times = (left, right) if type(left) is list else (right, left)
    if _size(items, spend) * times > MAX_SIZE:
        raise NoValue(TOO_LONG)
    spend(max(0, len(items) * times))
    return items * times


def made(items: list[Value], spend: Spend) -> list[Value]:
    """A list of these items, where it is not too large."""
    if _size(items, spend) > MAX_SIZE:
        raise NoValue(TOO_LONG)
    return items


def _size(value: Any, spend: Spend, depth: int = 1) -> int:
    """What counts towards MAX_SIZE. Lists hold the same list many times at no cost: counting ends beyond the limit."""
    if depth > MAX_NESTED_LISTS:
        raise NoValue(TOO_DEEP)
    spend(len(value))
    size = len(value)
    if type(value) is str:
        return size
    for item in value:
        if type(item) in SIZED:
            size += _size(item, spend, depth + 1)
        if size > MAX_SIZE:
            break
    return size


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any, Spend], bool]:
    def compare(left: Any, right: Any, spend: Spend) -> bool:
        types = (type(left), type(right))
        if types == (str, str):
            spend(min(len(left), len(right)))
        elif not NUMBERS.issuperset(types):
            both = f"{shown(left)} and {shown(right)}"
            raise NoValue(f"puts {both} in order, which only two numbers or two strings have")
        return test(left, right)

    return compare


def _equal(left: Any, right: Any, spend: Spend) -> bool:
    types = (type(left), type(right))
    if types == (list, list):
        spend(len(left))
        return len(left) == len(right) and all(map(_equal, left, right, repeat(spend)))
    if types == (str, str):
        spend(min(len(left), len(right)))
    elif bool in types and not NUMBERS.isdisjoint(types):
        help = "a boolean is no number: leave out the comparison, or compare numbers"
        raise NoValue(f"compares {shown(left)} with {shown(right)}, a boolean and a number", help)
    return left == right


def _among(left: Any, right: Any, spend: Spend) -> bool:
    if type(right) is not list:
        raise NoValue(f"looks in {shown(right)}, and `in` takes a list on its right")
    spend(len(right))
    return any(map(_equal, repeat(left), right, repeat(spend)))


def element(items: Value, at: Value) -> Value:
    """An element of a list or a character of a string; negative indexes count from the end."""
    if type(items) not in SIZED:
        raise NoValue(f"takes an element of {shown(items)}, which is no list")
    if type(at) is not int:
        raise NoValue(f"has the index {shown(at)}, which is no integer", _integer_help(at))
    items = cast("list[Value]", items)
    if -len(items) <= at < len(items):
        return items[at]
    held = f"indexes go from 0 to {len(items) - 1}, or from -{len(items)} to -1" if items else None
    raise NoValue(f"asks for an element beyond the {len(items):,} of {shown(items)}", held)


class Operator(NamedTuple):
    takes: str
    compute: Callable[[Any, Any], Any]


# By the names of the classes in Python's `ast`.
ARITHMETIC: dict[str, Operator] = {
    "Add": Operator("`+` takes two numbers, two strings or two lists", operator.add),
    "Sub": Operator("`-` takes two numbers", operator.sub),
    "Mult": Operator("`*` takes two numbers, or a list and an integer", operator.mul),
    "Div": Operator("`/` takes two numbers", operator.truediv),
    "FloorDiv": Operator("`//` takes two numbers", operator.floordiv),
    "Mod": Operator("`%` takes two numbers", operator.mod),
    "Pow": Operator("`**` takes two numbers", _power),
}

SIGNS: dict[str, Callable[[Any], Any]] = {"UAdd": operator.pos, "USub": operator.neg}

COMPARISONS: dict[str, Callable[[Any, Any, Spend], bool]] = {
    "Eq": _equal,
    "NotEq": lambda left, right, spend: not _equal(left, right, spend),
    "Lt": _ordered(operator.lt),
    "LtE": _ordered(operator.le),
    "Gt": _ordered(operator.gt),
    "GtE": _ordered(operator.ge),
    "In": _among,
    "NotIn": lambda left, right, spend: not _among(left, right, spend),
}


# --- functions


def call(name: str, values: list[Value], spend: Spend) -> Value:
    """What the function of FUNCTIONS gives for as many values as it takes."""
    try:
        return FUNCTIONS[name].compute(values, spend)
    except (OverflowError, ValueError):
        raise NoValue(TOO_LARGE) from None


def divisible(x: float, by: int) -> int:
    """The multiple of `by` nearest to `x`, at least `by`; the next one up where that would take more than a tenth of
    `x` away. The rule by which MobileNet scales channels (its published code, for Sandler et al. 2018)."""
    near = max(by, int(x + by / 2) // by * by)
    return near + by if near < 0.9 * x else near


def _number_help(value: Value) -> str | None:
    return OF_BOOLEAN if type(value) is bool else None


def _integer_help(value: Value) -> str | None:
    return TO_INTEGER if type(value) is float else None


def _numbers(values: list[Value]) -> list[Any]:
    for value in values:
        if type(value) not in NUMBERS:
            raise NoValue(f"is given {shown(value)}, which is no number", _number_help(value))
    return values


def _integers(values: list[Value]) -> list[Any]:
    for value in values:
        if type(value) is not int:
            raise NoValue(f"is given {shown(value)}, which is no integer", _integer_help(value))
    return values


def _extreme(pick: Callable[[list[Any]], Any]) -> Callable[[list[Value], Spend], Value]:
    def compute(values: list[Value], spend: Spend) -> Value:
        first = values[0]
        if len(values) > 1:
            return pick(_numbers(values))
        if not isinstance(first, list) or not first:
            raise NoValue(f"is given {shown(first)} alone", "give a list of numbers, or several numbers")
        spend(len(first))
        return pick(_numbers(first))

    return compute


def _of_number(compute: Callable[[Any], Any]) -> Callable[[list[Value], Spend], Value]:
    return lambda values, spend: _number(compute(*_numbers(values)))


def _round(values: list[Value], spend: Spend) -> Value:
    (number,), digits = _numbers(values[:1]), _integers(values[1:])
    return _number(round(number, *(max(-MOST_DIGITS, min(MOST_DIGITS, d)) for d in digits)))


def _len(values: list[Value], spend: Spend) -> Value:
    (value,) = values
    if isinstance(value, list | str):
        return len(value)
    raise NoValue(f"is given {shown(value)}, which is no list or string")


def _range(values: list[Value], spend: Spend) -> Value:
    if values[2:] == [0]:
        raise NoValue("has steps of 0, which lead nowhere")
    numbers = range(*_integers(values))
    # A range may have more elements than len() can tell.
    if numbers[MAX_SIZE:]:
        raise NoValue(TOO_LONG)
    spend(len(numbers))
    return list(numbers)


def _divisible(values: list[Value], spend: Spend) -> Value:
    (x,), (by,) = _numbers(values[:1]), _integers(values[1:])
    if by < 1:
        raise NoValue(f"is given {by} for `by`, which is at least 1")
    return _number(divisible(x, by))


class Function(NamedTuple):
    """How a function is called, with how many arguments, and what computes it."""

    usage: str
    least: int
    most: int
    compute: Callable[[list[Value], Spend], Value]


FUNCTIONS: dict[str, Function] = {
    "min": Function("min(a, b, …) or min(list)", 1, MOST_ARGUMENTS, _extreme(min)),
    "max": Function("max(a, b, …) or max(list)", 1, MOST_ARGUMENTS, _extreme(max)),
    "abs": Function("abs(x)", 1, 1, _of_number(abs)),
    "round": Function("round(x) or round(x, digits)", 1, 2, _round),
    "floor": Function("floor(x)", 1, 1, _of_number(math.floor)),
    "ceil": Function("ceil(x)", 1, 1, _of_number(math.ceil)),
    "int": Function("int(x)", 1, 1, _of_number(int)),
    "float": Function("float(x)", 1, 1, _of_number(float)),
    "len": Function("len(list)", 1, 1, _len),
    "range": Function("range(count), range(start, stop) or range(start, stop, step)", 1, 3, _range),
    "divisible": Function("divisible(x, by)", 2, 2, _divisible),
}
