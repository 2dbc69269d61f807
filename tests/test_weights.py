"""The store of weights: how they are drawn and saved, and loaded from files of all kinds, Keras's own too."""

from __future__ import annotations

import bz2
import json
import math
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nnspec.backends.weights import Weights, draw, initialize, keras_files, load, save
from nnspec.backends.weights.stored import numpy_dtype
from nnspec.compiler.graph import Argument, Graph, Node, Output, Place, Value
from nnspec.spec.diagnostics import Diagnostic, SpecError
from nnspec.spec.initializers import (
    GLOROT_UNIFORM,
    INITIALIZERS,
    ONES,
    ZEROS,
    EinsumKernel,
    Fixed,
    Initializer,
    UnitForgetBias,
)
from nnspec.spec.layers.base import Layer
from nnspec.spec.named import Named
from nnspec.spec.source import Source, Span
from nnspec.spec.types import Signature, WeightSpec

SOURCE = Source("net.nn.yaml", "".join(f"line {number}\n" for number in range(50)))

KERNELS = [(400, 300), (3, 3, 30, 50), (5, 40, 60), (3000,)]


def node(name: str, kind: str, weights: Iterable[WeightSpec], inputs: Iterable[str] = ()) -> Node:
    """A layer of any kind, with these weights; each name has a place of its own in the source."""
    start = sum(name.encode()) % len(SOURCE.text)
    layer = type(kind, (Layer,), {"__module__": __name__})()
    arguments = tuple(Argument("inputs", Value(i)) for i in inputs)
    return Node(name, layer, arguments, Signature((), tuple(weights)), Place(Span(SOURCE, start, start + 1)))


def graph_of(*nodes: Node, outputs: Iterable[str] | None = None) -> Graph:
    names = [nodes[-1].name] if outputs is None else list(outputs)
    ends = tuple(Output(name, Value(name)) for name in names)
    return Graph("net", "", "float32", (), nodes, ends, None, SOURCE)


def dense(name: str = "dense", dtype: str = "float32", initializer: Initializer = GLOROT_UNIFORM) -> Node:
    kernel = WeightSpec("kernel", (4, 3), initializer, dtype=dtype)
    return node(name, "Dense", [kernel, WeightSpec("bias", (3,), ZEROS, dtype=dtype)])


def findings(action: Callable[[], object]) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        action()
    return caught.value.diagnostics


def only(action: Callable[[], object]) -> Diagnostic:
    (diagnostic,) = findings(action)
    return diagnostic


def same(one: Weights, other: Weights) -> bool:
    return list(one) == list(other) and all(
        one[key].dtype == other[key].dtype and np.array_equal(one[key], other[key]) for key in one
    )


# Drawing ------------------------------------------------------------------------------------------


def drawn(initializer: Initializer, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return draw.draw(initializer, shape, seed, "layer/weight")


def by_keras(initializer: Named, shape: tuple[int, ...]) -> np.ndarray:
    keras = pytest.importorskip("keras")
    made = getattr(keras.initializers, initializer.name)(**{"seed": 7, **dict(initializer.arguments)})
    return np.asarray(made(shape))


RANDOM = [
    *(INITIALIZERS.named(name) for name in draw.SCALINGS),
    INITIALIZERS.named("RandomNormal"),
    INITIALIZERS.named("RandomNormal", mean=1.0, stddev=2.0),
    INITIALIZERS.named("RandomUniform"),
    INITIALIZERS.named("RandomUniform", minval=1.0, maxval=3.0),
    INITIALIZERS.named("TruncatedNormal"),
    INITIALIZERS.named("TruncatedNormal", mean=-1.0, stddev=0.5),
    *(
        INITIALIZERS.named("VarianceScaling", scale=3.0, mode=mode, distribution=distribution)
        for mode in ("fan_in", "fan_out", "fan_avg")
        for distribution in ("truncated_normal", "untruncated_normal", "uniform")
    ),
]


@pytest.mark.parametrize("shape", KERNELS, ids=str)
@pytest.mark.parametrize(
    "initializer", RANDOM, ids=lambda named: "-".join(map(str, [named.name, *named.arguments]))
)
def test_a_distribution_is_keras_s(initializer: Named, shape: tuple[int, ...]):
    """Mean, spread and bounds of two samples of n differ by a few times 1/√n of the spread."""
    ours, theirs = drawn(initializer, shape), by_keras(initializer, shape)
    spread, slack = theirs.std(), 5 / math.sqrt(ours.size)
    assert ours.shape == theirs.shape
    assert abs(ours.mean() - theirs.mean()) < 2 * slack * spread
    assert abs(ours.std() / spread - 1) < slack
    quantiles = [0.1, 0.25, 0.5, 0.75, 0.9]
    assert np.abs(np.quantile(ours, quantiles) - np.quantile(theirs, quantiles)).max() < 3 * slack * spread


@pytest.mark.parametrize("initializer", [n for n in RANDOM if "ormal" not in str(n)], ids=str)
def test_a_uniform_distribution_ends_where_keras_s_does(initializer: Named):
    ours, theirs = drawn(initializer, (400, 300)), by_keras(initializer, (400, 300))
    assert ours.max() == pytest.approx(theirs.max(), rel=1e-3)
    assert ours.min() == pytest.approx(theirs.min(), rel=1e-3)


def test_a_truncated_distribution_ends_at_two_standard_deviations():
    values = drawn(INITIALIZERS.named("TruncatedNormal", mean=3.0, stddev=0.5), (100_000,))
    assert 1.99 < np.abs(values - 3).max() / 0.5 <= 2


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (3, 3, 2, 5), (2, 2, 1, 30)], ids=str)
def test_an_orthogonal_matrix(shape: tuple[int, ...]):
    values = drawn(INITIALIZERS.named("Orthogonal", gain=2.0), shape)
    assert values.shape == shape == by_keras(INITIALIZERS.named("Orthogonal"), shape).shape
    matrix = values.reshape(-1, shape[-1]) / 2
    product = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    assert np.abs(product - np.eye(len(product))).max() < 1e-12


