"""Files that a graph becomes, each written whole or not at all, and only where it was shown to be right."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..compiler.given import from_values
from ..compiler.graph import Graph
from ..compiler.pipeline import compile_source
from ..spec.diagnostics import Note, fail
from ..spec.plugins import load as load_plugins
from ..spec.reader import read_file
from . import TOLERANCE
from .cases import make_cases
from .certificate import Report, certificate
from .compare import compare_outputs
from .extras import require
from .files import write_atomically
from .modules import make_folder, write_module
from .onnx import DEFAULT_OPSET
from .onnx.emit import checked, serialize, to_onnx
from .paths import Job, Run, run_keras
from .runtime import run_model
from .tf2onnx import NEWEST_OPSET, to_onnx_via_keras
from .verify import first_difference, verify
from .weights import Weights, initialize
from .weights import save as save_weights

# What `compile` cannot do without, asked for before any work is done.
NEEDED = ("keras", "onnxruntime", "safetensors")


@dataclass(frozen=True)
class Artifact:
    """A file that was written, and the path of the report that says how far it is from Keras."""

    file: Path
    path: str | None = None

    @property
    def size(self) -> int:
        return self.file.stat().st_size


@dataclass(frozen=True)
class Compiled:
    """What was written, which is nothing where `report.equal` is false."""

    report: Report
    artifacts: tuple[Artifact, ...]


def compile_spec(
    path: str | Path,
    folder: str | Path,
    *,
    root: str | Path | None = None,
    variant: str | None = None,
    params: Mapping[str, Any] | None = None,
    plugins: Iterable[str] = (),
    weights: Weights | None = None,
    seed: int = 0,
    opset: int = DEFAULT_OPSET,
    provider: str = "cpu",
    tolerance: float = TOLERANCE,
    progress: Callable[[str], None] | None = None,
) -> Compiled:
    """A spec file, in one setting of its params, as Python, ONNX, Keras model and weights in a folder, with a
    certificate of their equality.

    Raises SpecError for what is wrong with the spec, a missing package, and a file that cannot be written.
    """
    base = Path(root) if root is not None else Path(path).parent
    settings = from_values(params or {}, variant)
    graph = compile_source(read_file(path), base, settings=settings, plugins=load_plugins(plugins))
    return compile_graph(
        graph,
        Path(folder),
        root=base,
        weights=weights,
        seed=seed,
        opset=opset,
        provider=provider,
        tolerance=tolerance,
        progress=progress,
    )


def compile_graph(
    graph: Graph,
    folder: Path,
    *,
    root: Path,
    weights: Weights | None = None,
    seed: int = 0,
    opset: int = DEFAULT_OPSET,
    provider: str = "cpu",
    tolerance: float = TOLERANCE,
    progress: Callable[[str], None] | None = None,
) -> Compiled:
    """As `compile_spec`, of a graph whose files are in `root`.

    The certificate is written last: its hashes tell whether the files beside it are those that it speaks of.
    """
    say = progress or (lambda _: None)
    say("loading Keras and onnxruntime")
    for module in NEEDED:
        require(module)
    given = initialize(graph, seed) if weights is None else weights
    say("comparing the generated code, ONNX and tf2onnx with Keras")
    report = verify(
        graph, weights=given, seed=seed, opset=opset, provider=provider, tolerance=tolerance, root=root
    )
    if not report.equal:
        return Compiled(report, ())
    say("writing")
    return Compiled(report, _write_all(graph, given, folder, root, opset, report))


def tf2onnx_model(graph: Graph, weights: Weights, opset: int | None = None) -> bytes:
    """tf2onnx's model, once onnxruntime agrees with Keras on it. Raises SpecError (NN405) where not."""
    if opset is not None and opset > NEWEST_OPSET:
        help = f"choose an opset up to {NEWEST_OPSET}, or the native exporter"
        raise fail("NN403", f"tf2onnx does not write opset {opset}", help=help)
    chosen = NEWEST_OPSET if opset is None else opset
    model = to_onnx_via_keras(graph, weights, chosen)
    job = Job(graph, weights, make_cases(graph), opset=chosen)
    run = Run(run_model(model, job.cases, job.output_names))
    wrong = [o for o in compare_outputs(job, run, run_keras(job), TOLERANCE) if not o.equal]
    if not wrong:
        return model
    notes = [Note(str(difference)) for difference in wrong]
    first = first_difference("tf2onnx", job, TOLERANCE)
    span = graph.by_name[first.value.node].place.span if first else None
    help = "leave --via tf2onnx out: the native exporter does not go through tf2onnx"
    raise fail("NN405", "tf2onnx's model is wrong, and was not written", span, *notes, help=help)


def write_certificate(reports: Sequence[Report], path: Path) -> None:
    """The figures of one spec's reports as JSON. Raises SpecError (NN404)."""
    write_atomically(path, (json.dumps(certificate(reports), indent=2) + "\n").encode())


def _write_all(
    graph: Graph, weights: Weights, folder: Path, root: Path, opset: int, report: Report
) -> tuple[Artifact, ...]:
    from .keras import build, save

    make_folder(folder)
    code, onnx, keras, stored, figures = (
        folder / f"{graph.name}{suffix}"
        for suffix in (".py", ".onnx", ".keras", ".safetensors", ".certificate.json")
    )
    _, *copies = write_module(graph, code, root)
    write_atomically(onnx, serialize(checked(to_onnx(graph, weights, opset))))
    save(build(graph, weights), keras)
    save_weights(weights, stored)
    write_certificate((report,), figures)
    others = (keras, stored, *copies, figures)
    return Artifact(code, "python"), Artifact(onnx, "onnx"), *map(Artifact, others)
