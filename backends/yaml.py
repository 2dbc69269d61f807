"""Plain data as YAML that our reader reads back exactly, laid out for people.

A value stands on one line where it fits, in brackets over a few lines where its parts do, and else as a block.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..spec.scalars import NumberTooLarge, resolve

WIDTH = 100
INDENT = 2
# Over how many lines the entries of a mapping may be filled; more of them are easier to read as a block.
FEW = 3

# What can stand without quotes anywhere, unless it means something else.
PLAIN = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_ ./()+-]*[A-Za-z0-9_.)])?", re.ASCII)
# Strings to our reader, and truth values to those of YAML 1.1.
OLD_WORDS = frozenset(("yes", "no", "on", "off"))
SHORT_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
CONSTANTS = {None: "null", True: "true", False: "false"}


def entries(mapping: Mapping[str, Any], indent: int = 0) -> list[str]:
    """The lines of a mapping as a block."""
    margin = " " * indent
    return [
        line for key, value in mapping.items() for line in _laid_out(f"{margin}{string(key)}:", value, indent)
    ]


def items(values: list[Any], indent: int = 0) -> list[str]:
    """The lines of a list as a block."""
    return [line for value in values for line in _laid_out(f"{' ' * indent}-", value, indent)]


def _laid_out(head: str, value: Any, indent: int) -> list[str]:
    """A value behind its key or dash: on the same line where it fits, in brackets over a few lines where its parts do,
    and else as a block."""
    line = f"{head} {flow(value)}"
    if len(line) <= WIDTH or not (isinstance(value, Mapping | list) and value):
        return [line]
    filled = _filled(head, value)
    if filled is not None:
        return filled
    inner = indent + INDENT
    block = entries(value, inner) if isinstance(value, Mapping) else items(value, inner)
    return [f"{head} {block[0].lstrip()}", *block[1:]] if head.endswith("-") else [head, *block]


def _filled(head: str, value: Mapping[str, Any] | list[Any]) -> list[str] | None:
    """A list of scalars, or a mapping of a few short entries, in brackets with as many parts on a line as it holds."""
    opening, *parts, closing = _parts(value)
    simple = isinstance(value, list) and not any(isinstance(item, Mapping | list) for item in value)
    margin = " " * (len(head) + 2)
    if not simple and (head.endswith("-") or max(map(len, parts)) > WIDTH - len(margin) - 1):
        return None
    lines = [f"{head} {opening}{parts[0]}"]
    for part in parts[1:]:
        if len(lines[-1]) + len(part) + 3 > WIDTH:
            lines[-1] += ","
            lines.append(margin + part)
        else:
            lines[-1] += f", {part}"
    lines[-1] += closing
    return lines if simple or len(lines) <= FEW else None


def _parts(value: Mapping[str, Any] | list[Any]) -> list[str]:
    """The brackets, and what stands between them."""
    if isinstance(value, list):
        return ["[", *map(flow, value), "]"]
    return ["{", *(f"{string(key)}: {flow(inner)}" for key, inner in value.items()), "}"]


def flow(value: Any) -> str:
    """A value on one line. A string that begins with `=` is one, and no expression."""
    match value:
        case None | bool():
            return CONSTANTS[value]
        case int() | float():
            return repr(value)
        case str():
            return _constant(value) if value.startswith("=") else string(value)
        case Mapping() | list():
            opening, *parts, closing = _parts(value)
            return f"{opening}{', '.join(parts)}{closing}"
    raise TypeError(f"no YAML for {type(value).__name__}")


def string(text: str) -> str:
    """A string, in quotes unless it means itself without."""
    return text if _is_plain(text) else '"' + "".join(map(_escaped, text)) + '"'


def _constant(text: str) -> str:
    """A string that begins with `=`, which would be an expression in quotes too: one that gives the string."""
    return string(f"={text!a}")


def _is_plain(text: str) -> bool:
    if not PLAIN.fullmatch(text) or text.lower() in OLD_WORDS:
        return False
    try:
        return resolve(text) == text
    except NumberTooLarge:
        return False


def _escaped(character: str) -> str:
    if character in SHORT_ESCAPES:
        return SHORT_ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
