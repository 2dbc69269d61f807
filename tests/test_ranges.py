"""Sizes over the bounds of their axes: what is said of all of them is what going through them finds."""

from __future__ import annotations

from itertools import islice, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nnspec.spec.ranges import (
    always_equal,
    counterexample,
    equalizing_unit,
    first_above,
    grows,
    least,
    points,
    volume,
)
from nnspec.spec.size import Expr, Size, Symbol, ceil_div, evaluate, symbol, symbols
from test_size import Recipe, recipes


@st.composite
def axes(draw: st.DrawFn, name: str, most: int = 60) -> Expr:
    unit = draw(st.integers(1, 8))
    first = draw(st.integers(1, 6))
    last = draw(st.none() | st.integers(first, max(first, most // unit)))
    return symbol(name, unit=unit, least=first * unit, most=None if last is None else last * unit)


def sizes_of(axis: Symbol, limit: int = 120) -> range:
    """The sizes that an axis may have, those without an upper bound up to a limit."""
    return range(axis.least, (axis.most or limit) + 1, axis.unit)


def grid(*sizes: Size) -> list[dict[Symbol, int]]:
    found = sorted(symbols(sizes), key=lambda s: s.key)
    return [dict(zip(found, values, strict=True)) for values in product(*map(sizes_of, found))]


@given(axes("h", 40), axes("w", 40), recipes, recipes)
def test_sizes_are_equal_where_no_axis_makes_them_differ(h: Expr, w: Expr, a: Recipe, b: Recipe) -> None:
    x, y = a(h, w), b(h, w)
    differing = [v for v in grid(x, y) if evaluate(x, v) != evaluate(y, v)]
    said = always_equal(x, y)
    assert said is not True or not differing
    assert said is not False or differing or any(s.most is None for s in symbols([x, y]))
    example = counterexample(x, y)
    assert (example is not None) == (said is False)
    if example is not None:
        assert evaluate(x, example) != evaluate(y, example)
        assert all(value in sizes_of(s, value) for s, value in example.items())


@given(axes("h"), axes("w"), recipes)
def test_two_forms_of_a_size_are_equal(h: Expr, w: Expr, recipe: Recipe) -> None:
    size = recipe(h, w)
    assert always_equal(size // 2 + ceil_div(size, 2), size) is not False


@given(axes("h"), axes("w"), recipes)
def test_the_least_value_is_that_of_the_least_sizes(h: Expr, w: Expr, recipe: Recipe) -> None:
    size = recipe(h, w)
    found = least(size)
    assert grows(size) == (found is not None)
    if found is not None:
        assert found == min((evaluate(size, v) for v in grid(size)), default=size)


@given(axes("h"), st.integers(1, 9), st.integers(0, 30), st.integers(1, 9), st.integers(-5, 200))
def test_the_first_size_above_a_bound(h: Expr, span: int, pad: int, stride: int, bound: int) -> None:
    size = (h + pad - span) // stride + 1
    (axis,) = h.symbols
    found = first_above(size, bound, axis)
    above = [v for v in sizes_of(axis, 4000) if evaluate(size, {axis: v}) > bound]
    assert found == (above[0] if above else None)


def test_products_that_begin_below_zero_grow_from_where_they_are_positive() -> None:
    h, w = symbol("h", least=4), symbol("w", least=4)
    assert least((h - 3) * (w - 3)) == 1
    assert least((symbol("h") - 3) * (symbol("w") - 3)) is None
    assert least(5 - h) is None


def test_a_product_of_many_axes_is_not_taken_apart() -> None:
    size: Any = 1
    for i in range(31):
        size = size * symbol(f"n{i}")
    assert least(size) == 1
    assert least(size - symbol("n0") * 2) is None


@given(axes("h", 30), axes("w", 30), axes("z", 30))
def test_points_come_by_their_sum_each_once(h: Expr, w: Expr, z: Expr) -> None:
    found = [s for size in (h, w, z) for s in size.symbols]
    first = [tuple(point.values()) for point in islice(points(found), 500)]
    assert first == sorted(first, key=lambda values: (sum(values), values))
    assert len(set(first)) == len(first) == min(500, volume(found))


def test_no_axes_have_one_point() -> None:
    assert list(points([])) == [{}]
    assert volume([]) == 1


def test_what_is_bounded_is_equal_within_its_bounds() -> None:
    h = symbol("h", least=2, most=3)
    assert counterexample(h // 2, 1) is None
    assert counterexample(symbol("h", least=2, most=4) // 2, 1) == {
        next(iter(symbols([symbol("h", least=2, most=4)]))): 4
    }


def test_a_difference_in_the_bounds_is_not_looked_for_outside() -> None:
    h = symbol("h", unit=8, least=8, most=64)
    example = counterexample(h, 2 * (h // 16) * 8)
    assert example is not None
    assert set(example.values()) == {24}


@pytest.mark.parametrize("stride", [7919, 50_000])
def test_what_takes_too_long_to_prove_is_not_said_to_be_proved(stride: int) -> None:
    h = symbol("h")
    again = ceil_div(h // 2 + ceil_div(h, 2), stride)
    assert always_equal(again, ceil_div(h, stride)) is None
    assert counterexample(again, ceil_div(h, stride)) is None
    # They differ for one size in 49,999.
    assert always_equal(h + h // 49_999 - (h + 1) // 49_999, h) is None


def test_sizes_that_differ_late_are_told_apart() -> None:
    h, w = symbol("h"), symbol("w", unit=7, least=70)
    late = ceil_div(h, 50_000)
    assert always_equal(late, 1) is False
    assert always_equal(ceil_div(h + w, 90_001), ceil_div(h, 90_001)) is False
    example = counterexample(late, 1)
    assert example is not None
    assert min(example.values()) > 50_000


@given(axes("h"), st.integers(1, 12), st.integers(1, 6), st.integers(0, 3))
def test_a_unit_with_which_sizes_are_equal(h: Expr, window: int, factor: int, pad: int) -> None:
    (axis,) = h.symbols
    rounded = (h + pad) // window * factor
    unit = equalizing_unit(rounded, h)
    if unit is None:
        return
    assert unit[0] == axis
    sizes = [n for n in sizes_of(axis, 3000) if n % unit[1] == 0]
    assert sizes
    assert all(evaluate(rounded, {axis: n}) == n for n in sizes)


def test_the_unit_of_what_is_halved_and_doubled() -> None:
    h = symbol("h", unit=2, least=2)
    assert equalizing_unit(h // 8 * 8, h) == (next(iter(h.symbols)), 8)
    assert equalizing_unit(h // 2, h) is None
    assert equalizing_unit(h, symbol("w")) is None
    assert equalizing_unit(symbol("n", most=3) // 8 * 8, symbol("n", most=3)) is None
