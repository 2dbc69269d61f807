"""`nnspec export`: the network as an ONNX model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..backends import NEAR, NEAR_QUANTIZED
from ..backends.onnx import AS_DECLARED, QUANTIZATIONS, Form
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
    "--quantize",
    type=click.Choice(QUANTIZATIONS),
    help="Put weights in 8 bits, and what is computed from them: with ranges found at run time, or from --calibrate.",
)
@click.option(
    "--calibrate",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Inputs as they will come, for int8-static: a .npz file with an array for each, samples along its first axis.",
)
@click.option(
    "--tolerance",
    type=float,
    callback=finite,
    help="Greatest difference of --dtype or --quantize from the spec's own, times the greatest magnitude where that is "
    f"above 1.  [default: {', '.join(f'{near:g} ({dtype})' for dtype, near in NEAR.items())}, {NEAR_QUANTIZED} (int8)]",
)
@takes_weights
@reads_specs
def command(
    file: str,
    output: Path,
    opset: int | None,
    via: str,
    form: Form,
    weighing: Weighing,
    reading: Reading,
    **numbers: Any,
) -> None:
    """Write the network as an ONNX model with weights. The native exporter needs no TensorFlow.

    A model in other numbers than the spec's is run by onnxruntime, and written only where it computes nearly what the
    spec's own does.
    """
    if via == "tf2onnx" and (form != AS_DECLARED or any(numbers.values())):
        words = "no --inputs, --outputs, --dtype or --quantize"
        raise click.UsageError(f"--via tf2onnx gives what tf2onnx makes: {words}")
    graph = reading.graph(file)
    weights = weighing.weights(graph)
    if via == "tf2onnx":
        write_via_keras(graph, output, weights, opset)
    else:
        from ..backends.export import Numbers, export_graph

        chosen, seed, limits = Numbers(**numbers), weighing.seed, reading.limits
        exported = export_graph(graph, output, weights, opset, form, chosen, seed=seed, limits=limits)
        show_differences(exported)
    say(f"wrote {output}")


def show_differences(exported: Exported) -> None:
    """How far the model is from the spec's own, an output a line."""
    from .tables import figure

    for found in exported.differences:
        say(f"{found}, {figure(found.max_rel)} of the greatest magnitude, over {exported.over}")


def write_via_keras(graph: Graph, output: Path, weights: Weights, opset: int | None) -> None:
    from ..backends.artifacts import tf2onnx_model
    from ..backends.files import write_atomically

    write_atomically(output, tf2onnx_model(graph, weights, opset))
