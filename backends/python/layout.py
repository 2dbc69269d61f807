"""Expressions as text and brackets, laid out over lines in the way of `ruff format`.

Where a line is too long, brackets open onto indented lines. A trailing comma then says that it is to stay so,
and the formatter keeps what carries one. Where arguments stand together on one line without it, the
formatter would have put them there itself.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

WIDTH = 88
INDENT = 4

Part: TypeAlias = "str | Brackets"
Expr: TypeAlias = tuple[Part, ...]

PAIRS = {"call": "()", "tuple": "()", "list": "[]", "dict": "{}"}


@dataclass(frozen=True, slots=True)
class Brackets:
    """The arguments of a call, or the items of a display. `tall` ones have a line for each, however short."""

    kind: Literal["call", "tuple", "list", "dict"]
    items: tuple[Expr, ...] = ()
    tall: bool = False


def statement(target: str, value: Expr, indent: int = 0) -> str:
    """`target = value`, or the value alone for an empty target; lines without a final newline."""
    prefix = f"{target} = " if target else ""
    return "\n".join(map(_excused, layout((prefix, *value), indent)))


def unpacked(names: tuple[Any, ...]) -> str:
    """What an assignment unpacks several values to, those in a tuple together."""
    parts = [
        f"({unpacked(name)}{',' * (len(name) == 1)})" if isinstance(name, tuple) else name for name in names
    ]
    return ", ".join(parts)


def layout(expr: Expr, indent: int, tail: str = "") -> list[str]:
    """The expression's lines; `tail` stands directly after it."""
    line = " " * indent + flat(expr) + tail
    places = [i for i, part in enumerate(expr) if isinstance(part, Brackets) and part.items]
    if not places or (fits(line) and not is_tall(expr)):
        return [line]
    place = _place_to_open(expr, places, indent)
    brackets = expr[place]
    assert isinstance(brackets, Brackets)
    opening, closing = PAIRS[brackets.kind]
    head = " " * indent + flat(expr[:place]) + opening
    body = _body(brackets, indent + INDENT, shared=_may_share(expr, place, places, head))
    return [head, *body, *layout((closing, *expr[place + 1 :]), indent, tail)]


def flat(expr: Expr) -> str:
    """The expression on one line."""
    return "".join(part if isinstance(part, str) else _flat_brackets(part) for part in expr)


def fits(line: str) -> bool:
    return width(line) <= WIDTH


def width(text: str) -> int:
    """Columns that the text takes, a wide character having two."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def is_tall(expr: Expr) -> bool:
    brackets = [part for part in expr if isinstance(part, Brackets)]
    return any(part.tall or any(map(is_tall, part.items)) for part in brackets)


def _flat_brackets(brackets: Brackets) -> str:
    opening, closing = PAIRS[brackets.kind]
    comma = "," if brackets.kind == "tuple" and len(brackets.items) == 1 else ""
    return opening + ", ".join(map(flat, brackets.items)) + comma + closing


def _place_to_open(expr: Expr, places: list[int], indent: int) -> int:
    """Of `Layer(…)(…)`, the inputs where they are more than a name and the layer fits before them."""
    first, last = places[0], places[-1]
    if first == last or is_tall(expr[first : first + 1]):
        return first
    inputs = expr[last]
    assert isinstance(inputs, Brackets)
    simple = len(inputs.items) == 1 and len(inputs.items[0]) == 1
    return first if simple or not fits(" " * indent + flat(expr[:last]) + "(") else last


def _may_share(expr: Expr, place: int, places: list[int], head: str) -> bool:
    """Whether the formatter too would open these brackets, and so leave arguments together on one line.

    It opens the last ones that it can; and before it opens any but those, it tries the whole value in
    parentheses on a line of its own, which can help only where the target is longer than an indentation.
    """
    if place == places[-1] and place == max(i for i, part in enumerate(expr) if isinstance(part, Brackets)):
        return fits(head)
    before_last = " " * (len(head) - len(head.lstrip())) + flat(expr[: places[-1]]) + "("
    return not fits(before_last) and isinstance(expr[0], str) and len(expr[0]) <= INDENT


def _body(brackets: Brackets, indent: int, shared: bool) -> list[str]:
    line = " " * indent + ", ".join(map(flat, brackets.items))
    tall = brackets.tall or any(map(is_tall, brackets.items))
    may_share = brackets.kind == "call" and shared
    if may_share and not tall and fits(line):
        return [line]
    # A call's only argument that is itself opened keeps it open without a comma.
    lonely = may_share and len(brackets.items) == 1 and isinstance(brackets.items[0][-1], Brackets)
    return [line for item in brackets.items for line in layout(item, indent, "" if lonely else ",")]


def _excused(line: str) -> str:
    """A line that nothing can shorten says so to the linter, which lets a line of one word pass."""
    return line if fits(line) or len(line.split()) == 1 else line + "  # noqa: E501"
