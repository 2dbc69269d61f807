"""The types that fields of layers have. Every one is strict: a string or a boolean is never taken for a number."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeAlias

from pydantic_core import PydanticCustomError

from .schemas import Before, Bounds, Parsed
from .types import Dtype, FloatName

# Beyond this a size is a slip of the finger, and a single axis of it would not fit any memory.
MAX_SIZE = 2**31 - 1


def lower(value: Any) -> Any:
    """`SAME` is `same`: Keras takes its keywords in either case."""
    return value.lower() if isinstance(value, str) else value


def tuple_of(value: Any, count: int) -> Any:
    """One value for all axes, or a list with one for each."""
    if isinstance(value, list | tuple):
        if len(value) != count:
            raise PydanticCustomError(
                "tuple_length",
                "must be one value or a list of {count}, not of {given}",
                {
                    "count": count,
                    "given": len(value),
                    "help": "write one number, or one for each spatial axis",
                },
            )
        return tuple(value)
    return (value,) * count


def inner_strides(value: Any, rank: int) -> Any:
    """Keras's strides, one for each spatial axis, or tf.nn's (batch, …, channel) with 1 outside."""
    if not isinstance(value, list | tuple) or len(value) != rank + 2:
        return value
    for axis, name in ((0, "batch"), (-1, "channel")):
        if value[axis] != 1:
            raise PydanticCustomError(
                "outer_stride",
                "{value} moves along the {axis} axis, which cannot be strided",
                {
                    "value": str(list(value)),
                    "axis": name,
                    "help": "give the strides of the spatial axes only",
                },
            )
    return value[1:-1]


def margins_of(value: Any, count: int) -> Any:
    """(before, after) for each axis, of one number for all, or one for both sides of an axis. Where there is a single
    axis, it is that axis's: a number or a pair."""
    axes = (value,) if count == 1 else tuple_of(value, count)
    return tuple(tuple_of(side, 2) for side in axes)


def as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def many(value: Any) -> Any:
    """A single integer is a list of one."""
    return (value,) if isinstance(value, int) and not isinstance(value, bool) else as_tuple(value)


class PerAxis:
    """Marks a field of a `Spatial` layer that has one number for each spatial axis: where they are equal, one stands
    for all."""


class Margins:
    """Marks a field of a `Spatial` layer that has a number for each side of each spatial axis, spelled as short as
    Keras allows."""


class OneOrMany:
    """Marks a field that is one number or a list: a list of one is spelled as the number."""


def parse_numbers(value: Any) -> Any:
    """A finite number, or nested lists of them, of equal lengths, as tuples. Raises PydanticCustomError."""
    match value:
        case int() | float() if not isinstance(value, bool) and math.isfinite(value):
            return value
        case list() | tuple() if value:
            items = tuple(parse_numbers(item) for item in value)
            if len({numbers_shape(item) for item in items}) == 1:
                return items
    context = {"code": "NN103", "help": "write one number, or [1.0, 2.0, 3.0]"}
    raise PydanticCustomError(
        "numbers", "must be a finite number, or lists of them of equal lengths", context
    )


def parse_number(value: Any) -> int | float:
    """A finite number, whole or not, as it is. Raises PydanticCustomError."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    raise PydanticCustomError(
        "number", "must be a finite number", {"code": "NN103", "help": "write a number"}
    )


def numbers_shape(value: Any) -> tuple[int, ...]:
    """The shape of what `parse_numbers` gives: () for a number."""
    return (len(value), *numbers_shape(value[0])) if isinstance(value, tuple) else ()


def flat(values: Any) -> Iterator[Any]:
    """All numbers of nested lists, or the one that is none."""
    if not isinstance(values, list | tuple):
        yield values
        return
    for item in values:
        yield from flat(item)


Int: TypeAlias = Annotated[int, Bounds(ge=-MAX_SIZE, le=MAX_SIZE)]
PositiveInt: TypeAlias = Annotated[int, Bounds(ge=1, le=MAX_SIZE)]
OptionalInt: TypeAlias = Int | None
OptionalCount: TypeAlias = PositiveInt | None
OptionalDtype: TypeAlias = Dtype | None
NonNegativeInt: TypeAlias = Annotated[int, Bounds(ge=0, le=MAX_SIZE)]
Float: TypeAlias = float
PositiveFloat: TypeAlias = Annotated[float, Bounds(gt=0)]
NonNegativeFloat: TypeAlias = Annotated[float, Bounds(ge=0)]
Rate: TypeAlias = Annotated[float, Bounds(ge=0, le=1)]
RateBelowOne: TypeAlias = Annotated[float, Bounds(ge=0, lt=1)]
Seed: TypeAlias = Annotated[int, Bounds(ge=0, lt=2**31)] | None

# How many axes there are is known to the layer, which makes tuples of what is given: see `layers/windows.py`.
Sizes: TypeAlias = Annotated[tuple[PositiveInt, ...], PerAxis]
OptionalSizes: TypeAlias = Annotated[tuple[PositiveInt, ...] | None, PerAxis]
OptionalMargin: TypeAlias = Annotated[tuple[NonNegativeInt, ...] | None, PerAxis]
BothSides: TypeAlias = Annotated[tuple[tuple[NonNegativeInt, NonNegativeInt], ...], Margins]
Axes: TypeAlias = Annotated[tuple[Int, ...], Before(many), OneOrMany]
OptionalAxes: TypeAlias = Annotated[tuple[Int, ...] | None, Before(many), OneOrMany]
Ints: TypeAlias = Annotated[tuple[Int, ...], Before(as_tuple)]

Number: TypeAlias = Annotated[Any, Parsed(parse_number)]
Numbers: TypeAlias = Annotated[Any, Parsed(parse_numbers)]

Padding: TypeAlias = Annotated[Literal["valid", "same"], Before(lower)]
CausalPadding: TypeAlias = Annotated[Literal["valid", "same", "causal"], Before(lower)]
DataFormat: TypeAlias = Annotated[Literal["channels_last", "channels_first"], Before(lower)]
DtypePolicy: TypeAlias = Literal[FloatName, "mixed_float16", "mixed_bfloat16"]
