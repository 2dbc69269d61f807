"""`nnspec check`: what is wrong with specs."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from .exits import exit_code, fault
from .options import Reading, reads_specs
from .streams import colorful, say, write

if TYPE_CHECKING:
    from ..spec.diagnostics import Diagnostic


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=str))
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "github")),
    default="text",
    show_default=True,
    help="For people, for programs, or annotations of a GitHub workflow.",
)
@reads_specs
@click.pass_context
def command(context: click.Context, files: tuple[str, ...], form: str, reading: Reading) -> None:
    """Check specs, and show all that is wrong with them. `-` is standard input.

    A spec is checked as it stands and in all its variants, or as --set and --variant have it.
    Nothing in a spec is run, and no file outside its root is read. Exit code 1 says that there are errors,
    3 that a file could not be read.
    """
    with uncollected():
        # What is wrong with the command line is wrong for every file.
        found = ill_set(reading) or [diagnostic for file in files for diagnostic in findings(file, reading)]
    write(rendered(found, form))
    say(summary(found, len(files)))
    context.exit(exit_code(found))


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the garbage collector, which finds nothing while modules are loaded, and takes its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def ill_set(reading: Reading) -> list[Diagnostic]:
    """What is wrong with the values of params as they are written, or with a plugin."""
    from ..spec.diagnostics import SpecError

    try:
        reading.settings()
        reading.loaded()
    except SpecError as error:
        return list(error.diagnostics)
    return []


def findings(file: str, reading: Reading) -> Sequence[Diagnostic]:
    """The diagnostics of one file. Whatever happens to it, the files after it are checked too."""
    from ..spec.diagnostics import SpecError

    try:
        return reading.check(file).diagnostics
    except SpecError as error:
        return error.diagnostics
    except Exception as error:
        return (fault(error, file),)


def rendered(found: Sequence[Diagnostic], form: str) -> str:
    if not found and form != "json":
        return ""
    from ..spec import render

    if form == "json":
        return render.to_json(found) + "\n"
    text = render.to_github(found) if form == "github" else render.to_text(found, colorful(sys.stdout))
    return f"{text}\n"


def summary(found: Sequence[Diagnostic], files: int) -> str:
    """`2 errors, 1 warning in 3 files`."""
    counts = {kind: sum(d.severity == kind for d in found) for kind in ("error", "warning")}
    parts = [counted(count, kind) for kind, count in counts.items() if count]
    checked = counted(files, "file")
    return f"{', '.join(parts)} in {checked}" if parts else f"{checked}, no errors"


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
