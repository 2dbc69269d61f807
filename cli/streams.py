"""Standard output and error: data on the one, the rest on the other, colour for people only."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from ..spec.diagnostics import Diagnostic


def prepare_streams() -> None:
    """Makes the streams take any character: one that the locale cannot show comes out escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def write(text: str) -> None:
    """Data for people, or in ASCII, to standard output: at once, so that a failure is not found at exit."""
    write_bytes(text.encode(sys.stdout.encoding, "backslashreplace") if sys.stdout else text.encode())


def write_bytes(data: bytes) -> None:
    """Data to standard output as it is, in any locale. Raises SpecError (NN404) where that fails."""
    from ..spec.diagnostics import fail, system_reason

    if not data:
        return
    if sys.stdout is None:
        raise fail("NN404", "cannot write standard output: it is closed")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        drop_stdout()
        raise fail("NN404", f"cannot write standard output: {system_reason(error)}") from None


def drop_stdout() -> None:
    """Sends what is still in the buffers nowhere, so that the interpreter's last flush is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(line: str) -> None:
    """A line beside the data, to standard error. A file may have any name: what a terminal would obey is escaped."""
    from ..spec.render import visible

    if sys.stderr is not None:
        print(visible(line), file=sys.stderr, flush=True)


def say_progress(line: str) -> None:
    """A line that only someone who waits at a terminal wants."""
    if sys.stderr is not None and sys.stderr.isatty():
        say(line)


def show_diagnostics(diagnostics: Iterable[Diagnostic], stream: TextIO | None) -> None:
    """Diagnostics as text, with colour where the stream is a terminal."""
    from ..spec.render import to_text

    text = to_text(diagnostics, colorful(stream))
    if text and stream is not None:
        print(text, file=stream, flush=True)


def colorful(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal that colour was not refused for: https://no-color.org."""
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and stream is not None and stream.isatty()
