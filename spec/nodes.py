"""The tree that the reader makes of a file: plain data in which every part knows its place."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from .source import Span

ScalarValue: TypeAlias = bool | int | float | str | None


class Scalar(NamedTuple):
    """A value without parts. `quoted` tells `"64"` from `64`, and `"=x"` is still an expression."""

    value: ScalarValue
    span: Span
    quoted: bool = False


class Sequence(NamedTuple):
    items: tuple[Node, ...]
    span: Span


class Mapping(NamedTuple):
    """Keys are strings, unique, in the file's order."""

    entries: tuple[tuple[Scalar, Node], ...]
    span: Span

    def get(self, key: str) -> Node | None:
        return next((value for name, value in self.entries if name.value == key), None)

    def key(self, key: str) -> Scalar | None:
        """The key itself, for its span."""
        return next((name for name, _ in self.entries if name.value == key), None)


Node: TypeAlias = Scalar | Sequence | Mapping


def to_data(node: Node) -> object:
    """The node as None, bool, int, float, str, list and dict."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [to_data(item) for item in node.items]
        case Mapping():
            return {str(key.value): to_data(value) for key, value in node.entries}


def describe(node: Node) -> str:
    """What a message calls the value: `the string "64"`, `a list`, `true`."""
    match node:
        case Sequence():
            return "a list"
        case Mapping():
            return "a mapping"
        case Scalar(value=None):
            return "nothing"
        case Scalar(value=bool() as value):
            return "true" if value else "false"
        case Scalar(value=str() as value):
            return f'the string "{shorten(value)}"'
        case Scalar(value=value):
            return shorten(str(value))


def shorten(text: str, limit: int = 40) -> str:
    """At most `limit` characters of a text, with an ellipsis where some were cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
