"""Shows by numbers that all paths compute the same: the live Keras model is what the others are held to."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..compiler.graph import Graph, Node, Output
from ..spec.diagnostics import Diagnostic, Note, Severity, SpecError
from . import TOLERANCE
from .cases import make_cases
from .keras_faults import known_fault
from .onnx import DEFAULT_OPSET
from .paths import PATHS, Job, Run, run_keras
from .runtime import require_provider
from .weights import Weights, initialize

# tf2onnx is a cross-check by a tool that is known to be wrong at times: it is reported, and nothing is built on it.
CROSS_CHECKS = frozenset({"tf2onnx"})
# How far apart numbers are at 1 where they are coarser than TOLERANCE.
STEPS = {"float16": 2.0**-10, "bfloat16": 2.0**-7}
PACKAGES = (
    "keras",
    "tensorflow",
    "tensorflow-cpu",
    "onnx",
    "onnxruntime",
    "onnxruntime-gpu",
    "tf2onnx",
    "numpy",
)


@dataclass(frozen=True)
class OutputDifference:
    """The greatest differences from Keras in one output over all cases; `max_rel` is `max_abs` by the greatest
    magnitude of the expected values. Where the two cannot be compared number by number, both are infinite and
    `reason` says why."""

    name: str
    max_abs: float
    max_rel: float
    equal: bool
    reason: str | None = None

    def __str__(self) -> str:
        how = f"differs from Keras by {self.max_abs:.3g}" if self.reason is None else f"has {self.reason}"
        return f"output {self.name} {how}"


@dataclass(frozen=True)
class PathResult:
    name: str
    outputs: tuple[OutputDifference, ...] = ()
    sha256: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def equal(self) -> bool:
        return bool(self.outputs) and not self.diagnostics and all(output.equal for output in self.outputs)

    @property
    def max_abs(self) -> float:
        return max((output.max_abs for output in self.outputs), default=float("nan"))

    @property
    def max_rel(self) -> float:
        return max((output.max_rel for output in self.outputs), default=float("nan"))

    @property
    def message(self) -> str | None:
        return self.diagnostics[0].message if self.diagnostics else None


@dataclass(frozen=True)
class Report:
    """What verification found. `equal` leaves cross-checks aside: a wrong one is refused, and the rest still counts."""

    graph: Graph
    job: Job
    paths: tuple[PathResult, ...]
    tolerance: float

    @property
    def equal(self) -> bool:
        return all(path.equal for path in self.paths if path.name not in CROSS_CHECKS)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return tuple(d for path in self.paths for d in path.diagnostics)

    def certificate(self) -> dict[str, Any]:
        """The figures with what they depend on: hashes, versions, tolerance, sizes. The same in every run."""
        return {
            "certificate": 1,
            "nnspec": __version__,
            "spec": {"name": self.graph.name, "sha256": self.graph.source.digest},
            "weights_sha256": weights_digest(self.job.weights),
            "versions": versions(),
            "provider": self.job.provider,
            "opset": self.job.opset,
            "tolerance": self.tolerance,
            "inputs": [{name: list(value.shape) for name, value in case.items()} for case in self.job.cases],
            "reference": "keras",
            "equal": self.equal,
            "paths": [_path_record(path) for path in self.paths],
        }


def verify(
    graph: Graph,
    *,
    weights: Weights | None = None,
    seed: int = 0,
    opset: int = DEFAULT_OPSET,
    provider: str = "cpu",
    tolerance: float = TOLERANCE,
    paths: Sequence[str] = tuple(PATHS),
    root: str | Path | None = None,
) -> Report:
    """Runs the graph with the same weights through Keras and each of the paths, on several batch sizes and lengths
    of every dynamic axis.

    Outputs are equal where they differ by at most `tolerance` times the greater of 1 and the greatest expected
    magnitude. `root` is the folder of files that the spec names. Raises SpecError where Keras or the provider is
    missing; what goes wrong in one path is in its result.
    """
    require_provider(provider)
    folder = Path(root) if root is not None else Path(graph.source.name).parent
    given = initialize(graph, seed) if weights is None else weights
    job = Job(graph, given, make_cases(graph, seed), folder, opset, provider)
    reference = run_keras(job)
    results = tuple(_try_path(name, job, reference, tolerance) for name in paths)
    return Report(graph, job, results, tolerance)


def _try_path(name: str, job: Job, reference: Run, tolerance: float) -> PathResult:
    try:
        run = PATHS[name](job)
    except SpecError as error:
        return PathResult(name, diagnostics=_as_findings(name, error.diagnostics))
    outputs = compare_outputs(job, run, reference, tolerance)
    found = PathResult(name, outputs, run.sha256)
    return found if found.equal else replace(found, diagnostics=(_blame(name, job, found, tolerance),))


def _as_findings(name: str, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(d._replace(message=f"{name}: {d.message}", severity=_severity(name)) for d in diagnostics)


def _severity(name: str) -> Severity:
    return "warning" if name in CROSS_CHECKS else "error"


def compare_outputs(job: Job, run: Run, reference: Run, tolerance: float) -> tuple[OutputDifference, ...]:
    """The greatest difference in each output over all cases."""
    return tuple(
        difference(
            name, [case[i] for case in run.outputs], [case[i] for case in reference.outputs], tolerance
        )
        for i, name in enumerate(job.output_names)
    )


def difference(
    name: str, actual: Sequence[np.ndarray], expected: Sequence[np.ndarray], tolerance: float
) -> OutputDifference:
    pairs = list(zip(actual, expected, strict=True))
    reason = next((reason for a, e in pairs if (reason := _incomparable(a, e)) is not None), None)
    if reason is not None:
        return OutputDifference(name, float("inf"), float("inf"), False, reason)
    worst = [_compare(a, e) for a, e in pairs]
    equal = all(absolute <= tolerance * max(1.0, scale) for absolute, scale in worst)
    relative = max(absolute / scale if scale else absolute for absolute, scale in worst)
    return OutputDifference(name, max(absolute for absolute, _ in worst), relative, equal)


def _incomparable(actual: np.ndarray, expected: np.ndarray) -> str | None:
    """Why two outputs cannot be compared number by number; None where they can."""
    if actual.shape != expected.shape:
        return f"shape {list(actual.shape)} where Keras has {list(expected.shape)}"
    if actual.dtype != expected.dtype:
        return f"dtype {actual.dtype} where Keras has {expected.dtype}"
    odd = ~np.isfinite(expected.astype(np.float64))
    if not np.array_equal(actual[odd], expected[odd], equal_nan=True) or not np.isfinite(actual[~odd]).all():
        return "values that are not finite where Keras's are, or the other way round"
    return None


def _compare(actual: np.ndarray, expected: np.ndarray) -> tuple[float, float]:
    """The greatest absolute difference, and the greatest magnitude expected, over values that are finite."""
    a, e = actual.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(e)
    scale = np.max(np.abs(e[finite]), initial=0.0)
    return float(np.max(np.abs(a[finite] - e[finite]), initial=0.0)), float(scale)


def _blame(name: str, job: Job, found: PathResult, tolerance: float) -> Diagnostic:
    """The difference as a diagnostic at the first layer whose output differs."""
    worst = max(found.outputs, key=lambda o: (not o.equal, o.max_abs))
    message = f"{name}: {worst}"
    culprit = first_difference(name, job, tolerance)
    node = job.graph.by_name[culprit.value.node] if culprit else None
    words = (
        f"the first layer to differ is {node.name} ({node.kind})" if node else "each layer by itself agrees"
    )
    span = node.place.span if node else None
    help = _advice(name, node, job.graph)
    return Diagnostic("NN501", message, span, (Note(words),), help, severity=_severity(name))


def _advice(name: str, node: Node | None, graph: Graph) -> str:
    known = known_fault(node, graph) if node else None
    if known is not None:
        return known
    if name in CROSS_CHECKS:
        return "use nnspec's own export; this path's file is refused"
    coarse = max((n.layer.policy.compute for n in graph.nodes), key=lambda d: STEPS.get(d, 0.0), default="")
    if coarse in STEPS:
        return f"numbers of {coarse} are {STEPS[coarse]:.1g} apart at 1: give --tolerance what is near enough"
    return "nnspec or Keras is wrong here: please report it to nnspec with the spec"


def first_difference(name: str, job: Job, tolerance: float) -> Output | None:
    """The first layer's output, in the graph's order, that a path computes differently from Keras."""
    outputs = [
        Output(node.name if i == 0 else f"{node.name}_{node.layer.output_names[i]}", value)
        for node in job.graph.nodes
        for i, value in enumerate(node.values)
    ]
    every = replace(job, graph=replace(job.graph, outputs=tuple(outputs)))
    try:
        differences = compare_outputs(every, PATHS[name](every), run_keras(every), tolerance)
    except SpecError:
        return None
    return next((o for o, found in zip(outputs, differences, strict=True) if not found.equal), None)


def _path_record(path: PathResult) -> dict[str, Any]:
    outputs = [
        {"name": o.name, "max_abs": _finite(o.max_abs), "max_rel": _finite(o.max_rel), "equal": o.equal}
        for o in path.outputs
    ]
    findings = [d.message for d in path.diagnostics]
    return {
        "name": path.name,
        "equal": path.equal,
        "sha256": path.sha256,
        "outputs": outputs,
        "findings": findings,
    }


def _finite(value: float) -> float | None:
    """JSON has no infinity."""
    return value if np.isfinite(value) else None


def weights_digest(weights: Weights) -> str:
    """SHA-256 over the names, shapes, dtypes and bytes of all weights, in hex."""
    digest = hashlib.sha256()
    for key in sorted(weights):
        value = np.ascontiguousarray(weights[key])
        digest.update(f"{key}\0{value.dtype}\0{weights[key].shape}\0".encode())
        digest.update(value.tobytes())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that took part."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
