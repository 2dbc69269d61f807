"""Items of `layers` as they stand: told apart, but no layer or reference looked up and nothing computed yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from .nodes import Node, Scalar
from .source import Span


class Call(NamedTuple):
    """A layer, preset, block or function with its arguments as written; None for a bare `Flatten`.

    `names` are those that expressions among the arguments refer to; None where there are no expressions.
    """

    name: str
    span: Span
    argument: Node | None
    names: tuple[str, ...] | None = None


class Reference(NamedTuple):
    """`stem`, `encoder.state_h`, `skip.-1` or `skip[=depth - 1]`, not looked up yet.

    `path` is what stands before the first bracket, taken apart at its dots; `indices` are what is in brackets.
    """

    text: str
    span: Span
    path: tuple[str, ...]
    indices: tuple[Scalar, ...] = ()


# None stands for what could not be read and was reported: nothing more is said of what depends on it.
References: TypeAlias = tuple[Reference | None, ...]


class From(NamedTuple):
    """An item's inputs: by position, or by the layer's own call arguments."""

    span: Span
    positional: References = ()
    named: tuple[tuple[Scalar, References], ...] = ()


class Repeat(NamedTuple):
    """The items once for each of the values that `over` comes to, which the names in `names` are bound to."""

    span: Span
    over: Node
    names: tuple[Scalar, ...]
    items: tuple[Item, ...]


class Parallel(NamedTuple):
    """Branches that all start from one value, and the layer that merges what they come to."""

    span: Span
    branches: tuple[tuple[Item, ...], ...]
    merge: Call | None


class When(NamedTuple):
    """Items that are there when the condition holds, and others when not."""

    span: Span
    condition: Node
    items: tuple[Item, ...]
    otherwise: tuple[Item, ...]


class Reuse(NamedTuple):
    """A layer or block that stands above, applied again with the same weights."""

    span: Span
    reference: Reference | None


Body: TypeAlias = Call | Repeat | Parallel | When | Reuse


class Item(NamedTuple):
    """`body` is None where the item could not be read."""

    span: Span
    body: Body | None
    name: Scalar | None = None
    sources: From | None = None

    @property
    def parts(self) -> tuple[tuple[Item, ...], ...]:
        """The lists of items inside this one."""
        match self.body:
            case Repeat(items=items):
                return (items,)
            case Parallel(branches=branches):
                return branches
            case When(items=items, otherwise=otherwise):
                return (items, otherwise)
        return ()

    @property
    def call(self) -> Call | None:
        """The layer of the item itself: what it calls, or what merges its branches."""
        match self.body:
            case Call() as call:
                return call
            case Parallel(merge=merge):
                return merge
        return None


def references_in(item: Item) -> Iterator[Reference]:
    """What the item itself refers to."""
    sources = item.sources or From(item.span)
    named = (reference for _, references in sources.named for reference in references)
    reused = item.body.reference if isinstance(item.body, Reuse) else None
    yield from (reference for reference in (*sources.positional, *named, reused) if reference is not None)


def walk(items: tuple[Item, ...]) -> Iterator[Item]:
    """Every item, those inside another one right after it, but a merged one's after its branches, as they run."""
    for item in items:
        if not isinstance(item.body, Parallel):
            yield item
        for part in item.parts:
            yield from walk(part)
        if isinstance(item.body, Parallel):
            yield item
