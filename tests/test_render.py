"""Diagnostics as text, JSON and GitHub annotations, with what a spec says shown and never obeyed."""

from __future__ import annotations

import json
import time

import pytest
from nnspec.spec.diagnostics import Diagnostic, Fix, Note, SpecError
from nnspec.spec.render import to_github, to_json, to_text, visible
from nnspec.spec.source import Source, Span

NET = Source("net.nn.yaml", "layers:\n" + "  - Flatten\n" * 8 + "  - Conv2D: {kernel_size: 9}\n")


def under(source: Source, text: str) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


def excerpt(text: str, marked: str) -> list[str]:
    """The source line and the caret line for `marked` within a one-line text, without their gutters."""
    source = Source("x.yaml", text)
    lines = to_text([Diagnostic("NN101", "m", under(source, marked))]).split("\n")
    return [line.removeprefix("1 | ").removeprefix("  | ") for line in lines[3:5]]


def test_the_whole_form() -> None:
    other = Source("blocks/b.nn.yaml", "a\nb\n")
    diagnostic = Diagnostic(
        "NN204",
        "kernel 9x9 does not fit",
        under(NET, "9"),
        (
            Note("the input is here", under(NET, "Flatten")),
            Note("called here", under(other, "b")),
            Note("just so"),
        ),
        "use at most 8",
    )
    assert to_text([diagnostic]).split("\n") == [
        "error[NN204]: kernel 9x9 does not fit",
        "  --> net.nn.yaml:10:27",
        "   |",
        "10 |   - Conv2D: {kernel_size: 9}",
        "   |                           ^",
        "   = the input is here  (line 2)",
        "   = called here  (blocks/b.nn.yaml:2)",
        "   = just so",
        "   = help: use at most 8",
    ]


def test_without_a_place_or_a_text() -> None:
    missing = Span(Source("gone.yaml", ""), 0, 0)
    first = Diagnostic("NN401", "no onnx", help="pip install onnx", severity="warning")
    second = Diagnostic("NN001", "cannot read", missing)
    assert to_text([first, second]).split("\n") == [
        "warning[NN401]: no onnx",
        "  = help: pip install onnx",
        "",
        "error[NN001]: cannot read",
        " --> gone.yaml",
    ]
    assert str(SpecError([second])) == "error[NN001]: cannot read\n --> gone.yaml"
    assert to_text([]) == ""


def test_a_span_of_several_lines_is_marked_on_the_first() -> None:
    source = Source("x.yaml", "a: [1,\r\n    2]\r\n")
    lines = to_text([Diagnostic("NN103", "m", Span(source, 3, 13))]).split("\n")
    assert lines[3:] == ["1 | a: [1,", "  |    ^^^"]


def test_an_empty_span_and_the_end_of_the_file_have_one_caret() -> None:
    source = Source("x.yaml", "a:\n")
    assert to_text([Diagnostic("NN103", "m", Span(source, 2, 2))]).split("\n")[3:] == ["1 | a:", "  |   ^"]
    assert to_text([Diagnostic("NN103", "m", Span(source, 3, 3))]).split("\n")[3:] == ["2 |", "  | ^"]


@pytest.mark.parametrize(
    ("text", "marked", "shown", "carets"),
    [
        ("\ta: b", "b", "    a: b", "       ^"),
        ("a: \u4e2d\u6587 b", "b", "a: \u4e2d\u6587 b", "        ^"),
        ("a: \u4e2d\u6587 b", "\u4e2d\u6587", "a: \u4e2d\u6587 b", "   ^^^^"),
        ("e\u0301: b", "b", "e\u0301: b", "   ^"),
        ("a\u202eb: c", "c", "a\\u202eb: c", "          ^"),
        ("\x1b]0;t\x07 b", "b", "\\x1b]0;t\\x07 b", "             ^"),
        ("\u200bname", "\u200bname", "\\u200bname", "^^^^^^^^^^"),
    ],
)
def test_carets_stand_under_what_is_shown(text: str, marked: str, shown: str, carets: str) -> None:
    assert excerpt(text, marked) == [shown, carets]


@pytest.mark.parametrize("before", [0, 30, 500, 1_000_000])
@pytest.mark.parametrize("after", [0, 30, 500, 1_000_000])
@pytest.mark.parametrize("char", ["x", "\u4e2d", "\u202e"])
def test_a_long_line_is_windowed_around_the_span(before: int, after: int, char: str) -> None:
    started = time.perf_counter()
    line, carets = excerpt(char * before + "HERE" + char * after, "HERE")
    assert time.perf_counter() - started < 0.5
    columns = sum(2 if cell == "\u4e2d" else 1 for cell in line[: line.index("HERE")])
    assert carets == " " * columns + "^^^^"
    assert line.startswith("\u2026") == (before > 100) or before == 30
    assert line.endswith("\u2026") == (after > 100) or after == 30
    assert sum(2 if cell == "\u4e2d" else 1 for cell in line) <= 102


