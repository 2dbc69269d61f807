"""`nnspec export`: the network as an ONNX model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..backends.onnx import DEFAULT_OPSET
from .options import Reading, Weighing, one_file, opset_option, reads_specs, takes_weights, target
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
@takes_weights
@reads_specs
def command(
    file: str, output: Path, opset: int | None, via: str, weighing: Weighing, reading: Reading
) -> None:
    """Write the network as an ONNX model with weights. The native exporter needs no TensorFlow."""
    graph = reading.graph(file)
    from ..backends.files import write_atomically

    make = native if via == "native" else through_keras
    write_atomically(output, make(graph, weighing.weights(graph), opset))
    say(f"wrote {output}")


def native(graph: Graph, weights: Weights, opset: int | None) -> bytes:
    from ..backends.onnx.emit import checked, serialize, to_onnx

    return serialize(checked(to_onnx(graph, weights, DEFAULT_OPSET if opset is None else opset)))


def through_keras(graph: Graph, weights: Weights, opset: int | None) -> bytes:
    from ..backends.artifacts import tf2onnx_model

    return tf2onnx_model(graph, weights, opset)
