"""Verification: equal paths are shown equal, a wrong one is caught, and its first wrong layer is named."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import nnspec
import numpy as np
import pytest
from nnspec.backends import paths, runtime
from nnspec.backends.cases import choose_sizes, make_cases
from nnspec.backends.paths import Job, Run
from nnspec.backends.verify import difference, verify
from nnspec.spec.size import Symbol

DENSE = """
nnspec: 1
name: two_heads
inputs: {features: [6]}
layers:
  - Dense: {units: 5, activation: relu}
    name: hidden
  - Dense: 3
    name: first
  - Dense: {units: 2, activation: softmax}
    name: second
    from: hidden
outputs: [first, second]
"""

# The model that Keras's and tf2onnx's export get wrong without an error: two LSTMs with a dynamic time axis.
FORECAST = """
nnspec: 1
name: forecast
inputs: {series: [time, 1]}
layers:
  - LSTM: {units: 6, return_sequences: true}
  - LSTM: {units: 6, return_sequences: true}
  - TimeDistributed: {layer: {Dense: 4}}
"""


def broken(run: Any, layer: str) -> Any:
    """A path that adds a thousandth to a layer's bias."""

    def wrong(job: Job) -> Run:
        weights = {k: v + np.float32(1e-3) if k == f"{layer}/bias" else v for k, v in job.weights.items()}
        return run(replace(job, weights=weights))

    return wrong


def test_all_paths_of_a_network_with_two_outputs_are_equal() -> None:
    report = verify(nnspec.loads(DENSE))
    assert report.equal
    assert [path.name for path in report.paths] == ["python", "onnx", "tf2onnx"]
    for path in report.paths:
        assert path.equal
        assert [output.name for output in path.outputs] == ["first", "second"]
        assert path.max_abs < 1e-5


def test_a_path_that_differs_is_caught_at_its_first_wrong_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(paths.PATHS, "onnx", broken(paths.run_onnx, "first"))
    report = verify(nnspec.loads(DENSE), paths=("onnx",))
    assert not report.equal
    (diagnostic,) = report.diagnostics
    assert diagnostic.code == "NN501"
    assert diagnostic.span is not None
    assert diagnostic.span.line == 8
    assert "first" in diagnostic.notes[0].message


def test_a_wrong_cross_check_is_reported_and_the_rest_still_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(paths.PATHS, "tf2onnx", broken(paths.run_tf2onnx, "hidden"))
    report = verify(nnspec.loads(DENSE), paths=("onnx", "tf2onnx"))
    assert report.equal
    assert not report.paths[1].equal
    assert [d.severity for d in report.diagnostics] == ["warning"]


def test_native_onnx_is_right_at_every_length_where_tf2onnx_is_wrong() -> None:
    report = verify(nnspec.loads(FORECAST), paths=("onnx", "tf2onnx"))
    onnx, tf2onnx = report.paths
    assert report.equal
    assert onnx.equal
    lengths = {case["series"].shape[1] for case in report.job.cases}
    assert len(lengths) == 3
    assert not tf2onnx.equal, "tf2onnx is right here now: choose another model that it gets wrong"


def test_nan_is_a_difference_unless_it_is_on_both_sides() -> None:
    with_nan, without = np.array([1.0, np.nan], np.float32), np.array([1.0, 2.0], np.float32)
    for actual, expected in ((with_nan, without), (without, with_nan)):
        found = difference("y", [actual], [expected], 1e-5)
        assert not found.equal
        assert found.reason is not None
    assert difference("y", [with_nan], [with_nan], 1e-5).equal


def test_another_shape_or_dtype_is_a_difference_that_says_so() -> None:
    y = np.ones((2, 3), np.float32)
    assert difference("y", [y[:1]], [y], 1e-5).reason == "shape [1, 3] where Keras has [2, 3]"
    assert (
        difference("y", [y.astype(np.float64)], [y], 1e-5).reason == "dtype float64 where Keras has float32"
    )


def test_sizes_are_those_that_every_layer_can_take() -> None:
    graph = nnspec.loads(
        "{nnspec: 1, name: x, inputs: {image: [h, w, 1]}, layers: [{Conv2D: {filters: 1, kernel_size: 7}}]}"
    )
    chosen = choose_sizes(graph)
    assert [sizes[Symbol("batch")] for sizes in chosen] == [1, 2, 5]
    assert min(sizes[Symbol("h")] for sizes in chosen) == 8
    assert len({sizes[Symbol("w")] for sizes in chosen}) == 3


def test_integers_are_rows_that_the_embedding_has() -> None:
    graph = nnspec.loads(
        "{nnspec: 1, name: x, inputs: {ids: {shape: [n], dtype: int32}}, "
        "layers: [{Embedding: {input_dim: 3, output_dim: 2}}]}"
    )
    for case in make_cases(graph):
        assert case["ids"].max(initial=0) < 3


def test_the_certificate_is_the_same_in_every_run_and_is_json() -> None:
    graph = nnspec.loads(DENSE)
    first, second = (verify(graph, paths=("onnx",)).certificate() for _ in range(2))
    assert first == second
    assert json.loads(json.dumps(first, allow_nan=False)) == first
    assert first["equal"] is True
    assert first["spec"]["sha256"] == graph.source.digest
    assert first["paths"][0]["outputs"][0]["max_abs"] < 1e-5


def test_a_provider_that_is_not_there_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(nnspec.SpecError) as caught:
        verify(nnspec.loads(DENSE), provider="cuda")
    assert caught.value.diagnostics[0].code == "NN502"
    assert "CUDAExecutionProvider" in caught.value.diagnostics[0].message


@pytest.mark.gpu
def test_onnx_on_cuda_agrees_with_keras() -> None:
    try:
        runtime.require_provider("cuda")
    except nnspec.SpecError as error:
        pytest.skip(f"needs onnxruntime-gpu and a CUDA device: {error.diagnostics[0].message}")
    for text in (DENSE, FORECAST):
        assert verify(nnspec.loads(text), provider="cuda", paths=("onnx",)).equal
