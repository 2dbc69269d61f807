"""Every spec of the corpus: the right ones give their goldens and run alike on every path, the wrong ones
give their answers.

tf2onnx runs on all right ones too: XXX.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Goldens
from corpus_files import CORPUS, ERR, OK, check_file, golden, stem
from differential import random_weights
from nnspec.backends.cases import make_cases
from nnspec.backends.onnx.emit import to_onnx
from nnspec.backends.onnx.lowerings import LOWERINGS, UNSUPPORTED
from nnspec.backends.onnx.text import to_text as onnx_text
from nnspec.backends.paths import Job, Run, run_keras, run_onnx, run_python_all, run_tf2onnx
from nnspec.backends.python import emit
from nnspec.backends.verify import TOLERANCE, compare_outputs
from nnspec.backends.weights import initialize
from nnspec.compiler.dump import dump
from nnspec.compiler.graph import Graph
from nnspec.spec.diagnostics import SpecError
from nnspec.spec.layers import NAMES
from nnspec.spec.layers.base import Layer
from nnspec.spec.render import to_text

# What one answer may take, a slow machine's start included.
SECONDS = 1.0

each_right = pytest.mark.parametrize("path", OK, ids=stem)
each_wrong = pytest.mark.parametrize("path", ERR, ids=stem)


def graph_of(path: Path) -> Graph:
    checked = check_file(path)
    assert checked.graph is not None, to_text(checked.diagnostics)
    assert not checked.diagnostics, to_text(checked.diagnostics)
    return checked.graph


# --- right specs


@each_right
def test_graph(path: Path, goldens: Goldens) -> None:
    goldens.compare(golden(path, ".graph"), dump(graph_of(path)))


@each_right
def test_code(path: Path, goldens: Goldens) -> None:
    goldens.compare(golden(path, ".py"), emit(graph_of(path)))


@each_right
def test_onnx(path: Path, goldens: Goldens) -> None:
    graph = graph_of(path)
    goldens.compare(golden(path, ".onnx.txt"), onnx_text(to_onnx(graph, initialize(graph, 0))))


def job_of(path: Path) -> Job:
    """The case's inputs and weights, none of which is at a value where a mistake would not show."""
    graph = graph_of(path)
    return Job(graph, random_weights(graph), make_cases(graph), path.parent)


@pytest.fixture(scope="session")
def jobs() -> dict[Path, Job]:
    return {path: job_of(path) for path in OK}


@pytest.fixture(scope="session")
def references(jobs: dict[Path, Job]) -> dict[Path, Run]:
    return {path: run_keras(job) for path, job in jobs.items()}


@pytest.fixture(scope="session")
def code_runs(jobs: dict[Path, Job]) -> dict[Path, Run | str]:
    """What all generated modules compute, in one child process: TensorFlow is imported once."""
    return dict(zip(jobs, run_python_all(list(jobs.values())), strict=True))


def assert_equal(job: Job, run: Run | str, reference: Run) -> None:
    assert isinstance(run, Run), run
    for found in compare_outputs(job, run, reference, TOLERANCE):
        assert found.equal, f"{found.name} differs by {found.max_abs:.3g}"


@each_right
def test_generated_code_computes_what_keras_does(
    path: Path, jobs: dict[Path, Job], references: dict[Path, Run], code_runs: dict[Path, Run | str]
) -> None:
    assert_equal(jobs[path], code_runs[path], references[path])


@each_right
def test_native_onnx_computes_what_keras_does(
    path: Path, jobs: dict[Path, Job], references: dict[Path, Run]
) -> None:
    assert_equal(jobs[path], run_onnx(jobs[path]), references[path])


@each_right
def test_tf2onnx_computes_what_keras_does(
    path: Path, jobs: dict[Path, Job], references: dict[Path, Run]
) -> None:
    assert_equal(jobs[path], run_tf2onnx(jobs[path]), references[path])


def kinds(layer: Layer) -> Iterator[str]:
    """The layer's name, and those of the layers that it holds."""
    yield type(layer).__name__
    for field in type(layer).model_fields:
        if isinstance(held := getattr(layer, field), Layer):
            yield from kinds(held)


def test_every_layer_of_the_catalogue_has_a_case() -> None:
    found = {kind for path in OK for node in graph_of(path).nodes for kind in kinds(node.layer)}
    assert set(NAMES) - found == set()


def test_every_layer_is_lowered_to_onnx_or_refused_with_a_reason() -> None:
    assert set(LOWERINGS) | set(UNSUPPORTED) == set(NAMES)
    assert set(LOWERINGS) & set(UNSUPPORTED) == set()
    assert all(UNSUPPORTED.values())


# --- wrong specs


def answer(path: Path) -> str:
    """What `nnspec check` says of a file. Fails where it says nothing, or only after a while."""
    started = time.perf_counter()
    try:
        diagnostics = check_file(path).diagnostics
    except SpecError as error:
        diagnostics = error.diagnostics
    text = to_text(diagnostics)
    assert time.perf_counter() - started < SECONDS
    assert diagnostics, "nothing is wrong with it"
    return text + "\n"


@each_wrong
def test_answer(path: Path, goldens: Goldens) -> None:
    goldens.compare(golden(path, ".out"), answer(path))


def test_no_golden_is_left_of_a_spec_that_is_gone() -> None:
    specs = {golden(path, "") for path in [*OK, *ERR]}
    suffixes = (".graph", ".py", ".onnx.txt", ".out")
    left = {p for folder in CORPUS.iterdir() for p in folder.iterdir() if p.name.endswith(suffixes)}
    assert {p for p in left if p.parent / p.name.partition(".")[0] not in specs} == set()
