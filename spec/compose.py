"""YAML events -> located nodes, in one pass and without recursion, however deep the text nests.

The parser is used for its events alone: tags, merge keys and resolvers never run, and a limit ends the
reading at the event that goes beyond it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml

from .diagnostics import MAX_DIAGNOSTICS, Diagnostic, Note, SpecError
from .limits import Limits, beyond
from .nodes import Mapping, Node, Scalar, ScalarValue, Sequence, shorten
from .page import Page, page
from .scalars import NumberTooLarge, resolve
from .source import Source, Span
from .syntax import DIRECTIVE_HELP, TAG_HELP, explain, is_cut_short, unquoted_expression

# libyaml where PyYAML was built with it: the same events, fifteen times as fast.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# An anchor and a tag, in either order, before the node that they belong to.
PROPERTIES = re.compile(r"(?:[&!]\S*\s*){0,2}")
TAG = re.compile(r"!(?:<[^>]*>|\S*)")
TOO_DEEP = "lists and mappings are nested too deep"
PARSERS_LIMIT = "maximum nesting depth"
HALF_OF_A_PAIR = re.compile(r"[\ud800-\udfff]")


@dataclass(slots=True)
class Frame:
    """A collection that is still open. A mapping's `items` are key, value, key, value."""

    mapping: bool
    flow: bool
    start: int
    anchor: str | None
    end: int = 0
    weight: int = 1
    height: int = 1
    items: list[Node] = field(default_factory=list)
    keys: dict[str, Span] = field(default_factory=dict)

    @property
    def awaits_key(self) -> bool:
        return self.mapping and len(self.items) % 2 == 0


class Anchored(NamedTuple):
    """`weight` counts the node and all below it, aliases expanded; `height` is how deep it nests."""

    node: Node
    weight: int = 1
    height: int = 0


def compose(source: Source, limits: Limits) -> Node | None:
    """The root node, or None for a file without content. Raises SpecError with all that was found."""
    composer = Composer(page(source), limits)
    try:
        for event in yaml.parse(composer.page.text, Loader=LOADER):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        raise composer.stop(composer.explain(error)) from None
    if composer.errors:
        raise SpecError(composer.errors)
    return composer.root


