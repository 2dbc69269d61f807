"""The text as the YAML parser is given it, and the way from its marks back to the file."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple, Protocol

from .source import Source, Span

SHORTER = len(r"\ud83d\ude00") - len(r"\U0001f600")

# An escaped backslash is matched first, so that what follows it is not taken for an escape.
PAIR = re.compile(r"\\\\|\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)


class Mark(Protocol):
    """A place as the parser gives it, whichever of PyYAML's two parsers it is."""

    @property
    def index(self) -> int: ...


class Page(NamedTuple):
    """`cuts` are the offsets in `text` just after each escape that is SHORTER there than in the file."""

    source: Source
    text: str
    cuts: tuple[int, ...] = ()

    def span(self, start: int, end: int) -> Span:
        """The span in the file of a stretch of `text`."""
        if not self.cuts:
            return Span(self.source, start, end)
        return Span(self.source, self._offset(start), self._offset(end))

    def between(self, start: Mark | None, end: Mark | None) -> Span:
        """The span in the file between two of the parser's marks; a missing mark is the beginning."""
        if start is None or end is None or self.cuts:
            return self.span(_index(start), _index(end))
        return Span(self.source, start.index, end.index)

    def rewrote(self, start: Mark | None, end: Mark | None) -> bool:
        """Whether an escape between the marks reads otherwise than in the file."""
        return bool(self.cuts) and bisect_right(self.cuts, _index(start)) != bisect_right(
            self.cuts, _index(end)
        )

    def _offset(self, index: int) -> int:
        return index + SHORTER * bisect_right(self.cuts, index)


def page(source: Source) -> Page:
    r"""The page of a source. YAML lacks JSON's `\ud83d\ude00`, and gets `\U0001f600` in its place."""
    if not _is_json(source) or not PAIR.search(source.text):
        return Page(source, source.text)
    parts: list[str] = []
    cuts: list[int] = []
    length = done = 0
    for match in PAIR.finditer(source.text):
        if match[1] is None:
            continue
        before = source.text[done : match.start()]
        parts += (before, rf"\U{_code_point(match):08x}")
        length += len(before) + len(parts[-1])
        cuts.append(length)
        done = match.end()
    return Page(source, "".join((*parts, source.text[done:])), tuple(cuts))


def _index(mark: Mark | None) -> int:
    return 0 if mark is None else mark.index


def _is_json(source: Source) -> bool:
    return source.name.endswith(".json") or source.text.lstrip()[:1] in ("{", "[")


def _code_point(pair: re.Match[str]) -> int:
    high, low = int(pair[1], 16), int(pair[2], 16)
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
