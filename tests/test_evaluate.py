"""The values of expressions: the same as Python's, none where nothing is meant, and never much work."""

from __future__ import annotations

import math
import time

import pytest
from expressing import BOUND, NAMES, PYTHON, QUICK, complaint, parse, result, scalar, took
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from nnspec.spec.diagnostics import SpecError
from nnspec.spec.evaluate import Binding, Work, evaluate
from nnspec.spec.grammar import MAX_TEXT
from nnspec.spec.operations import LARGEST, MAX_SIZE, divisible
from nnspec.spec.source import Source, Span
from reading import YAML, place, spanned, within

GOOD = {
    "=10": 10,
    "= 10 ": 10,
    "=0x1F + 1_000": 1031,
    "=.5": 0.5,
    "='a' \"b\"": "ab",
    "='é' + '#'": "é#",
    "=true": True,
    "=False": False,
    "=null": None,
    "=None": None,
    "=[1, 2.5, 'a', true, null, [x]]": [1, 2.5, "a", True, None, [3]],
    "=[true, false][-1]": False,
    "=[]": [],
    "=width": 0.1,
    "=64 * width": 6.4,
    "=64 * 0.5": 32.0,
    "=7 // 2 + 7 % 4 - 2 ** 3": -2,
    "=-7 // 2": -4,
    "=-2 ** 2": -4,
    "=7 / 2": 3.5,
    "=2 ** -1": 0.5,
    "=(-1) ** 9999999": -1,
    "=0 ** 9999999": 0,
    "=2 ** 62": 2**62,
    "=-(2 ** 62) - (2 ** 62 - 1)": -(2**63) + 1,
    "=+x": 3,
    "=text + 'd'": "abcd",
    "=[1] + [2]": [1, 2],
    "=[1] * 3": [1, 1, 1],
    "=2 * [1, 2]": [1, 2, 1, 2],
    "=[1] * -1": [],
    "=1 < 2 < 3": True,
    "=1 < 2 > 5": False,
    "=3 < 2 < 1 / 0": False,
    "=x >= 3.0": True,
    "='a' < 'b'": True,
    "=x == 3.0": True,
    "=x != 'a'": True,
    "=nothing == null": True,
    "=flag == true": True,
    "=[1, 'a'] == [1, 'a']": True,
    "=[1] == [1, true]": False,
    "=128 in sizes": True,
    "=text not in ['a', 'b']": True,
    "=not flag or x > 2 and flag": True,
    "=false and 1 / 0 > 1": False,
    "=true or 1 / 0 > 1": True,
    "=1 if x == 3 else 1 / 0": 1,
    "=sizes[0] + sizes[-1]": 320,
    "=text[1]": "b",
    "=[[1, 2], [3]][0][1]": 2,
    "=min(3, 1.5)": 1.5,
    "=max(sizes)": 256,
    "=min([4])": 4,
    "=abs(-3)": 3,
    "=round(2.5)": 2,
    "=round(2.567, 2)": 2.57,
    "=round(1234, -2)": 1200,
    "=round(3, -10 ** 18)": 0,
    "=round(2.5, 10 ** 18)": 2.5,
    "=floor(-2.5)": -3,
    "=ceil(2.1)": 3,
    "=int(-2.9)": -2,
    "=float(3)": 3.0,
    "=len(sizes) + len(text)": 6,
    "=range(3)": [0, 1, 2],
    "=range(1, 7, 2)": [1, 3, 5],
    "=range(3, 0, -1)": [3, 2, 1],
    "=range(-2 ** 62, -2 ** 62)": [],
    "=divisible(100, 8)": 104,
    "=divisible(3, by=8)": 8,
    "=divisible(24 * 1.4, by=8)": 32,
    "=divisible(11, 8)": 16,
    "='__import__(1)'": "__import__(1)",
}


@pytest.mark.parametrize(("text", "expected"), GOOD.items(), ids=GOOD)
def test_a_good_expression_has_its_value(text: str, expected: object) -> None:
    found = result(text)
    assert found == expected
    assert type(found) is type(expected)


def test_several_lines_are_one_expression() -> None:
    for text in ("=max(1,\n  x)\n", "=max(1,\r\n\tx)"):
        assert result(text) == 3


@pytest.mark.parametrize("x", [*range(0, 200, 7), 31.5, 1e6])
@pytest.mark.parametrize("by", [1, 3, 8])
def test_divisible_is_near_and_takes_no_more_than_a_tenth(x: float, by: int) -> None:
    found = divisible(x, by)
    assert found % by == 0
    assert found >= by
    assert found >= 0.9 * x
    assert found <= x + by


