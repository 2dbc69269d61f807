"""`nnspec emit`: the network as Python code."""

from __future__ import annotations

from pathlib import Path

import click

from .options import Reading, one_file, reads_specs, target
from .streams import say, write_bytes


@click.command("emit")
@one_file
@target(".py")
@reads_specs
def command(file: str, output: Path | None, reading: Reading) -> None:
    """Write the network as a Python module that needs Keras and nothing of nnspec, to stdout by default.

    Files that the module reads are copied beside it.
    """
    graph = reading.graph(file)
    from ..backends.modules import write_module
    from ..backends.python import emit, needed_files

    if output is not None:
        for path in write_module(graph, output, reading.folder(file)):
            say(f"wrote {path}")
        return
    write_bytes(emit(graph).encode())
    for name in needed_files(graph):
        say(f"the module reads {name}, which must lie beside it")
