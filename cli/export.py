"""`nnspec export`: the network as an ONNX model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..backends import NEAR
from ..backends.onnx import AS_DECLARED, Form
from ..spec.types import FLOATS
from .options import (
    Reading,
    Weighing,
    finite,
    one_file,
    opset_option,
    reads_specs,
    takes_form,
    takes_weights,
    target,
)
from .streams import say

if TYPE_CHECKING:
    from ..backends.export import Exported
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
@click.option(
    "--dtype",
    type=click.Choice(FLOATS),
    help="What layers compute in that have no dtype of their own; inputs and outputs stay as they are.",
)
@click.option(
    "--tolerance",
    type=float,
    callback=finite,
    help="Greatest difference of --dtype from the spec's own, times the greatest magnitude where that is above 1."
    f"  [default: {', '.join(f'{near:g} ({dtype})' for dtype, near in NEAR.items())}]",
)
@takes_weights
@reads_specs
def command(
    file: str,
    output: Path,
    opset: int | None,
    via: str,
    form: Form,
    dtype: str | None,
    tolerance: float | None,
    weighing: Weighing,
    reading: Reading,
) -> None:
    """Write the network as an ONNX model with weights. The native exporter needs no TensorFlow.

    A model of another dtype is run by onnxruntime, and written only where it computes nearly what the spec's own does.
    """
    if via == "tf2onnx" and (form != AS_DECLARED or dtype):
        raise click.UsageError("--via tf2onnx gives what tf2onnx makes: no --inputs, --outputs or --dtype")
    graph = reading.graph(file)
    weights = weighing.weights(graph)
    if via == "tf2onnx":
        write_via_keras(graph, output, weights, opset)
    else:
        from ..backends.export import export_graph

        exported = export_graph(
            graph, output, weights, opset, form, dtype=dtype, tolerance=tolerance, seed=weighing.seed
        )
        show_differences(exported)
    say(f"wrote {output}")


def show_differences(exported: Exported) -> None:
    """How far the model is from the spec's own, an output a line."""
    from .tables import figure

    for found in exported.differences:
        inputs = f"over {exported.cases} inputs"
        say(f"{found}, {figure(found.max_rel)} of the greatest magnitude, {inputs}")


def write_via_keras(graph: Graph, output: Path, weights: Weights, opset: int | None) -> None:
    from ..backends.artifacts import tf2onnx_model
    from ..backends.files import write_atomically

    write_atomically(output, tf2onnx_model(graph, weights, opset))
