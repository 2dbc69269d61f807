"""Weights as files: saved and loaded again, and files that nobody should trust."""

from __future__ import annotations

import bz2
import json
import os
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nnspec.backends.weights import initialize, load, save
from nnspec.spec.diagnostics import SpecError
from nnspec.spec.initializers import (
    ZEROS,
)
from nnspec.spec.types import WeightSpec
from stores import KINDS, dense, findings, graph_of, in_every_kind, node, only, same


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return in_every_kind(tmp_path_factory.mktemp("files"))


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
