"""`nnspec export`: the network as an ONNX model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..backends.onnx import AS_DECLARED, Form
from .options import Reading, Weighing, one_file, opset_option, reads_specs, takes_form, takes_weights, target
from .streams import say

if TYPE_CHECKING:
    from ..backends.weights import Weights
    from ..compiler.graph import Graph


@click.command("export")
@one_file
@target(".onnx", required=True)
@opset_option
@click.option(
    "--via",
    type=click.Choice(("native", "tf2onnx")),
    default="native",
    show_default=True,
    help="Our own exporter, or tf2onnx, whose models are written only where onnxruntime and Keras agree.",
)
@takes_form
@takes_weights
@reads_specs
def command(
    file: str, output: Path, opset: int | None, via: str, form: Form, weighing: Weighing, reading: Reading
) -> None:
    """Write the network as an ONNX model with weights. The native exporter needs no TensorFlow."""
    if via == "tf2onnx" and form != AS_DECLARED:
        raise click.UsageError(
            "--via tf2onnx gives what tf2onnx makes: it takes no --inputs and no --outputs"
        )
    graph = reading.graph(file)
    weights = weighing.weights(graph)
    if via == "native":
        from ..backends.export import export_graph

        export_graph(graph, output, weights, opset, form)
    else:
        write_via_keras(graph, output, weights, opset)
    say(f"wrote {output}")


def write_via_keras(graph: Graph, output: Path, weights: Weights, opset: int | None) -> None:
    from ..backends.artifacts import tf2onnx_model
    from ..backends.files import write_atomically

    write_atomically(output, tf2onnx_model(graph, weights, opset))
