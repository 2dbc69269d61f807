"""Dtypes of layers and inputs, and models exported in another dtype than the spec's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import nnspec
import numpy as np
import onnx
import pytest
from click.testing import CliRunner, Result
from differential import random_weights
from nnspec.backends import NEAR
from nnspec.backends.cases import make_cases
from nnspec.backends.compare import compare_outputs
from nnspec.backends.native import make_native
from nnspec.backends.onnx.emit import checked
from nnspec.backends.onnx.widen import has_bfloat16, widened
from nnspec.backends.paths import Job, run_keras, run_onnx
from nnspec.cli.main import commands
from nnspec.compiler.retype import retyped
from nnspec.spec.diagnostics import SpecError

# --- typical networks in every dtype, against Keras in the same dtype

NETWORKS = {
    "image": """
inputs: {image: [12, 11, 3]}
layers:
  - Rescaling: {scale: 0.5, offset: -0.1}
  - Conv2D: {filters: 4, kernel_size: 3, padding: same, activation: relu}
  - BatchNormalization
  - MaxPooling2D: 2
  - DepthwiseConv2D: {kernel_size: 2, activation: hard_sigmoid}
  - Flatten
  - Dense: {units: 5, activation: softmax}
""",
    "means": """
inputs: {image: [8, 8, 2]}
layers: [{AveragePooling2D: 2}, {UpSampling2D: 2}, {ZeroPadding2D: 1}, GlobalAveragePooling2D]
""",
    "transposed": """
inputs: {image: [4, 5, 2]}
layers: [{Conv2DTranspose: {filters: 3, kernel_size: 3, strides: 2}}, GlobalMaxPooling2D]
""",
    "dense": """
inputs: {x: [6]}
layers:
  - Dense: {units: 8, activation: silu}
  - LayerNormalization
  - {Dense: {units: 8, activation: tanh}, name: bent}
  - {Add: null, from: [bent, layer_normalization]}
  - Dense: {units: 2, activation: sigmoid}
""",
    "gelu": """
inputs: {x: [6]}
layers: [{Dense: {units: 4, activation: gelu}}]
""",
    "lstm": """
inputs: {words: {shape: [time], dtype: int32}}
layers:
  - Embedding: {input_dim: 20, output_dim: 4, mask_zero: true}
  - Bidirectional: {layer: {LSTM: {units: 3, return_sequences: true, recurrent_initializer: he_normal}}}
  - GlobalAveragePooling1D
  - Dense: 2
""",
    "gru": """
inputs: {series: [time, 2]}
layers: [{GRU: {units: 3, recurrent_initializer: he_normal}}]
""",
    "rnn": """
inputs: {series: [time, 2]}
layers: [{SimpleRNN: {units: 3, recurrent_initializer: he_normal}}]
""",
    "attention": """
inputs: {words: {shape: [length], dtype: int32}}
layers:
  - {Embedding: {input_dim: 20, output_dim: 8}, name: meant}
  - {MultiHeadAttention: {num_heads: 2, key_dim: 4}, from: {query: meant, value: meant}, name: seen}
  - {Add: null, from: [meant, seen]}
  - LayerNormalization
  - {Mean: {axis: 1}}
""",
    "integers": """
inputs: {a: {shape: [5], dtype: int32}, b: {shape: [5], dtype: int64}, seen: {shape: [5], dtype: bool}}
layers:
  - {Rescaling: 0.5, from: a, name: scaled}
  - {Maximum: null, from: [a, b], name: greater}
  - {Dense: 3, from: scaled, name: dense}
  - {Max: {axis: -1}, from: b, name: most}
  - {Concatenate: null, from: [seen, seen], name: twice}
outputs: {greater: greater, dense: dense, most: most, twice: twice}
""",
}

# What is float64 in Keras is compared as finely as float32: convolutions and the like are computed in that.
STEPS = {**NEAR, "mixed_float16": NEAR["float16"], "mixed_bfloat16": NEAR["bfloat16"]}
POLICIES = ("float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16")


def network(name: str, policy: str) -> nnspec.Graph:
    return nnspec.loads(f"nnspec: 1\nname: net\ndtype: {policy}\n{NETWORKS[name]}")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("name", NETWORKS)
def test_typical_networks_compute_what_keras_does_in_every_dtype(name: str, policy: str) -> None:
    graph = network(name, policy)
    job = Job(graph, random_weights(graph), make_cases(graph))
    expected = run_keras(job)
    for opset in (15, 21, 24):
        found = compare_outputs(job, run_onnx(replace(job, opset=opset)), expected, STEPS[policy])
        assert [str(output) for output in found if not output.equal] == [], opset


PER_LAYER = """
nnspec: 1
name: net
inputs:
  image: {shape: [6, 6, 2], dtype: uint8}
  half: {shape: [4], dtype: float16}
  brain: {shape: [4], dtype: bfloat16}
