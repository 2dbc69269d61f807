"""What verification found, and its figures as a record that can be kept beside the files."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np

from .. import __version__
from ..compiler.graph import Graph
from ..spec.diagnostics import Diagnostic
from .compare import OutputDifference
from .paths import Job
from .weights import Weights

# tf2onnx is a cross-check by a tool that is known to be wrong at times: it is reported, and nothing is built on it.
CROSS_CHECKS = frozenset({"tf2onnx"})
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

    @property
    def variant(self) -> str | None:
        return self.graph.origin.variant if self.graph.origin else None

    @property
    def params(self) -> dict[str, Any]:
        """The values of the spec's params."""
        bindings = self.graph.origin.params if self.graph.origin else {}
        return {name: binding.value for name, binding in bindings.items() if binding is not None}

    @property
    def given(self) -> dict[str, Any]:
        """The values of params that are not the defaults: a variant's, and those that a user gives."""
        bindings = self.graph.origin.params if self.graph.origin else {}
        return {name: binding.value for name, binding in bindings.items() if binding and binding.origin}

    def certificate(self) -> dict[str, Any]:
        """As `certificate`, of this report alone."""
        return certificate((self,))


def certificate(reports: Sequence[Report]) -> dict[str, Any]:
    """The figures of one spec, with what they depend on: hashes, versions, tolerance, and in each setting the values of
    params, weights and sizes. The same in every run."""
    first = reports[0]
    source, *included = first.graph.origin.unit.sources if first.graph.origin else (first.graph.source,)
    return {
        "certificate": 1,
        "nnspec": __version__,
        "spec": {
            "name": first.graph.name,
            "sha256": source.digest,
            "includes_sha256": [other.digest for other in included],
        },
        "versions": versions(),
        "provider": first.job.provider,
        "opset": first.job.opset,
        "form": first.job.form._asdict(),
        "tolerance": first.tolerance,
        "reference": "keras",
        "equal": all(report.equal for report in reports),
        "settings": [_setting_record(report) for report in reports],
    }


def _setting_record(report: Report) -> dict[str, Any]:
    cases = report.job.cases
    return {
        "variant": report.variant,
        "params": report.params,
        "weights_sha256": weights_digest(report.job.weights),
        "inputs": [{name: list(value.shape) for name, value in case.items()} for case in cases],
        "equal": report.equal,
        "paths": [_path_record(path) for path in report.paths],
    }


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
