"""What nnspec has to say about a spec: one record, which `render` turns into text, JSON or annotations."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice
from typing import Literal, NamedTuple

from .source import Span

Severity = Literal["error", "warning"]

MAX_DIAGNOSTICS = 100
# How many known words are compared with an unknown one, and how many are listed where none is near.
MAX_COMPARED = 200
MAX_LISTED = 12

CODES: dict[str, str] = {
    # reading a file
    "NN001": "the file cannot be read",
    "NN002": "the file is not UTF-8 text",
    "NN003": "the file is beyond a limit",
    "NN004": "the file is not well-formed YAML or JSON",
    "NN005": "a key stands twice",
    "NN006": "the language does not have this YAML construct",
    "NN007": "the file does not hold a spec",
    # what the file says
    "NN101": "unknown key or field",
    "NN102": "a required key or field is missing",
    "NN103": "a value of the wrong type",
    "NN104": "a value out of its bounds",
    "NN105": "unknown layer, function or preset",
    "NN106": "a name that cannot be used",
    "NN107": "a name is taken twice",
    "NN108": "a reference to nothing above",
    "NN109": "an item that is not one layer",
    "NN110": "a language version that this nnspec does not know",
    "NN111": "a layer whose output nothing uses",
    "NN112": "not supported, for a reason",
    "NN113": "unknown activation, initializer, optimizer or the like",
    "NN114": "an expression that is not well-formed",
    "NN115": "an expression that has no value",
    "NN116": "blocks, presets, params or files that need each other",
    "NN117": "a file that cannot be included",
    "NN118": "a declaration that nothing uses",
    # how layers fit together
    "NN201": "a layer's inputs are of the wrong number or rank",
    "NN202": "a layer's input has the wrong dtype",
    "NN203": "shapes that do not go together",
    "NN204": "a window that does not fit its input",
    "NN205": "sizes that do not add up",
    "NN206": "a size that does not divide",
    "NN207": "a size must be known, and is not",
    "NN208": "a size in the bounds of `dims` that fails",
    "NN209": "not proved for all sizes in the bounds of `dims`",
    # weights
    "NN301": "a file of weights cannot be read",
    "NN302": "a weight of the wrong shape or dtype",
    "NN303": "a weight is missing",
    "NN304": "a weight that the network does not have",
    "NN305": "a weight is not finite",
    # backends
    "NN401": "a package that this needs is not installed",
    "NN402": "a backend cannot express this",
    "NN403": "an opset that is not offered",
    "NN404": "a file cannot be written",
    "NN405": "an exported model is wrong",
    "NN406": "a plugin that cannot be used",
    "NN407": "inputs to calibrate with are missing",
    "NN408": "inputs to calibrate with that the network does not take",
    # verification
    "NN501": "two paths compute different numbers",
    "NN502": "a runtime cannot run here",
    # our own
    "NN901": "an error inside nnspec",
}


class Note(NamedTuple):
    message: str
    span: Span | None = None


class Fix(NamedTuple):
    """A replacement for the text of a span that mends the problem."""

    span: Span
    replacement: str


class Diagnostic(NamedTuple):
    """One finding. `code` is a key of CODES; `help` says what to do about it."""

    code: str
    message: str
    span: Span | None = None
    notes: tuple[Note, ...] = ()
    help: str | None = None
    fix: Fix | None = None
    severity: Severity = "error"

    @property
    def identity(self) -> tuple[str, Span | None, str]:
        """What two reports of one and the same finding share."""
        return self.code, self.span, self.message

    @property
    def sort_key(self) -> tuple[str, int, str, str]:
        name, start = ("", -1) if self.span is None else (self.span.source.name, self.span.start)
        return name, start, self.code, self.message


MORE = Note(f"there are more findings than these {MAX_DIAGNOSTICS}; they show once some of these are mended")


class SpecError(Exception):
    """What the library raises for a spec that is not right, or cannot be turned into what was asked for."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = in_order(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        from .render import to_text

        return to_text(self.diagnostics)


def fail(
    code: str, message: str, span: Span | None = None, *notes: Note, help: str | None = None
) -> SpecError:
    """A SpecError of one diagnostic, to be raised."""
    return SpecError([Diagnostic(code, message, span, notes, help)])


def system_reason(error: OSError) -> str:
    """What the system says of a failure, as it stands in a message."""
    return (error.strerror or str(error)).lower()


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sorted by position, each finding once, at most MAX_DIAGNOSTICS of them; the last one shown tells of
    more."""
    unique = {d.identity: d for d in diagnostics}
    ordered = sorted(unique.values(), key=lambda d: d.sort_key)
    if len(ordered) <= MAX_DIAGNOSTICS:
        return tuple(ordered)
    *shown, last = ordered[:MAX_DIAGNOSTICS]
    return (*shown, last._replace(notes=(*last.notes, MORE)))


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(d.severity == "error" for d in diagnostics)


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `word`, whatever its case; None when none is near."""
    lowered = {c.lower(): c for c in candidates}
    asked = word.lower()[:100]
    if len(lowered) > MAX_COMPARED:
        # A slip is seldom in the first letter, and comparing with every name of a large file would take
        # seconds.
        alike = (c for c in lowered if c[:1] == asked[:1] and abs(len(c) - len(asked)) <= 3)
        lowered = {c: lowered[c] for c in islice(alike, MAX_COMPARED)}
    found = difflib.get_close_matches(asked, lowered, n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


def did_you_mean(word: str, candidates: Iterable[str], what: str = "") -> str:
    """Help for an unknown word: the nearest candidate, or the list of them."""
    known = sorted(candidates)
    if (near := nearest(word, known)) is not None:
        return f'did you mean "{near}"?'
    if not known:
        return f"there is no {what}".rstrip() if what else "there is none to choose from"
    return f"known{' ' + what if what else ''}: {listed(known)}"


def listed(words: Iterable[str]) -> str:
    """The first MAX_LISTED words, and an ellipsis where there are more."""
    shown = list(islice(words, MAX_LISTED + 1))
    return ", ".join(shown[:MAX_LISTED]) + (", …" if len(shown) > MAX_LISTED else "")
