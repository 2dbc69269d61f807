"""Verification: equal paths are shown equal, a wrong one is caught, and its first wrong layer is named."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import nnspec
import numpy as np
import onnx
import pytest
from nnspec.backends import paths, runtime
from nnspec.backends.cases import choose_sizes, make_cases
from nnspec.backends.certificate import certificate
from nnspec.backends.compare import difference
from nnspec.backends.native import Native
from nnspec.backends.onnx.interface import LOGICAL
from nnspec.backends.paths import Job, Run
from nnspec.backends.verify import verify, verify_all
from nnspec.backends.weights import initialize
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
    assert first["settings"][0]["paths"][0]["outputs"][0]["max_abs"] < 1e-5


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


BIAS = """
nnspec: 1
name: bias
inputs: {image: [3, 6, 4]}
layers:
  - Conv2D: {filters: 4, kernel_size: 1, data_format: channels_first, bias_initializer: {RandomNormal: {stddev: 1.0}}}
"""
BROADCAST = """
nnspec: 1
name: broadcast
inputs: {x: [4, 4], y: [4, 1]}
layers:
  - Add: {}
    from: [x, y]
"""
LATE = """
nnspec: 1
name: late
inputs: {scan: {shape: [3, 3, 3, 2], dtype: float64}}
layers:
  - Conv3D: {filters: 2, kernel_size: 1, strides: 3, padding: same, dtype: float64}
"""
HALF = """
nnspec: 1
name: half
dtype: float16
inputs: {x: [4]}
layers:
  - Dense: 3
"""


@pytest.mark.parametrize(
    ("text", "help"),
    [
        (BIAS, "Keras 3.15 itself adds the bias along the width"),
        (BROADCAST, "Keras 3.15 itself adds along the wrong axis in a batch of one"),
        (LATE, "TensorFlow itself begins with a later position of the input"),
    ],
)
def test_what_keras_computes_wrongly_is_not_blamed_on_others(text: str, help: str) -> None:
    report = verify(nnspec.loads(text), paths=["onnx"])
    assert not report.equal
    assert help in (report.diagnostics[0].help or "")


def test_half_precision_is_told_how_coarse_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(paths.PATHS, "onnx", broken(paths.run_onnx, "dense"))
    report = verify(nnspec.loads(HALF), paths=["onnx"])
    assert "numbers of float16 are 0.001 apart at 1" in (report.diagnostics[0].help or "")
    assert verify(nnspec.loads(HALF), paths=["onnx"], tolerance=0.02).equal


def test_bfloat16_reaches_the_generated_code_and_comes_back() -> None:
    text = HALF.replace("float16", "bfloat16").replace("[4]", "{shape: [4], dtype: bfloat16}")
    report = verify(nnspec.loads(text), paths=["python", "onnx"], tolerance=2.0**-7)
    assert report.equal, report.diagnostics


def test_an_operator_that_the_runtime_has_not_is_told_at_its_layer() -> None:
    """Convolutions of float64 are exported in float32; this is what would come of one that is not."""
    graph = nnspec.loads(
        "nnspec: 1\nname: n\ninputs: {x: [9, 2]}\nlayers: [Conv1D: {filters: 1, kernel_size: 3}]"
    )
    double = onnx.TensorProto.DOUBLE
    shapes = {"x": [1, 2, 9], "kernel": [1, 2, 3], "conv1d": [1, 1, 7]}
    x, kernel, y = (onnx.helper.make_tensor_value_info(n, double, shape) for n, shape in shapes.items())
    conv = onnx.helper.make_node("Conv", ["x", "kernel"], ["conv1d"], "conv1d/Conv")
    model = onnx.helper.make_model(onnx.helper.make_graph([conv], "n", [x, kernel], [y]), ir_version=10)
    del model.opset_import[:]
    model.opset_import.append(onnx.helper.make_opsetid("", 21))
    native = Native(graph, model, LOGICAL)
    with pytest.raises(nnspec.SpecError) as caught:
        native.run([{"x": np.ones((1, 2, 9))}])
    (found,) = caught.value.diagnostics
    assert found.code == "NN402" and found.span is not None and found.span.text.startswith("Conv1D")
    assert "has no Conv for the dtype that conv1d computes in" in found.message


@pytest.mark.parametrize(
    "layers",
    [
        "[Flatten, Embedding: {input_dim: 2, output_dim: 1}]",
        "[TimeDistributed: {layer: {Embedding: {input_dim: 2, output_dim: 1}}}]",
    ],
)
def test_integers_have_a_row_in_an_embedding_further_on(layers: str) -> None:
    text = f"nnspec: 1\nname: n\ninputs: {{t: {{shape: [5, 3], dtype: int32}}}}\nlayers: {layers}"
    for case in make_cases(nnspec.loads(text)):
        assert set(np.unique(case["t"])) <= {0, 1}


def test_tokens_that_no_embedding_knows_are_told() -> None:
    text = """
