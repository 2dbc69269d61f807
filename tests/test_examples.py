"""What the examples say of themselves is true."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nnspec
import numpy as np
from nnspec.backends.cases import make_cases
from nnspec.backends.paths import Job, run_keras, run_onnx
from nnspec.backends.weights import initialize

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_fashion_cnn_has_the_parameters_of_the_published_network() -> None:
    graph = nnspec.load(EXAMPLES / "fashion_cnn.nn.yaml")
    assert graph.parameters(trainable=True) == 1_413_834
    assert graph.parameters(trainable=False) == 0


def test_the_mean_over_height_and_width_is_global_average_pooling() -> None:
    graph = nnspec.load(EXAMPLES / "pooling.nn.yaml")
    job = Job(graph, initialize(graph), make_cases(graph))
    for run in (run_keras(job), run_onnx(job)):
        for outputs in run.outputs:
            by_name = dict(zip(job.output_names, outputs, strict=True))
            np.testing.assert_allclose(by_name["mean"], by_name["global_average"], atol=1e-6)


def test_line_filters_answer_to_lines_of_their_own_direction() -> None:
    graph = nnspec.load(EXAMPLES / "line_filters.nn.yaml")
    image = np.zeros((1, 9, 11, 3), np.float32)
    image[:, :, 5] = 1  # a vertical line
    job = Job(graph, initialize(graph), ({"image": image},), EXAMPLES)
    vertical, horizontal = run_onnx(job).outputs[0][0][0, 4, 5]
    assert vertical == 21
    assert horizontal == 3


def test_digits_are_read_as_well_by_onnxruntime_as_by_keras(tmp_path: Path) -> None:
    script = [sys.executable, str(EXAMPLES / "train_digits.py"), str(tmp_path)]
    result = subprocess.run(script, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"digits_cnn.onnx", "digits_cnn.safetensors"}