def test_an_orthogonal_matrix_has_no_preferred_sign():
    first = [drawn(INITIALIZERS.named("Orthogonal"), (3, 3), seed)[0, 0] for seed in range(400)]
    assert abs(np.mean(np.sign(first))) < 0.2


def test_what_is_not_random():
    assert np.array_equal(drawn(ZEROS, (2, 3)), np.zeros((2, 3)))
    assert np.array_equal(drawn(ONES, ()), np.ones(()))
    assert np.array_equal(drawn(INITIALIZERS.named("Constant", value=2.5), (2,)), [2.5, 2.5])
    identity = INITIALIZERS.named("Identity", gain=3.0)
    for shape in ((3, 3), (2, 4)):
        keras = pytest.importorskip("keras")
        assert np.array_equal(drawn(identity, shape), np.asarray(keras.initializers.Identity(3.0)(shape)))
    assert np.array_equal(drawn(Fixed([[1, 2.5]], (1, 2)), (1, 2)), [[1, 2.5]])


def test_every_initializer_of_the_catalogue_can_be_drawn():
    for name in INITIALIZERS.entries:
        assert drawn(INITIALIZERS.named(name), (4, 4)).shape == (4, 4)


def test_the_bias_of_an_lstm_opens_its_forget_gate():
    keras = pytest.importorskip("keras")
    layer = keras.layers.LSTM(3)
    layer.build((None, 2, 2))
    assert np.array_equal(drawn(UnitForgetBias(ZEROS), (12,)), np.asarray(layer.weights[2]))
    values = drawn(UnitForgetBias(INITIALIZERS.named("RandomNormal")), (12,))
    assert np.array_equal(values[3:6], np.ones(3))
    assert len(set(values)) == 10


def test_the_kernels_of_attention_scale_by_the_axes_that_are_summed():
    keras = pytest.importorskip("keras")
    layer = keras.layers.MultiHeadAttention(4, 50)
    layer.build((None, 2, 80), (None, 2, 80))
    axes = {"query": ((0,), (1, 2)), "attention_output": ((0, 1), (2,))}
    for weight in layer.weights:
        name = weight.path.split("/")[-2]
        if name in axes and weight.name == "kernel":
            ours = drawn(EinsumKernel(GLOROT_UNIFORM, *axes[name]), tuple(weight.shape))
            assert ours.std() == pytest.approx(np.asarray(weight).std(), rel=0.02)
            assert np.abs(ours).max() == pytest.approx(np.abs(np.asarray(weight)).max(), rel=0.01)


def test_weights_depend_on_the_seed_and_their_own_key_only():
    alone, joined = graph_of(dense("b")), graph_of(dense("a"), dense("b"), dense("c"))
    assert np.array_equal(initialize(alone)["b/kernel"], initialize(joined)["b/kernel"])
    assert not np.array_equal(initialize(joined)["a/kernel"], initialize(joined)["b/kernel"])
    assert not np.array_equal(initialize(alone)["b/kernel"], initialize(alone, 1)["b/kernel"])
    assert same(initialize(joined, 5), initialize(joined, 5))
    assert list(initialize(joined)) == list(joined.weights)


