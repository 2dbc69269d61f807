"""Which dtype Keras computes in where several meet, and what numbers a dtype holds."""

from __future__ import annotations

from collections.abc import Iterable

from .types import FLOATS, integer_bits, is_float

# The types of numbers that stand in a spec: beside a tensor they take its dtype, if it holds their kind at all.
WEAK = ("int", "float")


def result_type(dtypes: Iterable[str]) -> str:
    """The least dtype that holds all of these, as Keras's promotion has it: floats win over integers, and uint64
    becomes uint32, or float32 beside signed integers. `int` and `float` are numbers of no dtype, not alone."""
    given = set(dtypes)
    floats = [name for name in FLOATS if name in given]
    if floats:
        return "float32" if floats == ["float16", "bfloat16"] else floats[-1]
    if "float" in given:
        return "float32"
    strong = given - {"int", "bool"}
    if not strong:
        return "int32" if "int" in given else "bool"
    unsigned = max((integer_bits(d) for d in strong if d.startswith("uint")), default=0)
    signed = max((integer_bits(d) for d in strong if d.startswith("int")), default=0)
    if not signed:
        return f"uint{min(unsigned, 32)}"
    return "float32" if unsigned == 64 else f"int{max(signed, 2 * unsigned)}"


def as_float(dtype: str) -> str:
    """The dtype where a function gives floats of anything."""
    return dtype if is_float(dtype) else "float32"


def as_number(dtype: str) -> str:
    """The dtype where a function counts booleans as 0 and 1."""
    return "int32" if dtype == "bool" else dtype


def as_sum(dtype: str) -> str:
    """The dtype of sums and products: integers of at least 32 bits."""
    if dtype in ("bool", "int8", "int16"):
        return "int32"
    return "uint32" if dtype in ("uint8", "uint16") else dtype


def holds(dtype: str, number: float) -> bool:
    """Whether a number is one of the dtype's, but for the rounding of floats."""
    if is_float(dtype):
        return True
    if dtype == "bool":
        return number in (0, 1)
    bits = integer_bits(dtype)
    least = 0 if dtype.startswith("u") else -(2 ** (bits - 1))
    return isinstance(number, int) and least <= number < least + 2**bits
