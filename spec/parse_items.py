"""From nodes to items: which of the language's items each one is."""

from __future__ import annotations

from typing import NamedTuple

from .diagnostics import Diagnostic, Fix, did_you_mean, nearest
from .expressions import is_expression, parse_expression
from .items import Body, Call, Item, Parallel, Repeat, Reuse, When
from .layers import canonical
from .locate import Report
from .naming import check_binding, check_path
from .nodes import Mapping, Node, Scalar, Sequence, describe, shorten
from .references import parse_sources, reference

SIBLINGS = ("name", "from")


class Form(NamedTuple):
    """An item of the language's own: the words that stand beside its first one, and those that must."""

    words: tuple[str, ...]
    required: dict[str, str]


# The first word of each item that is no call, with what belongs to it; what must be there has an example.
FORMS: dict[str, Form] = {
    "repeat": Form(("as", "layers"), {"layers": "layers: [{Dense: 10}]"}),
    "parallel": Form(("merge",), {"merge": "merge: Concatenate"}),
    "when": Form(("layers", "else"), {"layers": "layers: [{Dense: 10}]"}),
    "reuse": Form((), {}),
}
# A word that stands beside a first word -> that first word.
OWNERS = {"as": "repeat", "layers": "repeat", "merge": "parallel", "else": "when"}


def parse_call(node: Node, report: Report, what: str = "an item") -> Call | None:
    """A layer item without siblings, as presets, wrappers and `merge` hold it."""
    match node:
        case Scalar(value=str() as word) if not is_expression(node):
            return Call(word, node.span, None)
        case Mapping():
            return _call(node, (), report, what)
    report(_no_layer(node, what))
    return None


def parse_items(node: Node, report: Report, what: str = "layers") -> tuple[Item, ...]:
    """A list of items; what is not one is reported."""
    if isinstance(node, Sequence):
        return tuple(parse_item(item, report) for item in node.items)
    help = f"write {what}: with `- Dense: 10` on the next line"
    report(Diagnostic("NN103", f"{what} must be a list, not {describe(node)}", node.span, help=help))
    return ()


def parse_item(node: Node, report: Report) -> Item:
    """A layer, preset, block or function, or one of FORMS, with `name` and `from` beside it."""
    match node:
        case Scalar(value=str() as word) if not is_expression(node):
            return Item(node.span, Call(word, node.span, None))
        case Mapping():
            name, sources = node.get("name"), node.get("from")
            return Item(
                node.span,
                _body(node, report),
                _name(name, report) if name else None,
                parse_sources(sources, report) if sources else None,
            )
    report(_no_layer(node, "an item"))
    return Item(node.span, None)


def _no_layer(node: Node, what: str) -> Diagnostic:
    help = "write a layer's name, such as `- Flatten` or `- Dense: 10`"
    if what == "merge":
        help = "write merge: Add, or merge: {Concatenate: {axis: 1}}"
    return Diagnostic("NN109", f"{what} is a layer, not {describe(node)}", node.span, help=help)


def _body(node: Mapping, report: Report) -> Body | None:
    words = [str(key.value) for key, _ in node.entries]
    first = next((word for word in words if word in FORMS), None)
    if first is None:
        return _call(node, SIBLINGS, report, "an item")
    form = FORMS[first]
    known = (first, *form.words, *SIBLINGS)
    strange = [key for key, _ in node.entries if key.value not in known]
    for key in strange:
        report(_strange(str(key.value), key, first, form))
    settled = {nearest(str(key.value), known) for key in strange}
    missing = [word for word in form.required if node.get(word) is None and word not in settled]
    for word in missing:
        help = f"write {form.required[word]} beside it"
        report(Diagnostic("NN102", f'"{first}" needs "{word}"', node.span, help=help))
    if missing:
        return None
    return PARSERS[first](node, report)


def _strange(word: str, key: Scalar, first: str, form: Form) -> Diagnostic:
    known = (*form.words, *SIBLINGS)
    near = nearest(word, known)
    if near is None and (canonical(word) or word in FORMS):
        return Diagnostic(
            "NN109", "an item is one thing, not two", key.span, help="begin a new item with `- `"
        )
    help = did_you_mean(word, known, f"words beside {first}")
    fix = Fix(key.span, near) if near else None
    return Diagnostic("NN101", f'"{shorten(word)}" cannot stand beside {first}', key.span, help=help, fix=fix)


# --- items of the language's own


def _repeat(node: Mapping, report: Report) -> Repeat | None:
    over = node.get("repeat")
    assert over is not None
    names, layers = node.get("as"), node.get("layers")
    for scalar in scalars(over):
        parse_expression(scalar, report) if is_expression(scalar) else None
    items = parse_items(layers, report) if layers else ()
    return Repeat(node.span, over, _bindings(names, report) if names else (), items)


