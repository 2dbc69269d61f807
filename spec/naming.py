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

# A layer deep inside has the names of all that it is in before its own, and numbers of turns behind names.
PATH = re.compile(rf"{NAME.pattern}(\.([A-Za-z][A-Za-z0-9_]*|0|[1-9][0-9]*))*", re.ASCII)
MAX_PATH = 1000

# Words that mean something where a name could stand.
WORDS = frozenset(
    {
        *("name", "from", "previous", "batch"),
        *("repeat", "as", "layers", "parallel", "merge", "when", "else", "reuse"),
    }
)

# What names mean in an expression before any param is looked at.
CONSTANTS = frozenset({"true", "false", "null"})
FUNCTIONS = ("min", "max", "abs", "round", "floor", "ceil", "int", "float", "len", "range", "divisible")


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


def check_path(name: str, span: Span, report: Report, what: str) -> bool:
    """Reports what cannot name a layer; whether it can. `stage_2.conv_1` can, as `nnspec expand` writes it."""
    if "." in name and len(name) <= MAX_PATH and PATH.fullmatch(name):
        return True
    return check_name(name, span, report, what)


def check_binding(name: str, span: Span, report: Report, what: str) -> bool:
    """Reports a name that cannot be used in expressions; whether it can."""
    if name not in CONSTANTS and name not in FUNCTIONS:
        return check_name(name, span, report, what)
    reason = "it is a constant" if name in CONSTANTS else "it is a function of expressions"
    help = f"write another name, such as {name}_1"
    report(Diagnostic("NN106", f'{what} cannot be named "{name}": {reason}', span, help=help))
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