nnspec: 1
name: n
inputs: {t: {shape: [50], dtype: int32}, u: {shape: [50], dtype: int32}}
layers:
  - Add: {}
    from: [t, u]
  - Embedding: {input_dim: 2, output_dim: 1}
"""
    with pytest.raises(nnspec.SpecError, match="Keras cannot run the network on random inputs"):
        verify(nnspec.loads(text), paths=["onnx"])


def test_lengths_go_on_until_the_widest_kernel_fits() -> None:
    text = "nnspec: 1\nname: n\ninputs: {x: [time, 1]}\nlayers: [Conv1D: {filters: 1, kernel_size: WIDTH}]"
    cases = make_cases(nnspec.loads(text.replace("WIDTH", "300")))
    assert {case["x"].shape[1] for case in cases} == {384}
    with pytest.raises(nnspec.SpecError, match="no one size of time"):
        make_cases(nnspec.loads(text.replace("WIDTH", "100000")))


VARIANTS = """
nnspec: 1
name: vary
params: {width: 1.0, depth: 2, deep: true}
variants: {tiny: {width: 0.25, depth: 1}, shallow: {deep: false}}
inputs: {x: [time, 8]}
blocks:
  stage:
    params: {units: }
    layers: [{Dense: {units: =units, activation: relu}}, LayerNormalization]
layers:
  - repeat: =depth
    layers: [{stage: =16 * width}]
  - when: =deep
    layers: [{LSTM: 5}]
    else: [GlobalAveragePooling1D]
  - Dense: 3
"""


def test_both_forms_of_code_are_run_in_every_variant_by_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    run_child = paths._run_child
    monkeypatch.setattr(paths, "_run_child", lambda folder: (started.append(folder), run_child(folder)))
    graphs = [nnspec.loads(VARIANTS, variant=variant) for variant in (None, "tiny", "shallow")]
    reports = verify_all(
        [(graph, initialize(graph)) for graph in graphs], written=graphs[0], paths=("python", "flat", "onnx")
    )
    assert all(report.equal for report in reports)
    assert len(started) == 1
    assert [[path.name for path in report.paths] for report in reports] == [["python", "flat", "onnx"]] * 3
    structured, flat, _ = zip(*([path.sha256 for path in report.paths] for report in reports), strict=True)
    assert len(set(structured)) == 1 and len(set(flat)) == 3
    assert [report.params["width"] for report in reports] == [1.0, 0.25, 1.0]
    assert [report.given for report in reports] == [{}, {"width": 0.25, "depth": 1}, {"deep": False}]
    record = certificate(reports)
    assert [setting["variant"] for setting in record["settings"]] == [None, "tiny", "shallow"]
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert len({setting["weights_sha256"] for setting in record["settings"]}) == 3


def test_code_of_another_network_is_caught_at_its_first_wrong_layer() -> None:
    graph = nnspec.loads(VARIANTS, variant="tiny")
    other = nnspec.loads(VARIANTS.replace("LayerNormalization", "LayerNormalization: {epsilon: 0.5}"))
    (report,) = verify_all([(graph, initialize(graph))], written=other, paths=("python", "flat"))
    assert [path.equal for path in report.paths] == [False, True]
    (found,) = report.diagnostics
    assert found.code == "NN501" and found.span is not None and found.span.text == "LayerNormalization"
    assert (
        found.notes[0].message
        == "the first layer to differ is stage.0.layer_normalization (LayerNormalization)"
    )


def test_code_that_does_not_run_is_told() -> None:
    graph = nnspec.loads(VARIANTS, variant="tiny")
    other = nnspec.loads(VARIANTS.replace("LSTM: 5", "LSTM: 6"))
    (report,) = verify_all([(graph, initialize(graph))], written=other, paths=("python", "onnx"))
    assert [path.equal for path in report.paths] == [False, True]
    assert [d.message for d in report.diagnostics] == ["python: the generated code does not run"]


def test_a_network_without_structure_has_one_form_of_code() -> None:
    report = verify(nnspec.loads(DENSE), paths=("python", "flat"))
    assert [path.name for path in report.paths] == ["python"] and report.equal
    assert [path.name for path in verify(nnspec.loads(DENSE), paths=("flat",)).paths] == ["flat"]
