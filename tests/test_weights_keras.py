"""Keras's own files of weights, read without Keras."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nnspec.backends.weights import Weights, initialize, keras_files, load
from nnspec.compiler.graph import Graph, Node
from nnspec.spec.initializers import (
    ZEROS,
)
from nnspec.spec.types import WeightSpec
from stores import SOURCE, dense, findings, graph_of, in_every_kind, node, only, same


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return in_every_kind(tmp_path_factory.mktemp("files"))


def keras_graph(model: Any, rename: Callable[[str], str] = str) -> tuple[Graph, Weights]:
    """A Keras model's layers as a graph, under these names, and the weights that they have."""
    nodes: list[Node] = []
    weights: Weights = {}
    for layer in model.layers:
        if type(layer).__name__ == "InputLayer":
            continue
        name = rename(layer.name)
        values = layer.get_weights()
        specs = [
            WeightSpec(w.path, v.shape, ZEROS, True, str(v.dtype))
            for w, v in zip(layer.weights, values, strict=True)
        ]
        inputs = [rename(parent.operation.name) for parent in layer._inbound_nodes[0].parent_nodes]
        nodes.append(node(name, type(layer).__name__, specs, inputs))
        weights |= {f"{name}/{spec.name}": value for spec, value in zip(specs, values, strict=True)}
    return graph_of(*nodes, outputs=[rename(t._keras_history.operation.name) for t in model.outputs]), weights


def randomize(model: Any) -> Any:
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape).astype(w.dtype) for w in model.get_weights()])
    return model


def every_kind_of_layer() -> Any:
    keras = pytest.importorskip("keras")
    layers = keras.layers
    image = keras.Input((8, 8, 2))
    x = layers.Conv2D(4, 3)(image)
    x = layers.BatchNormalization()(x)
    x = layers.SeparableConv2D(6, 3, padding="same")(x)
    x = layers.DepthwiseConv2D(3, padding="same")(x)
    x = layers.PReLU(shared_axes=[1, 2])(layers.Dropout(0.5)(x))
    x = layers.Reshape((36, 6))(x)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    x = layers.MultiHeadAttention(2, 3)(x, x)
    x = layers.MultiHeadAttention(2, 3, use_gate=True)(x, x)
    x = layers.GroupQueryAttention(3, 4, 2, use_gate=True)(x, x)
    x = layers.SpectralNormalization(layers.Conv1D(6, 1))(layers.UnitNormalization()(x))
    x = layers.ReversibleEmbedding(6, 6, tie_weights=False)(x, reverse=True)
    x = layers.RMSNormalization()(layers.SpectralNormalization(layers.Dense(6, use_bias=False))(x))
    x = layers.LayerNormalization()(x)
    x = layers.TimeDistributed(layers.Dense(5))(x)
    x = layers.GRU(4, return_sequences=True)(x)
    x = layers.Bidirectional(layers.GRU(2, return_sequences=True), merge_mode="sum")(x)
    x = layers.TimeDistributed(layers.Conv1D(2, 1))(layers.Reshape((36, 2, 1))(x))
    x = layers.LSTM(3)(layers.Reshape((36, 4))(x))
    x = layers.Normalization()(layers.Dense(5)(x))
    return randomize(keras.Model(image, layers.Dense(2)(x)))


def branches() -> Any:
    """Layers of one class on branches of unequal length: made, called and walked in different orders."""
    keras = pytest.importorskip("keras")
    layers = keras.layers
    image = keras.Input((6,))
    first, second, third, fourth, last = (layers.Dense(6) for _ in range(5))
    left = third(image)
    right = second(first(image))
    both = layers.Add()([right, left])
    return randomize(keras.Model(image, [last(both), layers.Add()([fourth(right), both])]))


def a_line() -> Any:
    keras = pytest.importorskip("keras")
    layers = [keras.layers.Dense(3) for _ in range(12)]
    return randomize(keras.Sequential([keras.Input((3,)), *layers]))


MODELS = [every_kind_of_layer, branches, a_line]


@pytest.mark.parametrize("names", ["the file's", "others"])
@pytest.mark.parametrize("suffix", ["keras", "weights.h5"])
@pytest.mark.parametrize("make", MODELS)
def test_keras_s_files(tmp_path: Path, make: Callable[[], Any], suffix: str, names: str):
    model = make()
    path = tmp_path / f"m.{suffix}"
    model.save(path) if suffix == "keras" else model.save_weights(path)
    graph, weights = keras_graph(model, str if names == "the file's" else lambda name: f"my_{name}")
    assert same(load(path, graph), weights)


