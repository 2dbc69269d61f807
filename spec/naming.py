"""Names in a spec: which can be used, and why another cannot."""

from __future__ import annotations

import keyword
import re
import unicodedata

from .diagnostics import Diagnostic
from .locate import Report
from .nodes import shorten
from .source import Span

# ASCII only, so that no two names look alike, and a name is safe in code, paths and markup.
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
MAX_NAME = 100

KEYWORD = "it is a keyword of Python, which the generated code is in"

# Words that mean something where a name could stand.
WORDS = frozenset(
    {
        *("name", "from", "previous", "batch"),
        *("repeat", "as", "layers", "parallel", "merge", "when", "else", "reuse"),
    }
)


def bad_name(name: str) -> str | None:
    """Why a name cannot be used; None for one that can."""
    if not name:
        return "it is empty"
    if len(name) > MAX_NAME:
        return f"it is longer than {MAX_NAME} characters"
    if not NAME.fullmatch(name):
        odd = next((c for c in name if not (c.isascii() and (c.isalnum() or c == "_"))), name[0])
        where = "in a name" if odd in name[1:] or not (odd.isascii() and odd.isalnum()) else "first"
        return f"{_character(odd)} cannot stand {where}"
    if keyword.iskeyword(name):
        return KEYWORD
    if name in WORDS:
        return "it is a word of the language"
    return None


def check_name(name: str, span: Span, report: Report, what: str) -> bool:
    """Reports a name that cannot be used; whether it can."""
    reason = bad_name(name)
    if reason is None:
        return True
    help = name_help(name)
    report(Diagnostic("NN106", f'{what} cannot be named "{shorten(name)}": {reason}', span, help=help))
    return False


def name_help(name: str) -> str:
    """What to write in place of a name that cannot be used."""
    if NAME.fullmatch(name) and len(name) <= MAX_NAME:
        return f"write another name, such as {name}_1"
    return "a name is a letter, then letters, digits and underscores"


def _character(char: str) -> str:
    """A character as a message shows it: what looks like another, or like nothing, by its name."""
    if char.isascii() and char.isprintable():
        return f"`{char}`"
    name = unicodedata.name(char, "")
    return f"U+{ord(char):04X} ({name})" if name else f"U+{ord(char):04X}"
