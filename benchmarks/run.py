"""Measures what nnspec promises, side by side with what it is compared to, each as whole cold processes.

    python benchmarks/run.py [NAME…]

Prints a table of medians and ratios, and one of what checking ever larger networks takes; exits 1 where a figure is
above its bound. A busy machine measures nothing: run it on a quiet one.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

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


# --- growth


class Size(NamedTuple):
    """A network of so many layers, and the most seconds in which we promise to check it."""

    layers: int
    bound: float


GROWTH = "growth"
SIZES = (Size(1_000, 1.0), Size(10_000, 2.0), Size(100_000, 10.0))

# Repeats in blocks in a repeat, 100 layers a turn.
LARGE = """
nnspec: 1
name: large
inputs: {{features: [8, 4]}}
blocks:
  cell:
    params: {{units: }}
    layers:
      - {{repeat: 10, layers: [{{Dense: {{units: =units, activation: relu}}}}]}}
  stage:
    params: {{units: }}
    layers:
      - {{repeat: 10, layers: [{{cell: =units}}]}}
layers:
  - {{repeat: {turns}, layers: [{{stage: 4}}]}}
"""


def grow(folder: Path, size: Size, runs: int = 3) -> tuple[float, float]:
    """Median seconds of a check of the size, and the most memory that one took, in MB."""
    spec = folder / f"large_{size.layers}.nn.yaml"
    spec.write_text(LARGE.format(turns=size.layers // 100), encoding="utf-8")
    taken = [_resources([*NNSPEC, "check", str(spec)]) for _ in range(runs)]
    return statistics.median(seconds for seconds, _ in taken), max(megabytes for _, megabytes in taken)


def _resources(command: list[str]) -> tuple[float, float]:
    """Seconds, and peak memory in MB, of a process that succeeds."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT.parent)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    unit = 1 if sys.platform == "darwin" else 1024
    return time.perf_counter() - start, usage.ru_maxrss * unit / 1e6


def show_growth(folder: Path, show: Callable[[str], None]) -> int:
    """The table of sizes; how many took longer than their bound."""
    missed = 0
    show("\n| layers | nnspec check, s | bound, s | peak memory, MB |\n|---|---|---|---|")
    for size in SIZES:
        seconds, megabytes = grow(folder, size)
        missed += seconds > size.bound
        show(f"| {size.layers:,} | {seconds:.2f} | {size.bound:.0f} | {megabytes:.0f} |")
    return missed


def main(names: list[str], show: Callable[[str], None] = print) -> int:
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        chosen = [b for name, b in benchmarks(Path(folder)).items() if not names or name in names]
        if chosen:
            show("| what | ours, s | theirs, s | ratio | bound |\n|---|---|---|---|---|")
        for benchmark in chosen:
            ours, theirs = measure(benchmark)
            ratio = ours / theirs
            missed += ratio > benchmark.bound
            show(f"| {benchmark.what} | {ours:.3f} | {theirs:.3f} | {ratio:.2f} | {benchmark.bound} |")
        if not names or GROWTH in names:
            missed += show_growth(Path(folder), show)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