def test_carets_end_where_the_window_does() -> None:
    line, carets = excerpt("a: " + "9" * 5000, "9" * 5000)
    assert (len(line), line[-1], carets) == (101, "\u2026", "   " + "^" * 97)


def test_names_and_messages_are_inert() -> None:
    name = "a\x1b[2J\n::add-mask::x\u202e\udcff.yaml"
    source = Source(name, "a: 1\n")
    note = Note("n\x9b31m", Span(Source("o\x1b.yaml", "x"), 0, 1))
    text = to_text(
        [Diagnostic("NN106", "m\r\n\x1b]8;;http://x\x07[/nope]", under(source, "a"), (note,), "h\x00")]
    )
    assert text.split("\n") == [
        r"error[NN106]: m\r\n\x1b]8;;http://x\x07[/nope]",
        r" --> a\x1b[2J\n::add-mask::x\u202e\udcff.yaml:1:1",
        "  |",
        "1 | a: 1",
        "  | ^",
        r"  = n\x9b31m  (o\x1b.yaml:1)",
        r"  = help: h\x00",
    ]
    text.encode("utf-8")


def test_a_message_without_end_is_cut() -> None:
    assert len(to_text([Diagnostic("NN101", "m" * 1_000_000)])) < 1100


def test_visible_keeps_what_can_be_seen() -> None:
    kept = "plain \u00e9 \u4e2d \U0001f600 e\u0301 \\ [/x] {{7*7}}"
    assert visible(kept) == kept
    assert visible("\u2028\u2066\ufeff\U000e0041\u200d") == r"\u2028\u2066\ufeff\U000e0041\u200d"


def test_color_changes_nothing_but_color() -> None:
    diagnostic = Diagnostic("NN204", "m", under(NET, "9"), (Note("n"),), "h")
    colored = to_text([diagnostic], color=True)
    assert "\x1b[1;31merror[NN204]\x1b[0m: m" in colored and "\x1b[1;31m^\x1b[0m" in colored
    plain = to_text([diagnostic])
    for code in ("\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[36m", "\x1b[0m"):
        colored = colored.replace(code, "")
    assert colored == plain


def test_json_says_all_of_it() -> None:
    span = under(NET, "9")
    diagnostic = Diagnostic("NN204", "m\x1b\udcff", span, (Note("n"), Note("o", span)), "h", Fix(span, "8"))
    place = {"file": "net.nn.yaml", "line": 10, "column": 27, "end_line": 10, "end_column": 28}
    nowhere = dict.fromkeys(place)
    text = to_json([diagnostic, Diagnostic("NN111", "w", severity="warning")])
    assert text.isascii() and "\x1b" not in text
    assert json.loads(text) == {
        "version": 1,
        "diagnostics": [
            {
                "code": "NN204",
                "severity": "error",
                "message": "m\x1b\udcff",
                **place,
                "notes": [{"message": "n", **nowhere}, {"message": "o", **place}],
                "help": "h",
                "fix": {"replacement": "8", **place},
            },
            {
                "code": "NN111",
                "severity": "warning",
                "message": "w",
                **nowhere,
                "notes": [],
                "help": None,
                "fix": None,
            },
        ],
    }
    assert json.loads(to_json([])) == {"version": 1, "diagnostics": []}


def test_github_annotations() -> None:
    diagnostic = Diagnostic(
        "NN204", "100% of: a, b", under(NET, "9"), (Note("n", under(NET, "layers")),), "h"
    )
    warning = Diagnostic("NN111", "w", Span(NET, 0, 12), severity="warning")
    assert to_github([diagnostic, warning, Diagnostic("NN401", "m")]).split("\n") == [
        "::error file=net.nn.yaml,line=10,col=27,endColumn=28,title=NN204"
        "::100%25 of: a, b%0An  (line 1)%0Ahelp: h",
        "::warning file=net.nn.yaml,line=1,endLine=2,title=NN111::w",
        "::error title=NN401::m",
    ]


def test_github_annotations_cannot_be_broken_out_of() -> None:
    source = Source("a:b,c\n::add-mask::x%.yaml", "x")
    text = to_github([Diagnostic("NN106", "m\r\n::add-mask::x\x1b\u2028", Span(source, 0, 1))])
    assert text == (
        "::error file=a%3Ab%2Cc%0A%3A%3Aadd-mask%3A%3Ax%25.yaml,line=1,col=1,endColumn=2,title=NN106"
        r"::m%0D%0A::add-mask::x\x1b\u2028"
    )
