"""What a user turns: values of params, written on a command line or given by a program, and a variant."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from ..spec.compose import compose
from ..spec.diagnostics import SpecError, fail
from ..spec.limits import DEFAULTS, Limits, beyond
from ..spec.nodes import Node, Scalar, Sequence, shorten
from ..spec.reader import check_characters
from ..spec.scalars import LARGEST
from ..spec.source import Source, Span
from .settings import Setting, Settings

HALF_OF_A_PAIR = re.compile(r"[\ud800-\udfff]")
COMMENT_HELP = "a `#` begins a comment: put quotes around the text"


def from_words(
    words: Iterable[tuple[str, str]], variant: str | None = None, limits: Limits = DEFAULTS
) -> Settings:
    """Settings from names and values as they are written after `--set`. A value is read as a spec's values are: `0.1`,
    `true`, `[1, 2]`, `relu`, `=2 * 8`.

    Raises SpecError with all that is wrong with the values.
    """
    settings, wrong = list[Setting](), list[SpecError]()
    for name, text in words:
        try:
            settings.append(_written(name, text, limits))
        except SpecError as error:
            wrong.append(error)
    if wrong:
        raise SpecError([diagnostic for error in wrong for diagnostic in error.diagnostics])
    return Settings(tuple(settings), variant)


def _written(name: str, text: str, limits: Limits) -> Setting:
    source = Source(f"--set {name}", text)
    check_characters(source)
    node = compose(source, limits)
    span = Span(source, 0, len(text))
    if node is None and text.strip():
        raise fail("NN103", "there is no value, but a comment", span, help=COMMENT_HELP)
    return Setting(_name(name), node or Scalar(None, span), "from --set")


def _name(name: str) -> Scalar:
    """The name with a place of its own, for what is wrong with it."""
    return Scalar(name, Span(Source("--set", name), 0, len(name)))


def from_values(values: Mapping[str, object], variant: str | None = None) -> Settings:
    """Settings from plain values, as a program gives them: None, booleans, integers, floats, strings, and lists or
    tuples of these. As in a spec, a string that begins with `=` is an expression.

    Raises SpecError for any other value, a number that is not finite or beyond 64 bits, and lists nested too deep.
    """
    return Settings(tuple(_given(str(name), value) for name, value in values.items()), variant)


def _given(name: str, value: object) -> Setting:
    text = shorten(_text(name, value), 200)
    span = Span(Source(f"params {name}", text), 0, len(text))
    key = Scalar(name, Span(Source("params", name), 0, len(name)))
    return Setting(key, _node(value, span, 0), "from the caller")


def _text(name: str, value: object) -> str:
    """The value as a message shows it. A value that is none may have any text, or none."""
    try:
        return repr(value)
    except Exception:
        return f"a value of the type {type(value).__name__}"


def _node(value: object, span: Span, depth: int) -> Node:
    if isinstance(value, list | tuple):
        if depth >= DEFAULTS.depth:
            raise SpecError([beyond(DEFAULTS, "depth", "lists are nested too deep", span)])
        return Sequence(tuple([_node(item, span, depth + 1) for item in value]), span)
    # NumPy's float64 is a float, and its bool_ no bool: only the types of a spec's own values are taken.
    match value:
        case None | bool():
            return Scalar(value, span)
        case int() if type(value) is int:
            return Scalar(_small(value, span), span)
        case float() if type(value) is float:
            return Scalar(_finite(value, span), span)
        case str() if type(value) is str:
            return Scalar(_sound(value, span), span)
    kind = type(value).__name__
    help = "give a number, a string, True or False, None, or a list of these"
    raise fail("NN103", f"a param has no value of the type {shorten(kind)}", span, help=help)


def _small(value: int, span: Span) -> int:
    if -LARGEST - 1 <= value <= LARGEST:
        return value
    help = "no option raises this limit"
    raise fail("NN003", "the integer does not fit in 63 bits and a sign", span, help=help)


def _finite(value: float, span: Span) -> float:
    if math.isfinite(value):
        return value
    raise fail("NN104", f"a param must be finite, not {value}", span, help="give a finite number")


def _sound(value: str, span: Span) -> str:
    if HALF_OF_A_PAIR.search(value) is None:
        return value
    raise fail("NN004", "the text holds half of a surrogate pair", span, help="decode it as UTF-8")
