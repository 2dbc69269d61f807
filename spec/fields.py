"""The types that fields of layers have. Every one is strict: a string or a boolean is never taken for a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, GetPydanticSchema
from pydantic_core import PydanticCustomError, core_schema

from .types import DTYPES, FLOATS

# Beyond this a size is a slip of the finger, and a single axis of it would not fit any memory.
MAX_SIZE = 2**31 - 1


def doc(description: str, default: Any = ...) -> Any:
    """A field with its one line of documentation; without a default it is required."""
    return Field(default, description=description)


def parsed_by(parse: Callable[[Any], Any]) -> GetPydanticSchema:
    """The type of a field whose whole validation is one function."""
    return GetPydanticSchema(lambda _source, _handler: core_schema.no_info_plain_validator_function(parse))


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
                {"count": count, "given": len(value)},
            )
        return tuple(value)
    return (value,) * count


def strides_2d(value: Any) -> Any:
    """Keras's (height, width), or tf.nn's (batch, height, width, channel) with 1 outside."""
    if isinstance(value, list) and len(value) == 4:
        for axis, name in ((0, "batch"), (3, "channel")):
            if value[axis] != 1:
                raise PydanticCustomError(
                    "outer_stride",
                    "strides {value} move along the {axis} axis, which cannot be strided",
                    {"value": str(value), "axis": name, "help": "give the strides of height and width only"},
                )
        value = value[1:3]
    return tuple_of(value, 2)


def as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def many(value: Any) -> Any:
    """A single integer is a list of one."""
    return (value,) if isinstance(value, int) and not isinstance(value, bool) else as_tuple(value)


class PerAxis:
    """Marks a field that has one number for each spatial axis: where they are equal, one stands for all."""


Int: TypeAlias = Annotated[int, Field(ge=-MAX_SIZE, le=MAX_SIZE)]
PositiveInt: TypeAlias = Annotated[int, Field(ge=1, le=MAX_SIZE)]
NonNegativeInt: TypeAlias = Annotated[int, Field(ge=0, le=MAX_SIZE)]
Float: TypeAlias = Annotated[float, Field(allow_inf_nan=False)]
PositiveFloat: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegativeFloat: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Rate: TypeAlias = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Seed: TypeAlias = Annotated[int, Field(ge=0, lt=2**31)] | None

Single: TypeAlias = Annotated[tuple[PositiveInt], BeforeValidator(lambda v: tuple_of(v, 1)), PerAxis]
Pair: TypeAlias = Annotated[
    tuple[PositiveInt, PositiveInt], BeforeValidator(lambda v: tuple_of(v, 2)), PerAxis
]
Strides2D: TypeAlias = Annotated[tuple[PositiveInt, PositiveInt], BeforeValidator(strides_2d), PerAxis]
NonNegativePair: TypeAlias = Annotated[
    tuple[NonNegativeInt, NonNegativeInt], BeforeValidator(lambda v: tuple_of(v, 2)), PerAxis
]
Axes: TypeAlias = Annotated[tuple[Int, ...], BeforeValidator(many)]
Ints: TypeAlias = Annotated[tuple[Int, ...], BeforeValidator(as_tuple)]

Padding: TypeAlias = Annotated[Literal["valid", "same"], BeforeValidator(lower)]
CausalPadding: TypeAlias = Annotated[Literal["valid", "same", "causal"], BeforeValidator(lower)]
DataFormat: TypeAlias = Annotated[Literal["channels_last", "channels_first"], BeforeValidator(lower)]
Dtype: TypeAlias = Literal[*DTYPES]
DtypePolicy: TypeAlias = Literal[*FLOATS, "mixed_float16", "mixed_bfloat16"]
