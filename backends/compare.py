"""How far what a path computes is from what Keras does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .paths import Job, Run


@dataclass(frozen=True)
class OutputDifference:
    """The greatest differences from the reference in one output over all cases; `max_rel` is `max_abs` by the greatest
    magnitude of the expected values. Where the two cannot be compared number by number, both are infinite and
    `reason` says why."""

    name: str
    max_abs: float
    max_rel: float
    equal: bool
    reason: str | None = None
    reference: str = "Keras"

    def __str__(self) -> str:
        how = (
            f"differs from {self.reference} by {self.max_abs:.3g}"
            if self.reason is None
            else f"has {self.reason}"
        )
        return f"output {self.name} {how}"


def compare_outputs(job: Job, run: Run, reference: Run, tolerance: float) -> tuple[OutputDifference, ...]:
    """The greatest difference in each output over all cases."""
    return tuple(
        difference(
            name, [case[i] for case in run.outputs], [case[i] for case in reference.outputs], tolerance
        )
        for i, name in enumerate(job.output_names)
    )


def difference(
    name: str,
    actual: Sequence[np.ndarray],
    expected: Sequence[np.ndarray],
    tolerance: float,
    reference: str = "Keras",
) -> OutputDifference:
    """The greatest differences in one output, its values given case by case."""
    pairs = list(zip(actual, expected, strict=True))
    reason = next((reason for a, e in pairs if (reason := _incomparable(a, e, reference)) is not None), None)
    if reason is not None:
        return OutputDifference(name, float("inf"), float("inf"), False, reason, reference)
    worst = [_compare(a, e) for a, e in pairs]
    equal = all(absolute <= tolerance * max(1.0, scale) for absolute, scale in worst)
    relative = max(absolute / scale if scale else absolute for absolute, scale in worst)
    return OutputDifference(name, max(absolute for absolute, _ in worst), relative, equal, None, reference)


def _incomparable(actual: np.ndarray, expected: np.ndarray, reference: str) -> str | None:
    """Why two outputs cannot be compared number by number; None where they can."""
    if actual.shape != expected.shape:
        return f"shape {list(actual.shape)} where {reference} has {list(expected.shape)}"
    if "U" in (actual.dtype.kind, expected.dtype.kind):
        return None if np.array_equal(actual, expected) else f"text that is not {reference}'s"
    if actual.dtype != expected.dtype:
        return f"dtype {actual.dtype} where {reference} has {expected.dtype}"
    odd = ~np.isfinite(expected.astype(np.float64))
    if not np.array_equal(actual[odd], expected[odd], equal_nan=True) or not np.isfinite(actual[~odd]).all():
        return f"values that are not finite where {reference}'s are, or the other way round"
    return None


def _compare(actual: np.ndarray, expected: np.ndarray) -> tuple[float, float]:
    """The greatest absolute difference, and the greatest magnitude expected, over values that are finite."""
    if expected.dtype.kind == "U":
        return 0.0, 0.0
    a, e = actual.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(e)
    scale = np.max(np.abs(e[finite]), initial=0.0)
    return float(np.max(np.abs(a[finite] - e[finite]), initial=0.0)), float(scale)