def test_the_numbers_stay_what_they_are():
    """A change of these would change every model that is built from a seed."""
    values = initialize(graph_of(dense()), 42)["dense/kernel"]
    assert values.dtype == np.float32
    assert values[0].tolist() == pytest.approx(PINNED, abs=1e-7)


PINNED = [-0.0219949, -0.3921035, -0.3948121]


def test_an_initializer_s_own_seed_takes_the_place_of_both():
    seeded = INITIALIZERS.named("GlorotUniform", seed=3)
    graph = graph_of(dense("a", initializer=seeded), dense("b", initializer=seeded))
    assert np.array_equal(initialize(graph)["a/kernel"], initialize(graph, 1)["b/kernel"])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_weights_have_their_own_dtype(dtype: str):
    weights = initialize(graph_of(dense(dtype=dtype)))
    assert {value.dtype for value in weights.values()} == {numpy_dtype(dtype)}


def test_initializers_that_cannot_make_a_weight_are_all_named():
    bad = node(
        "a",
        "Dense",
        [
            WeightSpec("kernel", (2, 2, 2), INITIALIZERS.named("Identity")),
            WeightSpec("bias", (3,), INITIALIZERS.named("Orthogonal")),
            WeightSpec("gain", (3,), INITIALIZERS.named("Constant", value=1e6), dtype="float16"),
        ],
    )
    found = findings(lambda: initialize(graph_of(bad)))
    assert [d.code for d in found] == ["NN203", "NN203", "NN305"]
    assert {d.span for d in found} == {bad.place.span}
    assert "a/bias has shape [3]: Orthogonal makes weights of two axes or more" in [d.message for d in found]


# Saving and loading -------------------------------------------------------------------------------

KINDS = (".npz", ".safetensors")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_saved_is_loaded(tmp_path: Path, kind: str, dtype: str):
    counter = node("n", "Normalization", [WeightSpec("count", (), ZEROS, False, "int64")])
    graph = graph_of(dense("a", dtype), dense("b", dtype), counter)
    weights = initialize(graph)
    save(weights, tmp_path / f"w{kind}")
    assert same(load(tmp_path / f"w{kind}", graph), weights)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_weights_give_the_same_bytes(tmp_path: Path, kind: str):
    weights = initialize(graph_of(dense("a"), dense("b")))
    turned = {key: np.asfortranarray(value).astype(">f4") for key, value in reversed(weights.items())}
    save(weights, tmp_path / f"one{kind}")
    save(turned, tmp_path / f"two{kind}")
    assert (tmp_path / f"one{kind}").read_bytes() == (tmp_path / f"two{kind}").read_bytes()


def test_numpy_reads_what_is_saved_and_is_read(tmp_path: Path):
    graph = graph_of(dense())
    weights = initialize(graph)
    save(weights, tmp_path / "ours.npz")
    with np.load(tmp_path / "ours.npz") as stored:
        assert all(np.array_equal(stored[key], value) for key, value in weights.items())
    columns: dict[str, Any] = {key: np.asfortranarray(value) for key, value in weights.items()}
    np.savez(tmp_path / "theirs.npz", **columns)
    np.savez_compressed(
        tmp_path / "packed.npz", **{key: value.astype(">f4") for key, value in weights.items()}
    )
    for name in ("theirs.npz", "packed.npz"):
        assert same(load(tmp_path / name, graph), weights)


def test_a_wider_dtype_is_taken_where_it_holds_the_same_numbers(tmp_path: Path):
    graph = graph_of(dense())
    weights = initialize(graph)
    wide: dict[str, Any] = {key: value.astype("float64") for key, value in weights.items()}
    np.savez(tmp_path / "w.npz", **wide)
    assert same(load(tmp_path / "w.npz", graph), weights)