@pytest.mark.parametrize("make", MODELS)
def test_the_order_of_layers_is_keras_s(make: Callable[[], Any]):
    model = make()
    graph, _ = keras_graph(model)
    expected = [layer.name for layer in model.layers if type(layer).__name__ != "InputLayer"]
    shuffled = Graph("net", "", "float32", (), graph.nodes, graph.outputs, None, SOURCE)
    assert [n.name for n in keras_files.keras_order(shuffled)] == expected


SPEC = """
nnspec: 1
name: net
inputs: {series: [12, 4]}
layers:
  - Conv1D: {filters: 4, kernel_size: 3, padding: same}
  - BatchNormalization
  - LSTM: {units: 3, return_sequences: true}
  - Bidirectional: {layer: {GRU: {units: 2, return_sequences: true}}}
  - MultiHeadAttention: {num_heads: 2, key_dim: 3}
    from: {query: bidirectional, value: bidirectional}
  - TimeDistributed: {layer: {Dense: 6}}
  - Normalization
  - {Dense: 3, name: left}
  - {Dense: 3, name: right, from: normalization}
  - {Add: , from: [right, left]}
"""


@pytest.mark.parametrize("suffix", ["keras", "weights.h5"])
def test_a_model_that_is_built_from_a_spec(tmp_path: Path, suffix: str):
    pytest.importorskip("keras")
    import nnspec
    from nnspec.backends.keras import build

    graph = nnspec.loads(SPEC)
    weights = initialize(graph, 3)
    model = build(graph, weights)
    path = tmp_path / f"m.{suffix}"
    model.save(path) if suffix == "keras" else model.save_weights(path)
    assert same(load(path, graph), weights)


def test_a_trained_and_compiled_model(tmp_path: Path):
    keras = pytest.importorskip("keras")
    model = a_line()
    model.compile(keras.optimizers.Adam(use_ema=True), "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 3)), verbose=0)
    model.save(tmp_path / "m.keras")
    graph, weights = keras_graph(model)
    assert same(load(tmp_path / "m.keras", graph), weights)


def test_bfloat16_in_a_keras_file(tmp_path: Path):
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, dtype="bfloat16")])
    model.save_weights(tmp_path / "m.weights.h5")
    graph, weights = keras_graph(model)
    assert same(load(tmp_path / "m.weights.h5", graph), weights)


def test_a_keras_file_of_another_network(tmp_path: Path):
    model = a_line()
    model.save_weights(tmp_path / "m.weights.h5")
    graph, _ = keras_graph(model)
    fewer = graph_of(*graph.nodes[:-1])
    found = findings(lambda: load(tmp_path / "m.weights.h5", fewer))
    name = model.layers[-1].name
    assert [(d.code, d.message) for d in found] == [
        ("NN304", f"m.weights.h5 has {name}/0, which the network does not have"),
        ("NN304", f"m.weights.h5 has {name}/1, which the network does not have"),
    ]
    more = graph_of(*graph.nodes, dense("extra"))
    found = findings(lambda: load(tmp_path / "m.weights.h5", more))
    assert [(d.code, d.message.split()[3]) for d in found] == [
        ("NN303", "extra/bias,"),
        ("NN303", "extra/kernel,"),
    ]


def test_a_layer_without_its_bias(tmp_path: Path):
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, use_bias=False, name="dense")])
    model.save_weights(tmp_path / "m.weights.h5")
    assert only(lambda: load(tmp_path / "m.weights.h5", graph_of(dense()))).code == "NN303"


def h5_with(path: Path, change: Callable[[Any, Any], None]) -> Path:
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as root:
        own = root.create_group("layers/dense/vars")
        own.attrs["name"] = "dense"
        own["0"], own["1"] = np.zeros((4, 3), np.float32), np.zeros(3, np.float32)
        change(h5py, root)
    return path


def external_link(h5py: Any, root: Any) -> None:
    del root["layers/dense/vars/0"]
    root["layers/dense/vars/0"] = h5py.ExternalLink("/etc/passwd", "/0")


def soft_link(h5py: Any, root: Any) -> None:
    del root["layers/dense/vars/0"]
    root["layers/dense/vars/0"] = h5py.SoftLink("/layers/dense/vars/1")


def linked_group(h5py: Any, root: Any) -> None:
    root["layers/dense/cell"] = h5py.ExternalLink("/etc/passwd", "/")


