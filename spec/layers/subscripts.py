"""The equations of Einsum: a letter for each axis, and `...` for any further ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, reduce
from itertools import zip_longest
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple, TypeAlias

from pydantic_core import PydanticCustomError

from ..size import Size
from ..types import TensorType

# A letter for each axis of a tensor; None for one of size 1 that is repeated along another's.
Letters: TypeAlias = tuple[str | None, ...]


class Terms(NamedTuple):
    """The axes of the operands and the output: axes of one letter go together, and those are summed over that the
    output does not have."""

    operands: tuple[Letters, ...]
    output: Letters


class Subscript(NamedTuple):
    """The letters of an operand's axes, before and behind those that `...` stands for, if it does."""

    before: str
    behind: str = ""
    elided: bool = False

    def __str__(self) -> str:
        return f"{self.before}{'...' * self.elided}{self.behind}"

    @property
    def letters(self) -> str:
        return self.before + self.behind


class Subscripts(NamedTuple):
    """An equation of Einsum, all of it said."""

    operands: tuple[Subscript, ...]
    output: Subscript


@cache
def parse_subscripts(text: str) -> Subscripts:
    """`abc,cd->abd`. Raises PydanticCustomError for what Keras takes for nothing, or for something else."""
    sides = text.split("->")
    if len(sides) > 2:
        raise _wrong("has more than one ->", "write what is computed once: abc,cd->abd")
    operands = tuple(map(_subscript, sides[0].split(",")))
    named = "".join(operand.letters for operand in operands)
    output = _subscript(sides[1]) if len(sides) == 2 else _implied(operands, named)
    odd = next((letter for letter in output.letters if letter not in named), None)
    if odd is not None:
        raise _wrong(f"has {odd} in the output alone", "name that axis of an input too")
    if len(set(output.letters)) < len(output.letters):
        raise _wrong("has a letter twice in the output", "name each axis of the output once")
    return Subscripts(operands, output)


def check_subscripts(text: str) -> str:
    parse_subscripts(text)
    return text


def _subscript(text: str) -> Subscript:
    before, dots, behind = text.partition("...")
    odd = next((letter for letter in before + behind if letter not in ascii_lowercase), None)
    if odd is not None:
        help = "write small letters, and ... for any further axes, without spaces: ...ab,bc->...ac"
        raise _wrong(f'has "{odd}", which is no letter of an axis', help)
    return Subscript(before, behind, bool(dots))


def _implied(operands: tuple[Subscript, ...], named: str) -> Subscript:
    """The output where none is written: the letters that stand once, in the order of the alphabet."""
    once = [letter for letter in dict.fromkeys(named) if named.count(letter) == 1]
    if sum(operand.elided for operand in operands) > 1:
        raise _wrong("has no output, and ... in several inputs", f"write the output: ->...{''.join(once)}")
    if once != sorted(once):
        help = f"write the output: ->{''.join(once)}"
        raise _wrong("has no output, which Keras puts in another order than it says", help)
    return Subscript("", "".join(once), any(operand.elided for operand in operands))


def _wrong(message: str, help: str) -> PydanticCustomError:
    return PydanticCustomError("subscripts", "{message}", {"message": message, "code": "NN104", "help": help})


def elided(given: Sequence[Subscript], output: Subscript, operands: Sequence[TensorType]) -> Terms:
    """The terms of subscripts with `...`, which stands for the same axes everywhere, counted from the last on. One of
    size 1 is repeated."""
    hidden = [
        x.shape[len(s.before) : x.rank - len(s.behind)] if s.elided else ()
        for s, x in zip(given, operands, strict=True)
    ]
    longest = max(map(len, hidden))
    names = ascii_uppercase[-longest:] if longest else ""
    longer = {name for sizes in hidden for name, size in _from_last(names, sizes) if size != 1}

    def letters(sizes: Sequence[Size]) -> Letters:
        return tuple(
            name if size != 1 or name not in longer else None for name, size in _from_last(names, sizes)
        )

    terms = tuple((*s.before, *letters(sizes), *s.behind) for s, sizes in zip(given, hidden, strict=True))
    return Terms(terms, (*output.before, *(names if output.elided else ""), *output.behind))


def _from_last(names: str, sizes: Sequence[Size]) -> Iterator[tuple[str, Size]]:
    """Names for some sizes, the last of which has the last name."""
    return zip(names[len(names) - len(sizes) :], sizes, strict=True)


def told_shape(
    given: Sequence[Subscript], output: Subscript, operands: Sequence[TensorType]
) -> list[int | None] | None:
    """The shape that Keras says the output has, None being a dynamic size; None for none at all. It lines up from the
    last axis on what each operand has of the output, axes of `...` or not."""
    shapes = [_part_of(output, s, x) for s, x in zip(given, operands, strict=True)]
    try:
        return reduce(_lined_up, shapes)
    except ValueError:
        return None


def _part_of(output: Subscript, s: Subscript, x: TensorType) -> list[int | None]:
    """What an operand has of the output, 1 for a letter that it lacks."""
    sizes = [size if isinstance(size, int) else None for size in x.shape]
    end = x.rank - len(s.behind)
    named = dict(zip(s.letters, [*sizes[: len(s.before)], *sizes[end:]], strict=True))
    hidden = sizes[len(s.before) : end] if output.elided and s.elided else []
    return [*(named.get(a, 1) for a in output.before), *hidden, *(named.get(a, 1) for a in output.behind)]


def _lined_up(first: list[int | None], second: list[int | None]) -> list[int | None]:
    pairs = zip_longest(reversed(first), reversed(second), fillvalue=1)
    return [_met(a, b) for a, b in pairs][::-1]


def _met(a: int | None, b: int | None) -> int | None:
    if a == 1 or b == 1:
        return b if a == 1 else a
    if a is None or b is None:
        return b if a is None else a
    if a != b:
        raise ValueError
    return a
