"""`nnspec build`: the network as a Keras model."""

from __future__ import annotations

from pathlib import Path

import click

from .options import Reading, Weighing, one_file, reads_specs, takes_weights, target
from .streams import say


@click.command("build")
@one_file
@target(".keras", required=True)
@takes_weights
@reads_specs
def command(file: str, output: Path, weighing: Weighing, reading: Reading) -> None:
    """Write the network as a Keras model with weights, as Keras saves it."""
    graph = reading.graph(file)
    from ..backends.keras import build, save

    save(build(graph, weighing.weights(graph)), output)
    say(f"wrote {output}")