def outside(h5py: Any, root: Any) -> None:
    del root["layers/dense/vars/0"]
    root.create_dataset("layers/dense/vars/0", (4, 3), "f4", external=[("/etc/passwd", 0, 48)])


def virtual(h5py: Any, root: Any) -> None:
    del root["layers/dense/vars/0"]
    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (4, 3))
    root.create_virtual_dataset("layers/dense/vars/0", layout)


def cycle(_: Any, root: Any) -> None:
    root["layers/dense/cell"] = root["layers/dense"]


def group_for_array(_: Any, root: Any) -> None:
    del root["layers/dense/vars/0"]
    root.create_group("layers/dense/vars/0")


def array_for_group(_: Any, root: Any) -> None:
    del root["layers/dense/vars"]
    root["layers/dense/vars"] = np.zeros(3)


def huge_chunk(_: Any, root: Any) -> None:
    del root["layers/dense/vars/0"]
    root.create_dataset("layers/dense/vars/0", (4, 3), "f4", chunks=(20_000, 20_000), maxshape=(None, None))


def keras_2(_: Any, root: Any) -> None:
    del root["layers"]
    root.create_group("model_weights")


CHANGES = [
    *((change, "is a link, which is not followed") for change in (external_link, soft_link, linked_group)),
    *((change, "values outside") for change in (outside, virtual)),
    (cycle, "stands in two places"),
    (group_for_array, "not where Keras puts a dataset"),
    (array_for_group, "not where Keras puts a group"),
    (huge_chunk, "larger than it says"),
    (keras_2, "not laid out as Keras 3 does it"),
]


@pytest.mark.parametrize(("change", "words"), CHANGES, ids=[change.__name__ for change, _ in CHANGES])
def test_hostile_hdf5(tmp_path: Path, change: Callable[[Any, Any], None], words: str):
    path = h5_with(tmp_path / "m.weights.h5", change)
    found = only(lambda: load(path, graph_of(dense())))
    assert (found.code, words in found.message) == ("NN301", True), found.message


def test_an_hdf5_file_that_is_compressed(tmp_path: Path):
    def compress(_: Any, root: Any) -> None:
        del root["layers/dense/vars/0"]
        root.create_dataset(
            "layers/dense/vars/0", data=np.ones((4, 3), np.float32), compression="gzip", shuffle=True
        )

    path = h5_with(tmp_path / "m.weights.h5", compress)
    assert np.array_equal(load(path, graph_of(dense()))["dense/kernel"], np.ones((4, 3)))


def test_a_file_that_claims_a_huge_array(tmp_path: Path):
    def claim(_: Any, root: Any) -> None:
        del root["layers/dense/vars/0"]
        root.create_dataset("layers/dense/vars/0", (10**6, 10**6), "f4")

    path = h5_with(tmp_path / "m.weights.h5", claim)
    assert only(lambda: load(path, graph_of(dense()))).code == "NN302"


def test_a_keras_file_without_weights_or_with_far_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    assert "it holds no model.weights.h5" in only(lambda: load(path, graph_of(dense()))).message
    monkeypatch.setattr(keras_files, "BESIDES", 1000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(10_000_000))
    assert "far more than the network's" in only(lambda: load(path, graph_of(dense()))).message


def test_an_hdf5_file_that_the_library_never_finishes(
    tmp_path: Path, files: Path, monkeypatch: pytest.MonkeyPatch
):
    """A heap that says it is longer than it is: HDF5 looks for its end for ever."""
    data = (files / "w.weights.h5").read_bytes()
    endless = data.replace(b"GCOL\1\0\0\0\0\x10", b"GCOL\1\0\0\0\xc3\x10")
    assert endless != data
    path = tmp_path / "m.weights.h5"
    path.write_bytes(endless)
    monkeypatch.setattr(keras_files, "SECONDS", 3)
    monkeypatch.setattr(keras_files, "BYTES_PER_SECOND", 1 << 40)
    assert only(lambda: load(path, graph_of(dense()))).code == "NN301"


@pytest.mark.parametrize("suffix", ["keras", "weights.h5"])
def test_no_keras_is_imported(tmp_path: Path, files: Path, suffix: str, monkeypatch: pytest.MonkeyPatch):
    """Neither here nor in the process that reads the file, where these would be found first."""
    for name in ("keras", "tensorflow"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(1)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    assert set(load(files / f"w.{suffix}", graph_of(dense()))) == {"dense/kernel", "dense/bias"}