def test_an_unknown_kind_is_not_written(tmp_path: Path):
    found = only(lambda: save({}, tmp_path / "w.bin"))
    assert (found.code, found.message.rpartition(": ")[2]) == (
        "NN404",
        "weights are written as .npz or .safetensors",
    )
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_is_wrong_with_weights_is_said_at_once(tmp_path: Path, kind: str):
    graph = graph_of(*map(dense, "abcdef"))
    weights = initialize(graph)
    weights["a/kernel"] = np.full((4, 3), np.nan, np.float32)
    weights["b/kernel"] = weights["b/kernel"].T
    weights["c/kernel"] = weights["c/kernel"].astype("float64") / 3
    weights["d/kernel"] = np.ones((4, 3), np.int32)
    weights["e/krnel"] = weights.pop("e/kernel")
    weights["zzz"] = np.ones((1,), np.float32)
    weights["f/bias"][1] = np.inf
    save(weights, tmp_path / f"w{kind}")
    file, found = f"w{kind}", findings(lambda: load(tmp_path / f"w{kind}", graph))
    known = f"known weights: {', '.join(sorted(graph.weights))}"
    assert {(d.code, d.message, d.help) for d in found} == {
        (
            "NN305",
            f"a/kernel in {file} has 12 values that are not finite, the first at [0, 0]",
            "look for what went wrong in training",
        ),
        (
            "NN302",
            f"b/kernel has shape [3, 4] in {file}, and [4, 3] in the network",
            "the axes are in another order: kernels are Keras's, with inputs before outputs",
        ),
        (
            "NN302",
            f"c/kernel in {file} has float64 values that float32 cannot hold exactly",
            "round them to float32 before saving them",
        ),
        ("NN302", f"d/kernel is int32 in {file}, and float32 in the network", "save it as float32"),
        ("NN303", f"{file} has no e/kernel, of shape [4, 3]", 'did you mean "e/krnel"?'),
        ("NN304", f"{file} has e/krnel, which the network does not have", 'did you mean "e/kernel"?'),
        (
            "NN305",
            f"f/bias in {file} has a value that is not finite, at [1]",
            "look for what went wrong in training",
        ),
        ("NN304", f"{file} has zzz, which the network does not have", known),
    }
    spans = {d.message.split("/")[0][-1]: d.span for d in found if "zzz" not in d.message}
    assert spans == {name: graph.by_name[name].place.span for name in "abcdef"}


# Files that cannot be read ------------------------------------------------------------------------


