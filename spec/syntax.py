"""What the YAML parser's errors mean to someone who writes a spec."""

from __future__ import annotations

import re
from typing import NamedTuple

import yaml

from .diagnostics import Diagnostic, Fix, Note
from .nodes import Scalar, shorten
from .page import Mark, Page
from .source import LINE_END, Source, Span

QUOTE_IT = "put the text in quotes"
DIRECTIVE_HELP = 'leave out the lines that begin with "%"'
TAG_HELP = "write the value without a tag: a spec carries no types and no code"
CLOSERS = {"[": "]", "{": "}"}
LONGEST = 1000  # characters of a line that a message looks at
EXPRESSION_PIECE = re.compile(r"'[^']*'|\"[^\"]*\"|.")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


class Saying(NamedTuple):
    """Own words for a problem; `{char}` is where the parser stopped, `back` characters after it began."""

    message: str
    help: str | None = None
    code: str = "NN004"
    back: int = 0


# By a part of the parser's own "context: problem"; the first that fits is used.
SAYINGS: tuple[tuple[str, Saying], ...] = (
    ("incompatible YAML document", Saying("a spec is YAML 1.2", DIRECTIVE_HELP, "NN006")),
    ("directive", Saying("a spec has no YAML directives", DIRECTIVE_HELP, "NN006")),
    ("scanning a tag", Saying("a spec has no YAML tags", TAG_HELP, "NN006")),
    ("parsing a tag", Saying("a spec has no YAML tags", TAG_HELP, "NN006")),
    ("undefined tag handle", Saying("a spec has no YAML tags", TAG_HELP, "NN006")),
    ("scanning an anchor", Saying('an anchor needs a name after "&"', QUOTE_IT + " if it is no anchor")),
    ("scanning an alias", Saying('an alias needs a name after "*"', QUOTE_IT + " if it is no alias")),
    ("cannot start any token", Saying('a value cannot begin with "{char}"', QUOTE_IT)),
    (
        "unknown escape character",
        Saying("this backslash begins no known escape", r"write \\ for a backslash, or use single quotes"),
    ),
    (
        "hexdecimal number",
        Saying(r"the escape lacks hexadecimal digits: \x takes 2, \u takes 4, \U takes 8", back=2),
    ),
    (
        "invalid Unicode character escape",
        Saying(
            "the escape is no character",
            r"a character beyond U+FFFF is \U and 8 digits, or in JSON both halves of its surrogate pair",
            back=2,
        ),
    ),
    (
        "mapping values are not allowed",
        Saying(
            'a ":" cannot stand here',
            'put each key on its own line, and quotes around a text that holds ": "',
        ),
    ),
    ("unexpected ':'", Saying('a ":" cannot stand here', QUOTE_IT)),
    ("block sequence entries", Saying("a list cannot begin here", 'put each "- " item on its own line')),
    ("mapping keys are not allowed", Saying('a key cannot begin with "?" here', QUOTE_IT)),
    (
        "expected <document start>",
        Saying("there is text after the end of the spec", "a file holds one mapping"),
    ),
    ("expected node content", Saying('a value is missing before "{char}"')),
    ("scanning a block scalar", Saying('a block of text begins with "|" or ">" alone on its line')),
)


def explain(error: yaml.MarkedYAMLError, page: Page, last: Scalar | None, bracket: Span | None) -> Diagnostic:
    """The diagnostic for a syntax error, given the scalar read last and the innermost open bracket."""
    said = f"{error.context}: {error.problem}"
    place = _character(page, error.problem_mark)
    begun = _character(page, error.context_mark or error.problem_mark)
    expression = _expression_before(place, last)
    if expression is not None and bracket is not None:
        return unquoted_expression(expression)
    if place.text == "\t":
        return _tab(place)
    if "quoted scalar: found unexpected" in said:
        return Diagnostic("NN004", "the quote is not closed", begun, help=f"close it with {begun.text}")
    if bracket is not None and _ends_too_early(said, place):
        return _unclosed(place, bracket)
    if "could not find expected ':'" in said:
        return _key_alone(begun)
    if last is not None and "mapping values" in said and "\n" in last.span.text:
        return _indented_too_far(last.span)
    if "expected key" in said or "block mapping: expected <block end>" in said:
        return _out_of_line(place, begun, "key")
    if "expected '-'" in said or "block collection: expected <block end>" in said:
        return _out_of_line(place, begun, '"- "')
    return _said(said, place, begun)


def unquoted_expression(scalar: Scalar) -> Diagnostic:
    """For `{units: =max(8, classes)}`, which YAML takes apart at the comma."""
    message = "inside [ ] or { }, an expression with a comma or a bracket needs quotes"
    source, start = scalar.span.source, scalar.span.start
    end = _expression_end(source.text, start)
    if end is None:
        return Diagnostic("NN004", message, scalar.span, help="put the whole expression in quotes")
    span = Span(source, start, end)
    quoted = f'"{span.text}"' if '"' not in span.text else "'" + span.text.replace("'", "''") + "'"
    return Diagnostic("NN004", message, span, help=f"write {quoted}", fix=Fix(span, quoted))