class Composer:
    """The state of one pass: the open collections, the anchors, and what was wrong so far."""

    def __init__(self, page: Page, limits: Limits) -> None:
        self.page = page
        self.limits = limits
        self.root: Node | None = None
        self.last: Scalar | None = None
        self.errors: list[Diagnostic] = []
        self.frames: list[Frame] = []
        self.anchors: dict[str, Anchored] = {}
        self.nodes = 0
        self.document: Span | None = None

    def take(self, event: yaml.Event) -> None:
        """One event. Raises SpecError where reading cannot go on."""
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.CollectionStartEvent():
                self._open(event)
            case yaml.CollectionEndEvent():
                self._close(event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.DocumentStartEvent():
                self._document(event)

    def stop(self, diagnostic: Diagnostic) -> SpecError:
        """The error to raise when `diagnostic` is the last that can be found."""
        return SpecError([*self.errors, diagnostic])

    def explain(self, error: yaml.MarkedYAMLError) -> Diagnostic:
        """What the parser's error means."""
        if PARSERS_LIMIT in (error.problem or ""):
            # The parser of PyYAML 6.0.4 stops by itself, far beyond what a spec may have.
            place = self.page.between(error.problem_mark, error.problem_mark)
            return beyond(self.limits, "depth", TOO_DEEP, place)
        return explain(error, self.page, self.last, self.bracket)

    @property
    def bracket(self) -> Span | None:
        """The innermost "[" or "{" that is still open."""
        opened = [frame.start for frame in self.frames if frame.flow]
        return Span(self.page.source, opened[-1], opened[-1] + 1) if opened else None

    def _found(self, code: str, message: str, span: Span, *notes: Note, help: str | None = None) -> None:
        self.errors.append(Diagnostic(code, message, span, notes, help))
        if len(self.errors) >= MAX_DIAGNOSTICS:
            raise SpecError(self.errors)

    def _span(self, event: yaml.Event) -> Span:
        return self.page.between(event.start_mark, event.end_mark)

    def _count(self, weight: int, span: Span) -> None:
        self.nodes += weight
        if self.nodes > self.limits.nodes:
            raise self.stop(
                beyond(self.limits, "nodes", "the file has too many nodes, aliases expanded", span)
            )

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        span = self._span(event)
        if self.document is not None:
            first = Note("the first document begins here", self.document)
            help = "put the second in a file of its own"
            raise self.stop(Diagnostic("NN006", "a file holds one document", span, (first,), help))
        self.document = span
        if event.tags or event.version not in (None, (1, 2)):
            directive = Span(span.source, span.start, span.start + len(span.text.splitlines()[0]))
            self._found("NN006", "a spec has no YAML directives", directive, help=DIRECTIVE_HELP)

    def _properties(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, span: Span) -> Span:
        """The span without the anchor and the tag in front, which is an error."""
        if event.anchor is None and event.tag is None:
            return span
        text = span.source.text
        match = PROPERTIES.match(text, span.start)
        start = span.start if match is None else match.end()
        if event.tag is not None:
            self._tag(span, start)
        return Span(span.source, min(start, span.end), span.end)

    def _tag(self, span: Span, end: int) -> None:
        match = TAG.search(span.source.text, span.start, end)
        tag = span if match is None else Span(span.source, match.start(), match.end())
        self._found("NN006", f'the tag "{shorten(tag.text)}" is not part of the language', tag, help=TAG_HELP)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        span = self._properties(event, self._span(event))
        self._count(1, span)
        frame = self.frames[-1] if self.frames else None
        quoted = bool(event.style)
        if frame is not None and frame.flow and not quoted and is_cut_short(event.value):
            raise self.stop(unquoted_expression(Scalar(event.value, span)))
        if frame is not None and frame.awaits_key:
            node = self._key(frame, event.value, span, quoted)
        else:
            node = Scalar(event.value if quoted else self._resolved(event.value, span), span, quoted)
        self.last = node
        if self.page.cuts or not event.value.isascii():
            self._check_text(event, span)
        self._place(node, 1, 0, event.anchor, span.end)

    def _resolved(self, text: str, span: Span) -> ScalarValue:
        try:
            return resolve(text)
        except NumberTooLarge as error:
            self._found("NN003", str(error), span, help="no option raises this limit")
            return None

    def _key(self, frame: Frame, text: str, span: Span, quoted: bool) -> Scalar:
        first = frame.keys.setdefault(text, span)
        if text == "<<" and not quoted:
            help = "write the keys out, or name the shared part as a preset or a block"
            self._found("NN006", 'the merge key "<<" is not part of the language', span, help=help)
        elif first is not span:
            note = Note("it stands here first", first)
            self._found(
                "NN005", f'the key "{shorten(text)}" stands twice', span, note, help="keep one of the two"
            )
        return Scalar(text, span, quoted)

    def _check_text(self, event: yaml.ScalarEvent, span: Span) -> None:
        """Half a surrogate pair is no text; and only double quotes have escapes that the page may rewrite."""
        if HALF_OF_A_PAIR.search(event.value):
            self._found("NN004", "the text holds half of a surrogate pair", span)
        if event.style != '"' and self.page.rewrote(event.start_mark, event.end_mark):
            self._found("NN004", r"a \u escape needs double quotes around the text", span)

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        flow = bool(event.flow_style)
        span = self._properties(event, self._span(event))
        start = span.end - 1 if flow else span.start
        opened = Span(span.source, start, start + 1)
        self._count(1, opened)
        if len(self.frames) >= self.limits.depth:
            raise self.stop(beyond(self.limits, "depth", TOO_DEEP, opened))
        if event.anchor is not None:
            self.anchors.pop(event.anchor, None)
        self.frames.append(Frame(isinstance(event, yaml.MappingStartEvent), flow, start, event.anchor))

    def _close(self, event: yaml.CollectionEndEvent) -> None:
        frame = self.frames.pop()
        # A block ends, to the parser, where the next token begins; to the reader, with its last item.
        end = self._span(event).end if frame.flow else frame.end
        span = Span(self.page.source, frame.start, end)
        node = _mapping(frame.items, span) if frame.mapping else Sequence(tuple(frame.items), span)
        self._place(node, frame.weight, frame.height, frame.anchor, end)

    def _alias(self, event: yaml.AliasEvent) -> None:
        span = self._span(event)
        self._count(1, span)
        name = event.anchor or ""
        anchored = self.anchors.get(name) or self._unknown(name, span)
        self._count(anchored.weight - 1, span)
        if len(self.frames) + anchored.height > self.limits.depth:
            raise self.stop(beyond(self.limits, "depth", "the alias nests lists and mappings too deep", span))
        if self.frames and self.frames[-1].awaits_key:
            self._found("NN006", "an alias cannot be a key", span, help="write the key out")
            anchored = Anchored(Scalar("", span))
        self._place(anchored.node, anchored.weight, anchored.height, None, span.end)

    def _unknown(self, name: str, span: Span) -> Anchored:
        if any(frame.anchor == name for frame in self.frames):
            self._found("NN006", f'the alias "*{shorten(name)}" stands inside what it names', span)
        else:
            help = f'put quotes around "*{shorten(name)}" if it is a text'
            self._found("NN006", f'no anchor "&{shorten(name)}" stands above this alias', span, help=help)
        return Anchored(Scalar(None, span))

    def _place(self, node: Node, weight: int, height: int, anchor: str | None, end: int) -> None:
        """Hang a finished node where it belongs."""
        if anchor is not None:
            self.anchors[anchor] = Anchored(node, weight, height)
        if not self.frames:
            self.root = node
            return
        frame = self.frames[-1]
        if not isinstance(node, Scalar) and frame.awaits_key:
            self._found("NN006", "a key must be a plain name, not a list or a mapping", node.span)
            node = Scalar("", node.span)
        frame.items.append(node)
        frame.weight += weight
        frame.height = max(frame.height, height + 1)
        frame.end = end


def _mapping(items: list[Node], span: Span) -> Mapping:
    keys = (key for key in items[::2] if isinstance(key, Scalar))
    return Mapping(tuple(zip(keys, items[1::2], strict=True)), span)
