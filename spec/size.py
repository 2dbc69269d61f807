"""Sizes of axes: integers, or exact expressions over named axes such as `ceil(time/2)`.

An expression is kept in one canonical form, a sum of products of atoms with integer coefficients, so that two
equal sizes compare equal. An atom is a symbol or a floor division that cannot be taken apart further.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product as combinations
from math import gcd, prod
from typing import NamedTuple, TypeAlias

# What one size may be written with: beyond it every further layer could double the work.
MAX_PARTS = 1000
MAX_DEPTH = 40


class SizeTooLong(ArithmeticError):
    """A size whose expression has more than MAX_PARTS parts, or nests deeper than MAX_DEPTH."""


class Symbol(NamedTuple):
    """A dynamic axis. An axis without a name has a number instead, and equals only itself."""

    name: str | None
    number: int = 0

    def __str__(self) -> str:
        return self.name or "?"

    @property
    def parts(self) -> int:
        return 1

    @property
    def depth(self) -> int:
        return 0

    @property
    def key(self) -> str:
        return self.name or f"?{self.number}"


class FloorDiv(NamedTuple):
    """`numerator // divisor`, the numerator's coefficients being at least 0 and below the divisor."""

    numerator: Expr
    divisor: int

    @property
    def parts(self) -> int:
        return self.numerator.parts + 1

    @property
    def depth(self) -> int:
        return self.numerator.depth + 1

    def __str__(self) -> str:
        constant = self.numerator.constant
        if constant == self.divisor - 1 > 0:
            return f"ceil({_factor(self.numerator - constant)}/{self.divisor})"
        return f"{_factor(self.numerator)}//{self.divisor}"

    @property
    def key(self) -> str:
        return f"({self.numerator.key})//{self.divisor}"


Atom: TypeAlias = Symbol | FloorDiv
Monomial: TypeAlias = tuple[Atom, ...]


@dataclass(frozen=True, eq=False)
class Expr:
    """A size that is not a plain integer. Made by arithmetic on symbols, never directly; arithmetic raises
    SizeTooLong."""

    terms: tuple[tuple[Monomial, int], ...]

    @cached_property
    def key(self) -> str:
        """Equal for equal sizes, whatever the order in which they came about."""
        return " + ".join(f"{c}*" + "*".join(a.key for a in m) for m, c in self.terms)

    @cached_property
    def parts(self) -> int:
        """How many numbers and symbols it is written with."""
        return sum(1 + sum(a.parts for a in m) for m, _ in self.terms)

    @cached_property
    def depth(self) -> int:
        """How deep divisions nest in it."""
        return max(a.depth for m, _ in self.terms for a in m)

    @property
    def constant(self) -> int:
        return next((c for m, c in self.terms if not m), 0)

    @property
    def symbols(self) -> frozenset[Symbol]:
        return frozenset(s for m, _ in self.terms for a in m for s in _symbols(a))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expr) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __add__(self, other: Size) -> Size:
        return _sum([*self.terms, *_terms(other)])

    def __mul__(self, other: Size) -> Size:
        if len(self.terms) * len(_terms(other)) > MAX_PARTS:
            raise SizeTooLong
        return _sum([(m + n, c * d) for m, c in self.terms for n, d in _terms(other)])

    def __neg__(self) -> Size:
        return self * -1

    def __sub__(self, other: Size) -> Size:
        return self + -other

    def __rsub__(self, other: int) -> Size:
        return -self + other

    def __floordiv__(self, other: Size) -> Size:
        """Floor division by a positive integer, or exact division by an expression.

        Raises ValueError where an expression does not divide this one.
        """
        return _floor_div(self, other) if isinstance(other, int) else _exact_div(self, other)

    __radd__ = __add__
    __rmul__ = __mul__

    def __str__(self) -> str:
        parts = [("-" if c < 0 else "+", _term(m, abs(c))) for m, c in self.terms]
        text = " ".join(f"{sign} {part}" for sign, part in parts)
        return text.removeprefix("+ ") if text.startswith("+") else "-" + text.removeprefix("- ")

    __repr__ = __str__


Size: TypeAlias = int | Expr


def symbol(name: str | None, number: int = 0) -> Expr:
    """A dynamic axis as a size."""
    return Expr((((Symbol(name, number),), 1),))


BATCH = symbol("batch")

# How many numbers are computed with, at most, in comparing two sizes by their values.
EFFORT = 16384


def ceil_div(size: Size, divisor: int) -> Size:
    """`size / divisor` rounded up; the divisor is positive."""
    return (size + (divisor - 1)) // divisor


def product(sizes: Iterable[Size]) -> Size:
    result: Size = 1
    for size in sizes:
        result = size * result
    return result


def shape_text(sizes: Iterable[Size]) -> str:
    """`[batch, 28, 28, 1]`, as messages have shapes."""
    return f"[{', '.join(map(str, sizes))}]"