def _bindings(node: Node, report: Report) -> tuple[Scalar, ...]:
    """The names that `as` gives."""
    nodes = node.items if isinstance(node, Sequence) else (node,)
    found: list[Scalar] = []
    for one in nodes:
        if not (isinstance(one, Scalar) and isinstance(one.value, str)):
            help = "write as: units, or as: [filters, strides]"
            report(Diagnostic("NN103", f"as gives a name, not {describe(one)}", one.span, help=help))
        elif one.value in [earlier.value for earlier in found]:
            help = "give each value a name of its own"
            report(Diagnostic("NN107", f'"{one.value}" stands twice', one.span, help=help))
        elif check_binding(one.value, one.span, report, "a value of a repeat"):
            found.append(one)
    return tuple(found)


def _parallel(node: Mapping, report: Report) -> Parallel | None:
    branches, merge = node.get("parallel"), node.get("merge")
    call = parse_call(merge, report, "merge") if merge else None
    if not isinstance(branches, Sequence) or not branches.items:
        given = describe(branches) if branches and not isinstance(branches, Sequence) else "an empty one"
        help = "write parallel: [[{Conv2D: 8}], []]; an empty branch hands its input on"
        span = branches.span if branches else node.span
        report(Diagnostic("NN103", f"parallel must be a list of branches, not {given}", span, help=help))
        return None
    return Parallel(node.span, tuple(_branch(one, report) for one in branches.items), call)


def _branch(node: Node, report: Report) -> tuple[Item, ...]:
    if isinstance(node, Sequence):
        return parse_items(node, report)
    help = "put brackets around the branch, or write its items with `- - `"
    report(Diagnostic("NN103", f"a branch is a list of items, not {describe(node)}", node.span, help=help))
    return ()


def _when(node: Mapping, report: Report) -> When | None:
    condition, layers, otherwise = node.get("when"), node.get("layers"), node.get("else")
    assert condition is not None
    if is_expression(condition):
        assert isinstance(condition, Scalar)
        parse_expression(condition, report)
    return When(
        node.span,
        condition,
        parse_items(layers, report) if layers else (),
        parse_items(otherwise, report, "else") if otherwise else (),
    )


def _reuse(node: Mapping, report: Report) -> Reuse | None:
    target = node.get("reuse")
    assert target is not None
    return Reuse(target.span, reference(target, report))


PARSERS = {"repeat": _repeat, "parallel": _parallel, "when": _when, "reuse": _reuse}


# --- layers, presets, blocks and functions


def _call(node: Mapping, siblings: tuple[str, ...], report: Report, what: str) -> Call | None:
    calls = [(key, value) for key, value in node.entries if key.value not in siblings]
    words = OWNERS if siblings else {**OWNERS, **FORMS}
    if len(calls) != 1 or calls[0][0].value in words:
        report(_not_one_layer(node, calls, siblings, what))
        return None
    ((key, value),) = calls
    return Call(str(key.value), key.span, value, check_expressions(value, report))


def check_expressions(node: Node, report: Report) -> tuple[str, ...] | None:
    """The names that expressions in the node refer to; None where there are no expressions. Bad ones are reported."""
    found = [parse_expression(scalar, report) for scalar in scalars(node) if is_expression(scalar)]
    names = dict.fromkeys(name for expression in found if expression for name in expression.names)
    return tuple(names) if found else None


def scalars(node: Node) -> list[Scalar]:
    """Every value in a node."""
    match node:
        case Scalar():
            return [node]
        case Sequence(items=items):
            return [scalar for item in items for scalar in scalars(item)]
        case Mapping(entries=entries):
            return [scalar for _, value in entries for scalar in scalars(value)]


def _not_one_layer(
    node: Mapping, calls: list[tuple[Scalar, Node]], siblings: tuple[str, ...], what: str
) -> Diagnostic:
    if not calls:
        help = "write a layer beside it: `Dense: 10`" if siblings else "write a layer in it: {Dense: 10}"
        return Diagnostic("NN109", f"{what} without a layer", node.span, help=help)
    words = [str(key.value) for key, _ in calls]
    stray = next((key for key, _ in calls if key.value in OWNERS), None)
    if stray is not None and siblings:
        owner = OWNERS[str(stray.value)]
        return Diagnostic(
            "NN109", f'"{stray.value}" stands without "{owner}"', stray.span, help=_example(owner)
        )
    other = next((key for key, _ in calls if not siblings and (key.value in FORMS or len(calls) == 1)), None)
    if other is not None:
        help = "write a layer, such as `Dense: 10`; items of other kinds stand in `layers`, of the file or a block"
        return Diagnostic(
            "NN109", f'{what} is a layer, not "{shorten(str(other.value))}"', other.span, help=help
        )
    layers = [word for word in words if canonical(word) is not None]
    if len(layers) > 1:
        second = calls[words.index(layers[1])][0]
        help = "begin a new item with `- `" if siblings else "take one of them out"
        return Diagnostic("NN109", f"{what} is one layer, not two", second.span, help=help)
    owner = layers[0] if layers else words[0]
    key = next(key for key, _ in calls if key.value != owner)
    return _beside(owner, key, siblings)


def _example(owner: str) -> str:
    first = {"repeat": "repeat: 3", "parallel": "parallel: [[], []]", "when": "when: =deep"}[owner]
    return f"write {first} first"


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
        check_path(node.value, node.span, report, "a layer")
        return node
    message = f"a name must be a string, not {describe(node)}"
    report(Diagnostic("NN103", message, node.span, help="write name: stem"))
    return None
