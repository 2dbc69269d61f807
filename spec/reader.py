"""Bytes -> text -> located nodes, safe on any bytes: nothing runs, opens or follows what a file says."""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path

from .compose import compose
from .diagnostics import SpecError, fail, system_reason
from .limits import DEFAULTS, Limits, beyond
from .nodes import Mapping, describe
from .source import Source, Span

__all__ = ["STDIN", "Limits", "decode", "read", "read_file"]

STDIN = "-"
BOM = "\ufeff"
WIDE_MARKS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}

# Opening must never wait; systems that lack a flag have no need of it.
FLAGS = os.O_RDONLY | sum(
    getattr(os, flag, 0) for flag in ("O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY", "O_BINARY")
)

# What YAML 1.2 cannot print, and the three line breaks that YAML 1.1 had and 1.2 does not: the parser takes
# them for breaks, and would find keys inside what every editor shows as a comment.
UNPRINTABLE = "[^\t\n\r -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
# The same for text that is ASCII, as most is: the other takes longer to compile than such a file to read.
UNPRINTABLE_ASCII = "[^\t\n\r -~]"

KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def read(source: Source, limits: Limits = DEFAULTS) -> Mapping:
    """The tree of a source. Raises SpecError (NN003 to NN007) with all that can be found in one pass."""
    source = Source(source.name, source.text[1:]) if source.text.startswith(BOM) else source
    if len(source.text) > limits.file_bytes:
        raise _too_large(source.name, limits)
    check_characters(source)
    root = compose(source, limits)
    if isinstance(root, Mapping):
        return root
    held = "nothing" if root is None else describe(root)
    span = Span(source, 0, 0) if root is None else root.span
    raise fail("NN007", f"the file holds {held}, not a mapping", span, help='a spec begins with "nnspec: 1"')


def read_file(path: str | Path, limits: Limits = DEFAULTS) -> Source:
    """The text of a regular file, or of standard input for `-`. Raises SpecError (NN001, NN002, NN003)."""
    if str(path) == STDIN:
        return decode(_standard_input(limits.file_bytes + 1), "<stdin>", limits)
    name = str(path)
    try:
        data = _file(name, limits.file_bytes + 1)
    except OSError as error:
        raise _unreadable(name, system_reason(error)) from None
    except ValueError:
        raise _unreadable(name, "no path holds a NUL character") from None
    return decode(data, name, limits)


def decode(data: bytes, name: str, limits: Limits = DEFAULTS) -> Source:
    """The source that UTF-8 bytes spell, without a byte order mark. Raises SpecError (NN002, NN003)."""
    if len(data) > limits.file_bytes:
        raise _too_large(name, limits)
    for mark, encoding in WIDE_MARKS.items():
        if data.startswith(mark):
            raise _not_text(data, 0, name, f"the file is {encoding}")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        nul = data.find(b"\0", 0, error.start)
        raise _not_text(data, error.start if nul < 0 else nul, name) from None
    if "\0" in text:
        raise _not_text(data, data.index(b"\0"), name)
    return Source(name, text.removeprefix(BOM))


def _file(name: str, size: int) -> bytes:
    """At most `size` bytes. Opened without waiting, and looked at once open: a pipe cannot hold us up."""
    handle = os.open(name, FLAGS)
    with os.fdopen(handle, "rb") as file:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(0, f"it is {kind_of(mode)}")
        return file.read(size)


def kind_of(mode: int) -> str:
    """What a file is that is no regular one, as a message has it."""
    return next((kind for test, kind in KINDS if test(mode)), "no regular file")


def _standard_input(size: int) -> bytes:
    if sys.stdin is None:
        raise _unreadable("<stdin>", "standard input is closed")
    try:
        return sys.stdin.buffer.read(size)
    except OSError as error:
        raise _unreadable("<stdin>", system_reason(error)) from None


def _unreadable(name: str, reason: str) -> SpecError:
    return fail("NN001", f'cannot read "{name}": {reason}', Span(Source(name, ""), 0, 0))


def _too_large(name: str, limits: Limits) -> SpecError:
    span = Span(Source(name, ""), 0, 0)
    return SpecError([beyond(limits, "file_bytes", "the file has too many bytes", span)])


def _not_text(data: bytes, offset: int, name: str, message: str | None = None) -> SpecError:
    """NN002 at a byte: all before it is known to be UTF-8."""
    source = Source(name, data.decode(errors="replace").removeprefix(BOM))
    start = len(data[:offset].decode().removeprefix(BOM))
    byte = f"byte 0x{data[offset]:02x} at offset {offset:,} (line {source.position(start)[0]:,})"
    said = message or f"{byte} is " + ("NUL, which no text holds" if data[offset] == 0 else "not UTF-8")
    return fail("NN002", said, Span(source, start, start + 1), help="save the file as UTF-8")


def check_characters(source: Source) -> None:
    """Raises SpecError (NN004) at the first character that cannot stand in a spec."""
    pattern = re.compile(UNPRINTABLE_ASCII if source.text.isascii() else UNPRINTABLE)
    first = pattern.search(source.text)
    if first is None:
        return
    others = sum(1 for _ in pattern.finditer(source.text, first.end()))
    more = f" (and {others:,} more)" if others else ""
    code = f"U+{ord(first[0]):04X}"
    message = f"the control character {code} cannot stand in a spec{more}"
    escape = rf'in double quotes it can be written as "\u{ord(first[0]):04x}"'
    raise fail("NN004", message, Span(source, first.start(), first.end()), help=escape)
