"""Models with weights of 8 bits: near the float model, and refused with words where they cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nnspec
import numpy as np
import onnx
import pytest
from corpus_files import EXAMPLES, stem
from nnspec.backends import NEAR_QUANTIZED
from nnspec.spec.diagnostics import Diagnostic, SpecError

RNG = np.random.default_rng(0)

SPEC = """
nnspec: 1
name: net
inputs:
  image: [8, width, 2]
  codes: {shape: [4], dtype: int32}
layers:
  - {Conv2D: {filters: 8, kernel_size: 3, activation: relu}, from: image}
  - {GlobalAveragePooling2D: null, name: seen}
  - {Embedding: {input_dim: 50, output_dim: 8}, from: codes}
  - {LSTM: 6, name: heard}
  - {Concatenate: null, from: [seen, heard]}
  - {Dense: {units: 5, activation: softmax}, name: kind}
"""


def arrays(**others: Any) -> dict[str, np.ndarray]:
    given = {
        "image": RNG.normal(size=(40, 8, 9, 2)).astype(np.float32),
        "codes": RNG.integers(0, 50, (40, 4)).astype(np.int32),
    }
    return {name: value for name, value in {**given, **others}.items() if value is not None}


@pytest.fixture
def graph() -> nnspec.Graph:
    return nnspec.loads(SPEC)


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    def saved(**given: Any) -> Path:
        np.savez(tmp_path / "data.npz", **given)
        return tmp_path / "data.npz"

    return saved


def operators(path: Path) -> set[str]:
    return {node.op_type for node in onnx.load(path).graph.node}


# --- what is written


@pytest.mark.parametrize("opset", [15, 21, 24])
@pytest.mark.parametrize("kind", ["int8", "int8-static"])
def test_a_model_near_the_float_one_is_written(
    graph: nnspec.Graph, save: Callable[..., Path], tmp_path: Path, kind: str, opset: int
) -> None:
    target, data = tmp_path / "net.onnx", save(**arrays()) if kind == "int8-static" else None
    exported = nnspec.export(graph, target, quantize=kind, calibrate=data, opset=opset)
    (found,) = exported.differences
    assert found.name == "kind" and found.equal and 0 < found.max_abs < NEAR_QUANTIZED
    assert exported.over == ("40 inputs of data.npz" if data else "3 random inputs")
    model = onnx.load(target)
    assert {o.version for o in model.opset_import if o.domain == ""} == {opset}
    metadata = {prop.key: prop.value for prop in model.metadata_props}
    assert metadata["nnspec.quantized"] == kind and "nnspec.spec_sha256" in metadata
    assert "onnx.infer" not in metadata and model.producer_name == "nnspec"
    assert [i.name for i in model.graph.input] == ["image", "codes"]
    wanted = {
        "int8": {"ConvInteger", "MatMulInteger", "DynamicQuantizeLSTM"},
        "int8-static": {"QuantizeLinear"},
    }
    assert wanted[kind] < operators(target)


LARGEST = 3_000_000


@pytest.mark.parametrize("path", EXAMPLES, ids=stem)
def test_examples_are_quantized_or_told_why_not(path: Path, tmp_path: Path) -> None:
    graph = nnspec.load(path)
    if graph.parameters(trainable=True) > LARGEST:
        pytest.skip(f"more than {LARGEST:,} parameters")
    target, plain = tmp_path / "int8.onnx", tmp_path / "plain.onnx"
    try:
        exported = nnspec.export(graph, target, quantize="int8")
    except SpecError as error:
        assert error.diagnostics[0].message.startswith("there is nothing in")
        assert stem(path) in ("pooling", "rnn_one_neuron")
        return
    assert all(found.equal for found in exported.differences)
    nnspec.export(graph, plain)
    # A few kernels aside, a weight of 32 bits becomes one of 8.
    assert os.path.getsize(target) < 0.45 * os.path.getsize(plain) or graph.parameters(trainable=True) < 2000


def test_images_lie_as_they_go_into_the_model(
    graph: nnspec.Graph, save: Callable[..., Path], tmp_path: Path
) -> None:
    target, given = tmp_path / "net.onnx", arrays()
    data = save(**{**given, "image": given["image"].transpose(0, 3, 1, 2)})
    exported = nnspec.export(graph, target, quantize="int8-static", calibrate=data, inputs="nchw")
    assert exported.differences[0].equal
    assert [d.dim_value for d in onnx.load(target).graph.input[0].type.tensor_type.shape.dim][1] == 2
    with pytest.raises(SpecError, match="axis 1 differs"):
        nnspec.export(graph, target, quantize="int8-static", calibrate=data)


GROUPS = """
nnspec: 1
name: net
inputs: {image: [8, 8, 4]}
layers: [{GroupNormalization: {groups: 2}}, {Conv2D: {filters: 3, kernel_size: 3}}]
"""

TWICE = """
nnspec: 1
name: net
inputs: {x: [5, 3], y: [6, 3]}
layers:
  - {LSTM: 4, name: read, from: x}
  - {reuse: read, from: y, name: again}
  - Add: null
    from: [read, again]
  - Dense: 2
