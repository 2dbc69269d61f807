"""What goldens do not show of checking: bounds on time and number, what is left unsaid, and whatever else is
thrown at it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpus_files import ERR
from nnspec.compiler.pipeline import check
from nnspec.spec.diagnostics import CODES, MAX_DIAGNOSTICS, MORE, Diagnostic
from nnspec.spec.files import MAX_WEIGHT_FILE
from nnspec.spec.limits import Limits
from nnspec.spec.render import to_text
from nnspec.spec.size import MAX_PARTS
from nnspec.spec.source import Source
from reading import seconds

HEAD = "nnspec: 1\nname: net\ninputs: {x: [8]}\nlayers:\n"


def found(text: str, limits: Limits | None = None, root: Path | None = None) -> tuple[Diagnostic, ...]:
    return check(Source("net.nn.yaml", text), root or Path("."), limits).diagnostics


# --- how many, and in what order


def test_findings_stand_in_the_order_of_the_file() -> None:
    text = (
        HEAD
        + "  - Dense: {units: true, unit: 3}\n  - Dnse: 3\n  - Dense: 3\n    from: y\noutputs: z\nextra: 1\n"
    )
    places = [d.span.start for d in found(text) if d.span]
    assert len(places) == 6
    assert places == sorted(places)


@pytest.mark.parametrize(("errors", "shown", "more"), [(99, 99, False), (100, 100, False), (101, 100, True)])
def test_who_reads_too_many_errors_learns_that_there_are_more(errors: int, shown: int, more: bool) -> None:
    diagnostics = found(HEAD + "  - Dnse: 3\n" * errors)
    assert len(diagnostics) == shown
    assert [MORE in d.notes for d in diagnostics] == [False] * (shown - 1) + [more]


def test_warnings_are_capped_too_and_do_no_harm() -> None:
    checked = check(Source("net.nn.yaml", HEAD + "  - Dense: 3\n    from: x\n" * 150))
    assert checked.graph is not None and len(checked.graph.nodes) == 1
    assert len(checked.diagnostics) == MAX_DIAGNOSTICS


def test_one_finding_of_a_preset_is_told_once_however_often_it_is_used() -> None:
    presets = "presets:\n  Wide: {Dense: {activation: rellu}}\n"
    (only,) = found(HEAD.replace("layers:", presets + "layers:") + "  - Wide: 3\n" * 20)
    assert only.code == "NN113"


# --- what only follows from an error is left unsaid


@pytest.mark.parametrize(
    "text",
    [
        HEAD
        + "  - Dnse: 3\n    name: a\n  - Flatten\n  - Conv2D: {filters: 3, kernel_size: 3}\n    from: a\n",
        HEAD + "  - 3\n  - Flatten\n  - Conv2D: {filters: 3, kernel_size: 3}\n",
        HEAD + "  - Dense: 3\n    name: a/b\n  - Dense: 3\n    from: a/b\noutputs: a/b\n",
        HEAD + "  - Dense: 3\n    from: [[x]]\n  - Conv2D: {filters: 3, kernel_size: 3}\n",
        HEAD + "  - Dense: {unitz: 3}\n  - Conv2D: {filters: 3, kernel_size: 3}\n",
        HEAD.replace("[8]", "[0]") + "  - Conv2D: {filters: 3, kernel_size: 3}\n    from: x\n",
        HEAD.replace("x: [8]", "2x: [8]") + "  - Dense: 3\n    from: 2x\n",
        HEAD.replace("inputs: {x: [8]}\n", "") + "  - Dense: 3\n  - Dense: 3\n    from: x\n",
        HEAD.replace("layers:\n", "layer:\n") + "  - Dense: 3\n    name: a\noutputs: a\n",
        HEAD.replace("layers:", "presets: {Wide: 3}\nlayers:") + "  - Wide: 3\n  - Wide: {unitz: 3}\n",
        HEAD + "  - TimeDistributed: {layer: {Dnse: 3}}\n",
        HEAD + "  - Dense: 3\n    name: a\noutputs: {y: [a]}\n",
    ],
)
def test_one_mistake_gets_one_answer(text: str) -> None:
    diagnostics = found(text)
    assert len(diagnostics) == 1, to_text(diagnostics)


@pytest.mark.parametrize("path", [path for path in ERR if path.suffix == ".yaml"], ids=lambda path: path.name)
def test_every_answer_says_what_to_do(path: Path) -> None:
    if path.name.startswith("latin"):
        return
    for diagnostic in found(path.read_bytes().decode(), root=path.parent):
        assert diagnostic.code in CODES
        assert diagnostic.help, diagnostic.message
        assert diagnostic.span is not None


# --- limits


def test_layers_are_counted_before_any_is_made() -> None:
    (only,) = found(HEAD + "  - Dense: 3\n" * 11, Limits(layers=10))
    assert (only.code, only.span.line if only.span else 0) == ("NN003", 15)
    assert only.help == "raise the limit with --max-layers N"
    assert not found(HEAD + "  - Dense: 3\n" * 10, Limits(layers=10))


def test_weights_and_activations_are_weighed_before_any_is_made() -> None:
    text = HEAD + "  - Dense: 100\n"  # 8 * 100 + 100 weights, 8 + 100 activations, four bytes each
    assert not found(text, Limits(bytes=4 * (900 + 108)))
    (only,) = found(text, Limits(bytes=4 * (900 + 108) - 1))
    assert (only.code, only.help) == ("NN003", "raise the limit with --max-bytes N")
    assert only.span is not None and only.span.text == "Dense"


@pytest.mark.parametrize(
    "layers",
    [
        "  - ZeroPadding2D: 1\n  - UpSampling2D: 3\n  - MaxPooling2D: 2\n" * 40,
        "  - MaxPooling2D: [2, 1]\n  - Concatenate: {axis: 1}\n    from: [previous, image]\n" * 100,
        "  - ZeroPadding2D: 1000000000\n" * 100,
        "  - UpSampling2D: 1000000\n" * 100,
    ],
)
def test_sizes_that_grow_with_each_layer_are_stopped(layers: str) -> None:
    text = "nnspec: 1\nname: net\ninputs: {image: [height, width, 1]}\nlayers:\n" + layers
    diagnostics: list[Diagnostic] = []
    assert seconds(lambda: diagnostics.extend(found(text))) < 1
    assert all(d.code == "NN003" for d in diagnostics)


def test_the_bound_on_sizes_is_above_what_networks_have() -> None:
    text = "nnspec: 1\nname: net\ninputs: {image: [height, width, 3]}\nlayers:\n"
    text += "  - Conv2D: {filters: 8, kernel_size: 3, strides: 2, padding: same}\n" * 30
    checked = check(Source("net.nn.yaml", text))
    assert checked.graph is not None
    sizes = [size for node in checked.graph.nodes for size in node.signature.output.shape]
    assert max(size.parts for size in sizes if not isinstance(size, int)) < MAX_PARTS / 10


def test_an_input_has_a_bounded_number_of_axes() -> None:
    (only,) = found(HEAD.replace("[8]", f"[{', '.join('8' * 500)}]") + "  - Flatten\n")
    assert only.code == "NN104"


# --- time

MANY = 10_000

LARGE = {
    "layers": HEAD + "  - Dense: {units: 8, activation: relu}\n" * MANY,
    "names and references": HEAD
    + "  - Dense: 8\n    name: l0\n"
    + "".join(f"  - Dense: 8\n    name: l{i}\n    from: l{i - 1}\n" for i in range(1, MANY)),
    "inputs": "nnspec: 1\nname: net\ninputs:\n"
    + "".join(f"  i{i}: [8]\n" for i in range(MANY))
    + "layers:\n  - Dense: 8\n    from: i0\n",
    "outputs": HEAD
    + "".join(f"  - Dense: 8\n    name: l{i}\n" for i in range(MANY // 2))
    + f"outputs: {{{', '.join(f'o{i}: l{i}' for i in range(MANY // 2))}}}\n",
    "unknown layers": HEAD + "  - Dnse: 8\n" * MANY,
    "unknown references": HEAD
    + "".join(f"  - Dense: 8\n    name: layer_number_{i}\n    from: layer_nmber_{i}x\n" for i in range(MANY)),
    "unknown fields": HEAD + f"  - Dense: {{units: 8, {', '.join(f'kernel{i}: 1' for i in range(MANY))}}}\n",
    "unknown sections": HEAD + "  - Dense: 8\n" + "".join(f"layers{i}: 1\n" for i in range(MANY)),
    "values": HEAD + f"  - Dense: {{units: 8, bias_initializer: {{values: [{', '.join('1' * MANY)}]}}}}\n",
}


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_large_files_take_time_in_proportion(text: str) -> None:
    assert seconds(lambda: found(text)) < 3


# --- files of weights


def weights_spec(file: str) -> str:
    return (
        HEAD + f"  - Dense: {{units: 3, use_bias: false, kernel_initializer: {{file: {json.dumps(file)}}}}}\n"
    )


def save(folder: Path, array: Any, name: str = "w.npy") -> Path:
    np.save(folder / name, array, allow_pickle=True)
    return folder / name


def link_out(folder: Path) -> None:
    outside = folder.parent / "outside.npy"
    np.save(outside, np.zeros((8, 3), "float32"))
    (folder / "w.npy").symlink_to(outside)


def huge_claim(folder: Path) -> None:
    data = save(folder, np.zeros((8, 3), "float32")).read_bytes()
    (folder / "w.npy").write_bytes(data.replace(b"(8, 3), }  ", b"(8888888, 3333), }")[: len(data)])


def put(data: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / "w.npy").write_bytes(data)


def put_array(array: Any) -> Callable[[Path], object]:
    return lambda folder: save(folder, array)


def put_link(target: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "w.npy").symlink_to(target)


def put_archive(folder: Path) -> None:
    np.savez(folder / "w.npz", np.zeros((8, 3)))
    (folder / "w.npz").rename(folder / "w.npy")


BAD_FILES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "link out of the root": (link_out, "NN301", "outside"),
    "link to nothing": (put_link("none.npy"), "NN301", "no such file"),
    "link to itself": (put_link("w.npy"), "NN301", "cannot be read"),
    "link to a device": (put_link("/dev/zero"), "NN301", "outside"),
    "pipe": (lambda folder: os.mkfifo(folder / "w.npy"), "NN301", "not a regular file"),
    "folder": (lambda folder: (folder / "w.npy").mkdir(), "NN301", "not a regular file"),
    "empty": (put(b""), "NN301", "not a .npy file"),
    "text": (put(b"1 2 3"), "NN301", "not a .npy file"),
    "archive": (put_archive, "NN301", "not a .npy file"),
    "code for a header": (put(b"\x93NUMPY\x01\x00\x10\x00__import__('os')"), "NN301", "header"),
    "more in the header than in the file": (huge_claim, "NN301", "header"),
    "objects": (put_array(np.array([print, None])), "NN301", "Python objects"),
    "strings": (put_array(np.array(["a", "b"])), "NN301", "numbers"),
    "complex": (put_array(np.zeros((8, 3), complex)), "NN301", "numbers"),
    "not a number": (put_array(np.full((8, 3), np.nan)), "NN305", "not finite"),
    "shape": (put_array(np.zeros((3, 8))), "NN302", "[3, 8]"),
}


@pytest.mark.parametrize(("make", "code", "words"), BAD_FILES.values(), ids=BAD_FILES)
def test_files_of_weights_that_cannot_be_taken(
    make: Callable[[Path], object], code: str, words: str, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    make(root)
    diagnostics: list[Diagnostic] = []
    assert seconds(lambda: diagnostics.extend(found(weights_spec("w.npy"), root=root))) < 1
    (only,) = diagnostics
    assert only.code == code
    assert words in only.message
    assert only.span is not None and ("w.npy" in only.span.text or code == "NN302")


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int32", ">f4"])
def test_files_of_weights_that_are_taken(order: Any, dtype: str, tmp_path: Path) -> None:
    array = np.arange(24).reshape(8, 3).astype(dtype, order=order)
    save(tmp_path, array)
    graph = check(Source("net.nn.yaml", weights_spec("w.npy")), tmp_path).graph
    assert graph is not None
    (weight,) = graph.nodes[0].signature.weights
    assert np.array_equal(weight.initializer.array("float32"), array)  # type: ignore[union-attr]


def test_a_file_of_weights_is_bounded(tmp_path: Path) -> None:
    with (tmp_path / "w.npy").open("wb") as file:
        file.truncate(MAX_WEIGHT_FILE + 1)
    (only,) = found(weights_spec("w.npy"), root=tmp_path)
    assert only.code == "NN301" and "limit" in only.message
