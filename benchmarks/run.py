"""Measures what nnspec promises, side by side with what it is compared to, each as whole cold processes.

    python benchmarks/run.py [NAME…]

Prints a table of medians and ratios; exits 1 where a ratio is above its bound. A busy machine measures nothing:
run it on a quiet one.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
SPEC = ROOT / "examples" / "fashion_cnn.nn.yaml"
NNSPEC = [sys.executable, "-m", "nnspec"]

# What a Keras user does today: the same network, written by hand, and Keras's own export.
KERAS_EXPORT = """
import sys, runpy
model = runpy.run_path(sys.argv[1])["build_model"]()
import numpy as np
model(np.zeros((1, 28, 28, 1), "float32"))
model.export(sys.argv[2], format="onnx", verbose=False)
"""


@dataclass(frozen=True)
class Benchmark:
    """Ours and theirs as command lines, and the greatest ratio of the two that we promise."""

    what: str
    ours: list[str]
    theirs: list[str]
    bound: float
    runs: int


def benchmarks(folder: Path) -> dict[str, Benchmark]:
    code = folder / "fashion_cnn.py"
    code.write_text(
        subprocess.run([*NNSPEC, "emit", str(SPEC)], capture_output=True, text=True, check=True).stdout
    )
    return {
        "check": Benchmark(
            "nnspec check of one file / python -c 'import pydantic'",
            [*NNSPEC, "check", str(SPEC)],
            [sys.executable, "-c", "import pydantic"],
            3.0,
            15,
        ),
        "export": Benchmark(
            "nnspec export of fashion_cnn / Keras's own export",
            [*NNSPEC, "export", str(SPEC), "-o", str(folder / "ours.onnx")],
            [sys.executable, "-c", KERAS_EXPORT, str(code), str(folder / "theirs.onnx")],
            0.2,
            5,
        ),
    }


def measure(benchmark: Benchmark) -> tuple[float, float]:
    """Median seconds of ours and theirs, run in turn so that both see the same machine. The first pair warms it."""
    pairs = [(_seconds(benchmark.ours), _seconds(benchmark.theirs)) for _ in range(benchmark.runs + 1)][1:]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT.parent)
    return time.perf_counter() - start


def main(names: list[str], show: Callable[[str], None] = print) -> int:
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        show("| what | ours, s | theirs, s | ratio | bound |\n|---|---|---|---|---|")
        for name, benchmark in benchmarks(Path(folder)).items():
            if names and name not in names:
                continue
            ours, theirs = measure(benchmark)
            ratio = ours / theirs
            missed += ratio > benchmark.bound
            show(f"| {benchmark.what} | {ours:.3f} | {theirs:.3f} | {ratio:.2f} | {benchmark.bound} |")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
