"""Diagnostics as text for people, JSON for programs, and annotations for GitHub.

What a spec says is shown, never obeyed: control characters, terminal sequences and invisible or bidirectional
marks come out escaped, whichever the form.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from .diagnostics import Diagnostic, Note
from .nodes import shorten
from .source import Span

JSON_VERSION = 1

WIDEST_LINE = 100
LEFT_OF_SPAN = 40
LONGEST_MESSAGE = 1000
TAB = "    "
ELLIPSIS = "…"

RESET = "\x1b[0m"
COLORS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "gutter": "\x1b[1;34m", "help": "\x1b[36m"}

# Control, format (zero-width, bidirectional), surrogate, private, unassigned; line and paragraph separators.
UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
NO_WIDTH = frozenset(("Mn", "Me"))
DATA_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
PROPERTY_ESCAPES = DATA_ESCAPES | {":": "%3A", ",": "%2C"}


def to_text(diagnostics: Iterable[Diagnostic], color: bool = False) -> str:
    """One block a diagnostic, with the source line and carets under the span; no line end after the last."""
    return "\n\n".join("\n".join(_block(diagnostic, color)) for diagnostic in diagnostics)


def to_json(diagnostics: Iterable[Diagnostic]) -> str:
    """`{"version", "diagnostics"}`, in ASCII. Lines and columns (code points) count from 1, ends exclusive.

    Where no line can be named, as for a file that could not be read, lines and columns are null.
    """
    records = [_record(diagnostic) for diagnostic in diagnostics]
    return json.dumps({"version": JSON_VERSION, "diagnostics": records}, indent=2)


def to_github(diagnostics: Iterable[Diagnostic]) -> str:
    """One workflow command a line; notes and help follow the message as lines of the annotation."""
    return "\n".join(_annotation(diagnostic) for diagnostic in diagnostics)


def visible(text: str) -> str:
    """The text with every character that a reader could not see, or a terminal would obey, as its escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if unicodedata.category(char) not in UNSEEN:
        return char
    # The escapes of Python, YAML and JSON alike, so that the reader can write the character in any of them.
    return ascii(char)[1:-1]


def _message(text: str) -> str:
    return visible(shorten(text, LONGEST_MESSAGE))


# --- text


def _block(diagnostic: Diagnostic, color: bool) -> list[str]:
    span = diagnostic.span
    number = "" if span is None or not span.source.text else str(span.line)
    indent = " " * max(1, len(number))
    head = _paint(f"{diagnostic.severity}[{diagnostic.code}]", diagnostic.severity, color)
    lines = [f"{head}: {_message(diagnostic.message)}"]
    if span is not None:
        lines.append(f"{indent}{_paint('-->', 'gutter', color)} {visible(_place(span))}")
    if span is not None and number:
        lines += _excerpt(span, number, diagnostic.severity, color)
    bullet = f"{indent} {_paint('=', 'gutter', color)}"
    lines += (f"{bullet} {_message(note.message)}{_where(note, span)}" for note in diagnostic.notes)
    if diagnostic.help is not None:
        lines.append(f"{bullet} {_paint('help:', 'help', color)} {_message(diagnostic.help)}")
    return lines


def _paint(text: str, name: str, color: bool) -> str:
    return f"{COLORS[name]}{text}{RESET}" if color else text


def _place(span: Span) -> str:
    """A file that could not be read has no lines to point at."""
    return span.place if span.source.text else span.source.name


def _where(note: Note, main: Span | None) -> str:
    if note.span is None:
        return ""
    if main is not None and note.span.source.name == main.source.name:
        return f"  (line {note.span.line})"
    return f"  ({visible(note.span.source.name)}:{note.span.line})"


def _excerpt(span: Span, number: str, severity: str, color: bool) -> list[str]:
    bar = _paint("|", "gutter", color)
    line, carets = _underlined(span)
    empty = f"{' ' * len(number)} {bar}"
    return [
        empty,
        f"{_paint(number, 'gutter', color)} {bar} {line}".rstrip(),
        f"{empty} {carets.replace('^', '')}{_paint('^' * carets.count('^'), severity, color)}",
    ]


