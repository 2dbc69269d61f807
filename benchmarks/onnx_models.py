"""Measures native ONNX models beside Keras's own export of the same networks with the same weights, in one process.

    python benchmarks/onnx_models.py [NAME…]

Prints how many operators each has, those of loops included, and medians of onnxruntime's time for one run, on one
thread, ours and theirs in turn; exits 1 where a ratio is above its bound, or where the two give different numbers. A
busy machine measures nothing: run it on a quiet one.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import onnxruntime
from nnspec import api
from nnspec.backends.keras import build
from nnspec.backends.onnx.emit import checked, to_onnx
from nnspec.backends.weights import initialize

BATCHES = (1, 32)
# The ratio that we promise: everywhere, and where Keras's export loops over the steps.
BOUND, OF_A_LOOP = 1.0, 1 / 3
# How long a pair of models is measured, in seconds, and how often at least and at most.
SECONDS, LEAST, MOST = 2.0, 30, 2000
TOLERANCE = 1e-4

# Sizes as in the first models of the field. What larger cells take is more and more the products that both compute.
SERIES, UNITS = [30, 4], 10
FRAMES, FILTERS = [10, 8, 8, 1], 8
MASKED: list[Any] = [{"Masking": 0.0}]


class Network(NamedTuple):
    """A network to measure: its input's shape, without the batch, and its layers."""

    shape: list[int]
    layers: list[Any]


def recurrent(kind: str, *, both_ways: bool = False, masked: bool = False, sequences: bool = True) -> Network:
    layer: dict[str, Any] = {kind: {"units": UNITS, "return_sequences": sequences}}
    if both_ways:
        layer = {"Bidirectional": {"layer": layer}}
    return Network(SERIES, [*(MASKED if masked else []), layer])


def convolutional(*, sequences: bool) -> Network:
    fields = {"filters": FILTERS, "kernel_size": 3, "padding": "same", "return_sequences": sequences}
    return Network(FRAMES, [{"ConvLSTM2D": fields}])


NETWORKS: dict[str, Network] = {
    "LSTM": recurrent("LSTM"),
    "LSTM, last step": recurrent("LSTM", sequences=False),
    "GRU": recurrent("GRU"),
    "GRU, last step": recurrent("GRU", sequences=False),
    "Bidirectional LSTM": recurrent("LSTM", both_ways=True),
    "Bidirectional GRU": recurrent("GRU", both_ways=True),
    "masked LSTM": recurrent("LSTM", masked=True),
    "masked LSTM, last step": recurrent("LSTM", masked=True, sequences=False),
    "masked GRU": recurrent("GRU", masked=True),
    "masked Bidirectional LSTM": recurrent("LSTM", both_ways=True, masked=True),
    "masked Bidirectional GRU": recurrent("GRU", both_ways=True, masked=True),
    "MultiHeadAttention": Network(
        [32, 64],
        [{"MultiHeadAttention": {"num_heads": 4, "key_dim": 16}, "from": {"query": "x", "value": "x"}}],
    ),
    "ConvLSTM2D": convolutional(sequences=False),
    "ConvLSTM2D, every step": convolutional(sequences=True),
}


class Row(NamedTuple):
    """What came of one network and batch: operators and milliseconds, ours and theirs, and the bound."""

    name: str
    batch: int
    operators: tuple[int, int]
    milliseconds: tuple[float, float]
    bound: float

    @property
    def ratio(self) -> float:
        return self.milliseconds[0] / self.milliseconds[1]

    def __str__(self) -> str:
        (ours, theirs), (fast, slow) = self.operators, self.milliseconds
        cells = (self.name, self.batch, ours, theirs, f"{fast:.3f}", f"{slow:.3f}", f"{self.ratio:.2f}")
        return f"| {' | '.join(map(str, cells))} | {self.bound:.2f} |"


HEAD = (
    "| network | batch | operators | Keras's export | ms | Keras's export | ratio | bound |\n"
    "|---|---|---|---|---|---|---|---|"
)


def measure(name: str, network: Network, folder: Path) -> Iterator[Row]:
    """A row for each batch. Raises ArithmeticError where the two models give different numbers."""
    ours, theirs = models(network, folder)
    sessions = [_session(model) for model in (ours, theirs)]
    operators = [list(_operators(model.graph)) for model in (ours, theirs)]
    bound = OF_A_LOOP if "Loop" in operators[1] else BOUND
    for batch in BATCHES:
        x = np.random.default_rng(0).normal(size=(batch, *network.shape)).astype(np.float32)
        # A few steps are masked, wherever they stand.
        x[np.random.default_rng(1).random(x.shape[:2]) < 0.2] = 0
        runs = [_runner(session, x) for session in sessions]
        _compare(name, runs[0](), runs[1]())
        yield Row(name, batch, (len(operators[0]), len(operators[1])), _times(runs), bound)


def models(network: Network, folder: Path) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """Our model and Keras's export, of one network with the same weights."""
    text = {"nnspec": 1, "name": "net", "inputs": {"x": network.shape}, "layers": network.layers}
    graph = api.loads(json.dumps(text))
    weights = initialize(graph, 0)
    model = build(graph, weights)
    # A functional model that was never called cannot be exported.
    model(np.zeros((1, *network.shape), np.float32))
    path = folder / "theirs.onnx"
    model.export(str(path), format="onnx", verbose=False)
    return checked(to_onnx(graph, weights)), onnx.load(path)


def _operators(graph: onnx.GraphProto) -> Iterator[str]:
    """The kind of each operator, those inside others among them."""
    for node in graph.node:
        yield node.op_type
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from _operators(attribute.g)


def _session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def _runner(session: onnxruntime.InferenceSession, x: np.ndarray) -> Callable[[], np.ndarray]:
    given = {session.get_inputs()[0].name: x}
    return lambda: np.asarray(session.run(None, given)[0])


def _compare(name: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    difference = float(np.max(np.abs(ours - theirs)))
    if difference > TOLERANCE:
        raise ArithmeticError(f"{name}: the models differ by {difference:.3g}")


def _times(runs: list[Callable[[], np.ndarray]]) -> tuple[float, float]:
    """Median milliseconds of each, run in turn so that both see the same machine."""
    times: list[list[float]] = [[], []]
    began = time.perf_counter()
    while len(times[0]) < LEAST or (time.perf_counter() - began < SECONDS and len(times[0]) < MOST):
        for run, found in zip(runs, times, strict=True):
            start = time.perf_counter()
            run()
            found.append(time.perf_counter() - start)
    ours, theirs = (1000 * statistics.median(found) for found in times)
    return ours, theirs


def main(names: list[str], show: Callable[[str], None] = print) -> int:
    missed = 0
    show(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        for name, network in NETWORKS.items():
            if names and name not in names:
                continue
            for row in measure(name, network, Path(folder)):
                missed += row.ratio > row.bound
                show(str(row))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
