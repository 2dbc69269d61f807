"""Texts that are no spec: what the reader says about each, and where."""

from __future__ import annotations

import pytest
import yaml
from nnspec.spec import compose
from nnspec.spec.diagnostics import MAX_DIAGNOSTICS
from nnspec.spec.reader import read
from nnspec.spec.source import Source
from reading import YAML, findings, load, place, refused, spanned, within

SYNTAX = {
    "tab indent": ("a:\n\tb: 1\n", 2, 1, "a tab cannot indent"),
    "tab after a value": ("a: 1\n\tb: 1\n", 2, 1, "a tab cannot indent"),
    "unclosed [ before a key": (
        "inputs:\n  x: [28, 28\nlayers:\n  - Flatten\n",
        3,
        7,
        'the "[" is not closed',
    ),
    "unclosed [ before a }": ("x: {a: [1, 2}\n", 1, 13, 'the "[" is not closed'),
    "unclosed [ at the end": ("x: [1, 2\n\n", 1, 8, 'the "[" is not closed'),
    "bare [ at the end": ("x: [\n", 1, 4, 'the "[" is not closed'),
    "unclosed {": ("x: {a: 1\ny: 2\n", 2, 2, 'the "{" is not closed'),
    "stray ]": ("x: [1]]\n", 1, 7, 'this "]" closes nothing'),
    "stray } alone": ("x: }\n", 1, 4, 'this "}" closes nothing'),
    "unclosed quote": ("a: 'x\nb: 1\n", 1, 4, "the quote is not closed"),
    "unclosed double quote": ('a: "x\nb: 1\n', 1, 4, "the quote is not closed"),
    "indented too far": ("a: 1\n  b: 2\n", 2, 3, "indented further"),
    "indented between": ("a:\n    b: 1\n  c: 2\n", 3, 3, "fits nothing above"),
    "list item out of line": ("a:\n  - b\n - c\n", 3, 2, "fits nothing above"),
    "two values on a line": ('a: "b" c\n', 1, 8, "text after the end of the value"),
    "two keys on a line": ("a: b: c\n", 1, 5, 'a ":" cannot stand here'),
    "key alone": ("a: 1\nb\n", 2, 1, '"b" is followed by no ":"'),
    "at sign": ("a: @x\n", 1, 4, 'a value cannot begin with "@"'),
    "missing value": ("a: {b: 1, , c: 2}\n", 1, 11, 'a value is missing before ","'),
    "unknown escape": ('a: "\\q"\n', 1, 5, "begins no known escape"),
    "text after JSON": ('{"a": 1} x\n', 1, 10, "text after the end of the spec"),
    "ESC": ("a: 1\nb: \x1b[31m\n", 2, 4, "U+001B"),
    "line separator in a comment": ("# c \u2028b: 1\n", 1, 5, "U+2028"),
    "NEL": ("a: \x85\n", 1, 4, "U+0085"),
    "lone surrogate": ("a: \ud800\n", 1, 4, "U+D800"),
}


@pytest.mark.parametrize(("text", "line", "column", "words"), SYNTAX.values(), ids=SYNTAX)
def test_syntax_errors_say_what_and_where(text: str, line: int, column: int, words: str) -> None:
    found = refused(text)
    assert place(found) == ("NN004", line, column)
    assert words in found.message


@pytest.mark.parametrize("text", [text for text, *_ in SYNTAX.values()])
def test_the_pure_parser_gives_the_same_code(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compose, "LOADER", yaml.SafeLoader)
    assert refused(text).code == "NN004"


def test_an_unclosed_bracket_notes_where_it_was_opened() -> None:
    (note,) = refused("inputs:\n  x: [28, 28\nlayers:\n  - Flatten\n").notes
    assert note.span is not None and (note.span.line, note.span.column, note.span.text) == (2, 6, "[")


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("a: {units: =max(8, classes)}\n", "=max(8, classes)"),
        ("a: {units: =max(8, classes) * 2, b: 1}\n", "=max(8, classes) * 2"),
        ("a: [=f(x, '('), 1]\n", "=f(x, '(')"),
        ("a: {units: =sizes[0], b: 1}\n", "=sizes[0]"),
        ("a: {units: =x if y else [1, 2]}\n", "=x if y else [1, 2]"),
    ],
)
def test_an_unquoted_expression_in_a_flow_collection(text: str, expression: str) -> None:
    found = refused(text)
    assert place(found) == ("NN004", 1, text.index("=") + 1)
    assert found.help == f'write "{expression}"'
    assert found.fix is not None and found.fix.span.text == expression
    mended = text.replace(expression, found.fix.replacement)
    assert expression in str(load(mended)) or "'('" in expression


