"""Specs that are made to cost much: each gets an answer, and soon, in little memory, without a traceback."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from nnspec.compiler.pipeline import Checked, check
from nnspec.spec.limits import Limits
from nnspec.spec.source import Source
from reading import seconds

HEAD = "nnspec: 1\nname: hostile\ninputs: {x: [4]}\n"
# What an answer may take of this process alone, where a file has some 10,000 parts.
SECONDS = 3.0


def spec(layers: str, **sections: str) -> str:
    before = "".join(f"{name}:\n{text}" for name, text in sections.items())
    return f"{HEAD}{before}layers:\n{layers}"


def found(text: str, limits: Limits | None = None) -> Checked:
    return check(Source("hostile.nn.yaml", text), Path("."), limits)


def codes(text: str, limits: Limits | None = None) -> list[str]:
    return [diagnostic.code for diagnostic in found(text, limits).diagnostics]


def chain(length: int, last: str, calls: int = 1) -> str:
    """Blocks that each call the next one so many times."""
    blocks = (f"  b{i}: {{layers: [{', '.join([f'b{i + 1}'] * calls)}]}}\n" for i in range(length))
    return spec("  - b0\n", blocks="".join(blocks) + f"  b{length}: {{layers: {last}}}\n")


def presets(length: int, last: str) -> str:
    return spec(
        "  - P0\n", presets="".join(f"  P{i}: P{i + 1}\n" for i in range(length)) + f"  P{length}: {last}\n"
    )


def params(length: int, last: str) -> str:
    each = "".join(f"  p{i}: =p{i + 1}\n" for i in range(length)) + f"  p{length}: {last}\n"
    return spec("  - Dense: =p0\n", params=each)


def nested(turns: list[str], inside: str) -> str:
    lines = [f"{'    ' * i}  - repeat: {count}\n{'    ' * i}    layers:\n" for i, count in enumerate(turns)]
    return "".join(lines) + f"{'    ' * len(turns)}  - {inside}\n"


NOTHING = "{when: false, layers: [{Dense: 1}]}"

# Each with the codes of all findings; more than the limit on nesting, layers or turns is NN003.
ANSWERS: dict[str, tuple[str, set[str]]] = {
    "blocks that call the next one twice": (chain(60, "[{Dense: 1}]", calls=2), {"NN003"}),
    "blocks of nothing that call the next one twice": (chain(60, "[]", calls=2), {"NN003"}),
    "blocks of conditions that call the next one twice": (chain(60, f"[{NOTHING}]", calls=2), {"NN003"}),
    "a million layers in blocks of two": (chain(20, "[{Dense: 1}]", calls=2), {"NN003"}),
    "blocks within the limit on nesting": (chain(60, "[{Dense: 1}]"), set()),
    "a thousand blocks in each other": (chain(1_000, "[{Dense: 1}]"), {"NN003"}),
    "ten thousand blocks in each other": (chain(10_000, "[{Dense: 1}]"), {"NN003"}),
    "a circle of a thousand blocks": (chain(1_000, "[b0]"), {"NN116"}),
    "a block that calls itself a hundred times": (chain(1, f"[{', '.join(['b1'] * 100)}]"), {"NN116"}),
    "presets of presets": (presets(60, "{Dense: 1}"), set()),
    "a thousand presets of presets": (presets(1_000, "{Dense: 1}"), {"NN003"}),
    "a circle of a thousand presets": (presets(1_000, "P0"), {"NN003"}),
    "ten thousand params in a row": (params(10_000, "1"), set()),
    "ten thousand params in a circle": (params(10_000, "=p0"), {"NN116"}),
    "ten thousand params without a value": (params(10_000, "=1 / 0"), {"NN115"}),
    "a thousand million turns": (spec(nested(["1000000000"], "Dense: 1")), {"NN003"}),
    "ten thousand turns of ten thousand": (spec(nested(["10000"] * 2, "Dense: 1")), {"NN003"}),
    "ten thousand turns of ten thousand, of nothing": (spec(nested(["10000"] * 2, NOTHING)), {"NN003"}),
    "turns that a param counts": (
        spec(nested(["=n", "=n"], NOTHING), params="  n: 10000\n"),
        {"NN003"},
    ),
    "many conditions in many turns": (
        spec("  - repeat: =n\n    layers:\n" + f"      - {NOTHING}\n" * 300, params="  n: 20000\n"),
        {"NN003"},
    ),
    "turns over a million values": (
        spec("  - repeat: =range(1000000)\n    layers: [{Dense: 1}]\n"),
        {"NN003"},
    ),
    "a list of a million values handed to blocks": (
        spec(
            "  - repeat: 2000\n    layers: [{b: =l}]\n",
            params='  l: "=range(900000)"\n',
            blocks="  b: {params: {v: }, layers: [{Dense: =len(v)}]}\n",
        ),
        {"NN003"},
    ),
    "calls with thousands of params": (
        spec(
            "  - repeat: 20000\n    layers: [b]\n",
            blocks=f"  b: {{params: {{{', '.join(f'p{i}: 1' for i in range(3_000))}}}, layers: []}}\n",
        ),
        {"NN003"},
    ),
    "an alias of an item in itself's neighbour": (
        spec("  - &a {parallel: [[], []], merge: Add}\n" + "  - *a\n" * 1_000),
        set(),
    ),
}


@pytest.mark.parametrize(("text", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_what_would_cost_much_gets_an_answer_soon(text: str, expected: set[str]) -> None:
    checked: list[Checked] = []
    assert seconds(lambda: checked.append(found(text))) < SECONDS
    assert {diagnostic.code for diagnostic in checked[0].diagnostics} == expected
    assert all(len(diagnostic.message) < 400 for diagnostic in checked[0].diagnostics)
    assert all(len(diagnostic.notes) < 20 for diagnostic in checked[0].diagnostics)


def test_variants_share_what_they_may_cost() -> None:
    variants = "".join(f"  v{i}: {{n: {i + 1}}}\n" for i in range(300))
    text = spec("  - repeat: 100\n    layers: [{Dense: =n}]\n", params="  n: 1\n", variants=variants)
    assert codes(text) == []
    assert codes(text, Limits(layers=20_000)) == ["NN003"]


def test_turns_within_many_names_are_no_copies_of_them() -> None:
    params = "".join(f"  p{i}: =1 + {i}\n" for i in range(2_000))
    text = spec("  - repeat: 2000\n    as: i\n    layers: [{Dense: =p1}]\n", params=params)
    tracemalloc.start()
    try:
        assert set(codes(text)) == {"NN118"}
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


# --- includes


def included(folder: Path, files: dict[str, str], limits: Limits | None = None) -> list[tuple[str, str]]:
    """The codes and messages about net.nn.yaml, with other files beside it."""
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text)
    source = Source(str(folder / "net.nn.yaml"), files["net.nn.yaml"])
    return [(d.code, d.message) for d in check(source, folder, limits).diagnostics]


def including(*paths: str) -> str:
    entries = ", ".join(f"i{number}: {path}" for number, path in enumerate(paths))
    return spec("  - i0.stage\n").replace("layers:", f"include: {{{entries}}}\nlayers:", 1)


LIBRARY = "nnspec: 1\nname: part\nblocks: {stage: {layers: [{Dense: 3}]}}\n"


def outside(folder: Path) -> None:
    (folder.parent / "secret.nn.yaml").write_text(LIBRARY)
    (folder / "part.nn.yaml").symlink_to(folder.parent / "secret.nn.yaml")


def folder_outside(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    (folder.parent / "elsewhere" / "part.nn.yaml").write_text(LIBRARY)
    (folder / "sub").symlink_to(folder.parent / "elsewhere")


UNREADABLE: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "a link that leaves the root": ("part.nn.yaml", outside, "outside"),
    "a folder's link that leaves the root": ("sub/part.nn.yaml", folder_outside, "outside"),
    "a pipe": ("part.nn.yaml", lambda folder: os.mkfifo(folder / "part.nn.yaml"), "regular"),
    "a folder": ("part", lambda folder: (folder / "part").mkdir(), "regular"),
    "a link to itself": (
        "part.nn.yaml",
        lambda folder: (folder / "part.nn.yaml").symlink_to("part.nn.yaml"),
        "",
    ),
    "a link to a device": (
        "part.nn.yaml",
        lambda folder: (folder / "part.nn.yaml").symlink_to("/dev/zero"),
        "",
    ),
    "what is too large": (
        "part.nn.yaml",
        lambda folder: (folder / "part.nn.yaml").write_text("#" * 5_000_000),
        "bytes",
    ),
    "what is no UTF-8": (
        "part.nn.yaml",
        lambda folder: (folder / "part.nn.yaml").write_bytes(b"\xff\xfe"),
        "UTF",
    ),
    "nothing": ("part.nn.yaml", lambda folder: (folder / "part.nn.yaml").write_text(""), "nothing"),
}


@pytest.mark.parametrize(("path", "make", "word"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_included_is_told_and_not_read(
    tmp_path: Path, path: str, make: Callable[[Path], object], word: str
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    make(root)
    (only,) = included(root, {"net.nn.yaml": including(path)})
    assert only[0].startswith("NN0") or only[0] == "NN117"
    assert word in only[1]


def test_a_link_inside_the_root_is_a_file_like_others(tmp_path: Path) -> None:
    files = {"net.nn.yaml": including("link.nn.yaml"), "part.nn.yaml": LIBRARY}
    (tmp_path / "link.nn.yaml").symlink_to("part.nn.yaml")
    assert included(tmp_path, files) == []


def test_includes_are_counted(tmp_path: Path) -> None:
    files = {f"p{i}.nn.yaml": LIBRARY for i in range(300)}
    ((code, message),) = included(tmp_path, {"net.nn.yaml": including(*files), **files})
    assert (code, message) == ("NN003", "there are too many includes; the limit is 256")
    few = {name: files[name] for name in ("p0.nn.yaml", "p1.nn.yaml", "p2.nn.yaml")}
    net = including(*few) + "  - i1.stage\n  - i2.stage\n"
    assert included(tmp_path, {"net.nn.yaml": net, **few}, Limits(includes=3)) == []
    assert [code for code, _ in included(tmp_path, {"net.nn.yaml": net, **few}, Limits(includes=2))] == [
        "NN003"
    ]


def test_a_chain_of_files_is_bounded(tmp_path: Path) -> None:
    files = {
        f"p{i}.nn.yaml": LIBRARY.replace("blocks:", f"include: {{next: p{i + 1}.nn.yaml}}\nblocks:")
        for i in range(100)
    }
    found = included(tmp_path, {"net.nn.yaml": including("p0.nn.yaml"), **files, "p100.nn.yaml": LIBRARY})
    assert found == [("NN003", "includes are nested too deep; the limit is 64")]


def test_a_file_that_many_include_is_read_once(tmp_path: Path) -> None:
    """Each file includes the next one twice: 2**40 ways, and 40 files."""
    both = "include: {{a: p{0}.nn.yaml, b: p{0}.nn.yaml}}\nblocks:"
    files = {f"p{i}.nn.yaml": LIBRARY.replace("blocks:", both.format(i + 1)) for i in range(40)}
    files |= {"net.nn.yaml": including("p0.nn.yaml"), "p40.nn.yaml": LIBRARY}
    assert seconds(lambda: included(tmp_path, files)) < SECONDS
    assert included(tmp_path, files) == []
