"""Generated Python as text: inert whatever the spec says, and laid out as the formatter has it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from generated import CALM, assert_clean, called, spec
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.python import emit
from nnspec.backends.python.layout import Brackets, Expr, statement
from nnspec.backends.python.text import docstring, paragraphs, string

# Text that would like to be more


HOSTILE = [
    "x'); import os #",
    '"""); import os; ("""',
    '"',
    '""',
    "\\",
    '\\"',
    '\\"""',
    "{{7*7}}{% raw %}",
    "a\nb\r\nc\n\n\nd\te",
    "a\u2028b\u2029c\x85d\x0be\x0cf",
    "\U0001f600 \u202e \u200b \x00 \x7f \xa0",
    "漢字" * 60 + " " + "仮名 " * 60,
    "# noqa # fmt: off # type: ignore",
    "%s {x!r} \\N{DASH} \\x41 \\u0041",
    "'" * 5 + '"' * 3,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert(text: str, tmp_path: Path) -> None:
    training = {"optimizer": {"SGD": {"name": text}}, "loss": {"MeanSquaredError": {"name": text}}}
    graph = spec([{"Dense": 2}], description=text, training=training)
    source = emit(graph)
    assert called(source) == {
        *("keras.Sequential", "keras.Input", "keras.layers.Dense", "keras.optimizers.SGD"),
        *("keras.losses.MeanSquaredError", "model.compile", "build_model", "build_model().summary"),
    }
    constants = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    assert constants.count(text) >= 2
    assert all(c.isprintable() or c == "\n" for c in source)
    source.encode("utf-8")
    assert_clean([source], tmp_path)


@CALM
@given(st.lists(st.text(st.characters(), max_size=200), min_size=1, max_size=20))
def test_any_text_is_a_literal_and_a_docstring(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    lines = []
    for number, text in enumerate(texts):
        literal = string(text)
        assert ast.literal_eval(literal) == text
        doc = docstring([[paragraph] for paragraph in paragraphs(text) or ["Nothing."]], 4)
        module = ast.parse(f"def f():\n{doc}\n")
        function = module.body[0]
        assert isinstance(function, ast.FunctionDef)
        assert len(function.body) == 1
        said = ast.get_docstring(function, clean=False) or ""
        assert "".join(said.split()) == "".join((text if paragraphs(text) else "Nothing.").split())
        lines.append(f"def f{number}():\n{doc}\n    return g(\n        {literal},\n    )\n")
    assert_clean(lines, tmp_path_factory.mktemp("texts"), "W,E501")


# Layout


def expressions() -> st.SearchStrategy[Expr]:
    names = st.from_regex(r"[a-z]{1,12}_", fullmatch=True)
    dotted = st.lists(names, min_size=1, max_size=3).map(".".join)
    atoms = st.one_of(
        names.map(lambda name: f'"{name}"'),
        st.floats(0, 1e9).map(lambda f: repr(f).replace("e+", "e")),
        st.just("None"),
    ).map(lambda text: (text,))

    def deeper(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
        items = st.lists(inner, max_size=6)
        keywords = st.lists(st.tuples(names, inner), max_size=5, unique_by=lambda pair: pair[0])
        arguments = st.tuples(items, keywords).map(
            lambda pair: tuple(pair[0]) + tuple((f"{name}=", *value) for name, value in pair[1])
        )
        calls = st.builds(lambda name, given: (name, Brackets("call", given)), dotted, arguments)
        displays = st.builds(
            lambda kind, found: (Brackets(kind, tuple(found)),), st.sampled_from(["list", "tuple"]), items
        )
        entries = st.lists(st.tuples(names, inner), max_size=4, unique_by=lambda pair: pair[0])
        dicts = entries.map(lambda found: (Brackets("dict", tuple((f'"{k}": ', *v) for k, v in found)),))
        return st.one_of(calls, displays, dicts)

    return st.recursive(atoms, deeper, max_leaves=25)


def statements() -> st.SearchStrategy[str]:
    names = st.from_regex(r"[a-z]{1,31}_", fullmatch=True)
    targets = st.one_of(
        st.just("x"), names, st.tuples(names, names).map(lambda n: f"{n[0][:14]}, {n[1][:14]}, _")
    )
    arguments = st.lists(expressions(), max_size=6).map(tuple)
    made = st.builds(lambda n, a: (f"keras.layers.{n[:26]}", Brackets("call", a)), names, arguments)
    values = st.lists(names.map(lambda n: (n,)), min_size=1, max_size=4).map(tuple)
    listed = st.one_of(values, values.map(lambda v: ((Brackets("list", v),),)))
    applied = st.builds(lambda layer, given: (*layer, Brackets("call", given)), made, listed)
    return st.builds(lambda target, value: statement(target, value, 4), targets, st.one_of(made, applied))


@CALM
@given(st.lists(statements(), min_size=1, max_size=20))
def test_statements_are_laid_out_as_the_formatter_has_them(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    source = "def f():\n" + "\n".join(lines) + "\n"
    assert_clean([source], tmp_path_factory.mktemp("layout"), "W,E501")
