"""Every spec of the corpus: the right ones give their goldens and run alike on every path, the wrong ones
give their answers.

All right ones run through tf2onnx too: it takes less than a second a case on average. TF2ONNX_FAILS has those
on which it is wrong, and a test fails once it is not.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import Goldens
from corpus_files import CORPUS, ERR, OK, check_file, golden, stem
from differential import SPELLED_ANEW, random_weights
from nnspec.backends import TOLERANCE
from nnspec.backends.cases import make_cases
from nnspec.backends.compare import compare_outputs
from nnspec.backends.onnx.emit import to_onnx
from nnspec.backends.onnx.lowerings import LOWERINGS, UNSUPPORTED
from nnspec.backends.onnx.text import to_text as onnx_text
from nnspec.backends.paths import Job, Run, run_keras, run_onnx, run_python_all, run_tf2onnx
from nnspec.backends.python import emit
from nnspec.backends.weights import initialize
from nnspec.compiler.dump import dump
from nnspec.compiler.graph import Graph
from nnspec.spec.diagnostics import SpecError
from nnspec.spec.layers import NAMES, find
from nnspec.spec.render import to_text

# What one answer may take, a slow machine's start included.
SECONDS = 1.0

# A few cases have axes of size 1 for some of the lengths that they run with, and Keras would warn of each.
pytestmark = pytest.mark.filterwarnings("ignore:You are using a softmax over axis")

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


@cache
def job_of(path: Path) -> Job:
    """The case's inputs and weights, none of which is at a value where a mistake would not show."""
    graph = graph_of(path)
    return Job(graph, random_weights(graph), make_cases(graph), path.parent)


@cache
def reference(path: Path) -> Run:
    return run_keras(job_of(path))


def differences(path: Path, run: Run | str) -> list[str]:
    """How a path's outputs differ from those of Keras."""
    if isinstance(run, str):
        return [run]
    found = compare_outputs(job_of(path), run, reference(path), TOLERANCE)
    return [f"{output.name} differs by {output.max_abs:.3g}" for output in found if not output.equal]


def test_generated_code_computes_what_keras_does() -> None:
    """All modules in one child process, so that TensorFlow is imported once."""
    runs = dict(zip(OK, run_python_all([job_of(path) for path in OK]), strict=True))
    found = {stem(path): differences(path, run) for path, run in runs.items()}
    assert {name: differing for name, differing in found.items() if differing} == {}


@each_right
def test_native_onnx_computes_what_keras_does_at_every_opset(path: Path) -> None:
    """At those opsets where some operator is another one, or otherwise spelled, than before."""
    runs = {opset: run_onnx(replace(job_of(path), opset=opset)) for opset in SPELLED_ANEW}
    found = {opset: differences(path, run) for opset, run in runs.items()}
    assert {opset: differing for opset, differing in found.items() if differing} == {}


# What tf2onnx 1.17 makes of them with TensorFlow 2.21 and Keras 3.15.
TF2ONNX_FAILS = {
    "constants": "leaves constants out, and asks for them as inputs",
    "activation_functions": "writes TensorFlow's Expm1, which ONNX does not have",
    "conv_lstm": "leaves calls of TensorFlow's functions in the loops, which ONNX does not have",
    "activations": "writes TensorFlow's Expm1, which ONNX does not have",
    "arithmetic": "writes TensorFlow's Log1p, which ONNX does not have",
    "conv3d": "leaves a call of TensorFlow, which Keras makes where a convolution has groups",
    "linear_functions": "leaves constants out, and asks for them as inputs",
    "matrix_functions": "writes EyeLike of booleans, which onnxruntime does not have",
    "image_functions": "interpolates by ONNX's Resize, which rounds positions otherwise",
    "index_functions": "gives ONNX's OneHot its two numbers apart",
    "categories": "writes TensorFlow's Bucketize, which ONNX does not have",
    "forecast_10": "writes TimeDistributed for one length of the time axis",
    "functions_of_numbers": "writes TensorFlow's Expm1, which ONNX does not have",
    "lookup": "cannot convert tables of strings",
    "normalization": "leaves constants out, and asks for them as inputs",
    "reductions": "writes CumSum of int8, which ONNX does not have",
    "resizing": "writes TensorFlow's ScaleAndTranslate, which ONNX does not have",
    "spectrograms": "writes TensorFlow's RFFT, which ONNX does not have",
    "time_distributed": "writes TensorFlow's vectorized convolution with channels and batch mixed up",
    "transformer_encoder": "writes TensorFlow's Erfc, which ONNX does not have",
    "up_sampling2d": "traces UpSampling2D, where Keras decides by a dynamic size",
}


def tf2onnx_case(path: Path) -> Any:
    reason = TF2ONNX_FAILS.get(stem(path))
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(path, marks=marks, id=stem(path))


@pytest.mark.parametrize("path", [tf2onnx_case(path) for path in OK])
def test_tf2onnx_computes_what_keras_does(path: Path) -> None:
    assert differences(path, run_tf2onnx(job_of(path))) == []


def test_every_layer_of_the_catalogue_has_a_case() -> None:
    layers = (layer for path in OK for node in graph_of(path).nodes for layer in node.layer.with_held())
    assert set(NAMES) - {type(layer).__name__ for layer in layers} == set()


def test_every_layer_is_lowered_to_onnx_or_refused_with_a_reason() -> None:
    # What cannot stand alone is lowered with what holds it.
    alone = {name for name in NAMES if (layer := find(name)) and layer.stands_alone}
    assert set(LOWERINGS) | set(UNSUPPORTED) == alone
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
    kept = {path for suffix in (".graph", ".py", ".onnx.txt", ".out") for path in CORPUS.rglob(f"*{suffix}")}
    assert {path for path in kept if path.parent / path.name.partition(".")[0] not in specs} == set()