class Cell(NamedTuple):
    """One character of a source line as it is shown, and the columns that it takes."""

    shown: str
    width: int


def _cell(char: str) -> Cell:
    if char == "\t":
        return Cell(TAB, len(TAB))
    if unicodedata.category(char) in NO_WIDTH:
        return Cell(char, 0)
    if unicodedata.east_asian_width(char) in ("W", "F"):
        return Cell(char, 2)
    shown = _shown(char)
    return Cell(shown, len(shown))


def _underlined(span: Span) -> tuple[str, str]:
    """The span's first line, cut to WIDEST_LINE around it, and the carets below."""
    whole = span.source.line(span.line)
    first = min(span.column - 1, len(whole))
    last = max(first + 1, min(first + span.end - span.start, len(whole)))
    # No cell that matters lies further away than this, however long the line.
    near = max(0, first - WIDEST_LINE)
    cells = [_cell(char) for char in whole[near : first + WIDEST_LINE]]
    low, high = _window(cells, first - near)
    before = ELLIPSIS if near + low > 0 else ""
    after = ELLIPSIS if near + high < len(whole) else ""
    shown = "".join(cell.shown for cell in cells[low:high])
    margin = len(before) + sum(cell.width for cell in cells[low : first - near])
    width = sum(cell.width for cell in cells[first - near : min(last - near, high)])
    return f"{before}{shown}{after}", " " * margin + "^" * max(1, width)


def _window(cells: list[Cell], focus: int) -> tuple[int, int]:
    """The cells to show: all of them if they fit, else some before `focus` and as many after it as fit."""
    if sum(cell.width for cell in cells) <= WIDEST_LINE:
        return 0, len(cells)
    low, room = _reach(cells, range(focus - 1, -1, -1), LEFT_OF_SPAN)
    high, room = _reach(cells, range(focus, len(cells)), WIDEST_LINE - LEFT_OF_SPAN + room)
    again, _ = _reach(cells, range(focus - low - 1, -1, -1), room)
    return focus - low - again, focus + high


def _reach(cells: list[Cell], order: range, room: int) -> tuple[int, int]:
    """How many cells, in that order, fit in `room` columns, and the columns left."""
    for count, at in enumerate(order):
        if cells[at].width > room:
            return count, room
        room -= cells[at].width
    return len(order), room


# --- JSON


def _record(diagnostic: Diagnostic) -> dict[str, object]:
    fix = diagnostic.fix
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        **_location(diagnostic.span),
        "notes": [{"message": note.message, **_location(note.span)} for note in diagnostic.notes],
        "help": diagnostic.help,
        "fix": None if fix is None else {"replacement": fix.replacement, **_location(fix.span)},
    }


def _location(span: Span | None) -> dict[str, str | int | None]:
    if span is None:
        return dict.fromkeys(("file", "line", "column", "end_line", "end_column"))
    if not span.source.text:
        return {**_location(None), "file": span.source.name}
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {
        "file": span.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


# --- GitHub


def _annotation(diagnostic: Diagnostic) -> str:
    properties = {**_annotated(diagnostic.span), "title": diagnostic.code}
    written = ",".join(
        f"{name}={_escaped(str(value), PROPERTY_ESCAPES)}" for name, value in properties.items()
    )
    parts = [diagnostic.message, *(note.message + _where(note, diagnostic.span) for note in diagnostic.notes)]
    if diagnostic.help is not None:
        parts.append(f"help: {diagnostic.help}")
    message = "\n".join(shorten(part, LONGEST_MESSAGE) for part in parts)
    return f"::{diagnostic.severity} {written}::{_escaped(message, DATA_ESCAPES)}"


def _annotated(span: Span | None) -> dict[str, str | int]:
    """GitHub takes `endColumn` for a span within a line only, and `endLine` for the others."""
    if span is None:
        return {}
    if not span.source.text:
        return {"file": span.source.name}
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    end = {"endColumn": end_column} if end_line == line else {"endLine": end_line}
    start = {"file": span.source.name, "line": line}
    return start | ({"col": column, **end} if end_line == line else end)


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return visible("".join(escapes.get(char, char) for char in text))
