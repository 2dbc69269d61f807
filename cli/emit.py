"""`nnspec emit`: the network as Python code."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from .exits import CLEAN, FINDINGS
from .options import Reading, one_file, reads_specs, target
from .streams import say, write, write_bytes


@click.command("emit")
@one_file
@target(".py")
@click.option("--flat", is_flag=True, help="Write the layers one by one, without functions and loops.")
@click.option(
    "--check",
    "kept",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write nothing, and compare with a file: exit code 1 and a diff where it is not what would be written.",
)
@reads_specs
@click.pass_context
def command(
    context: click.Context, file: str, output: Path | None, flat: bool, kept: Path | None, reading: Reading
) -> None:
    """Write the network as a Python module that needs Keras and nothing of nnspec, to stdout by default.

    Blocks are functions, repeats loops, and params arguments with the values of --variant and --set as their defaults.
    Files that the module reads are copied beside it.
    """
    if output is not None and kept is not None:
        raise click.UsageError("--check writes nothing: leave --output out")
    graph = reading.graph(file)
    from ..backends.modules import write_module
    from ..backends.python import emit, needed_files

    if kept is not None:
        writes = ["nnspec", "emit", file, *(["--flat"] if flat else []), *reading.words, "-o", str(kept)]
        context.exit(compare(kept, emit(graph, flat=flat).encode(), shlex.join(writes)))
    if output is not None:
        for path in write_module(graph, output, reading.folder(file), flat=flat):
            say(f"wrote {path}")
        return
    write_bytes(emit(graph, flat=flat).encode())
    for name in needed_files(graph):
        say(f"the module reads {name}, which must lie beside it")


def compare(kept: Path, code: bytes, writes: str) -> int:
    """The exit code for a file that should hold the code; how it differs goes to standard output. `writes` is the
    command that would write it.

    Raises SpecError (NN001) where the file is there and cannot be read.
    """
    from ..spec.diagnostics import fail, system_reason

    try:
        found = kept.read_bytes()
    except FileNotFoundError:
        say(f'there is no file "{kept}"; this would write it: {writes}')
        return FINDINGS
    except OSError as error:
        raise fail("NN001", f'cannot read "{kept}": {system_reason(error)}') from None
    if found == code:
        return CLEAN
    write("".join(differences(found, code, str(kept))))
    return FINDINGS


def differences(found: bytes, code: bytes, name: str) -> Iterator[str]:
    """The lines of a unified diff from what a file holds to what it should, whatever bytes these are, shown inert."""
    from ..spec.render import visible

    lines = (data.decode(errors="replace").split("\n") for data in (found, code))
    before, after = ([f"{line}\n" for line in text[:-1]] + ([text[-1]] if text[-1] else []) for text in lines)
    for line in difflib.unified_diff(before, after, name, f"{name} as the spec has it"):
        shown = visible(line.removesuffix("\n"))
        yield f"{shown}\n" if line.endswith("\n") else f"{shown}\n\\ No newline at end of file\n"
