"""Models whose images have their channels first compute the same, and transpose nothing that need not be."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import nnspec
import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from corpus_files import EXAMPLES, OK, check_file, stem
from differential import layer_settings, random_weights
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.cases import make_cases
from nnspec.backends.compare import compare_outputs
from nnspec.backends.onnx import Form
from nnspec.backends.onnx.emit import checked, to_onnx
from nnspec.backends.onnx.interface import interface_of
from nnspec.backends.paths import Job, run_keras, run_onnx
from nnspec.backends.weights import initialize
from nnspec.cli.main import commands
from nnspec.compiler.graph import Graph
from nnspec.spec.diagnostics import SpecError

NCHW = Form("nchw", "nchw")

# Transposes in each example's model as it is declared, with images going in as nchw, and with images coming out so too.
# "-" stands where no image does. Of those that are left, recurrent layers have one for each way between batch-major and
# time-major, masks included, and attention four: queries, keys, values, and what comes of them.
TRANSPOSES = """
                      declared    inputs   outputs
backbone                     4         3         0
detector                     7         6         0
digits_cnn                   1         0         -
fashion_cnn                  1         0         -
forecast_10                  2         -         -
inception                    1         0         -
line_filters                 2         1         0
mobilenet_v2                 1         0         -
pooling                      3         2         0
residual_cnn                 1         0         -
resnet                       1         0         -
rnn_one_neuron               1         -         -
siamese                      2         0         -
text_classifier              3         -         -
transformer                 24         -         -
transformer_encoder          4         -         -
unet                         2         1         0
wavenet                      2         1         0
"""


def transposes(graph: Graph, form: Form) -> str:
    try:
        model = to_onnx(graph, initialize(graph), interface=interface_of(graph, form))
    except SpecError as error:
        assert [d.code for d in error.diagnostics] == ["NN402"]
        return "-"
    return str(Counter(node.op_type for node in model.graph.node)["Transpose"])


def test_the_number_of_transposes_in_every_example() -> None:
    forms = (Form(), Form("nchw"), NCHW)
    lines = [f"{'':20}{'declared':>10}{'inputs':>10}{'outputs':>10}"]
    for path in sorted(EXAMPLES, key=stem):
        graph = nnspec.load(path)
        lines.append(f"{stem(path):20}" + "".join(f"{transposes(graph, form):>10}" for form in forms))
    assert lines == TRANSPOSES.strip("\n").splitlines()


# --- computes the same


def form_of(graph: Graph) -> Form | None:
    """The form with as much as there is with its channels first."""
    for form in (NCHW, Form("nchw"), Form(outputs="nchw")):
        try:
            interface_of(graph, form)
        except SpecError:
            continue
        return form
    return None


@pytest.mark.parametrize("path", OK, ids=stem)
def test_every_case_with_images_computes_the_same(path: Path) -> None:
    graph = check_file(path).graph
    assert graph is not None
    form = form_of(graph)
    if form is None:
        return
    plain = Job(graph, random_weights(graph), make_cases(graph), path.parent)
    moved = Job(graph, plain.weights, plain.cases, path.parent, form=form)
    found = compare_outputs(plain, run_onnx(moved), run_onnx(plain), 1e-6)
    assert [difference for difference in found if not difference.equal] == []


ITEMS: dict[int, list[Any]] = {
    3: [
        {"Conv1D": {"filters": 4, "kernel_size": 2, "activation": "relu"}},
        {"MaxPooling1D": 2},
        {"Softmax": {"axis": 1}},
        "GlobalAveragePooling1D",
        {"LSTM": {"units": 3, "return_sequences": True}},
        {"Permute": {"dims": [2, 1]}},
    ],
    4: [
        {"Conv2D": {"filters": 3, "kernel_size": [2, 1], "padding": "same"}},
        {"AveragePooling2D": 2},
        {"UpSampling2D": {"size": 2, "interpolation": "bilinear"}},
        {"Permute": {"dims": [3, 1, 2]}},
        {"Reshape": {"target_shape": [-1, 2]}},
        "GlobalMaxPooling2D",
        {"Cropping2D": 1},
    ],
    5: [
        {"Conv3D": {"filters": 3, "kernel_size": [2, 1, 2], "padding": "same"}},
        {"MaxPooling3D": 2},
        {"TimeDistributed": {"layer": {"Conv2D": {"filters": 2, "kernel_size": 2}}}},
        {"Permute": {"dims": [4, 1, 3, 2]}},
        "GlobalAveragePooling3D",
        {"ZeroPadding3D": 1},
    ],
}
ANY = [
    {"Dense": 4},
    "BatchNormalization",
    "LayerNormalization",
    {"Rescaling": 2},
    {"Activation": "tanh"},
    "Flatten",
    {"PReLU": {"shared_axes": [1]}},
]


@st.composite
def networks(draw: st.DrawFn) -> Graph | None:
    rank = draw(st.sampled_from([3, 4, 5]))
    height: Any = draw(st.sampled_from([6, "height"]))
    shape = [*[6, 5, 4][: rank - 2], draw(st.integers(1, 4))]
    items = draw(st.lists(st.sampled_from([*ITEMS[rank], *ANY]), min_size=1, max_size=4))
    shape[0] = height
    outputs = draw(st.sampled_from(["last", "both"]))
    layers = [
        {**({item: None} if isinstance(item, str) else item), "name": f"l{i}"} for i, item in enumerate(items)
    ]
    named: Any = f"l{len(items) - 1}" if outputs == "last" else {"first": "x", "last": f"l{len(items) - 1}"}
    data = {"nnspec": 1, "name": "net", "inputs": {"x": shape}, "layers": layers, "outputs": named}
    try:
        return nnspec.loads(json.dumps(data))
    except SpecError:
        return None


@layer_settings
@given(networks(), st.sampled_from([15, 18, 21, 24]))
def test_random_networks_compute_what_keras_does(graph: Graph | None, opset: int) -> None:
    form = form_of(graph) if graph else None
    if graph is None or form is None:
        return
    job = Job(graph, random_weights(graph), make_cases(graph), opset=opset, form=form)
    found = compare_outputs(job, run_onnx(job), run_keras(job), 1e-5)
    assert [difference for difference in found if not difference.equal] == []


# --- what the model says of itself

VIDEO = """
nnspec: 1
name: net
inputs:
  image: [height, 6, 3]
  series: [time, 2]
  codes: {shape: [4], dtype: int32}
