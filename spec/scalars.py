"""What a plain scalar means: YAML 1.2's core schema, and nothing of YAML 1.1's."""

from __future__ import annotations

import math
import re

from .nodes import ScalarValue, shorten

LARGEST = 2**63 - 1
MOST_DIGITS = 21  # of 63 bits in octal, the longest spelling

WORDS: dict[str, ScalarValue] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{sign + word: math.inf for sign in ("", "+") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
BASES = {"0o": 8, "0x": 16}
MAY_BEGIN_A_NUMBER = frozenset("+-.0123456789")
INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


class NumberTooLarge(ValueError):
    """A number that no field could hold; the text says which, and why."""


def resolve(text: str) -> ScalarValue:
    """The value of a plain scalar. Raises NumberTooLarge."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in MAY_BEGIN_A_NUMBER:
        return text
    if INTEGER.fullmatch(text):
        return _integer(text)
    return _float(text) if FLOAT.fullmatch(text) else text


def is_number(text: str) -> bool:
    """Whether a plain scalar is a finite number."""
    try:
        value = resolve(text)
    except NumberTooLarge:
        return False
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _integer(text: str) -> int:
    base = BASES.get(text[:2], 10)
    written = text.lstrip("+-") if base == 10 else text[2:]
    digits = written.lstrip("0") or "0"
    # Counting first keeps a number of a million digits from ever being converted.
    size = int(digits, base) if len(digits) <= MOST_DIGITS else LARGEST + 2
    value = -size if text[0] == "-" else size
    if -LARGEST - 1 <= value <= LARGEST:
        return value
    length = f", of {len(digits):,} digits," if len(digits) > MOST_DIGITS else ""
    raise NumberTooLarge(f"the integer {shorten(text)}{length} does not fit in 63 bits and a sign")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise NumberTooLarge(f"the number {shorten(text)} is beyond the range of float64")
    return value
