"""Sizes of axes: integers, or exact expressions over named axes such as `ceil(time/2)`.

An expression is kept in one canonical form, a sum of products of atoms with integer coefficients, so that two
equal sizes compare equal. An atom is a symbol or a floor division that cannot be taken apart further.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import gcd, lcm, prod
from typing import NamedTuple, TypeAlias

# What one size may be written with: beyond it every further layer could double the work.
MAX_PARTS = 1000
MAX_DEPTH = 40


class SizeTooLong(ArithmeticError):
    """A size whose expression has more than MAX_PARTS parts, or nests deeper than MAX_DEPTH."""


class Symbol(NamedTuple):
    """A dynamic axis. An axis without a name has a number instead, and equals only itself.

    Its size is a multiple of `unit`, from `least` to `most`, which are such multiples themselves; None is no upper
    bound. In an expression the symbol counts units: the axis itself is `unit * symbol`, so that division by the
    unit comes out. Wherever a symbol is given a value, the value is the size of the axis, not its number of units.
    """

    name: str | None
    number: int = 0
    unit: int = 1
    least: int = 1
    most: int | None = None

    def __str__(self) -> str:
        """The name of the axis."""
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

    @property
    def rounds_up(self) -> bool:
        return self.numerator.constant == self.divisor - 1 > 0

    def __str__(self) -> str:
        """Numerator and divisor as many times larger as leaves no fraction of an axis: `height//16`, not
        `(height/8)//2`."""
        terms = [(m, c) for m, c in self.numerator.terms if m or not self.rounds_up]
        scale = lcm(*(_whole(m, c)[1] for m, c in terms))
        numerator = _text((m, scale * c) for m, c in terms)
        numerator = f"({numerator})" if len(terms) > 1 else numerator
        by = scale * self.divisor
        return f"ceil({numerator}/{by})" if self.rounds_up else f"{numerator}//{by}"

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
        """In sizes of axes, whatever their units: `3*height/8`."""
        return _text(self.terms)

    __repr__ = __str__


Size: TypeAlias = int | Expr


def symbol(
    name: str | None, number: int = 0, *, unit: int = 1, least: int = 1, most: int | None = None
) -> Expr:
    """A dynamic axis as a size: a multiple of `unit` from `least` to `most`, themselves multiples."""
    return Expr((((Symbol(name, number, unit, least, most),), unit),))


BATCH = symbol("batch")
BATCH_AXIS = Symbol("batch")


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
    """The size where each symbol's axis has the size that `values` gives. Raises KeyError for a symbol without one."""
    if isinstance(size, int):
        return size
    return sum(c * prod(_evaluate(a, values) for a in m) for m, c in size.terms)


def substitute(size: Size, values: Mapping[Symbol, int]) -> Size:
    """The size where the axes that `values` names have the sizes that it gives, and the others any."""
    if isinstance(size, int) or size.symbols.isdisjoint(values):
        return size
    if values.keys() >= size.symbols:
        return evaluate(size, values)
    terms = (product(_substitute(a, values) for a in m) * c for m, c in size.terms)
    return _sum(term for size in terms for term in _terms(size))


def symbols(sizes: Iterable[Size]) -> frozenset[Symbol]:
    """Every symbol that the sizes depend on."""
    return frozenset(s for size in sizes if isinstance(size, Expr) for s in size.symbols)


def _evaluate(atom: Atom, values: Mapping[Symbol, int]) -> int:
    if isinstance(atom, Symbol):
        return values[atom] // atom.unit
    return evaluate(atom.numerator, values) // atom.divisor


def _substitute(atom: Atom, values: Mapping[Symbol, int]) -> Size:
    if isinstance(atom, FloorDiv):
        return substitute(atom.numerator, values) // atom.divisor
    return values[atom] // atom.unit if atom in values else Expr((((atom,), 1),))


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


def _text(terms: Iterable[tuple[Monomial, int]]) -> str:
    """A sum as people write it, and as Python has it but for `ceil`."""
    (monomial, coefficient), *rest = terms
    first = _term(monomial, coefficient) if coefficient > 0 else f"-{_product(monomial, -coefficient)}"
    return " ".join([first, *(f"{'-' if c < 0 else '+'} {_term(m, abs(c))}" for m, c in rest)])


def _term(monomial: Monomial, coefficient: int) -> str:
    match monomial, coefficient:
        case (FloorDiv() as alone,), 1:
            return str(alone)
    return _product(monomial, coefficient)


def _product(monomial: Monomial, coefficient: int) -> str:
    """A product of axes, for each of which a symbol counts units: `height*width/4`."""
    whole, divisor = _whole(monomial, coefficient)
    numbers = [str(whole)] if whole != 1 or not monomial else []
    return "*".join([*numbers, *map(_factor, monomial)]) + (f"/{divisor}" if divisor > 1 else "")


def _whole(monomial: Monomial, coefficient: int) -> tuple[int, int]:
    """The coefficient of a product of sizes in place of numbers of units, as a fraction in lowest terms."""
    units = prod(a.unit for a in monomial if isinstance(a, Symbol))
    common = gcd(coefficient, units)
    return coefficient // common, units // common


def _factor(atom: Atom) -> str:
    """The atom as it reads inside a product."""
    bare = isinstance(atom, Symbol) or atom.rounds_up
    return str(atom) if bare else f"({atom})"
