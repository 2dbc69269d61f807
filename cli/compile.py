"""`nnspec compile`: everything, verified, into a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..backends.onnx import DEFAULT_OPSET
from .exits import CLEAN, FINDINGS
from .options import (
    Reading,
    Weighing,
    one_file,
    opset_option,
    provider_option,
    reads_specs,
    takes_weights,
    tolerance_option,
)
from .streams import say_progress, show_diagnostics, write

if TYPE_CHECKING:
    from ..backends.artifacts import Compiled
    from ..backends.certificate import Report


@click.command("compile")
@one_file
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write to.",
)
@opset_option
@provider_option
@tolerance_option
@takes_weights
@reads_specs
@click.pass_context
def command(
    context: click.Context,
    file: str,
    output: Path,
    opset: int | None,
    provider: str,
    tolerance: float,
    weighing: Weighing,
    reading: Reading,
) -> None:
    """Write the network as Python, ONNX, Keras model and weights, with a certificate of their equality.

    That is the network as it stands, or as --variant and --set have it; the code takes these as its defaults.
    Nothing is written where a path differs from Keras, and the exit code is 1.
    """
    graph = reading.graph(file)
    from ..backends.artifacts import compile_graph

    compiled = compile_graph(
        graph,
        output,
        root=reading.folder(file),
        weights=weighing.weights(graph),
        seed=weighing.seed,
        opset=DEFAULT_OPSET if opset is None else opset,
        provider=provider,
        tolerance=tolerance,
        progress=say_progress,
    )
    write(closing_table(compiled))
    show_diagnostics(compiled.report.diagnostics, sys.stderr)
    context.exit(CLEAN if compiled.report.equal else FINDINGS)


def closing_table(compiled: Compiled) -> str:
    """What was written, how far each path is from Keras, and whether that is near enough."""
    from .tables import figure, megabytes, table

    report, figures = compiled.report, ("size", "largest difference to Keras")
    differences = {path.name: figure(path.max_abs) for path in report.paths}
    written = [
        (str(a.file), megabytes(a.size), differences.get(a.path or "", "")) for a in compiled.artifacts
    ]
    named = {artifact.path for artifact in compiled.artifacts}
    others = [(f"({name})", "not written", value) for name, value in differences.items() if name not in named]
    drawn = table(("file", *figures), written + others, right=figures)
    return f"{drawn}\n{verdict(report)}\n"


def verdict(report: Report) -> str:
    """Which paths equal Keras, and which do not."""
    equal = ", ".join(path.name for path in report.paths if path.equal)
    other = ", ".join(path.name for path in report.paths if not path.equal)
    parts = [
        f"equal to Keras within {report.tolerance:g}: {equal}" if equal else "",
        f"not equal: {other}" if other else "",
    ]
    return "; ".join(part for part in parts if part)