def npy(descr: str = "<f4", shape: str = "(4, 3)", data: bytes = b"\0" * 48) -> bytes:
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def zipped(path: Path, compression: int = zipfile.ZIP_STORED, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(f"dense/{name}.npy", data)
    return path


def test_a_plain_npy_by_hand_is_read(tmp_path: Path):
    path = zipped(tmp_path / "w.npz", kernel=npy(), bias=npy(shape="(3,)", data=b"\0" * 12))
    assert same(
        load(path, graph_of(dense())), {k: np.zeros_like(v) for k, v in initialize(graph_of(dense())).items()}
    )


@pytest.mark.parametrize(
    ("kernel", "code", "words"),
    [
        (npy(shape="(1000000, 1000000)"), "NN302", "has shape [1000000, 1000000]"),
        (npy(shape="(4, 3)", data=b"\0" * 40), "NN301", "not as long as it says"),
        (npy(data=bytes(50 << 20)), "NN301", "not as long as it says"),
        (npy(descr="|O", data=pickle.dumps([1])), "NN301", "never unpickled"),
        (npy(descr="<U4", data=bytes(12 * 16)), "NN302", "is str128"),
        (npy(descr="<c8", data=bytes(12 * 8)), "NN302", "is complex64"),
        (npy(shape="(-1, 3)"), "NN302", "has shape [-1, 3]"),
        (npy().replace(b"fortran_order", b"fortran_ordem"), "NN301", "damaged"),
        (b"", "NN301", "damaged"),
        (b"\x93NUMPY\x07\x00", "NN301", "an unknown version of .npy"),
    ],
    ids=range(10),
)
def test_hostile_arrays(tmp_path: Path, kernel: bytes, code: str, words: str):
    path = zipped(
        tmp_path / "w.npz", zipfile.ZIP_DEFLATED, kernel=kernel, bias=npy(shape="(3,)", data=b"\0" * 12)
    )
    found = only(lambda: load(path, graph_of(dense())))
    assert found.code == code
    assert words in found.message


def test_a_wrong_checksum_is_found(tmp_path: Path):
    path = zipped(tmp_path / "w.npz", kernel=npy(data=b"x" * 48), bias=npy(shape="(3,)", data=b"\0" * 12))
    path.write_bytes(path.read_bytes().replace(b"xxxx", b"yxxx", 1))
    assert only(lambda: load(path, graph_of(dense()))).code == "NN301"


def test_unusual_zip_files(tmp_path: Path):
    graph = graph_of(dense())
    path = zipped(tmp_path / "lzma.npz", zipfile.ZIP_LZMA, kernel=npy())
    assert "compressed in an unusual way" in only(lambda: load(path, graph)).message
    with pytest.warns(UserWarning), zipfile.ZipFile(tmp_path / "twice.npz", "w") as archive:
        archive.writestr("dense/kernel.npy", npy())
        archive.writestr("dense/kernel.npy", npy())
    assert 'it holds "dense/kernel" twice' in only(lambda: load(tmp_path / "twice.npz", graph)).message


def test_a_zip_file_with_a_monstrous_table_of_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from nnspec.backends.weights import archives

    path = zipped(tmp_path / "w.npz", kernel=npy(), bias=npy(), gain=npy())
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    assert "it holds 3 files, and the limit is 2" in only(lambda: load(path, graph_of(dense()))).message
    monkeypatch.setattr(archives, "MAX_TABLE", 100)
    assert "table of contents" in only(lambda: load(path, graph_of(dense()))).message


@pytest.mark.parametrize("suffix", [".npz", ".safetensors", ".keras", ".weights.h5"])
def test_what_is_no_file_of_weights(tmp_path: Path, suffix: str):
    graph = graph_of(dense())
    path = tmp_path / f"w{suffix}"
    assert only(lambda: load(path, graph)).message == f'cannot read "{path}": no such file or directory'
    for data in (b"", b"nothing of the kind", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", bz2.compress(b"x" * 999)):
        path.write_bytes(data)
        assert only(lambda: load(path, graph)).code == "NN301"
    path.unlink()
    path.mkdir()
    assert "directory" in only(lambda: load(path, graph)).message
    path.rmdir()
    os.mkfifo(path)
    assert "it is a pipe" in only(lambda: load(path, graph)).message
    link = tmp_path / f"link{suffix}"
    link.symlink_to("/dev/zero")
    assert "it is a link" in only(lambda: load(link, graph)).message


def test_kinds_that_are_not_known(tmp_path: Path):
    found = only(lambda: load(tmp_path / "w.pkl", graph_of(dense())))
    assert (found.code, found.help) == ("NN301", "known are .npz, .safetensors, .weights.h5 and .keras")
    assert 'no kind of weights is named ".pkl"' in found.message
    assert only(lambda: load("weights\0.npz", graph_of(dense()))).code == "NN301"


@pytest.mark.parametrize("header", [1 << 60, 65 << 20, 10_000])
def test_a_safetensors_header_that_is_longer_than_the_file(tmp_path: Path, header: int):
    path = tmp_path / "w.safetensors"
    path.write_bytes(struct.pack("<Q", header) + b"{}")
    assert only(lambda: load(path, graph_of(dense()))).code == "NN301"


def test_a_safetensors_file_that_claims_more_than_it_has(tmp_path: Path):
    tensor = {"dtype": "F32", "shape": [10**6, 10**6], "data_offsets": [0, 4 * 10**12]}
    header = json.dumps({"dense/kernel": tensor}).encode()
    path = tmp_path / "w.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    assert only(lambda: load(path, graph_of(dense()))).code == "NN301"


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import sys

    for suffix, module in ((".safetensors", "safetensors"), (".h5", "h5py")):
        path = tmp_path / f"w{suffix}"
        path.write_bytes(b"")
        monkeypatch.setitem(sys.modules, module, None)
        found = only(lambda: load(path, graph_of(dense())))  # noqa: B023
        assert (found.code, found.help) == ("NN401", 'pip install "nnspec[weights]"')


@pytest.mark.parametrize("kind", [".npz", ".safetensors", ".keras", ".weights.h5"])
def test_damage_anywhere_is_an_error_or_is_not_seen(tmp_path: Path, kind: str, files: Path):
    """Flipped, cut and repeated bytes: each file is read as it was, or refused."""
    graph, path = graph_of(dense()), tmp_path / f"w{kind}"
    data = (files / f"w{kind}").read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(150 if kind in KINDS else 8):
        path.write_bytes(damaged(data, rng))
        try:
            assert set(load(path, graph)) == set(graph.weights)
        except SpecError as error:
            assert {d.code for d in error.diagnostics} <= {"NN301", "NN302", "NN303", "NN304", "NN305"}


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    at, to = sorted(int(i) for i in rng.integers(0, len(data), 2))
    match rng.integers(4):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + data[to:]
        case 2:
            return data[:to] + data[at:]
    flipped = bytearray(data)
    for place in rng.integers(0, len(data), rng.integers(1, 20)):
        flipped[place] = int(rng.integers(256))
    return bytes(flipped)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same weights of one Dense in every kind of file."""
    keras = pytest.importorskip("keras")
    folder = tmp_path_factory.mktemp("files")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="dense")])
    for kind in KINDS:
        save(initialize(graph_of(dense())), folder / f"w{kind}")
    model.save(folder / "w.keras")
    model.save_weights(folder / "w.weights.h5")
    return folder


# Keras's own files --------------------------------------------------------------------------------


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