layers:
  - {Rescaling: {scale: 0.01, dtype: float16}, from: image}
  - Conv2D: {filters: 3, kernel_size: 3, dtype: bfloat16}
  - BatchNormalization: {dtype: float64}
  - Flatten
  - {Dense: {units: 4, dtype: mixed_float16}, name: seen}
  - {Dense: {units: 4, dtype: float64}, from: half, name: wide}
  - {Dense: {units: 4, dtype: bfloat16}, from: brain, name: rough}
  - {Add: null, from: [seen, wide], name: both}
outputs: {both: both, rough: rough, seen: seen}
"""


@pytest.mark.parametrize("opset", [15, 21, 24])
def test_each_layer_has_its_own_dtype(opset: int) -> None:
    graph = nnspec.loads(PER_LAYER)
    job = Job(graph, random_weights(graph), make_cases(graph), opset=opset)
    found = compare_outputs(job, run_onnx(job), run_keras(job), NEAR["bfloat16"])
    assert [str(output) for output in found if not output.equal] == []
    dtypes = [graph.types[output.value].dtype for output in graph.outputs]
    assert dtypes == ["float32", "bfloat16", "float16"]


# --- bfloat16 where there are no kernels for it


def test_every_operator_of_bfloat16_is_rounded() -> None:
    """Ones and 2^-9 together are 1 in bfloat16, however they are added."""
    text = """
nnspec: 1
name: net
dtype: bfloat16
inputs: {x: [3]}
layers: [{Rescaling: {scale: 1, offset: 0.001953125}}, {Rescaling: {scale: 1, offset: -1}}]
"""
    graph = nnspec.loads(text)
    job = Job(graph, {}, ({"x": np.ones((1, 3), np.float32)},))
    ((output,),) = run_onnx(job).outputs
    assert output.dtype.name == "bfloat16"
    np.testing.assert_array_equal(output.astype(np.float32), np.zeros((1, 3), np.float32))


def test_a_widened_model_has_the_names_of_the_other() -> None:
    graph = network("image", "bfloat16")
    model = make_native(graph, random_weights(graph)).model
    wide = checked(widened(model))
    assert has_bfloat16(model)
    assert [o.name for o in wide.graph.output] == [o.name for o in model.graph.output]
    assert {node.name for node in model.graph.node} < {node.name for node in wide.graph.node}


# --- a spec exported in another dtype

SPEC = """
nnspec: 1
name: net
inputs: {image: [8, 8, 1], codes: {shape: [3], dtype: int32}}
layers:
  - {Conv2D: {filters: 4, kernel_size: 3, activation: relu}, from: image}
  - {Flatten: null, name: seen}
  - {Embedding: {input_dim: 9, output_dim: 2}, from: codes}
  - {Flatten: null, name: meant}
  - Concatenate: null
    from: [seen, meant]
  - {Dense: {units: 3, activation: softmax, dtype: float32}, name: kind}
outputs: {kind: kind, meant: meant}
"""


def element_types(values: Iterable[onnx.ValueInfoProto]) -> dict[str, str]:
    return {v.name: onnx.TensorProto.DataType.Name(v.type.tensor_type.elem_type) for v in values}


def dtypes_of(graph: nnspec.Graph) -> dict[str, str]:
    return {node.name: node.signature.output.dtype for node in graph.nodes}


@pytest.mark.parametrize("own", ["float32", "float64", "mixed_bfloat16"])
def test_layers_that_are_given_a_dtype_keep_it(own: str) -> None:
    """Be it the file's, as for a softmax that needs the precision."""
    found = retyped(nnspec.loads(SPEC.replace("dtype: float32}", f"dtype: {own}}}")), "float16")
    dtypes = {node.name: node.layer.dtype for node in found.nodes}
    assert dtypes.pop("kind") == own
    assert set(dtypes.values()) == {"float16"}


OWN = """
nnspec: 1
name: net
inputs: {x: [4, 5]}
params: {precise: float32}
presets: {Precise: {Dense: {units: 3, dtype: float32}}}
blocks:
  twice:
    params: {kind: str}
    inputs: [x]
    layers: [{Dense: {units: 2, dtype: =kind}}, {Dense: 2}]
layers:
  - {Precise: null, name: by_preset}
  - {Dense: {units: 3, dtype: =precise}, name: by_param}
  - {reuse: by_param, name: again}
  - {twice: {kind: float32}, name: block}
  - {TimeDistributed: {layer: {Dense: 2}, dtype: float32}, name: wrapped}
  - {TimeDistributed: {layer: {Dense: 2}}, name: other}
"""


def test_a_dtype_may_be_given_in_any_way() -> None:
    found = retyped(nnspec.loads(OWN), "float16")
    kept = {node.name for node in found.nodes if node.layer.dtype == "float32"}
    assert kept == {"by_preset", "by_param", "again", "block.dense", "wrapped"}
    held = {node.name: list(node.layer.with_held())[1].dtype for node in found.nodes[-2:]}
    assert held == {"wrapped": "float32", "other": "float16"}