layers:
  - {Rescaling: 0.1, from: image}
  - {Conv2D: {filters: 5, kernel_size: 3}, name: conv}
  - {Dense: 3, from: series}
  - {Conv1D: {filters: 2, kernel_size: 2, padding: same}, name: heard}
  - {LSTM: {units: 2, return_sequences: true}, from: series, name: followed}
  - {Embedding: {input_dim: 9, output_dim: 2}, from: codes, name: meant}
outputs: {conv: conv, heard: heard, followed: followed, meant: meant}
"""


def shapes(values: Any) -> dict[str, list[int | str]]:
    return {
        value.name: [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in values
    }


def test_names_axes_and_metadata() -> None:
    graph = nnspec.loads(VIDEO)
    model = checked(to_onnx(graph, initialize(graph), interface=interface_of(graph, NCHW)))
    assert shapes(model.graph.input) == {
        "image": ["batch", 3, "height", 6],
        "series": ["batch", 2, "time"],
        "codes": ["batch", 4],
    }
    assert shapes(model.graph.output) == {
        "conv": ["batch", 5, "height - 2", 4],
        "heard": ["batch", 2, "time"],
        "followed": ["batch", "time", 2],
        "meant": ["batch", 4, 2],
    }
    metadata = {prop.key: prop.value for prop in model.metadata_props}
    assert metadata["nnspec.channels_first"] == "image, series, conv, heard"


FIRST = """
nnspec: 1
name: net
inputs: {image: [3, 8, 8]}
layers:
  - Conv2D: {filters: 4, kernel_size: 3, data_format: channels_first}
"""


def test_images_whose_channels_are_first_already_stay() -> None:
    graph = nnspec.loads(FIRST)
    with pytest.raises(SpecError, match="no input of net is an image with its channels last"):
        interface_of(graph, Form("nchw"))
    with pytest.raises(SpecError, match="no output of net is an image with its channels last"):
        interface_of(graph, Form(outputs="nchw"))


PASSED = """
nnspec: 1
name: net
inputs: {image: [4, 5, 3]}
layers: [{Identity: null, name: same}]
outputs: {image_again: image, same: same}
"""


@pytest.mark.parametrize("form", [Form("nchw"), Form(outputs="nchw"), NCHW])
def test_an_input_that_is_an_output(form: Form) -> None:
    graph = nnspec.loads(PASSED)
    image = np.arange(60, dtype=np.float32).reshape(1, 4, 5, 3)
    (outputs,) = run_onnx(Job(graph, {}, ({"image": image},), form=form)).outputs
    for output in outputs:
        np.testing.assert_array_equal(output, image)


# --- the commands


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "net.nn.yaml"
    path.write_text(VIDEO)
    return path


def test_export_and_verify_take_layouts(spec: Path, tmp_path: Path) -> None:
    target = tmp_path / "net.onnx"
    words = ["export", str(spec), "-o", str(target), "--inputs", "nchw"]
    assert CliRunner().invoke(commands, words).exit_code == 0
    model = onnx.load(target)
    assert shapes(model.graph.input)["image"] == ["batch", 3, "height", 6]
    assert shapes(model.graph.output)["conv"] == ["batch", "height - 2", 4, 5]
    nnspec.export(nnspec.load(spec), target, inputs="nchw", outputs="nchw")
    assert shapes(onnx.load(target).graph.output)["conv"] == ["batch", 5, "height - 2", 4]
    report = nnspec.verify(nnspec.load(spec), paths=["onnx"], inputs="nchw", outputs="nchw")
    assert report.equal
    assert report.certificate()["form"] == {"inputs": "nchw", "outputs": "nchw"}


def test_tf2onnx_gives_no_other_layout(spec: Path, tmp_path: Path) -> None:
    words = ["export", str(spec), "-o", str(tmp_path / "net.onnx"), "--via", "tf2onnx", "--inputs", "nchw"]
    done = CliRunner().invoke(commands, words)
    assert done.exit_code == 2 and "no --inputs, --outputs" in done.output
