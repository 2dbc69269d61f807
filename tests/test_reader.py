"""Bytes and files, the limits on them, and hostile input: each gets one clear, located answer, at once."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from nnspec.spec.limits import Limits
from nnspec.spec.nodes import to_data
from nnspec.spec.reader import decode, read, read_file
from nnspec.spec.source import Source
from reading import JSON, YAML, findings, load, place, refused, spanned, within


def test_a_byte_order_mark_is_dropped() -> None:
    source = decode(b"\xef\xbb\xbfa: !t 1\n", YAML)
    assert source.text == "a: !t 1\n"
    assert place(refused("\ufeffa: !t 1\n")) == ("NN006", 1, 4)


@pytest.mark.parametrize(
    ("data", "line", "column", "words"),
    [
        (b"a: 1\nb: \xff\n", 2, 4, "byte 0xff at offset 8 (line 2) is not UTF-8"),
        (b"\xef\xbb\xbf\xc3\xa9\r\n\xc3", 2, 1, "byte 0xc3 at offset 7 (line 2)"),
        (b"a: \xed\xa0\x80\n", 1, 4, "byte 0xed at offset 3"),
        (b"a: 1\nb\0", 2, 2, "NUL"),
        (b"a\0\n\xff", 1, 2, "NUL"),
        ("a: 1\n".encode("utf-16"), 1, 1, "UTF-16"),
        ("a: 1\n".encode("utf-16-be"), 1, 1, "NUL"),
        ("a: 1\n".encode("utf-32"), 1, 1, "UTF-32"),
    ],
)
def test_bytes_that_are_no_text(data: bytes, line: int, column: int, words: str) -> None:
    (found,) = findings(lambda: decode(data, YAML))
    assert place(found) == ("NN002", line, column)
    assert words in found.message


def test_a_file_is_read_under_the_name_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("\u00e9 net.yaml").write_bytes("\ufeffa: \u00e9\r\n".encode())
    assert read_file("\u00e9 net.yaml") == Source("\u00e9 net.yaml", "a: \u00e9\r\n")


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "no such file"),
        (Path.mkdir, "is a directory"),
        (make_fifo, "it is a pipe"),
        (make_loop, "symbolic links"),
    ],
)
def test_paths_that_are_no_files(tmp_path: Path, make: Callable[[Path], object], words: str) -> None:
    path = tmp_path / YAML
    make(path)
    with within(0.2):
        (found,) = findings(lambda: read_file(path))
    assert found.code == "NN001" and words in found.message
    assert spanned(found).source.name == str(path)


def test_a_file_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, flags: int) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), name)

    monkeypatch.setattr(os, "open", refuse)
    (found,) = findings(lambda: read_file(YAML))
    assert (found.code, found.message) == ("NN001", f'cannot read "{YAML}": permission denied')


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null"])
def test_devices(name: str) -> None:
    assert stat.S_ISCHR(os.stat(name).st_mode)
    (found,) = findings(lambda: read_file(name))
    assert found.code == "NN001" and "it is a device" in found.message


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, ""])
def test_names_that_no_file_can_have(name: str) -> None:
    (found,) = findings(lambda: read_file(name))
    assert found.code == "NN001"


def standard_input(data: bytes) -> str:
    code = "from nnspec.spec.reader import *; s = read_file('-', Limits(10)); print(s.name, len(s.text))"
    run = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=False)
    return (run.stdout + run.stderr).decode()


def test_standard_input_is_read_up_to_the_limit() -> None:
    assert standard_input(b"a: 1\n") == "<stdin> 5\n"
    assert "NN003" in standard_input(b"a" * 11)


# --- limits


def test_every_limit_names_itself_its_value_and_its_option(tmp_path: Path) -> None:
    limits = Limits(file_bytes=40, depth=3, nodes=8)
    big = tmp_path / YAML
    big.write_text("#" * 41)
    found = {
        "file_bytes": findings(lambda: read_file(big, limits))[0],
        "depth": refused("a: [[[1]]]\n", limits=limits),
        "nodes": refused("a: [1, 2, 3, 4, 5, 6, 7, 8]\n", limits=limits),
    }
    for name, diagnostic in found.items():
        assert diagnostic.code == "NN003"
        assert f"the limit is {getattr(limits, name)}" in diagnostic.message
        assert diagnostic.help is not None and f"--max-{name.replace('_', '-')} " in diagnostic.help
    assert findings(lambda: read(Source(YAML, "#" * 41), limits))[0].code == "NN003"


def test_nodes_are_counted_with_aliases_expanded() -> None:
    text = "a: &x [1, 2]\nb: [*x, *x]\n"  # the root, two keys, [1, 2] three times, the list
    assert load(text) == to_data(read(Source(YAML, text), Limits(nodes=13)))
    assert place(refused(text, limits=Limits(nodes=12))) == ("NN003", 2, 9)


def nested(depth: int, style: str) -> str:
    """A text whose root mapping and what it holds nest `depth` deep."""
    inner = depth - 1
    if style == "json":
        return '{"a":' * inner + "{}" + "}" * inner
    if style == "list":
        return "a: " + "[" * inner + "]" * inner
    return "a:\n" + "- " * inner + "x" if inner else "a: x"


@pytest.mark.parametrize("style", ["json", "list", "block"])
def test_depth_64_is_taken_and_65_is_not(style: str) -> None:
    name = JSON if style == "json" else YAML
    assert load(nested(64, style), name)
    found = refused(nested(65, style), name)
    assert found.code == "NN003" and "nested too deep" in found.message


@pytest.mark.parametrize("depth", [1_000, 100_000, 1_000_000])
@pytest.mark.parametrize("style", ["json", "list", "block"])
def test_any_depth_is_answered_at_once(style: str, depth: int) -> None:
    limits = Limits(file_bytes=10_000_000)
    with within(0.1 if depth <= 100_000 else 0.5):
        found = refused(nested(depth, style), JSON if style == "json" else YAML, limits)
    assert found.code == "NN003"


@pytest.mark.parametrize("opening", ["[", "{", "{a: ", "[[a, ", "- ", "? ", '{"a": ['])
@pytest.mark.parametrize("size", [64, 100_000])
def test_what_is_opened_and_never_closed(opening: str, size: int) -> None:
    with within(0.1):
        found = findings(lambda: read(Source(YAML, opening * size)))
    assert found[-1].code in ("NN003", "NN004", "NN006", "NN007")


def test_aliases_cannot_nest_deeper_than_the_limit() -> None:
    text = "a0: &a0 [1]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 70))
    found = refused(text)
    assert place(found) == ("NN003", 64, text.splitlines()[63].index("*") + 1)
    assert "the alias nests" in found.message


def alias_bomb() -> str:
    lines = ["a0: &a0 [" + ", ".join("x" * 9) + "]"]
    lines += (f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10))
    return "\n".join(lines)


def merge_bomb() -> str:
    lines = ["a0: &a0 {x: 1}"]
    lines += (f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}" for i in range(1, 30))
    return "\n".join(lines)


@pytest.mark.parametrize(("bomb", "codes"), [(alias_bomb(), {"NN003"}), (merge_bomb(), {"NN003", "NN006"})])
def test_bombs_are_cheap_to_turn_away(bomb: str, codes: set[str]) -> None:
    tracemalloc.start()
    try:
        with within(0.5):
            found = findings(lambda: read(Source(YAML, bomb)))
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()
    assert {d.code for d in found} == codes


@pytest.mark.parametrize(
    "unit", ["'", '"', "#", ":", ": ", "\\", "!", "&a ", "*a ", "\t", " ", "\x1b", "a ", "=(", "%"]
)
def test_a_large_file_of_one_thing_takes_no_time(unit: str) -> None:
    with within(1):
        findings(lambda: read(Source(YAML, unit * (1_000_000 // len(unit)))))


def test_a_line_of_a_megabyte_is_taken() -> None:
    with within(1):
        assert load(f"a: {'x' * 1_000_000}\n") == {"a": "x" * 1_000_000}