"""


@pytest.mark.parametrize("opset", [15, 21, 24])
def test_what_the_quantizer_would_get_wrong_by_itself(
    save: Callable[..., Path], tmp_path: Path, opset: int
) -> None:
    """Types that onnx does not infer; weights that two operators share."""
    target = tmp_path / "net.onnx"
    data = save(image=RNG.normal(size=(20, 8, 8, 4)))
    groups = nnspec.loads(GROUPS)
    assert (
        nnspec.export(groups, target, quantize="int8-static", calibrate=data, opset=opset)
        .differences[0]
        .equal
    )
    found = nnspec.export(nnspec.loads(TWICE), target, quantize="int8", opset=opset).differences[0]
    assert found.max_abs < 0.05 and {"LSTM", "MatMulInteger"} < operators(target)


def test_attention_of_onnx_is_not_taken_for_another(tmp_path: Path) -> None:
    text = """
nnspec: 1
name: net
inputs: {x: [5, 8]}
layers:
  - {MultiHeadAttention: {num_heads: 2, key_dim: 4}, from: {query: x, value: x}}
"""
    found = nnspec.export(nnspec.loads(text), tmp_path / "net.onnx", quantize="int8", opset=24).differences[0]
    assert found.equal


# --- the same bytes, and nothing else

SCRIPT = """
import sys, nnspec
graph = nnspec.load(sys.argv[1])
nnspec.export(graph, sys.argv[2], quantize="int8")
nnspec.export(graph, sys.argv[3], quantize="int8-static", calibrate=sys.argv[4])
"""


def test_the_same_bytes_without_a_word_or_a_file_left(save: Callable[..., Path], tmp_path: Path) -> None:
    spec, data, temporary = tmp_path / "net.nn.yaml", save(**arrays()), tmp_path / "tmp"
    spec.write_text(SPEC)
    temporary.mkdir()
    runs = []
    for seed in ("1", "2"):
        targets = [tmp_path / f"{kind}{seed}.onnx" for kind in ("dynamic", "static")]
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, spec, *targets, data],
            env={**os.environ, "PYTHONHASHSEED": seed, "TMPDIR": str(temporary)},
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        runs.append([target.read_bytes() for target in targets])
    assert runs[0] == runs[1]
    assert list(temporary.iterdir()) == []


# --- what is refused


def refused(graph: nnspec.Graph, folder: Path, **options: Any) -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        nnspec.export(graph, folder / "net.onnx", **options)
    assert not (folder / "net.onnx").exists()
    return caught.value.diagnostics[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"quantize": "int8-static"},
            "int8-static has the ranges of numbers from inputs, and there are none",
        ),
        ({"calibrate": "data.npz"}, "only int8-static is calibrated"),
        ({"quantize": "int8", "calibrate": "data.npz"}, "only int8-static is calibrated"),
        ({"quantize": "int8", "dtype": "float16"}, "int8 is made of the spec's own dtype, not of float16"),
    ],
)
def test_options_that_do_not_go_together(
    graph: nnspec.Graph, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    found = refused(graph, tmp_path, **options)
    assert (found.code, found.message) == ("NN407", message)
    assert found.help


CODES = np.zeros((40, 4), np.int32)

MISFITS: dict[str, tuple[dict[str, Any], str]] = {
    "missing": ({"codes": None}, "data.npz has no codes"),
    "unknown": ({"code": CODES}, "data.npz has code, which is no input of net"),
    "kind": ({"codes": CODES.astype(np.float32)}, "codes in data.npz is float32, and the input int32"),
    "whole": (
        {"image": np.zeros((40, 8, 9, 2), np.uint8)},
        "image in data.npz is uint8, and the input float32",
    ),
    "text": ({"codes": np.full((40, 4), "a")}, "codes in data.npz is str32, and the input int32"),
    "rank": ({"codes": CODES[:, 0]}, "codes in data.npz has shape [40], and the input is int32[batch, 4]"),
    "size": (
        {"codes": CODES[:, :3]},
        "codes in data.npz has shape [40, 3], and the input is int32[batch, 4]: axis 1 differs",
    ),
    "count": (
        {"codes": CODES[:39]},
        "codes in data.npz has shape [39, 4], and the input is int32[batch, 4]: axis 0 differs",
    ),
    "empty": ({"codes": CODES[:0]}, "codes in data.npz has shape [0, 4], and no numbers"),
    "large": (
        {"codes": CODES.astype(np.int64) + 2**40},
        "codes in data.npz has int64 values that int32 cannot hold",
    ),
    "infinite": (
        {"image": np.full((40, 8, 9, 2), np.inf)},
        "image in data.npz has values that are not finite",
    ),
    "narrow": (
        {"image": np.zeros((40, 8, 2, 2), np.float32)},
        "data.npz does not go through conv2d, as width is 2: ",
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_inputs_that_do_not_fit(
    graph: nnspec.Graph, save: Callable[..., Path], tmp_path: Path, name: str
) -> None:
    others, message = MISFITS[name]
    found = refused(graph, tmp_path, quantize="int8-static", calibrate=save(**arrays(**others)))
    assert found.code == "NN408" and found.message.startswith(message)
    assert name == "unknown" or found.span is not None


def test_all_that_does_not_fit_is_told_at_once(
    graph: nnspec.Graph, save: Callable[..., Path], tmp_path: Path
) -> None:
    data = save(imag=np.zeros(3), codes=CODES[:, :3])
    with pytest.raises(SpecError) as caught:
        nnspec.export(graph, tmp_path / "net.onnx", quantize="int8-static", calibrate=data)
    assert [found.code for found in caught.value.diagnostics] == ["NN408"] * 3
    assert any(found.help == 'did you mean "imag"?' for found in caught.value.diagnostics)


def test_objects_are_never_unpickled(graph: nnspec.Graph, save: Callable[..., Path], tmp_path: Path) -> None:
    data = save(**arrays(codes=np.array([print], object)))
    found = refused(graph, tmp_path, quantize="int8-static", calibrate=data)
    assert found.code == "NN001" and "Python objects, which are never unpickled" in found.message


@pytest.mark.parametrize("text", [None, b"", b"no zip"])
def test_files_that_cannot_be_read(graph: nnspec.Graph, tmp_path: Path, text: bytes | None) -> None:
    data = tmp_path / "data.npz"
    if text is not None:
        data.write_bytes(text)
    found = refused(graph, tmp_path, quantize="int8-static", calibrate=data)
    assert found.code == "NN001" and str(data) in found.message


def test_values_that_an_embedding_has_not(
    graph: nnspec.Graph, save: Callable[..., Path], tmp_path: Path
) -> None:
    found = refused(graph, tmp_path, quantize="int8-static", calibrate=save(**arrays(codes=CODES + 99)))
    assert found.code == "NN405"


def test_a_model_too_far_off_is_not_written(graph: nnspec.Graph, tmp_path: Path) -> None:
    found = refused(graph, tmp_path, quantize="int8", tolerance=1e-7)
    assert found.code == "NN501"
    assert (
        found.message == "the model in int8 is further from the float32 one than 1e-07, and was not written"
    )
    assert found.notes[0].message.startswith("output kind differs from float32 by 0.0")


# --- the command


def command(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    (folder / "net.nn.yaml").write_text(SPEC)
    line = [
        sys.executable,
        "-m",
        "nnspec",
        "export",
        folder / "net.nn.yaml",
        "-o",
        folder / "net.onnx",
        *words,
    ]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_the_command(save: Callable[..., Path], tmp_path: Path) -> None:
    data = save(**arrays())
    done = command(tmp_path, "--quantize", "int8-static", "--calibrate", data)
    assert done.returncode == 0 and done.stdout == ""
    figures, wrote = done.stderr.splitlines()
    assert figures.startswith("output kind differs from float32 by 0.0")
    assert figures.endswith(" of the greatest magnitude, over 40 inputs of data.npz")
    assert wrote == f"wrote {tmp_path / 'net.onnx'}"
    assert command(tmp_path, "--quantize", "int8-static").returncode == 2
    too_large = command(tmp_path, "--quantize", "int8-static", "--calibrate", data, "--max-bytes", "20000")
    assert (
        too_large.returncode == 1
        and "error[NN003]: data.npz holds 23,680 bytes of arrays" in too_large.stderr
    )
