"""Tables for people, drawn by rich, which only they load."""

from __future__ import annotations

import io
import math
import shutil
import sys
from collections.abc import Collection, Iterable

from .streams import colorful

# Where no one looks, no line is folded.
WIDE = 10_000


def table(columns: Iterable[str], rows: Iterable[Iterable[str]], right: Collection[str] = ()) -> str:
    """A table as wide as it needs, folded to a terminal's width; the columns in `right` are of numbers.

    Cells are shown as they are.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in columns:
        drawn.add_column(name, justify="right" if name in right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    color, seen = colorful(sys.stdout), sys.stdout is not None and sys.stdout.isatty()
    console = Console(
        file=io.StringIO(),
        force_terminal=color,
        color_system="standard" if color else None,
        width=shutil.get_terminal_size().columns if seen else WIDE,
        legacy_windows=False,
    )
    with console.capture() as captured:
        console.print(drawn)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def megabytes(size: int) -> str:
    """A size in the unit that keeps it short: `5.4 MiB`."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"


def figure(difference: float) -> str:
    """A difference; a dash where there is none because nothing was computed."""
    return "-" if math.isnan(difference) else f"{difference:.2g}"
