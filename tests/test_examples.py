"""What the examples say of themselves is true."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nnspec
import numpy as np
import pytest
import yaml
from corpus_files import EXAMPLES as SPECS
from corpus_files import LIBRARIES, check_file, stem
from differential import random_weights
from nnspec.backends.cases import make_cases
from nnspec.backends.paths import Job, run_keras, run_onnx
from nnspec.backends.verify import verify_all
from nnspec.backends.weights import initialize
from nnspec.compiler.receptive import receptive_fields

EXAMPLES = Path(__file__).parent.parent / "examples"

# Variants with more parameters are run where the environment asks for more examples: each takes up to a minute.
MOST_PARAMETERS = None if "NNSPEC_EXAMPLES" in os.environ else 3_000_000

VARIANTS = {
    path: tuple(yaml.safe_load(path.read_text(encoding="utf-8")).get("variants", ())) for path in SPECS
}


# --- all of them


@pytest.mark.parametrize("path", [*SPECS, *LIBRARIES], ids=stem)
def test_nothing_is_wrong_with_an_example_in_any_variant(path: Path) -> None:
    assert check_file(path).diagnostics == ()


@pytest.mark.parametrize("path", [path for path in SPECS if VARIANTS[path]], ids=stem)
def test_each_variant_computes_the_same_on_every_path(path: Path) -> None:
    """The code that keeps the structure is that of the defaults, and is given the variants' params."""
    graphs = [nnspec.load(path, variant=variant) for variant in VARIANTS[path]]
    tried = [g for g in graphs if MOST_PARAMETERS is None or g.parameters(trainable=True) <= MOST_PARAMETERS]
    if not tried:
        pytest.skip("all variants are large, and NNSPEC_EXAMPLES is not set")
    weighed = [(graph, random_weights(graph)) for graph in tried]
    for report in verify_all(weighed, written=nnspec.load(path), root=path.parent):
        assert report.equal, [(found.name, found.max_abs, found.diagnostics) for found in report.paths]


# --- each by itself


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


def answers(graph: nnspec.Graph, weights: dict[str, np.ndarray], **inputs: np.ndarray) -> np.ndarray:
    """What native ONNX makes of these inputs: the first output."""
    return run_onnx(Job(graph, weights, (inputs,))).outputs[0][0]


def test_wavenet_hears_the_257_samples_up_to_a_step() -> None:
    graph = nnspec.load(EXAMPLES / "wavenet.nn.yaml", variant="tiny")
    weights = random_weights(graph)
    audio = np.random.default_rng(0).normal(size=(1, 600, 1)).astype(np.float32)
    louder = audio.copy()
    louder[0, 300] += 1
    changed = np.any(answers(graph, weights, audio=audio) != answers(graph, weights, audio=louder), axis=-1)
    heard = np.flatnonzero(changed[0])
    assert heard[0] == 300
    assert heard[-1] < 300 + 257
    assert receptive_fields(graph)[graph.outputs[0].value] == (257,)


def test_siamese_has_one_encoder_and_no_side() -> None:
    graph = nnspec.load(EXAMPLES / "siamese.nn.yaml")
    assert {key.partition(".")[0] for key in graph.weights} == {"left_code", "same/kernel", "same/bias"}
    weights = random_weights(graph)
    left, right = np.random.default_rng(0).normal(size=(2, 3, 28, 28, 1)).astype(np.float32)
    found = answers(graph, weights, left=left, right=right)
    np.testing.assert_allclose(found, answers(graph, weights, left=right, right=left), atol=1e-6)
    alike = answers(graph, weights, left=left, right=left)
    np.testing.assert_allclose(alike, np.full((3, 1), 1 / (1 + np.exp(-weights["same/bias"]))), atol=1e-6)
    assert np.all(np.abs(found - alike) > 1e-5)


def test_the_transformers_decoder_sees_all_of_the_source_and_no_later_target() -> None:
    graph = nnspec.load(EXAMPLES / "transformer.nn.yaml")
    weights = random_weights(graph)
    rng = np.random.default_rng(0)
    tokens = {"source": rng.integers(0, 1000, (1, 9)), "target": rng.integers(0, 1000, (1, 6))}
    tokens |= {f"{name}_position": np.arange(value.shape[1])[None] for name, value in tokens.items()}
    inputs = {name: value.astype(np.int32) for name, value in tokens.items()}
    found = answers(graph, weights, **inputs)
    for name, first in (("source", 0), ("target", 4)):
        others = inputs[name].copy()
        others[0, 4] = (others[0, 4] + 1) % 1000
        changed = np.any(answers(graph, weights, **{**inputs, name: others}) != found, axis=-1)[0]
        assert np.flatnonzero(changed).tolist() == list(range(first, 6)), name


def test_the_detectors_heads_are_one() -> None:
    graph = nnspec.load(EXAMPLES / "shared" / "detector.nn.yaml")
    heads = [node for node in graph.nodes if node.name.startswith("head")]
    assert len({node.owner for node in heads}) * 3 == len(heads)
    assert {node.owner.partition(".")[0] for node in heads} == {"head3"}