def is_cut_short(text: str) -> bool:
    """Whether a plain scalar is an expression that ends inside a parenthesis."""
    if not text.startswith("=") or "(" not in text:
        return False
    bare = QUOTED.sub("", text)
    return bare.count("(") > bare.count(")")


def _character(page: Page, mark: Mark | None) -> Span:
    at = page.between(mark, mark).start
    return Span(page.source, at, min(at + 1, len(page.source.text)))


def _ends_too_early(said: str, place: Span) -> bool:
    """Whether what the parser met inside brackets is something that a closing bracket should stand before."""
    at_end = not place.source.text[place.start :].strip()
    return "expected ',' or" in said or ("node content" in said and (at_end or place.text in ("]", "}")))


def _said(said: str, place: Span, begun: Span) -> Diagnostic:
    if place.text in ("]", "}"):
        return Diagnostic("NN004", f'this "{place.text}" closes nothing', place)
    found = (saying for part, saying in SAYINGS if part in said)
    saying = next(found, Saying(f"this is not well-formed YAML ({said})"))
    span = Span(place.source, max(0, place.start - saying.back), place.end)
    if saying.code == "NN006":
        span = _construct(begun)
    return Diagnostic(saying.code, saying.message.format(char=place.text), span, help=saying.help)


def _construct(begun: Span) -> Span:
    """The whole line of a directive, the whole word of a tag."""
    line = _rest_of_line(begun.source.text, begun.start)
    size = len(line if line.startswith("%") else line.split(" ", 1)[0])
    return Span(begun.source, begun.start, begun.start + size)


def _expression_before(place: Span, last: Scalar | None) -> Scalar | None:
    if last is None or last.quoted or not last.span.text.startswith("="):
        return None
    between = place.source.text[last.span.end : place.start]
    return last if not between.strip(" ") and place.text in ("[", "{", '"', "'") else None


def _expression_end(text: str, start: int) -> int | None:
    """Where the expression ends that its writer meant: at a comma or bracket that is not inside it."""
    depth = 0
    line = _rest_of_line(text, start)
    for piece in EXPRESSION_PIECE.finditer(line):
        if depth == 0 and piece[0] in ",]}":
            return start + len(line[: piece.start()].rstrip())
        depth += (piece[0] in "([{") - (piece[0] in ")]}")
    return None


def _tab(place: Span) -> Diagnostic:
    after = place.source.text[place.start : place.start + LONGEST]
    end = place.start + len(after) - len(after.lstrip("\t"))
    span = Span(place.source, place.start, end)
    fix = Fix(span, "  " * (end - place.start))
    return Diagnostic("NN004", "a tab cannot indent", span, help="indent with spaces", fix=fix)


def _unclosed(place: Span, begun: Span) -> Diagnostic:
    opened = Note(f'the "{begun.text}" is opened here', begun)
    at_end = not place.source.text[place.start :].strip()
    where = _last_character(place.source) if at_end else place
    before = "before the end of the file" if at_end else f'before this "{_shown(place.text)}"'
    message = f'the "{begun.text}" is not closed {before}'
    return Diagnostic(
        "NN004", message, where, (opened,), help=f'close it with "{CLOSERS.get(begun.text, "]")}"'
    )


def _last_character(source: Source) -> Span:
    end = len(source.text.rstrip())
    return Span(source, max(0, end - 1), end)


def _key_alone(begun: Span) -> Diagnostic:
    line = _rest_of_line(begun.source.text, begun.start)
    span = Span(begun.source, begun.start, begun.start + len(line))
    message = f'"{shorten(line)}" is followed by no ":"'
    return Diagnostic(
        "NN004", message, span, help='a key takes a ":" and a value; a list item begins with "- "'
    )


def _indented_too_far(scalar: Span) -> Diagnostic:
    """A key that, by its indentation, reads as more of the value above it."""
    word = scalar.text.rsplit("\n", 1)[-1].lstrip()
    span = Span(scalar.source, scalar.end - len(word), scalar.end)
    above = Note("it reads as more of this value", Span(scalar.source, scalar.start, scalar.start + 1))
    message = "this line is indented further than the key that it should stand below"
    return Diagnostic("NN004", message, span, (above,), help="indent the keys of a mapping alike")


def _out_of_line(place: Span, begun: Span, expected: str) -> Diagnostic:
    line = place.source.line(place.line)
    if line[: place.column - 1].strip():
        return _left_over(place)
    block = Note("the block that it would belong to begins here", begun)
    message = f"this line's indentation fits nothing above it: a {expected} was expected"
    return Diagnostic("NN004", message, place, (block,), help="indent the parts of a block alike")


def _left_over(place: Span) -> Diagnostic:
    if place.text in ("]", "}"):
        return Diagnostic("NN004", f'this "{place.text}" closes nothing', place)
    message = "there is text after the end of the value"
    return Diagnostic("NN004", message, place, help="put quotes around the whole text")


def _shown(text: str) -> str:
    return text if text.strip() else "line"


def _rest_of_line(text: str, start: int) -> str:
    return LINE_END.split(text[start : start + LONGEST], maxsplit=1)[0].rstrip()
