"""Literals and docstrings: whatever a spec says, it is text in the module and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .layout import INDENT, WIDTH, width

SHORT_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
QUOTES = '"""'


def string(text: str) -> str:
    """A string literal, in the quotes that need fewer escapes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join("\\" + c if c == quote else _escaped(c) for c in text) + quote


def number(value: float) -> str:
    """An integer, float or boolean as `ruff format` writes it."""
    return repr(value).replace("e+", "e")


def paragraphs(text: str) -> list[str]:
    """The text's paragraphs, which empty lines part, each as words that a docstring can hold."""
    found = (re.split("[ \t\r\n]+", part.strip(" \t\r\n")) for part in re.split(r"\n[ \t\r]*\n", text))
    return [_inert(" ".join(map(_escaped_all, words))) for words in found if words != [""]]


def docstring(blocks: Iterable[Iterable[str]], indent: int = 0) -> str:
    """A docstring of blocks with an empty line between, their lines filled to the width, words kept whole."""
    filled = [[part for line in block for part in _filled(line, indent)] for block in blocks]
    if [len(lines) for lines in filled] == [1]:
        line = f"{' ' * indent}{QUOTES}{filled[0][0]}{QUOTES}"
        if width(line) <= WIDTH:
            return line
    text = "\n\n".join("\n".join(lines) for lines in filled)
    return "\n".join((" " * indent + line).rstrip() for line in f"{QUOTES}{text}\n{QUOTES}".split("\n"))


def _filled(line: str, indent: int) -> list[str]:
    """The line's words over as many lines as they need; what goes on is indented under an indented line."""
    hang = line[: len(line) - len(line.lstrip(" "))]
    # The quotes take room on a docstring's first line: all paragraphs are given as much.
    room = WIDTH - indent - len(QUOTES)
    lines, current = [], ""
    for word in line.split():
        if current and width(f"{current} {word}") > room:
            lines.append(current)
            current, room = "", WIDTH - indent
        lead = hang + " " * INDENT if hang and lines else hang
        current = f"{current} {word}" if current else lead + word
    return [*lines, current]


def _inert(text: str) -> str:
    """The text with those double quotes escaped that could end a docstring, or that touch its own."""
    return re.sub('""+|^"|"$', lambda found: '\\"' * len(found[0]), text)


def _escaped_all(text: str) -> str:
    return "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    """The character, or an escape where it does not show, or would not show as it is."""
    if character in SHORT_ESCAPES:
        return SHORT_ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
