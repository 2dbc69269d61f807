"""Texts that are expressions, what others are told and where, and how messages tell of values."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from typing import Any

import pytest
from expressing import BOUND, QUICK, complaint, parse, scalar, took
from hypothesis import given, settings
from hypothesis import strategies as st
from nnspec.spec import naming
from nnspec.spec.diagnostics import Diagnostic, SpecError
from nnspec.spec.evaluate import Binding, Work, evaluate
from nnspec.spec.expressions import is_expression, parse_expression, words
from nnspec.spec.grammar import CONSTANTS, MAX_DEPTH, MAX_TEXT
from nnspec.spec.nodes import Scalar
from nnspec.spec.operations import FUNCTIONS, shown
from nnspec.spec.reader import read
from nnspec.spec.source import Source, Span
from reading import YAML, place, spanned, value, within


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("=x", True),
        ("'=x'", True),
        ('"=x"', True),
        ("x", False),
        ("7", False),
        ("[=x]", False),
        ("{}", False),
    ],
)
def test_what_is_an_expression(text: str, is_one: bool) -> None:
    assert is_expression(value(text)) == is_one


def test_names_are_in_order_of_appearance_each_once() -> None:
    expression = parse(scalar("=b if a > true else max(c, a) + [d][null] * e"))
    assert expression.names == ("b", "a", "c", "d", "e")


def test_constants_of_yaml_are_constants_of_the_tree() -> None:
    tree = parse(scalar("=[true, false if null == x else True]")).tree
    assert ast.unparse(tree) == "[True, False if None == x else True]"


def test_a_tree_is_parsed_once_for_all_that_is_written_alike() -> None:
    assert parse(scalar("=x * 77")).tree is parse(scalar("=x * 77")).tree


def test_names_of_params_and_functions_cannot_be_confused() -> None:
    assert set(FUNCTIONS) == set(naming.FUNCTIONS)
    assert CONSTANTS.keys() == naming.CONSTANTS


# --- what is no expression

MALFORMED = {
    # text: what is underlined, what the message has, what the help has
    "=": ("=", "no expression", '"=text"'),
    "=().__class__": ("().__class__", "reads an attribute", "no dots"),
    "=x.y": ("x.y", "reads an attribute", "names stand alone"),
    "=1<<10**9": ("1<<10**9", "`<<`", "2 ** n"),
    "=f(x)": ("f(x)", "unknown function", "known functions: abs, ceil, divisible"),
    "=mx(x)": ("mx(x)", "unknown function", 'did you mean "max"'),
    "=1 + __import__('os')": ("__import__('os')", "unknown function", "known functions"),
    "=max(8": ("(", "not closed", '"=max(8, classes)"'),
    "=[1, 2": ("[", "not closed", 'close it with "]"'),
    "=(1]": ("]", "closes nothing", "leave it out"),
    "=1)": (")", "closes nothing", "leave it out"),
    "='abc": ("'abc", "not closed", "quotes around the expression"),
    r"='\d'": (r"'\d'", "backslash", r"\\"),
    r"='\N{nothing}'": (r"'\N{nothing}'", "backslash", r"\\"),
    "=x && y": ("&&", "`&&`", "`and`"),
    "=x || y": ("||", "`||`", "`or`"),
    "=!x": ("!", "`!`", "`not`"),
    "=x ^ 2": ("x ^ 2", "`^`", "`**`"),
    "=x & y": ("x & y", "`&`", "`and`"),
    "=x | y": ("x | y", "`|`", "`or`"),
    "=~x": ("~x", "`~`", "`not`"),
    "=x @ y": ("x @ y", "`@`", "`*`"),
    "=x >> 2": ("x >> 2", "`>>`", "`// 2 ** n`"),
    "=x is null": ("x is null", "`is`", "`==`"),
    "=x is not null": ("x is not null", "`is not`", "`!=`"),
    "=x ? 1 : 2": ("?", "`?`", "`a if condition else b`"),
    "=x = 3": ("=", "`=`", "`==`"),
    "=x =< 3": ("=<", "`=<`", "`<=`"),
    "=x => 3": ("=>", "`=>`", "`>=`"),
    "=x <> 3": ("<>", "`<>`", "`!=`"),
    "=x AND y": ("AND", "`AND`", "lower case"),
    "=1 if x": ("if", "`if`", "`else`"),
    "=${x}": ("$", "`$`", "without a mark"),
    "=2x": ("2x", "`2x`", "operator"),
    "=2(x)": ("2(x)", "no function", "`*`"),
    "=010": ("010", "`010`", "zeros in front"),
    "=64 x": ("x", "`x`", "operator"),
    "=hello world": ("world", "`world`", '"=text"'),
    "=== title ==": ("==", "`==`", '"=text"'),
    "=max(8 9)": ("8 9", "missing", "comma"),
    "=1 +": ("1 +", "ends too early", "an expression has"),
    "=import os": ("import", "`import`", "an expression has"),
    "=x; y": (";", "`;`", "an expression has"),
    "=x # why": ("# why", "comments", "leave out"),
    "=1, 5": ("1, 5", "tuple", "[ ]"),
    "=sizes[1:2]": ("1:2", "slice", "sizes[0]"),
    "=sizes[0, 1]": ("0, 1", "tuple", "[ ]"),
    "=f'{x}'": ("f'{x}'", "f-string", "`+`"),
    "=b'a'": ("b'a'", "no number", "an expression has"),
    "=1j": ("1j", "no number", "an expression has"),
    "=...": ("...", "no number", "an expression has"),
    "=(y := 3)": ("y := 3", "gives a name", "params"),
    "=lambda: 0": ("lambda: 0", "a function", "an expression has"),
    "=[i for i in sizes]": ("[i for i in sizes]", "loop", "`repeat`"),
    "=max(i for i in sizes)": ("(i for i in sizes)", "loop", "`repeat`"),
    "=max(*sizes)": ("*sizes", "star", "the list itself"),
    "=max(**sizes)": ("max(**sizes)", "names an argument", "max(list)"),
    "=divisible(x, n=8)": ("divisible(x, n=8)", "names an argument", "divisible(x, by)"),
    "=round(x, by=8)": ("round(x, by=8)", "names an argument", "round(x, digits)"),
    "=divisible(x)": ("divisible(x)", "1 argument", "divisible(x, by)"),
    "=divisible(x, 8, by=8)": ("divisible(x, 8, by=8)", "3 arguments", "divisible(x, by)"),
    "=max()": ("max()", "0 arguments", "max(a, b, …)"),
    "=range(1, 2, 3, 4)": ("range(1, 2, 3, 4)", "4 arguments", "range(start, stop, step)"),
    "=text()()": ("text()()", "no function", "by its name"),
    "={1: 2}": ("{1: 2}", "mapping", "[ ]"),
    "={{7*7}}": ("{{7*7}}", "set", "[ ]"),
    "=await x": ("await x", "cannot be in an expression", "an expression has"),
    "=1e999": ("1e999", "float64", "smaller"),
    "=9223372036854775808": ("9223372036854775808", "2**63", "float"),
    "=x\0y": ("\0", "\0", "leave out"),
    "=€": ("€", "`€`", "an expression has"),
    "='é' + x.y": ("x.y", "reads an attribute", "names stand alone"),
    "=+" + "1+" * (MAX_DEPTH - 1) + "1": (None, "64 levels", "split it"),
    "=" + "-" * 900 + "1": (None, "64 levels", "split it"),
    "=" + "(" * 250 + "1" + ")" * 250: (None, "64 levels", "split it"),
    "=" + "[" * 300: (None, "64 levels", "split it"),
    "=" + "not " * 240 + "x": (None, "64 levels", "split it"),
    "=a" + "[0]" * 300: (None, "64 levels", "split it"),
    "=a" + ".b" * 400: (None, "reads an attribute", "no dots"),
    "=" + "9" * 999: (None, "2**63", "float"),
    "=" + "1" * MAX_TEXT: (None, "1,001 characters; the limit is 1,000", "split it"),
    "=" + "(" * 10_000: (None, "10,001 characters", "split it"),
    "=" + "x " * 5_000: (None, "10,001 characters", "split it"),
}


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: text[:30])
def test_what_is_no_expression_is_told_at_once_why_and_where(text: str) -> None:
    underlined, message, help = MALFORMED[text]
    found = complaint(scalar(text))
    assert took(text) < QUICK
    assert found.code == "NN114"
    assert message in found.message
    assert found.help is not None
    assert help in found.help
    assert underlined is None or spanned(found).text == underlined
    assert spanned(found).text in text


def test_warnings_of_python_are_not_shown(recwarn: pytest.WarningsRecorder) -> None:
    for text in (r"='\d'", "=1if x else 2", "=1 is 1", "=[1](2)", "='a'[true]"):
        complaint(scalar(text))
    assert not recwarn.list


MARKS = (
    "= + - * ** / // % ( ) [ ] , . : ; ! & | ^ ~ @ ? # ' \" \\ { } := == != < <= and or not in is if else for"
)
NUMBERS_AND_NAMES = (
    "x width flag text sizes nothing basee 0 1 -3 2.5 1e308 9223372036854775807 0x1F 010 1j 'a' true null"
)
WORDS = (
    *MARKS.split(),
    *NUMBERS_AND_NAMES.split(),
    *(f"{name}(" for name in FUNCTIONS),
    *("lambda", "f'{x}'", "yield", "\0", "é", "€", "\u2028", "\n", "\ud800", " by=", "((((", "-" * 90),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25), st.sampled_from(["", " "]))
def test_any_text_has_a_value_or_one_clear_error(parts: list[str], between: str) -> None:
    node = scalar("=" + between.join(parts))
    found: list[Diagnostic] = []
    expression = parse_expression(node, found.append)
    try:
        if expression is not None:
            words(expression, evaluate(expression, BOUND, Work()), BOUND)
    except SpecError as error:
        found += error.diagnostics
    assert {d.code for d in found} <= {"NN108", "NN114", "NN115"}
    assert (expression is None) == any(d.code == "NN114" for d in found)
    assert all(node.span.start <= spanned(d).start < spanned(d).end <= node.span.end for d in found)


# --- places in files


@pytest.mark.parametrize(
    ("written", "underlined", "column"),
    [
        ("=1 + x / 0", "x / 0", 9),
        ("'=1 + x / 0'", "x / 0", 10),
        ('"=1 + x / 0"', "x / 0", 10),
        ("'=[''a''] + x / 0'", "'=[''a''] + x / 0'", 4),
        ('"=1 + \\u0078 / 0"', '"=1 + \\u0078 / 0"', 4),
        ("=1 +\n  x / 0", "=1 +\n  x / 0", 4),
        ("|\n  =1 + x / 0", "x / 0", 8),
        ("\"='é→𝔸' + x\"", "'é→𝔸' + x", 6),
    ],
)
def test_an_error_is_placed_at_the_part_where_the_file_has_it_verbatim(
    written: str, underlined: str, column: int
) -> None:
    node = read(Source(YAML, f"a: {written}\n")).entries[0][1]
    assert isinstance(node, Scalar)
    found = complaint(node)
    assert spanned(found).text == underlined
    assert place(found)[2] == column


def test_words_tell_how_a_value_came_about() -> None:
    here = Source(YAML, "\n\n\nwidth: 0.1\na: =64 * width\n")
    there = Source("blocks/b.nn.yaml", "\ndepth: 2\n")
    expression = parse(Scalar("=64 * width", Span(here, 17, 28)))
    known = {"width": Binding(0.1, Span(here, 10, 13), "from --set"), "other": Binding(1)}
    assert words(expression, 6.4, known) == "`=64 * width` gives 6.4 with width = 0.1 (line 4), from --set"
    two = parse(Scalar("=width * depth", Span(here, 17, 28)))
    known |= {"depth": Binding(2, Span(there, 8, 9)), "width": Binding([0.1] * 40)}
    assert words(two, 6, known) == (
        "`=width * depth` gives 6 with width = [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1…; "
        "depth = 2 (blocks/b.nn.yaml:2)"
    )
    assert words(parse(scalar("=2 * 3")), 6, known) == "`=2 * 3` gives 6"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        ("a", '"a"'),
        ([1, "a", [False]], '[1, "a", [false]]'),
        ([[[[[1]]]]], "[[[[…]]]]"),
        ("x" * 100, '"' + "x" * 37 + '…"'),
    ],
)
def test_values_are_shown_as_expressions_spell_them(value: Any, text: str) -> None:
    assert shown(value) == text


def test_a_value_is_shown_quickly_however_often_it_holds_the_same_list() -> None:
    items: Any = [1]
    for _ in range(30):
        items = [items] * 10
    with within(QUICK):
        assert len(shown(items)) <= 40


def test_ten_thousand_texts_are_parsed_in_a_second_or_so() -> None:
    nodes = [scalar(f"=64 * width + {number}") for number in range(10_000)]
    started = time.process_time()
    for node in nodes:
        parse(node)
    assert time.process_time() - started < 2


def test_ast_is_loaded_by_the_first_expression() -> None:
    code = (
        "import sys; from nnspec.spec import expressions as e; from nnspec.spec.nodes import Scalar;"
        "sys.modules.pop('ast', None);"
        "assert not e.is_expression(Scalar('x', None)); assert 'ast' not in sys.modules;"
        "assert e.parse_expression(Scalar('=1', None), print); assert 'ast' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