def evaluate(size: Size, values: Mapping[Symbol, int]) -> int:
    """The size with each symbol's value put in. Raises KeyError for a symbol without one."""
    if isinstance(size, int):
        return size
    return sum(c * prod(_evaluate(a, values) for a in m) for m, c in size.terms)


def counterexample(a: Size, b: Size) -> dict[Symbol, int] | None:
    """Values of symbols for which two sizes differ, small ones, and both sizes above 1 if that can be.

    None where the sizes are equal for all of the values tried, as two forms of one size are.
    """
    found = sorted(symbols((a, b)), key=lambda s: s.key)
    differing: dict[Symbol, int] | None = None
    for values in _tries(found, EFFORT // sum(size.parts for size in (a, b) if isinstance(size, Expr)) + 9):
        x, y = evaluate(a, values), evaluate(b, values)
        if x != y and x > 1 and y > 1:
            return values
        if x != y and differing is None:
            differing = values
    return differing


def _tries(found: list[Symbol], count: int) -> Iterable[dict[Symbol, int]]:
    """About so many sets of values: all small ones in order for up to two symbols, a spread for more."""
    if len(found) <= 2:
        highest = range(1, round(count ** (1 / len(found))) + 1)
        given: Iterable[Iterable[int]] = sorted(combinations(highest, repeat=len(found)), key=sum)
    else:
        given = ([1 + n * (i + 1) % 61 for i in range(len(found))] for n in range(1, count))
    return (dict(zip(found, numbers, strict=True)) for numbers in given)


def symbols(sizes: Iterable[Size]) -> frozenset[Symbol]:
    """Every symbol that the sizes depend on."""
    return frozenset(s for size in sizes if isinstance(size, Expr) for s in size.symbols)


def _evaluate(atom: Atom, values: Mapping[Symbol, int]) -> int:
    if isinstance(atom, Symbol):
        return values[atom]
    return evaluate(atom.numerator, values) // atom.divisor


def _symbols(atom: Atom) -> frozenset[Symbol]:
    return frozenset({atom}) if isinstance(atom, Symbol) else atom.numerator.symbols


def _terms(size: Size) -> tuple[tuple[Monomial, int], ...]:
    return size.terms if isinstance(size, Expr) else (((), size),)


def _sum(terms: Iterable[tuple[Monomial, int]]) -> Size:
    """The canonical form: like terms added, zeros dropped, long monomials first and the constant last."""
    total: dict[tuple[str, ...], tuple[Monomial, int]] = {}
    for monomial, coefficient in terms:
        ordered = tuple(sorted(monomial, key=lambda a: a.key))
        key = tuple(a.key for a in ordered)
        total[key] = (ordered, coefficient + (total[key][1] if key in total else 0))
    kept = {k: t for k, t in total.items() if t[1] != 0}
    if not any(kept):
        return kept[()][1] if kept else 0
    size = Expr(tuple(kept[k] for k in sorted(kept, key=lambda k: (-len(k), k))))
    if size.parts > MAX_PARTS or size.depth > MAX_DEPTH:
        raise SizeTooLong
    return size


def _floor_div(size: Expr, divisor: int) -> Size:
    if divisor <= 0:
        raise ValueError("a size is divided by positive integers only")
    whole = _sum((m, c // divisor) for m, c in size.terms)
    rest = _sum((m, c % divisor) for m, c in size.terms)
    if isinstance(rest, int):
        return whole
    # floor((g·a + c) / (g·b)) = floor((a + floor(c/g)) / b)
    common = gcd(divisor, *(c for m, c in rest.terms if m))
    if common > 1:
        return whole + _sum((m, c // common) for m, c in rest.terms) // (divisor // common)
    variable = [(m, c) for m, c in rest.terms if m]
    match variable:
        case [((FloorDiv() as inner,), 1)]:
            # floor((floor(n/j) + c) / k) = floor((n + c·j) / (j·k))
            return whole + (inner.numerator + rest.constant * inner.divisor) // (inner.divisor * divisor)
    return _sum([*_terms(whole), ((FloorDiv(rest, divisor),), 1)])


def _exact_div(size: Expr, divisor: Expr) -> Size:
    if len(divisor.terms) != 1:
        if size == divisor:
            return 1
        raise ValueError(f"{size} cannot be divided by {divisor} exactly")
    (by, number), terms = divisor.terms[0], []
    for monomial, coefficient in size.terms:
        left = list(monomial)
        if coefficient % number or any(left.count(a) < by.count(a) for a in by):
            raise ValueError(f"{size} cannot be divided by {divisor} exactly")
        for atom in by:
            left.remove(atom)
        terms.append((tuple(left), coefficient // number))
    return _sum(terms)


def _term(monomial: Monomial, coefficient: int) -> str:
    names = [str(a) for a in monomial]
    return "*".join(names if coefficient == 1 and names else [str(coefficient), *names])


def _factor(size: Size) -> str:
    """The size as it reads inside a product or a quotient."""
    return f"({size})" if isinstance(size, Expr) and len(size.terms) > 1 else str(size)
