"""The ways in which a graph can be computed. Each gives, for every case of inputs, the graph's outputs in order."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ..compiler.graph import Graph, Output
from ..spec.diagnostics import Note, fail
from .dtypes import as_array, restored
from .extras import require
from .keras import build, call
from .onnx import AS_DECLARED, DEFAULT_OPSET, Form
from .python import build_arguments, emit, needed_files
from .runtime import run_model
from .weights import Weights

Case: TypeAlias = Mapping[str, np.ndarray]
Outputs: TypeAlias = list[list[np.ndarray]]

# A generated model that takes longer than this to build and run is taken for stuck.
CHILD_SECONDS = 600


@dataclass(frozen=True)
class Job:
    """One computation: the graph with these weights on these cases."""

    graph: Graph
    weights: Weights
    cases: tuple[Case, ...]
    root: Path = Path()
    opset: int = DEFAULT_OPSET
    provider: str = "cpu"
    form: Form = AS_DECLARED

    @property
    def output_names(self) -> list[str]:
        return [output.name for output in self.graph.outputs]


@dataclass(frozen=True)
class Code:
    """A generated module: its text, the arguments of its `build_model`, and the files that it reads."""

    text: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """What a path computed, and the hash of the code or model that computed it."""

    outputs: Outputs
    sha256: str | None = None


def run_keras(job: Job) -> Run:
    """The live model, called with training=False."""
    model = build(job.graph, job.weights)
    with warnings.catch_warnings():
        # Keras wonders about sizes of 1, which are tried on purpose.
        warnings.simplefilter("ignore", UserWarning)
        return Run([_call(model, case, job) for case in job.cases])


def _call(model: Any, case: Case, job: Job) -> list[np.ndarray]:
    inputs = [case[i.name] for i in job.graph.inputs]
    try:
        return [as_array(output) for output in call(model, job.graph, inputs)]
    except require("tensorflow").errors.InvalidArgumentError as error:
        # Such as a sum of tokens that the Embedding after it has no row for.
        help = "write the layers so that any values of the inputs go through them"
        note = Note(" ".join(error.message.split()))
        raise fail("NN405", "Keras cannot run the network on random inputs", None, note, help=help) from None


def run_onnx(job: Job) -> Run:
    """The native ONNX model in onnxruntime, its inputs and outputs put in logical order."""
    from .native import make_native

    native = make_native(job.graph, job.weights, job.opset, job.form)
    return Run(native.run(job.cases, job.provider), _sha256(native.data))


def run_tf2onnx(job: Job) -> Run:
    """tf2onnx's model in onnxruntime."""
    from .tf2onnx import to_onnx_via_keras

    model = to_onnx_via_keras(job.graph, job.weights, job.opset)
    return Run(run_model(model, job.cases, job.output_names, job.provider), _sha256(model))


def run_python(job: Job) -> Run:
    """The generated module, imported in a child process."""
    return _run_one(job, structured_code(job))


def run_flat(job: Job) -> Run:
    """The module with its layers one by one."""
    return _run_one(job, flat_code(job))


def structured_code(job: Job, written: Code | None = None) -> Code:
    """The code that keeps the spec's structure. `written` is that of the same spec with other values of its params,
    which it then takes as arguments. Raises SpecError (NN402)."""
    files = needed_files(job.graph)
    if written is None:
        return Code(emit(job.graph), files=files)
    return Code(written.text, build_arguments(job.graph), tuple(sorted({*written.files, *files})))


def flat_code(job: Job) -> Code:
    return Code(emit(job.graph, flat=True), files=needed_files(job.graph))


def _run_one(job: Job, code: Code) -> Run:
    result = run_codes([(job, code)])[0]
    if isinstance(result, str):
        raise fail("NN405", "the generated code does not run", None, Note(result))
    return result


def run_python_all(jobs: Sequence[Job]) -> list[Run | str]:
    """Several generated modules in one child process; what went wrong in place of a result."""
    return run_codes([(job, structured_code(job)) for job in jobs])


def run_codes(tasks: Sequence[tuple[Job, Code]]) -> list[Run | str]:
    """Jobs done by generated code, in one child process; what went wrong in place of a result."""
    with tempfile.TemporaryDirectory(prefix="nnspec-") as folder:
        for number, (job, code) in enumerate(tasks):
            _write_task(Path(folder, str(number)), job, code, {"outputs": job.output_names})
        _run_child(folder)
        return [_read_result(Path(folder, str(number)), job) for number, (job, _) in enumerate(tasks)]


def run_layers(job: Job, code: Code, outputs: Sequence[Output]) -> dict[str, list[np.ndarray]]:
    """What the layers of generated code give for each case, by the names of `outputs`. Left out is what code has no
    single layer for: functions, and layers that are applied again. Nothing where the code does not run."""
    probes = {output.name: (output.value.node, output.value.index) for output in outputs}
    with tempfile.TemporaryDirectory(prefix="nnspec-") as folder:
        own = Path(folder, "0")
        _write_task(own, job, code, {"probes": probes})
        _run_child(folder)
        if (own / "error.txt").exists():
            return {}
        with np.load(own / "result.npz", allow_pickle=False) as stored:
            found = [name for name in probes if f"0:{name}" in stored]
            return {n: [restored(stored[f"{i}:{n}"]) for i in range(len(job.cases))] for n in found}


def _write_task(folder: Path, job: Job, code: Code, wanted: Mapping[str, Any]) -> None:
    folder.mkdir()
    folder.joinpath("model.py").write_text(code.text, encoding="utf-8")
    for name in code.files:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(job.root / name, target)
    description = {
        "arguments": dict(code.arguments),
        "layers": [(n.name, [w.name for w in n.weights]) for n in job.graph.nodes if n.weights],
        "inputs": [i.name for i in job.graph.inputs],
        "cases": len(job.cases),
        **wanted,
    }
    folder.joinpath("job.json").write_text(json.dumps(description), encoding="utf-8")
    data = {f"weight:{key}": value for key, value in job.weights.items()}
    for number, case in enumerate(job.cases):
        data |= {f"input:{number}:{name}": value for name, value in case.items()}
    np.savez(folder / "data.npz", **data)  # type: ignore[arg-type]


def _run_child(folder: str) -> None:
    script = Path(__file__).with_name("run_modules.py")
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        child = subprocess.run(
            [sys.executable, "-P", str(script), folder],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=CHILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise fail("NN405", f"the generated code did not finish in {CHILD_SECONDS} s") from None
    if child.returncode != 0:
        words = child.stderr.decode(errors="replace").strip().splitlines()
        raise fail("NN405", "the process that runs the generated code failed", None, *map(Note, words[-3:]))


def _read_result(folder: Path, job: Job) -> Run | str:
    error = folder / "error.txt"
    if error.exists():
        return error.read_text(encoding="utf-8")
    with np.load(folder / "result.npz", allow_pickle=False) as stored:
        outputs = [
            [restored(stored[f"{n}:{name}"]) for name in job.output_names] for n in range(len(job.cases))
        ]
    return Run(outputs, _sha256(folder.joinpath("model.py").read_bytes()))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


PATHS: dict[str, Callable[[Job], Run]] = {
    "python": run_python,
    "flat": run_flat,
    "onnx": run_onnx,
    "tf2onnx": run_tf2onnx,
}