# --- the same as Python

NUMBERS = st.one_of(
    st.integers(-9, 9).map(str),
    st.floats(-9, 9).map(lambda number: f"({number!r})"),
    st.sampled_from(["x", "width", "base"]),
)


def grown(numbers: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Numbers computed of numbers, by way of booleans and lists."""
    pairs = st.tuples(numbers, numbers)
    compared = st.tuples(numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers).map(" ".join)
    chained = st.tuples(compared, st.sampled_from(["<", "!="]), numbers).map(" ".join)
    lists = st.one_of(
        st.lists(numbers, min_size=1, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        pairs.map(lambda two: f"([{two[0]}] + [{two[1]}] * 2)"),
        st.sampled_from(["range(3)", "range(4, 0, -2)", "sizes"]),
    )
    booleans = st.one_of(
        compared,
        chained,
        st.tuples(compared, chained).map(lambda two: f"({two[0]} and not {two[1]} or {two[1]})"),
        st.tuples(numbers, lists).map(lambda two: f"({two[0]} in {two[1]})"),
        st.tuples(lists, lists).map(lambda two: f"{two[0]} == {two[1]}"),
    )
    operators = st.sampled_from(["+", "-", "*", "/", "//", "%", "**"])
    functions = st.sampled_from(["abs", "round", "floor", "ceil", "int", "float"])
    return st.one_of(
        st.tuples(numbers, operators, numbers).map(lambda three: f"({' '.join(three)})"),
        numbers.map(lambda one: f"-{one}"),
        st.tuples(numbers, booleans, numbers).map(
            lambda three: f"({three[0]} if {three[1]} else {three[2]})"
        ),
        st.tuples(functions, numbers).map(lambda two: f"{two[0]}({two[1]})"),
        st.tuples(st.sampled_from(["min", "max"]), lists).map(lambda two: f"{two[0]}({two[1]})"),
        pairs.map(lambda two: f"max({two[0]}, {two[1]})"),
        pairs.map(lambda two: f"round({two[0]}, int(min(9, {two[1]})))"),
        st.tuples(lists, st.integers(-2, 1)).map(lambda two: f"{two[0]}[{two[1]}]"),
        lists.map(lambda items: f"len({items})"),
    )


@settings(max_examples=400, deadline=None)
@given(st.recursive(NUMBERS, grown, max_leaves=12))
def test_python_gives_the_same(code: str) -> None:
    assume(len(code) < MAX_TEXT)
    try:
        found = result(f"={code}")
    except SpecError as error:
        _has_no_value_in_python_or_is_beyond_bounds(code, error)
        return
    expected = eval(code, PYTHON)
    assert found == expected
    assert type(found) is type(expected)


def _has_no_value_in_python_or_is_beyond_bounds(code: str, error: SpecError) -> None:
    """The part that is at fault gives an error in Python, or a number that is complex or too large."""
    (diagnostic,) = error.diagnostics
    if "nested too deep" in diagnostic.message:
        return
    assert diagnostic.code == "NN115"
    if "too large" in diagnostic.message and "**" in spanned(diagnostic).text:
        return  # Python could take for ever; the table of bad expressions has these
    try:
        gives = eval(spanned(diagnostic).text, PYTHON)
    except (ZeroDivisionError, OverflowError, IndexError):
        return
    assert isinstance(gives, complex) or abs(gives) >= LARGEST or not math.isfinite(gives)


ANYTHING = st.sampled_from(["1", "-2", "0.5", "'a'", "''", "[]", "[true]", "null", "false", *NAMES])


def combined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Parts of any type in any place."""
    operators = ["+", "-", "*", "/", "//", "%", "**", "<", "<=", ">", ">=", "==", "!=", "and", "or", "in"]
    forms = st.sampled_from(
        [
            *(f"({{}} {operator} {{}})" for operator in (*operators, "not in")),
            *("(-{})", "(not {})", "({} if {} else {})", "{}[{}]", "[{}, {}]", "({} < {} != {})"),
            *("min({}, {})", "max({})", "abs({})", "round({}, {})", "int({})", "len({})", "range({}, {})"),
        ]
    )
    return st.tuples(forms, parts, parts, parts).map(lambda found: found[0].format(*found[1:]))


@settings(max_examples=400, deadline=None)
@given(st.recursive(ANYTHING, combined, max_leaves=10))
def test_whatever_has_a_value_has_the_same_in_python(code: str) -> None:
    try:
        found = result(f"={code}")
    except SpecError:
        return
    python = eval(code, PYTHON)
    assert (found, type(found)) == (python, type(python))


# --- what has no value

VALUELESS = {
    "=x / 0": ("x / 0", "divides by zero", None),
    "=1 + x // (x - 3)": ("x // (x - 3)", "divides by zero", None),
    "=x % 0.0": ("x % 0.0", "divides by zero", None),
    "=0 ** -1": ("0 ** -1", "divides by zero", None),
    "=9**9**9": ("9**9**9", "too large: an integer stays below 2**63", None),
    "=9.0**9**9": ("9.0**9**9", "too large", None),
    "=2 ** 63": ("2 ** 63", "too large", None),
    "=(-3) ** 9999999": ("(-3) ** 9999999", "too large", None),
    "=2 ** 62 * 2": ("2 ** 62 * 2", "too large", None),
    "=1e308 * 10": ("1e308 * 10", "range of float64", None),
    "=floor(1e300)": ("floor(1e300)", "too large", None),
    "=(-8) ** 0.5": ("(-8) ** 0.5", "root of a negative number", None),
    "=flag + 1": ("flag + 1", "has true and 1, and `+` takes two numbers", "1 if … else 0"),
    "=-flag": ("-flag", "a sign takes a number", "1 if … else 0"),
    "=text + 1": ("text + 1", 'has "abc" and 1', None),
    "=text * 2": ("text * 2", "a list and an integer", None),
    "=sizes * 2.0": ("sizes * 2.0", "a list and an integer", None),
    "=sizes * true": ("sizes * true", "a list and an integer", "1 if … else 0"),
    "=text % 3": ("text % 3", "`%` takes two numbers", None),
    "=nothing * 2": ("nothing * 2", "has null and 2", None),
    "=x and flag": ("x", "is 3, and `and` takes true or false", "`x != 0`"),
    "=flag and width": ("width", "is 0.1, and `and` takes true or false", "`width != 0`"),
    "=sizes or flag": ("sizes", "`or` takes true or false", "`len(sizes) > 0`"),
    "=not nothing": ("nothing", "`not` takes true or false", "comparison"),
    "=1 if x else 2": ("x", "`if` takes true or false", "`x != 0`"),
    "=flag == 1": ("flag == 1", "compares true with 1, a boolean and a number", "a boolean is no number"),
    "=[flag] != [1.0]": ("[flag] != [1.0]", "a boolean and a number", "a boolean is no number"),
    "=1 in [true]": ("1 in [true]", "a boolean and a number", "a boolean is no number"),
    "='a' in text": ("'a' in text", "`in` takes a list", None),
    "=text < 3": ("text < 3", 'puts "abc" and 3 in order', None),
    "=flag < true": ("flag < true", "puts true and true in order", None),
    "=sizes < sizes": ("sizes < sizes", "two numbers or two strings", None),
    "=sizes[3]": ("sizes[3]", "beyond the 3 of [64, 128, 256]", "from 0 to 2, or from -3 to -1"),
    "=sizes[-4]": ("sizes[-4]", "beyond the 3", "from 0 to 2"),
    "=[][0]": ("[][0]", "beyond the 0 of []", None),
    "=sizes[1.0]": ("sizes[1.0]", "index 1.0, which is no integer", "int(…)"),
    "=sizes[true]": ("sizes[true]", "index true, which is no integer", None),
    "=x[0]": ("x[0]", "element of 3, which is no list", None),
    "=min([])": ("min([])", "given [] alone", "several numbers"),
    "=max(x)": ("max(x)", "given 3 alone", "several numbers"),
    "=max(x, 'a')": ("max(x, 'a')", 'given "a", which is no number', None),
    "=abs(flag)": ("abs(flag)", "given true, which is no number", "1 if … else 0"),
    "=int('3')": ("int('3')", 'given "3", which is no number', None),
    "=round(x, 0.5)": ("round(x, 0.5)", "0.5, which is no integer", "floor(…)"),
    "=len(x)": ("len(x)", "no list or string", None),
    "=range(1.5)": ("range(1.5)", "no integer", "floor(…)"),
    "=range(1, 2, 0)": ("range(1, 2, 0)", "steps of 0", None),
    "=range(10 ** 9)": ("range(10 ** 9)", "at most 1,000,000", None),
    "=range(-2 ** 62, 2 ** 62)": ("range(-2 ** 62, 2 ** 62)", "at most 1,000,000", None),
    "=[1] * 10 ** 7": ("[1] * 10 ** 7", "at most 1,000,000", None),
    "=range(600000) + range(600000)": ("range(600000) + range(600000)", "at most 1,000,000", None),
    "=[range(600000), range(600000)]": ("[range(600000), range(600000)]", "at most 1,000,000", None),
    "=[range(600000)] * 2": ("[range(600000)] * 2", "at most 1,000,000", None),
    "=" + "[" * 40 + "]" * 40: (None, "nests lists deeper than 32", None),
    "=divisible(x, 0)": ("divisible(x, 0)", "given 0 for `by`", None),
    "=divisible(x, 1.5)": ("divisible(x, 1.5)", "no integer", "floor(…)"),
    "='é' * x": ("'é' * x", "a list and an integer", None),
}


@pytest.mark.parametrize("text", VALUELESS, ids=lambda text: text[:30])
def test_what_has_no_value_is_told_at_once_why_and_where(text: str) -> None:
    underlined, message, help = VALUELESS[text]
    found = complaint(scalar(text))
    assert took(text) < QUICK or "600000" in text
    assert found.code == "NN115"
    assert message in found.message
    assert help is None or help in (found.help or "")
    assert underlined is None or spanned(found).text == underlined
    assert underlined is None or found.message.startswith(f"`{underlined}` ")


def test_an_error_has_the_values_of_the_names_that_it_is_about() -> None:
    span = Span(Source(YAML, "width: 0.5\n"), 7, 10)
    bindings = {**BOUND, "width": Binding(0.5, span, "from --set")}
    (note, other) = complaint(scalar("=1 + base / (width - width - base * 0)"), bindings).notes
    assert note.message == "base = 64"
    assert other == ("width = 0.5, from --set", span)


@pytest.mark.parametrize(
    ("text", "name", "help"),
    [
        ("=basee * 2", "basee", 'did you mean "base"?'),
        ("=zzzzzzzz * 2", "zzzzzzzz", "known names: base, flag, nothing, sizes, text, width, x"),
        ("=1 if flag else basee", "basee", 'did you mean "base"?'),
        ("=max", "max", "max(a, b, …) or max(list)"),
    ],
)
def test_an_unknown_name(text: str, name: str, help: str) -> None:
    found = complaint(scalar(text))
    assert found.code == "NN108"
    assert found.message == f'there is no param or binding "{name}"'
    assert spanned(found).text == name
    assert help in (found.help or "")
    if "did you mean" in help:
        assert [note.message for note in found.notes] == [
            "in scope: base, flag, nothing, sizes, text, width, x"
        ]


def test_an_unknown_name_where_none_is_known() -> None:
    assert "under params" in (complaint(scalar("=depth"), {}).help or "")


def test_each_unknown_name_is_told_once() -> None:
    with pytest.raises(SpecError) as caught:
        result("=aaaa + bbbb + aaaa")
    assert [spanned(d).start for d in caught.value.diagnostics] == [4, 11]


# --- work


def test_work_is_shared_and_ends() -> None:
    expression, work = parse(scalar("=x + 1")), Work(8)
    assert [evaluate(expression, BOUND, work) for _ in range(2)] == [4, 4]
    assert work.left == 2
    with pytest.raises(SpecError) as caught:
        evaluate(expression, BOUND, work)
    (found,) = caught.value.diagnostics
    assert place(found) == ("NN003", 1, 4)
    assert "the limit is 8" in found.message


@pytest.mark.parametrize(
    ("text", "steps"),
    [("=range(1000)", 1000), ("=sizes * 1000", 3000), ("=text + text", 6), ("=999 in range(500)", 1000)],
)
def test_what_is_made_or_looked_at_costs_work(text: str, steps: int) -> None:
    work = Work()
    evaluate(parse(scalar(text)), BOUND, work)
    assert steps <= work.limit - work.left <= steps + 15


def test_doubling_ends_at_the_size_of_a_list() -> None:
    double, bindings, work = parse(scalar("=[a, a]")), {"a": Binding(1)}, Work()
    with within(2), pytest.raises(SpecError) as caught:
        for _ in range(100):
            bindings = {"a": Binding(evaluate(double, bindings, work))}
    assert f"{MAX_SIZE:,}" in caught.value.diagnostics[0].message


def test_no_chain_of_expressions_runs_away() -> None:
    work, bindings = Work(), {"a": Binding(list(range(MAX_SIZE // 2)))}
    longest = parse(scalar("=a + a == a + a"))
    with within(20), pytest.raises(SpecError) as caught:
        for _ in range(1000):
            evaluate(longest, bindings, work)
    assert caught.value.diagnostics[0].code == "NN003"


def test_a_hundred_thousand_evaluations_take_a_second_or_so() -> None:
    expression, work = parse(scalar("=64 * width + x")), Work()
    started = time.process_time()
    for _ in range(20_000):
        evaluate(expression, BOUND, work)
    assert time.process_time() - started < 0.5
