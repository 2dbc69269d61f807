"""Items of `layers` as they stand: told apart, but no layer or reference looked up yet."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from .diagnostics import Diagnostic, Fix, nearest
from .layers import canonical
from .locate import Report
from .naming import check_name
from .nodes import Mapping, Node, Scalar, Sequence, describe, shorten
from .source import Span

SIBLINGS = ("name", "from")

BY_HAND = "write the layers out one by one"
# Words of items that this version does not read yet, each with what to do instead.
LATER_ITEMS: dict[str, str] = {
    "repeat": BY_HAND,
    "as": BY_HAND,
    "layers": BY_HAND,
    "parallel": "name the layer before the branches, and begin each branch with `from: that_name`",
    "merge": "merge by a layer of its own, such as Add with `from: [a, b]`",
    "when": "write the layers that are wanted",
    "else": "write the layers that are wanted",
    "reuse": "write a layer for each use; each then has weights of its own",
}


class Call(NamedTuple):
    """A layer, preset or function with its arguments as written; None for a bare `Flatten`."""

    name: str
    span: Span
    argument: Node | None


class Reference(NamedTuple):
    """`stem`, `encoder.state_h` or `previous`, not looked up yet."""

    text: str
    span: Span


# None stands for what could not be read and was reported: nothing more is said of what depends on it.
References: TypeAlias = tuple[Reference | None, ...]


class From(NamedTuple):
    """An item's inputs: by position, or by the layer's own call arguments."""

    span: Span
    positional: References = ()
    named: tuple[tuple[Scalar, References], ...] = ()


class Item(NamedTuple):
    """`call` is None where the item could not be read."""

    span: Span
    call: Call | None
    name: Scalar | None = None
    sources: From | None = None


def parse_call(node: Node, report: Report, what: str = "an item") -> Call | None:
    """A layer item without siblings, as presets and wrappers hold it."""
    return parse_item(node, report, siblings=(), what=what).call


def parse_item(
    node: Node, report: Report, siblings: tuple[str, ...] = SIBLINGS, what: str = "an item"
) -> Item:
    """`Flatten`, `Dense: 10` or `Dense: {units: 10}`, with `name` and `from` beside it."""
    match node:
        case Scalar(value=str() as word):
            return Item(node.span, Call(word, node.span, None))
        case Mapping():
            name = node.get("name") if "name" in siblings else None
            sources = node.get("from") if "from" in siblings else None
            return Item(
                node.span,
                _call(node, siblings, report, what),
                _name(name, report) if name else None,
                _from(sources, report) if sources else None,
            )
    help = "write a layer's name, such as `- Flatten` or `- Dense: 10`"
    report(Diagnostic("NN109", f"{what} is a layer, not {describe(node)}", node.span, help=help))
    return Item(node.span, None)


def _call(node: Mapping, siblings: tuple[str, ...], report: Report, what: str) -> Call | None:
    calls = [(key, value) for key, value in node.entries if key.value not in siblings]
    if len(calls) != 1 or calls[0][0].value in LATER_ITEMS:
        report(_not_one_layer(node, calls, siblings, what))
        return None
    ((key, value),) = calls
    return Call(str(key.value), key.span, value)


def later(word: str, help: str, span: Span) -> Diagnostic:
    """For a word of the language that this version does not read yet."""
    return Diagnostic("NN112", f'"{word}" is not supported by this version of nnspec', span, help=help)


def _not_one_layer(
    node: Mapping, calls: list[tuple[Scalar, Node]], siblings: tuple[str, ...], what: str
) -> Diagnostic:
    if not calls:
        return Diagnostic(
            "NN109", f"{what} without a layer", node.span, help="write a layer beside it: `Dense: 10`"
        )
    words = [str(key.value) for key, _ in calls]
    for (key, _), word in zip(calls, words, strict=True):
        if word in LATER_ITEMS:
            return later(word, LATER_ITEMS[word], key.span)
    layers = [word for word in words if canonical(word) is not None]
    if len(layers) > 1:
        second = calls[words.index(layers[1])][0]
        return Diagnostic(
            "NN109", f"{what} is one layer, not two", second.span, help="begin a new item with `- `"
        )
    owner = layers[0] if layers else words[0]
    key = next(key for key, _ in calls if key.value != owner)
    return _beside(owner, key, siblings)


def _beside(owner: str, key: Scalar, siblings: tuple[str, ...]) -> Diagnostic:
    """For a key that stands beside a layer and is neither `name` nor `from`."""
    word = str(key.value)
    near = nearest(word, siblings)
    help = f'did you mean "{near}"?' if near else f"arguments go into the layer: {owner}: {{…, {word}: …}}"
    if word in SIBLINGS:
        help = f"only an item of `layers` has `{word}` beside its layer"
    fix = Fix(key.span, near) if near else None
    return Diagnostic("NN109", f'"{shorten(word)}" cannot stand beside {owner}', key.span, help=help, fix=fix)


def _name(node: Node, report: Report) -> Scalar | None:
    """The name, for what refers to it, even where it cannot be used."""
    if isinstance(node, Scalar) and isinstance(node.value, str):
        check_name(node.value, node.span, report, "a layer")
        return node
    report(
        Diagnostic(
            "NN103", f"a name must be a string, not {describe(node)}", node.span, help="write name: stem"
        )
    )
    return None


def _from(node: Node, report: Report) -> From:
    if isinstance(node, Mapping):
        return From(node.span, named=tuple((key, references(value, report)) for key, value in node.entries))
    return From(node.span, positional=references(node, report))


def references(node: Node, report: Report) -> References:
    """One reference or a list of them."""
    nodes = node.items if isinstance(node, Sequence) else (node,)
    if not nodes:
        report(
            Diagnostic(
                "NN109", "an empty list of references", node.span, help="name the layers whose outputs go in"
            )
        )
        return (None,)
    return tuple(reference(n, report) for n in nodes)


def reference(node: Node, report: Report) -> Reference | None:
    """The name of a layer or input, `previous`, or None where it is reported."""
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return Reference(node.value, node.span)
    message = f"a reference is the name of a layer or input, not {describe(node)}"
    report(Diagnostic("NN103", message, node.span, help="give the layer a name, and write that name here"))
    return None
