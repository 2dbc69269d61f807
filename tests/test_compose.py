"""The tree that a text becomes: its scalars, its spans, and the same from JSON and from the pure parser."""

from __future__ import annotations

import json
import math

import pytest
import yaml
from nnspec.spec import compose
from nnspec.spec.nodes import Scalar, to_data
from nnspec.spec.reader import read
from nnspec.spec.source import Source
from reading import JSON, YAML, findings, load, place, refused, spanned, spans, value, within

# --- scalars


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no", "no"),
        ("NO", "NO"),
        ("on", "on"),
        ("yes", "yes"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("-0x1F", "-0x1F"),
        ("+7", 7),
        ("-0", 0),
        ("1e-3", 0.001),
        ("1E5", 100000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("-1.5e+2", -150.0),
        ("1,5", "1,5"),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("0" * 5000 + "1", 1),
        ("null", None),
        ("~", None),
        ("Null", None),
        ("nULL", "nULL"),
        ("", None),
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("False", False),
        ("tRUE", "tRUE"),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("NaN", "NaN"),
        ("=64 * width", "=64 * width"),
        ('"64"', "64"),
        ("'true'", "true"),
    ],
)
def test_scalars_follow_the_core_schema(text: str, expected: object) -> None:
    node = value(text)
    assert isinstance(node, Scalar)
    assert (type(node.value), node.value) == (type(expected), expected)


def test_nan_is_a_float_that_fields_will_refuse() -> None:
    node = value(".nan")
    assert isinstance(node, Scalar) and isinstance(node.value, float) and math.isnan(node.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1" + "0" * 19, "does not fit in 63 bits"),
        ("9223372036854775808", "does not fit in 63 bits"),
        ("-9223372036854775809", "does not fit in 63 bits"),
        ("0xffffffffffffffffffff", "does not fit in 63 bits"),
        ("0o7777777777777777777777", "of 22 digits"),
        ("9" * 5000, "of 5,000 digits"),
        ("0x" + "f" * 500_000, "of 500,000 digits"),
        ("1e999", "beyond the range of float64"),
    ],
)
def test_numbers_too_large_are_located(text: str, words: str) -> None:
    with within(0.5):
        found = refused(f"units: {text}\n")
    assert place(found) == ("NN003", 1, 8)
    assert words in found.message and len(found.message) < 200
    assert spanned(found).text == text


# --- spans


def test_spans_cover_the_text_in_the_file() -> None:
    text = "a: 'it''s'  # comment\nb:\n  - \"x\"\n  - [1, {c: }]\n\n\nd: |\n  text\n"
    assert spans(read(Source(YAML, text))) == [
        text,
        "a",
        "'it''s'",
        "b",
        '- "x"\n  - [1, {c: }]',
        '"x"',
        "[1, {c: }]",
        "1",
        "{c: }",
        "c",
        "",
        "d",
        "|\n  text\n",
    ]


def test_an_anchor_is_outside_its_node() -> None:
    text = "a: &x 5\nb: &y [1]\nc: &z\n  d: 1\ne: &w {f: 2}\ng: &v\n- 3\n"
    tree = read(Source(YAML, text))
    assert [node.span.text for _, node in tree.entries] == ["5", "[1]", "d: 1", "{f: 2}", "- 3"]


def test_columns_count_code_points_whatever_the_line_ends() -> None:
    text = "\u20ac\U0001f600: 1\r\nb: \u4e2d\r\n  \r\nc: !t 2\r\n"
    found = refused(text)
    assert place(found) == ("NN006", 4, 4)
    assert place(refused(text.replace("\r\n", "\r"))) == ("NN006", 4, 4)


def test_an_alias_shares_the_node() -> None:
    tree = read(Source(YAML, "a: &x {b: [1]}\nc: *x\n"))
    assert tree.get("a") is tree.get("c")
    assert to_data(tree) == {"a": {"b": [1]}, "c": {"b": [1]}}


def test_an_anchor_may_be_taken_again() -> None:
    assert load("a: &x 1\nb: *x\nc: &x 2\nd: *x\n") == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_keys_are_strings_as_written() -> None:
    assert load("1: x\n010: y\nnull: z\ntrue: w\n'q': v\n") == {
        "1": "x",
        "010": "y",
        "null": "z",
        "true": "w",
        "q": "v",
    }


def test_json_and_yaml_give_the_same_data() -> None:
    data = {
        "a": [1, -2.5e-3, True, None, "\U0001f600 \\ud83d \u2028 \x07 / \" '"],
        "b": {"c": []},
        "\u00e9": {},
    }
    assert load(json.dumps(data, indent="\t"), JSON) == data
    assert load(json.dumps(data), "-") == data
    assert load(r'{"a": "\/"}', JSON) == {"a": "/"}


def test_surrogate_pairs_leave_the_spans_right() -> None:
    text = r'{"\ud83d\ude00": "\\ud83d\\ude00", "b": ["\uD83D\uDE00x\ud83d\ude01", 7], "b": 1}'
    (found,) = findings(lambda: read(Source(JSON, text)))
    assert place(found) == ("NN005", 1, text.rindex('"b"') + 1)
    tree = read(Source(JSON, text.replace(', "b": 1', "")))
    assert to_data(tree) == {"\U0001f600": r"\ud83d\ude00", "b": ["\U0001f600x\U0001f601", 7]}
    assert spans(tree)[1:] == [
        r'"\ud83d\ude00"',
        r'"\\ud83d\\ude00"',
        '"b"',
        r'["\uD83D\uDE00x\ud83d\ude01", 7]',
        r'"\uD83D\uDE00x\ud83d\ude01"',
        "7",
    ]


@pytest.mark.parametrize("text", [r'{"a": "\ud83d"}', r'{"a": "\ude00\ud83d"}', r'{"a": "\ud83dx"}'])
def test_half_a_surrogate_pair(text: str) -> None:
    assert place(refused(text, JSON)) == ("NN004", 1, 8)


def test_a_pair_outside_double_quotes_is_never_changed() -> None:
    assert place(refused(r"{'a': '\ud83d\ude00'}", YAML)) == ("NN004", 1, 7)
    assert load(r"a: '\ud83d\ude00'") == {"a": r"\ud83d\ude00"}


# --- without libyaml


def test_the_pure_parser_gives_the_same_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x 'it''s'\nb:\n  - [1, {c: 2}]\nd: *x\n\u00e9: |\n  text\n"
    expected = read(Source(YAML, text))
    monkeypatch.setattr(compose, "LOADER", yaml.SafeLoader)
    assert read(Source(YAML, text)) == expected
    assert refused("[" * 10_000).code == "NN003"
    assert refused(r'{"a": "\ud83d"}').code == "NN004"
