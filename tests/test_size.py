"""Sizes: arithmetic on named axes is exact, and equal sizes compare equal."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nnspec.spec.size import Expr, Symbol, ceil_div, evaluate, product, substitute, symbol, symbols

H, W = symbol("h"), symbol("w")
H8, W6 = symbol("h", unit=8, least=8), symbol("w", unit=6, least=6)
(h8,), (w6,) = H8.symbols, W6.symbols

# What a size is, built up as a function of h and w: run on integers it gives the number that the size must have.
Recipe = Callable[[Any, Any], Any]

leaves: st.SearchStrategy[Recipe] = st.one_of(
    st.just(lambda h, w: h), st.just(lambda h, w: w), st.integers(-9, 9).map(lambda n: lambda h, w: n)
)


def grow(inner: st.SearchStrategy[Recipe]) -> st.SearchStrategy[Recipe]:
    pairs = st.tuples(inner, inner)
    divided = st.tuples(inner, st.integers(1, 6))
    return st.one_of(
        pairs.map(lambda p: lambda h, w: p[0](h, w) + p[1](h, w)),
        pairs.map(lambda p: lambda h, w: p[0](h, w) - p[1](h, w)),
        pairs.map(lambda p: lambda h, w: p[0](h, w) * p[1](h, w)),
        divided.map(lambda p: lambda h, w: p[0](h, w) // p[1]),
        divided.map(lambda p: lambda h, w: ceil_div(p[0](h, w), p[1])),
    )


recipes = st.recursive(leaves, grow, max_leaves=8)


@given(recipes, st.integers(0, 50), st.integers(0, 50))
def test_a_size_has_the_value_that_arithmetic_on_integers_gives(recipe: Recipe, h: int, w: int) -> None:
    assert evaluate(recipe(H, W), {Symbol("h"): h, Symbol("w"): w}) == recipe(h, w)


@given(recipes, st.integers(0, 20), st.integers(0, 20))
def test_a_size_over_axes_with_units_has_it_too(recipe: Recipe, h: int, w: int) -> None:
    assert evaluate(recipe(H8, W6), {h8: 8 * h, w6: 6 * w}) == recipe(8 * h, 6 * w)


@given(recipes, st.integers(0, 20), st.integers(0, 20))
def test_it_reads_as_python_with_the_same_value(recipe: Recipe, h: int, w: int) -> None:
    text = re.sub(r"ceil\(", "Ceil(", str(recipe(H8, W6)))
    # A product with a fraction is whole; `a/b` inside of `ceil` is not, and is rounded up.
    value = eval(text, {"h": Fraction(8 * h), "w": Fraction(6 * w), "Ceil": math.ceil})
    assert value == recipe(8 * h, 6 * w)


@given(recipes, st.integers(0, 20), st.integers(0, 20))
def test_axes_may_be_given_sizes_one_after_the_other(recipe: Recipe, h: int, w: int) -> None:
    size = recipe(H8, W6)
    half_way = substitute(size, {h8: 8 * h})
    assert h8 not in symbols([half_way])
    assert substitute(half_way, {w6: 6 * w}) == evaluate(size, {h8: 8 * h, w6: 6 * w})
    assert half_way == recipe(8 * h, W6)


@given(recipes, recipes)
def test_the_order_in_which_a_size_came_about_does_not_matter(a: Recipe, b: Recipe) -> None:
    x, y = a(H, W), b(H, W)
    assert x + y == y + x
    assert x * y == y * x
    assert (x + y) - y == x
    assert hash(x + y) == hash(y + x)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (ceil_div(H, 2), "ceil(h/2)"),
        (ceil_div(ceil_div(H, 2), 2), "ceil(h/4)"),
        (H // 2 // 3, "h//6"),
        ((H - 7) // 2 + 1, "ceil(h/2) - 3"),
        (H * 64 // 2, "32*h"),
        (H * W * 3, "3*h*w"),
        (H - H, "0"),
        (2 - H, "-h + 2"),
        ((H + 2) // 3, "ceil(h/3)"),
        ((H + W) // 3, "(h + w)//3"),
        (product([H, W, 2]) // H, "2*w"),
        (2 * (H // 3), "2*(h//3)"),
        (H * 2 // 3, "2*h//3"),
        (H // 2 * W, "(h//2)*w"),
        (3 * ceil_div(H, 2), "3*ceil(h/2)"),
        (H8, "h"),
        (H8 // 2, "h/2"),
        (H8 // 8 * 3, "3*h/8"),
        (H8 // 2 // 2 * 4, "h"),
        (2 * (H8 // 2) - H8, "0"),
        ((H8 - 3) // 2 + 1, "h/2 - 1"),
        (H8 // 16, "h//16"),
        (H8 // 8, "h/8"),
        (W6 // 4, "w//12 + w/6"),
        (3 * ceil_div(H8, 16), "3*ceil(h/16)"),
        ((H8 + W6) // 24, "(h + w)//24"),
        (H8 // 2 * (W6 // 2), "h*w/4"),
        (-H8 // 2 + 1, "-h/2 + 1"),
        (-(H // 2) + 1, "-(h//2) + 1"),
        (1 + H8 - H8 // 3, "-(h//12) + 3*h/4 + 1"),
    ],
)
def test_sizes_are_shown_in_one_form(size: Any, text: str) -> None:
    assert str(size) == text


def test_what_cancels_is_an_integer_again() -> None:
    assert H - H == 0
    assert (H * 2) // H == 2
    assert isinstance(H + 1, Expr)


def test_an_unnamed_axis_equals_only_itself() -> None:
    first, second = symbol(None, 1), symbol(None, 2)
    assert first == symbol(None, 1)
    assert first != second
    assert str(first) == "?"
    assert symbols([first + second]) == {Symbol(None, 1), Symbol(None, 2)}


def test_a_division_that_does_not_come_out_is_refused() -> None:
    with pytest.raises(ValueError, match="exactly"):
        _ = (H + 1) // W
    with pytest.raises(ValueError, match="positive"):
        _ = H // 0