WRAPPED = """
nnspec: 1
name: net
inputs: {image: [4, 5]}
layers:
  - RNN: {cell: {StackedRNNCells: {cells: [{GRUCell: 3}, {LSTMCell: 2}]}}, return_sequences: true}
  - Bidirectional: {layer: {LSTM: {units: 2, return_sequences: true}}}
  - {TimeDistributed: {layer: {Dense: 2}}, name: again}
  - Mean: {axis: 1}
"""


def test_what_wrappers_hold_goes_along() -> None:
    graph = retyped(nnspec.loads(WRAPPED), "float16")
    held = {layer.dtype for node in graph.nodes for layer in node.layer.with_held() if layer.autocast}
    assert held == {"float16"}
    assert set(dtypes_of(graph).values()) == {"float16"}


@pytest.mark.parametrize("dtype", NEAR)
def test_inputs_and_outputs_stay_as_declared(tmp_path: Path, dtype: str) -> None:
    target = tmp_path / "net.onnx"
    exported = nnspec.export(nnspec.loads(SPEC), target, dtype=dtype)
    assert [found.name for found in exported.differences] == ["kind", "meant"]
    assert all(found.equal and found.max_abs <= NEAR[dtype] for found in exported.differences)
    model = onnx.load(target)
    assert element_types(model.graph.input) == {"image": "FLOAT", "codes": "INT32"}
    assert element_types(model.graph.output) == {"kind": "FLOAT", "meant": "FLOAT"}


def test_weights_are_in_the_dtype(tmp_path: Path) -> None:
    graph = nnspec.loads(SPEC)
    nnspec.export(graph, tmp_path / "net.onnx", dtype="float16", inputs="nchw")
    model = onnx.load(tmp_path / "net.onnx")
    weights = {i.name: i.data_type for i in model.graph.initializer if not i.name.startswith("constants/")}
    kept = {name: weights.pop(name) for name in ("kind/kernel", "kind/bias")}
    assert set(weights.values()) == {onnx.TensorProto.FLOAT16}
    assert set(kept.values()) == {onnx.TensorProto.FLOAT}
    assert [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim][1:] == [1, 8, 8]


def test_weights_beyond_the_dtype_are_told(tmp_path: Path) -> None:
    graph = nnspec.loads(SPEC)
    weights = random_weights(graph)
    weights["conv2d/bias"][:] = 1e5
    with pytest.raises(SpecError) as caught:
        nnspec.export(graph, tmp_path / "net.onnx", weights=weights, dtype="float16")
    (found,) = caught.value.diagnostics
    assert found.code == "NN305" and found.span is not None and found.span.text.startswith("Conv2D")
    assert found.message == "conv2d/bias has values beyond the range of float16"
    assert not list(tmp_path.iterdir())


def test_layers_that_do_not_take_the_dtype_are_told(tmp_path: Path) -> None:
    layers = "[{ReLU: {max_value: 1000000.0}}, {ReLU: {threshold: 70000.0}}]"
    text = f"nnspec: 1\nname: n\ninputs: {{x: [4]}}\nlayers: {layers}"
    with pytest.raises(SpecError) as caught:
        nnspec.export(nnspec.loads(text), tmp_path / "net.onnx", dtype="float16")
    assert [found.code for found in caught.value.diagnostics] == ["NN104", "NN104"]
    assert all("beyond the range of float16" in found.message for found in caught.value.diagnostics)


# --- the command


def export(tmp_path: Path, *words: str) -> Result:
    spec = tmp_path / "net.nn.yaml"
    spec.write_text(SPEC)
    return CliRunner().invoke(commands, ["export", str(spec), "-o", str(tmp_path / "net.onnx"), *words])


def test_the_command_shows_the_differences(tmp_path: Path) -> None:
    done = export(tmp_path, "--dtype", "float16")
    assert done.exit_code == 0, done.output
    kind, meant, wrote = done.stderr.splitlines()
    assert kind.startswith("output kind differs from float32 by 0.000")
    assert kind.endswith("of the greatest magnitude, over 3 random inputs")
    assert meant.startswith("output meant differs")
    assert wrote.startswith("wrote ")


def test_a_model_too_far_off_is_not_written(tmp_path: Path) -> None:
    words = ["--dtype", "bfloat16", "--tolerance", "1e-6"]
    graph = nnspec.loads(SPEC)
    with pytest.raises(SpecError, match="the model in bfloat16 is further from the float32 one than 1e-06"):
        nnspec.export(graph, tmp_path / "net.onnx", dtype="bfloat16", tolerance=1e-6)
    assert export(tmp_path, *words).exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["net.nn.yaml"]


def test_tf2onnx_gives_no_other_dtype(tmp_path: Path) -> None:
    done = export(tmp_path, "--dtype", "float16", "--via", "tf2onnx")
    assert done.exit_code == 2 and "no --inputs, --outputs, --dtype or --quantize" in done.output
