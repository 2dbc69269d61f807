"""Native ONNX models as files, those in other numbers than the spec's only where they compute nearly the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..compiler.graph import Graph
from ..spec.diagnostics import Note, fail
from . import NEAR
from .cases import make_cases
from .compare import OutputDifference, difference
from .extras import require
from .files import write_atomically
from .native import Native, make_native
from .onnx import AS_DECLARED, DEFAULT_OPSET, Form
from .paths import Case
from .weights import Weights


@dataclass(frozen=True)
class Exported:
    """How far a model in other numbers is from the spec's own over `cases` inputs; nothing where it has the spec's."""

    differences: tuple[OutputDifference, ...] = ()
    cases: int = 0


def export_graph(
    graph: Graph,
    path: str | Path,
    weights: Weights,
    opset: int | None = None,
    form: Form = AS_DECLARED,
    *,
    dtype: str | None = None,
    tolerance: float | None = None,
    seed: int = 0,
) -> Exported:
    """Writes the graph as a model of that form, whole or not at all.

    A model of another dtype is compared with that of the spec's own on random inputs from `seed`, and differs from it
    by at most `tolerance` times the greater of 1 and the greatest expected magnitude. Raises SpecError: as
    `make_native`, NN404 for a file that cannot be written, NN501 for a model that is too far off.
    """
    chosen = DEFAULT_OPSET if opset is None else opset
    native = make_native(graph, weights, chosen, form, dtype)
    exported = Exported()
    if dtype is not None:
        require("onnxruntime")
        reference = make_native(graph, weights, chosen, form)
        near = NEAR[dtype] if tolerance is None else tolerance
        exported = compared(native, reference, make_cases(graph, seed), near, f"the model in {dtype}")
    write_atomically(path, native.data)
    return exported


def compared(
    native: Native, reference: Native, cases: Sequence[Case], tolerance: float, what: str
) -> Exported:
    """How far a model is from the reference. Raises SpecError (NN501) where that is too far."""
    actual, expected = native.run(cases), reference.run(cases)
    found = tuple(
        difference(
            output.name,
            [run[i] for run in actual],
            [run[i] for run in expected],
            tolerance,
            reference.graph.dtype,
        )
        for i, output in enumerate(reference.graph.outputs)
    )
    wrong = [Note(str(output)) for output in found if not output.equal]
    if wrong:
        message = (
            f"{what} is further from the {reference.graph.dtype} one than {tolerance:g}, and was not written"
        )
        help = "leave a layer that needs the precision in a dtype of its own, or give --tolerance what is near enough"
        raise fail("NN501", message, None, *wrong, help=help)
    return Exported(found, len(cases))
