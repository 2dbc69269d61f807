"""`nnspec expand`: the spec with everything resolved."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import Reading, one_file, reads_specs
from .streams import say, write_bytes

if TYPE_CHECKING:
    from ..compiler.graph import Graph

SUFFIX = ".nn.yaml"


def _spec(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and not path.name.endswith(SUFFIX):
        raise click.BadParameter(f'"{path}" does not end in {SUFFIX}')
    return path


@click.command("expand")
@one_file
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_spec,
    help=f"The file to write, in {SUFFIX}.",
)
@reads_specs
def command(file: str, output: Path | None, reading: Reading) -> None:
    """Write the spec with everything resolved, to stdout by default: params, blocks, presets, repeats, includes.

    What comes out is a spec of the same network, each layer with its whole name. Files that it names are copied beside
    it.
    """
    graph = reading.graph(file)
    from ..backends.modules import write_with_files
    from ..backends.spec import expand, needed_files

    data, files = expand(graph).encode(), needed_files(graph)
    if output is not None:
        require_other(output, graph)
        for path in write_with_files(data, output, files, reading.folder(file)):
            say(f"wrote {path}")
        return
    write_bytes(data)
    for name in files:
        say(f"the spec reads {name}, which must lie beside it")


def require_other(output: Path, graph: Graph) -> None:
    """Raises UsageError where the output is a file that the spec was read from."""
    assert graph.origin is not None
    for name in (source.name for source in graph.origin.unit.sources):
        if output.exists() and os.path.exists(name) and os.path.samefile(output, name):
            raise click.UsageError(f'"{output}" is what the spec is read from: choose another file')
