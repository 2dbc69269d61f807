"""What sizes come to over the bounds of their axes: whether two are equal, what the least is, where a bound is
passed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import chain, combinations
from itertools import product as grid
from math import inf, lcm, prod
from typing import TypeAlias

from .size import Atom, Expr, Monomial, Size, Symbol, evaluate, symbols

# A size for each of some axes.
Values: TypeAlias = Mapping[Symbol, int]

# How many numbers are computed with, at most, in comparing two sizes by their values.
EFFORT = 16384
# How many of these are large ones.
MAX_FAR = 256
# The greatest multiple of its unit that is looked at for an axis.
MAX_FACTOR = 256
# How many products a size may be taken apart into in finding its least value.
MAX_PRODUCTS = 4096


def ordered(found: Iterable[Symbol]) -> list[Symbol]:
    """Symbols in the one order in which sizes are tried and named."""
    return sorted(found, key=lambda s: s.key)


def choices(symbol: Symbol) -> int | None:
    """How many sizes the axis may have; None for any number of them."""
    return None if symbol.most is None else (symbol.most - symbol.least) // symbol.unit + 1


def nearest(symbol: Symbol, size: int) -> int:
    """A size that the axis may have, at least the given one where there is such a size."""
    upwards = max(symbol.least, _multiple(size, symbol.unit))
    return upwards if symbol.most is None else min(symbol.most, upwards)


def volume(found: Iterable[Symbol]) -> float:
    """How many sets of sizes the axes may have; infinity for any number of them."""
    counts = [choices(s) for s in found]
    return prod(n for n in counts if n) if all(counts) else inf


def points(found: Sequence[Symbol]) -> Iterator[dict[Symbol, int]]:
    """All sizes that the axes may have, those of the least sum first, then in the axes' order; perhaps without
    end."""
    start = tuple(s.least for s in found)
    # A point is followed by those with one more unit on an axis, none of which is before the last that was raised.
    waiting = [(sum(start), start, 0)]
    while waiting:
        total, values, raised = heappop(waiting)
        yield dict(zip(found, values, strict=True))
        for i in range(raised, len(found)):
            size, most = values[i] + found[i].unit, found[i].most
            if most is None or size <= most:
                heappush(waiting, (total + found[i].unit, (*values[:i], size, *values[i + 1 :]), i))


def always_equal(a: Size, b: Size) -> bool | None:
    """Whether two sizes are equal for all sizes of their axes. None where no difference was found, and that
    they are equal is not proved.

    On each residue class of its period a size is a polynomial, and one of degree d in an axis that is 0 for d + 1
    sizes of each axis is 0 everywhere: a box of d + 1 periods along each axis decides.
    """
    if a == b or (isinstance(a, int) and isinstance(b, int)):
        return a == b
    found = ordered(symbols((a, b)))
    sides = _sides(a, b, found)
    decides = prod(sides) <= _tries(a, b)
    tried = _box(found, sides) if decides else _tried(a, b, found)
    if any(evaluate(a, values) != evaluate(b, values) for values in tried):
        return False
    return True if decides else None


def counterexample(a: Size, b: Size) -> dict[Symbol, int] | None:
    """Sizes of axes, within their bounds, for which two sizes differ: small ones, and both sizes above 1 if that
    can be. None where the sizes are equal, or no difference was found."""
    if always_equal(a, b) is not False:
        return None
    differing: dict[Symbol, int] | None = None
    for values in _tried(a, b, ordered(symbols((a, b)))):
        x, y = evaluate(a, values), evaluate(b, values)
        if x != y and x > 1 and y > 1:
            return values
        if x != y and differing is None:
            differing = values
    return differing


def equalizing_unit(a: Size, b: Size) -> tuple[Symbol, int] | None:
    """The one axis that two sizes depend on, and the least number of which its size must be a multiple for them to be
    equal; None where several do, and where there is no such number in the axis's bounds, up to MAX_FACTOR units."""
    found = ordered(symbols((a, b)))
    if len(found) != 1:
        return None
    (axis,), (side,) = found, _sides(a, b, found)
    for unit in range(2 * axis.unit, MAX_FACTOR * axis.unit + 1, axis.unit):
        first = _multiple(axis.least, unit)
        tried = range(first, first + side * unit, unit)
        if side > _tries(a, b) or (axis.most or first) < first:
            return None
        if all(evaluate(a, {axis: size}) == evaluate(b, {axis: size}) for size in tried):
            return axis, unit
    return None


def least(size: Size) -> int | None:
    """The least value of a size that grows with each of its axes; None where its form does not show that it does.

    A quotient grows, as its numerator has no negative coefficient. A sum of products does where no coefficient is
    negative once each factor is counted from its least value.
    """
    if isinstance(size, int):
        return size
    corner = {s: s.least for s in size.symbols}
    return evaluate(size, corner) if grows(size) else None


