"""Native ONNX models as files, those in other numbers than the spec's only where they compute nearly the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from ..compiler.graph import Graph
from ..spec.diagnostics import Note, fail
from ..spec.limits import Limits
from . import NEAR, NEAR_QUANTIZED
from .calibration import read_batches
from .cases import make_cases
from .compare import OutputDifference, difference
from .extras import require
from .files import write_atomically
from .native import Native, make_native
from .onnx import AS_DECLARED, DEFAULT_OPSET, Form
from .onnx.quantize import quantized
from .paths import Case
from .weights import Weights

# How many batches of a calibration file the models are compared on.
COMPARED = 8


class Numbers(NamedTuple):
    """What a model computes in, where that is not what the spec says: another dtype, or whole numbers in places. Its
    differences from the spec's own are at most `tolerance` times the greater of 1 and the greatest magnitude."""

    dtype: str | None = None
    quantize: str | None = None
    calibrate: Path | None = None
    tolerance: float | None = None

    @property
    def near(self) -> float:
        if self.tolerance is not None:
            return self.tolerance
        return NEAR[self.dtype] if self.dtype else NEAR_QUANTIZED


AS_WRITTEN = Numbers()


@dataclass(frozen=True)
class Exported:
    """How far a model in other numbers is from the spec's own, and over which inputs; nothing where it has the
    spec's."""

    differences: tuple[OutputDifference, ...] = ()
    over: str = ""


def export_graph(
    graph: Graph,
    path: str | Path,
    weights: Weights,
    opset: int | None = None,
    form: Form = AS_DECLARED,
    numbers: Numbers = AS_WRITTEN,
    *,
    seed: int = 0,
    limits: Limits | None = None,
) -> Exported:
    """Writes the graph as a model of that form and in these numbers, whole or not at all.

    A model in other numbers is compared with that of the spec's own: on the inputs that it is calibrated with, or
    random ones from `seed`. Raises SpecError: as `make_native`, `quantized` and `read_batches`, NN404 for a file that
    cannot be written, NN501 for a model that is too far off.
    """
    _require_sensible(numbers)
    native = make_native(graph, weights, DEFAULT_OPSET if opset is None else opset, form)
    if numbers.dtype is None and numbers.quantize is None:
        write_atomically(path, native.data)
        return Exported()
    require("onnxruntime")
    cases, over = _inputs(native, numbers, seed, limits or Limits())
    if numbers.dtype is not None:
        made = make_native(graph, weights, native.opset, form, numbers.dtype)
    else:
        batches = [native.interface.fed(case) for case in cases]
        made = replace(native, model=quantized(native.model, numbers.quantize or "", batches))
    found = compared(made, native, _spread(cases), numbers.near, numbers.dtype or numbers.quantize or "")
    write_atomically(path, made.data)
    return Exported(found, over)


def _require_sensible(numbers: Numbers) -> None:
    """Raises SpecError (NN407) for options that do not go together."""
    static = numbers.quantize == "int8-static"
    if static and numbers.calibrate is None:
        help = "give inputs as they will come with --calibrate data.npz, an array for each, or use --quantize int8"
        raise fail(
            "NN407", "int8-static has the ranges of numbers from inputs, and there are none", help=help
        )
    if numbers.calibrate is not None and not static:
        raise fail(
            "NN407",
            "only int8-static is calibrated",
            help="leave --calibrate out, or use --quantize int8-static",
        )
    if numbers.dtype is not None and numbers.quantize is not None:
        help = "leave --dtype or --quantize out"
        raise fail("NN407", f"int8 is made of the spec's own dtype, not of {numbers.dtype}", help=help)


def _inputs(native: Native, numbers: Numbers, seed: int, limits: Limits) -> tuple[Sequence[Case], str]:
    if numbers.calibrate is None:
        cases = make_cases(native.graph, seed)
        return cases, f"{len(cases)} random inputs"
    batches = read_batches(numbers.calibrate, native.graph, native.interface, limits)
    count = sum(len(next(iter(batch.values()))) for batch in _spread(batches))
    return batches, f"{count} inputs of {numbers.calibrate.name}"


def _spread(batches: Sequence[Case]) -> Sequence[Case]:
    """At most COMPARED batches, from the first on, as far apart as they are many."""
    return batches[:: -(-len(batches) // COMPARED)]


def compared(
    made: Native, native: Native, cases: Sequence[Case], tolerance: float, what: str
) -> tuple[OutputDifference, ...]:
    """How far a model is from the spec's own. Raises SpecError (NN501) where that is too far."""
    actual, expected = made.run(cases), native.run(cases)
    dtype = native.graph.dtype
    found = tuple(
        difference(output.name, [run[i] for run in actual], [run[i] for run in expected], tolerance, dtype)
        for i, output in enumerate(native.graph.outputs)
    )
    wrong = [Note(str(output)) for output in found if not output.equal]
    if wrong:
        message = (
            f"the model in {what} is further from the {dtype} one than {tolerance:g}, and was not written"
        )
        help = "give --tolerance what is near enough"
        raise fail("NN501", message, None, *wrong, help=help)
    return found