def test_expressions_that_need_no_quotes() -> None:
    text = "a: =max(8, classes)\nb: {c: =64 * (width + 1), d: \"=max(1, 2)\", e: =f('(')}\n"
    assert load(text) == {
        "a": "=max(8, classes)",
        "b": {"c": "=64 * (width + 1)", "d": "=max(1, 2)", "e": "=f('(')"},
    }


# --- what the language does not have


@pytest.mark.parametrize(
    ("text", "line", "column", "under"),
    [
        ("a: !!python/object/apply:os.system [x]\n", 1, 4, "!!python/object/apply:os.system"),
        ("a: &x !t {b: 1}\n", 1, 7, "!t"),
        ("a: !<tag:x> 1\n", 1, 4, "!<tag:x>"),
        ("a: !e!x 1\n", 1, 4, "!e!x"),
        ("a: {<<: 1}\n", 1, 5, "<<"),
        ("a: 1\n---\nb: 2\n", 2, 1, "---"),
        ("[a, b]: 1\n", 1, 1, "[a, b]"),
        ("? {a: 1}\n: 2\n", 1, 3, "{a: 1}"),
        ("a: &x 1\n*x : 2\n", 2, 1, "*x"),
        ("a: *nowhere\n", 1, 4, "*nowhere"),
        ("a: &x [*x]\n", 1, 8, "*x"),
        ("a: &x 1\nb: &x [*x]\n", 2, 8, "*x"),
        ("%TAG ! tag:x,2000:\n---\na: 1\n", 1, 1, "%TAG ! tag:x,2000:"),
        ("%YAML 1.1\n---\na: 1\n", 1, 1, "%YAML 1.1"),
        ("%YAML 3.0\n---\na: 1\n", 1, 1, "%YAML 3.0"),
        ("%FOO\n---\na: 1\n", 1, 1, "%FOO"),
    ],
)
def test_constructs_outside_the_language(text: str, line: int, column: int, under: str) -> None:
    found = refused(text)
    assert place(found) == ("NN006", line, column)
    assert spanned(found).text == under


def test_document_marks_and_the_right_version_are_taken() -> None:
    assert load("%YAML 1.2\n---\na: 1\n...\n") == {"a": 1}


def test_a_duplicate_key_shows_both_places() -> None:
    found = refused("layers: 1\nb: 2\n'layers': 3\n")
    assert place(found) == ("NN005", 3, 1)
    (note,) = found.notes
    assert note.span is not None and (note.span.line, note.span.text) == (1, "layers")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "holds nothing"),
        ("# only a comment\n", 1, "holds nothing"),
        ("---\n", 2, "holds nothing"),
        ("- a\n- b\n", 1, "holds a list"),
        ("\n[]", 2, "holds a list"),
        ("fashion\n", 1, 'holds the string "fashion"'),
        ("42", 1, "holds 42"),
    ],
)
def test_the_top_is_a_mapping(text: str, line: int, words: str) -> None:
    found = refused(text)
    assert (found.code, spanned(found).line) == ("NN007", line)
    assert words in found.message


def test_independent_errors_come_together() -> None:
    text = "a: !t 1\nb: 99999999999999999999\na: 2\n<<: {c: 1, c: 2}\nd: *x\ne: [1\n"
    found = findings(lambda: read(Source(YAML, text)))
    assert [d.code for d in found] == ["NN006", "NN003", "NN005", "NN006", "NN005", "NN006", "NN004"]


def test_no_more_errors_than_anyone_reads() -> None:
    with within(1):
        found = findings(lambda: read(Source(YAML, "a: 1\n" * 500_000)))
    assert len(found) == MAX_DIAGNOSTICS