def grows(size: Size) -> bool:
    """Whether the form of a size shows that it grows with each axis, or at least never shrinks."""
    if isinstance(size, int) or all(c > 0 for m, c in size.terms if m):
        return True
    if sum(2 ** len(m) for m, _ in size.terms) > MAX_PRODUCTS:
        return False
    corner = {s: s.least for s in size.symbols}
    total: dict[Monomial, int] = {}
    for monomial, coefficient in size.terms:
        for part, factor in _counted_from_least(monomial, corner):
            total[part] = total.get(part, 0) + coefficient * factor
    return all(c >= 0 for m, c in total.items() if m)


def first_above(size: Size, bound: int, symbol: Symbol) -> int | None:
    """The least size of one axis, the others at their least, for which a growing size is above the bound; None
    where none in the axis's bounds is."""
    corner = {s: s.least for s in symbols([size])}

    def above(count: int) -> bool:
        return evaluate(size, {**corner, symbol: symbol.least + count * symbol.unit}) > bound

    count = _first(above, (choices(symbol) or BEYOND) - 1)
    return None if count is None else symbol.least + count * symbol.unit


# No size of an axis is searched for beyond so many units.
BEYOND = 2**40


def _first(holds: Callable[[int], bool], last: int) -> int | None:
    """The first number from 0 to `last` from which on a condition holds; None where it does not hold at the last."""
    if not holds(last):
        return None
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _multiple(size: int, unit: int) -> int:
    """The least multiple of the unit that is not below the size."""
    return -(-size // unit) * unit


def _tries(a: Size, b: Size) -> int:
    """How many sets of values two sizes are compared for."""
    return EFFORT // (1 + sum(size.parts for size in (a, b) if isinstance(size, Expr))) + 9


def _tried(a: Size, b: Size, found: list[Symbol]) -> Iterator[dict[Symbol, int]]:
    """Sizes of axes for which two sizes are compared, small ones first."""
    return chain(_spread(found, _tries(a, b)), _far(found, _sides(a, b, found)))


def _sides(a: Size, b: Size, found: list[Symbol]) -> list[int]:
    """How many sizes of each axis decide whether two sizes are equal."""
    period = lcm(_period(a, 1), _period(b, 1))
    sides = [period * (1 + max(_degree(a, s), _degree(b, s))) for s in found]
    return [min(side, choices(s) or side) for side, s in zip(sides, found, strict=True)]


def _box(found: list[Symbol], sides: list[int]) -> Iterator[dict[Symbol, int]]:
    """The first so many sizes of each axis, all of them with each other."""
    given = grid(
        *(range(s.least, s.least + side * s.unit, s.unit) for s, side in zip(found, sides, strict=True))
    )
    return (dict(zip(found, sizes, strict=True)) for sizes in given)


def _spread(found: list[Symbol], count: int) -> Iterator[dict[Symbol, int]]:
    """About so many sets of values: all small ones in order for up to two symbols, a spread for more."""
    if volume(found) <= count:
        return points(found)
    if len(found) <= 2:
        side = round(count ** (1 / len(found)))
        box = _box(found, [min(side, choices(s) or side) for s in found])
        return iter(sorted(box, key=lambda values: sum(values.values())))
    tried = ([n * (i + 1) % 61 % (choices(s) or 61) for i, s in enumerate(found)] for n in range(1, count))
    return ({s: s.least + i * s.unit for s, i in zip(found, numbers, strict=True)} for numbers in tried)


def _far(found: list[Symbol], sides: list[int]) -> Iterator[dict[Symbol, int]]:
    """Sets of values all over the box of these sides, for sizes that are alike in small things."""
    for n in range(1, MAX_FAR):
        counts = [n + (i + n) * n * side // MAX_FAR for i, side in enumerate(sides, start=1)]
        axes = zip(found, counts, sides, strict=True)
        yield {s: s.least + count % side * s.unit for s, count, side in axes}


def _period(size: Size, modulus: int) -> int:
    """A number of units, for all symbols, after which the size's residue repeats."""
    if isinstance(size, int):
        return modulus
    return lcm(modulus, *(_atom_period(a, modulus) for m, _ in size.terms for a in m))


def _atom_period(atom: Atom, modulus: int) -> int:
    """For a quotient: n // d modulo m is known where n is known modulo d * m."""
    return modulus if isinstance(atom, Symbol) else _period(atom.numerator, modulus * atom.divisor)


def _degree(size: Size, symbol: Symbol) -> int:
    if isinstance(size, int):
        return 0
    return max(sum(_atom_degree(a, symbol) for a in m) for m, _ in size.terms)


def _atom_degree(atom: Atom, symbol: Symbol) -> int:
    return int(atom == symbol) if isinstance(atom, Symbol) else _degree(atom.numerator, symbol)


def _counted_from_least(monomial: Monomial, corner: Values) -> Iterator[tuple[Monomial, int]]:
    """A product of (least + rest) as a sum of products of rests, for each the product of the other leasts."""
    values = [_value(atom, corner) for atom in monomial]
    for count in range(len(monomial) + 1):
        for rests in combinations(range(len(monomial)), count):
            factor = prod(value for i, value in enumerate(values) if i not in rests)
            yield tuple(monomial[i] for i in rests), factor


def _value(atom: Atom, values: Values) -> int:
    return evaluate(Expr((((atom,), 1),)), values)
