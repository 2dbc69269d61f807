"""`nnspec verify`: whether all paths compute the same."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..backends.onnx import DEFAULT_OPSET, Form
from .exits import CLEAN, FINDINGS
from .options import (
    Reading,
    Weighing,
    one_file,
    opset_option,
    provider_option,
    reads_specs,
    takes_form,
    takes_weights,
    target,
    tolerance_option,
)
from .streams import show_diagnostics, write

if TYPE_CHECKING:
    from ..backends.certificate import Report


@click.command("verify")
@one_file
@target(".json", option="--certificate", help="Write the figures, with what they depend on, as JSON.")
@opset_option
@provider_option
@takes_form
@tolerance_option
@takes_weights
@reads_specs
@click.pass_context
def command(
    context: click.Context,
    file: str,
    certificate: Path | None,
    opset: int | None,
    provider: str,
    tolerance: float,
    form: Form,
    weighing: Weighing,
    reading: Reading,
) -> None:
    """Run the network with the same weights in Keras, as generated code, native ONNX and tf2onnx's ONNX.

    A spec is verified as it stands and in all its variants, or as --set and --variant have it; with --weights only in
    the one setting that they belong to. Both forms of the code are run, the structured one written once, with the
    params as arguments. Several batch sizes and lengths of every dynamic axis are compared. Exit code 1 says that a
    path differs from Keras; tf2onnx is a cross-check, and its errors are warnings.
    """
    graphs = (reading.graph(file),) if weighing.path else reading.graphs(file)
    written = reading.defaults(graphs[0])
    from ..backends.artifacts import write_certificate
    from ..backends.verify import verify_all

    reports = verify_all(
        [(graph, weighing.weights(graph)) for graph in graphs],
        written=written,
        seed=weighing.seed,
        opset=DEFAULT_OPSET if opset is None else opset,
        provider=provider,
        tolerance=tolerance,
        root=reading.folder(file),
        form=form,
    )
    for number, report in enumerate(reports):
        head = heading(report, several=len(reports) > 1)
        write(("\n" if number else "") + head + differences(report))
        show_diagnostics(report.diagnostics, sys.stderr)
    if certificate is not None:
        write_certificate(reports, certificate)
    context.exit(CLEAN if all(report.equal for report in reports) else FINDINGS)


def heading(report: Report, *, several: bool) -> str:
    """The variant, and the values of params that are not their defaults; nothing for the only setting of a spec."""
    from ..spec.operations import shown
    from ..spec.render import visible

    given = ", ".join(f"{name} = {shown(value)}" for name, value in report.given.items())
    if not (several or given or report.variant):
        return ""
    title = f"variant {report.variant}" if report.variant else "as set" if given else "as it stands"
    return visible(f"{title}: {given}" if given else title) + "\n"


def differences(report: Report) -> str:
    """Each path's greatest differences from Keras over all outputs and cases."""
    from .tables import figure, table

    figures = ("largest difference", "relative")
    rows = (
        (path.name, "equal" if path.equal else "NOT EQUAL", figure(path.max_abs), figure(path.max_rel))
        for path in report.paths
    )
    return table(("path", "to Keras", *figures), rows, right=figures)
