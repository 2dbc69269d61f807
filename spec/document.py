"""A file as it stands: its sections checked and its items told apart, but nothing looked up or computed yet."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from .diagnostics import Diagnostic, did_you_mean
from .fields import Dtype, DtypePolicy, doc
from .layers import NAMES
from .locate import Report, validate
from .nodes import Mapping, Node, Scalar, Sequence, describe
from .source import Source, Span
from .training import Training, parse_training

VERSION = 1

SECTIONS = ("nnspec", "name", "description", "dtype", "inputs", "presets", "layers", "outputs", "training")
SIBLINGS = ("name", "from")
# Words of the language that this version does not read yet.
LATER_SECTIONS = ("params", "variants", "blocks", "include", "dims", "contracts")
LATER_ITEMS = ("repeat", "as", "layers", "parallel", "merge", "when", "else", "reuse")
WORDS = frozenset({*SIBLINGS, *LATER_ITEMS, "previous", "batch"})

# ASCII only, so that no two names look alike, and a name is safe in code, paths and markup.
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Call:
    """A layer, preset or function with its arguments as written; None for a bare `Flatten`."""

    name: str
    span: Span
    argument: Node | None


@dataclass(frozen=True, slots=True)
class Reference:
    """`stem`, `encoder.state_h` or `previous`, not looked up yet."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class From:
    """An item's inputs: by position, or by the layer's own call arguments."""

    span: Span
    positional: tuple[Reference, ...] = ()
    named: tuple[tuple[Scalar, tuple[Reference, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    call: Call
    name: Scalar | None = None
    sources: From | None = None


@dataclass(frozen=True, slots=True)
class InputDecl:
    """One of the network's inputs; `shape` is without the batch axis."""

    name: str
    span: Span
    shape: tuple[int | str | None, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class OutputDecl:
    """One of the network's outputs; `name` is None where it takes the referenced layer's."""

    name: str | None
    reference: Reference


@dataclass(frozen=True)
class Document:
    source: Source
    name: str
    description: str = ""
    dtype: str = "float32"
    inputs: tuple[InputDecl, ...] = ()
    presets: tuple[tuple[str, Call], ...] = ()
    items: tuple[Item, ...] = ()
    outputs: tuple[OutputDecl, ...] = ()
    training: Training | None = None
    # Whether every declaration could be read; where not, what refers to a missing one is not an error of its own.
    whole: bool = field(default=True, compare=False)


def axis(value: Any) -> Any:
    """One axis of an input's shape: a size, the name of a dynamic axis, or null."""
    match value:
        case None:
            return value
        case bool():
            raise PydanticCustomError("axis", "an axis is a size, a name or null, not true or false", {"code": "NN103"})
        case int() if not 1 <= value < 2**31:
            raise PydanticCustomError("axis", "a size is at least 1 and below 2**31", {"code": "NN104"})
        case str() if (reason := bad_name(value)) is not None:
            raise PydanticCustomError("axis", "an axis cannot have this name: {reason}", {"reason": reason, "code": "NN106"})
        case int() | str():
            return value
    raise PydanticCustomError("axis", "an axis is a size, a name or null", {"code": "NN103"})


Axis: TypeAlias = Annotated[Any, BeforeValidator(axis)]


class Header(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    nnspec: int = doc("The version of the language, 1.")
    name: str = doc("What the network is called in Keras, ONNX and the generated code.")
    description: str = doc("What the network is for, in a sentence.", "")
    dtype: DtypePolicy = doc("Dtype or mixed policy of all layers that have none of their own.", "float32")


class InputForm(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    shape: list[Axis] = doc("Sizes without the batch axis, [28, 28, 1]; a name or null is a dynamic axis.")
    dtype: Dtype = doc("Dtype of the input.", "float32")


def parse(source: Source, root: Mapping, report: Report) -> Document:
    """The root of a file as a Document. What is wrong is reported, and left out of the document."""
    errors: list[Diagnostic] = []

    def noted(diagnostic: Diagnostic) -> None:
        errors.append(diagnostic)
        report(diagnostic)

    start = Span(source, root.span.start, root.span.start)
    _check_sections(root, report)
    header = _header(root, start, noted)
    return Document(
        source,
        header.name if header else "",
        header.description if header else "",
        header.dtype if header else "float32",
        _inputs(root.get("inputs"), start, noted),
        _presets(root.get("presets"), noted),
        _items(root.get("layers"), start, noted),
        _outputs(root.get("outputs"), noted),
        parse_training(root, report),
        whole=not errors,
    )


def parse_call(node: Node, report: Report, what: str = "an item") -> Call | None:
    """A layer item without siblings, as presets and wrappers hold it."""
    item = parse_item(node, report, siblings=(), what=what)
    return item.call if item else None


def parse_item(
    node: Node, report: Report, siblings: tuple[str, ...] = SIBLINGS, what: str = "an item"
) -> Item | None:
    """`Flatten`, `Dense: 10` or `Dense: {units: 10}`, with `name` and `from` beside it."""
    match node:
        case Scalar(value=str() as name):
            return Item(Call(name, node.span, None))
        case Mapping():
            calls = [(key, value) for key, value in node.entries if key.value not in siblings]
            if len(calls) == 1 and calls[0][0].value not in LATER_ITEMS:
                (key, value), name = calls[0], node.get("name")
                call = Call(str(key.value), key.span, value)
                return Item(call, _name(name, report) if name else None, _from(node.get("from"), report))
            report(_not_one_layer(node, calls, what))
        case _:
            message = f"{what} is a layer, not {describe(node)}"
            report(Diagnostic("NN109", message, node.span, help="write a layer's name, such as `Dense: 10`"))
    return None


def bad_name(name: str) -> str | None:
    """Why a name cannot be used; None for one that can."""
    if not name:
        return "it is empty"
    if len(name) > MAX_NAME:
        return f"it is longer than {MAX_NAME} characters"
    if not NAME.fullmatch(name):
        odd = next((c for c in name if not (c.isascii() and (c.isalnum() or c == "_"))), name[0])
        shown = odd if odd.isascii() and odd.isprintable() else f"U+{ord(odd):04X}"
        return f"`{shown}` cannot stand {'first' if odd == name[0] else 'in a name'}"
    if keyword.iskeyword(name):
        return "it is a keyword of Python, which the generated code is in"
    if name in WORDS:
        return "it is a word of the language"
    return None


def check_name(name: str, span: Span, report: Report, what: str) -> bool:
    """Reports a name that cannot be used; whether it can."""
    reason = bad_name(name)
    if reason is None:
        return True
    help = "a name is a letter, then letters, digits and underscores"
    report(Diagnostic("NN106", f'{what} cannot be named "{name}": {reason}', span, help=help))
    return False


def _check_sections(root: Mapping, report: Report) -> None:
    for key, _ in root.entries:
        if key.value in LATER_SECTIONS:
            report(_later(str(key.value), key.span))
        elif key.value not in SECTIONS:
            help = did_you_mean(str(key.value), SECTIONS, "sections")
            report(Diagnostic("NN101", f'a spec has no section "{key.value}"', key.span, help=help))


def _later(word: str, span: Span) -> Diagnostic:
    return Diagnostic(
        "NN112", f"`{word}` is not read by this version of nnspec", span, help="write the layers out one by one"
    )


def _header(root: Mapping, start: Span, report: Report) -> Header | None:
    header = validate(Header, root, start, report, title="a spec")
    if header is None:
        return None
    version, name = root.get("nnspec"), root.get("name")
    if header.nnspec != VERSION and version is not None:
        message = f"this nnspec reads version {VERSION} of the language, not {header.nnspec}"
        report(Diagnostic("NN110", message, version.span, help=f"write nnspec: {VERSION}, or install a newer nnspec"))
    if name is not None:
        check_name(header.name, name.span, report, "a network")
    return header


def _inputs(node: Node | None, start: Span, report: Report) -> tuple[InputDecl, ...]:
    if not isinstance(node, Mapping) or not node.entries:
        span = start if node is None else node.span
        code = "NN102" if node is None else "NN103"
        report(Diagnostic(code, "a spec needs its inputs, by name", span, help="write inputs: {image: [28, 28, 1]}"))
        return ()
    decls = [_input(key, value, report) for key, value in node.entries]
    return tuple(decl for decl in decls if decl is not None)


def _input(key: Scalar, value: Node, report: Report) -> InputDecl | None:
    if not check_name(str(key.value), key.span, report, "an input"):
        return None
    if isinstance(value, Sequence):
        shape_key = Scalar("shape", key.span)
        value = Mapping(((shape_key, value),), value.span)
    form = validate(InputForm, value, key.span, report, title=f"input {key.value}")
    return InputDecl(str(key.value), key.span, tuple(form.shape), form.dtype) if form else None


def _presets(node: Node | None, report: Report) -> tuple[tuple[str, Call], ...]:
    if node is None:
        return ()
    if not isinstance(node, Mapping):
        help = "write presets: {DefaultDense: {Dense: {activation: relu}}}"
        report(Diagnostic("NN103", f"presets are a mapping, not {describe(node)}", node.span, help=help))
        return ()
    presets: list[tuple[str, Call]] = []
    for key, value in node.entries:
        usable = _preset_name(key, report)
        call = parse_call(value, report, "a preset")
        if usable and call:
            presets.append((str(key.value), call))
    return tuple(presets)


def _preset_name(key: Scalar, report: Report) -> bool:
    if key.value in NAMES:
        message = f'a preset cannot be named "{key.value}": it is a layer'
        report(Diagnostic("NN106", message, key.span, help="give the preset a name of its own"))
        return False
    return check_name(str(key.value), key.span, report, "a preset")


def _items(node: Node | None, start: Span, report: Report) -> tuple[Item, ...]:
    if not isinstance(node, Sequence) or not node.items:
        span = start if node is None else node.span
        code = "NN102" if node is None else "NN103"
        report(Diagnostic(code, "a spec needs its layers, as a list", span, help="write layers: with `- Dense: 10` below it"))
        return ()
    items = [parse_item(item, report) for item in node.items]
    return tuple(item for item in items if item is not None)


def _not_one_layer(node: Mapping, calls: list[tuple[Scalar, Node]], what: str) -> Diagnostic:
    if not calls:
        return Diagnostic("NN109", f"{what} without a layer", node.span, help="write a layer beside it: `Dense: 10`")
    later = next((key for key, _ in calls if key.value in LATER_ITEMS), None)
    if later is not None:
        return _later(str(later.value), later.span)
    (first, _), (second, _) = calls[:2]
    if second.value in NAMES:
        return Diagnostic("NN109", f"{what} is one layer, not two", second.span, help="begin a new item with `- `")
    help = f"arguments go into the layer: {first.value}: {{…, {second.value}: …}}"
    return Diagnostic("NN109", f'"{second.value}" stands beside the layer {first.value}', second.span, help=help)


def _name(node: Node, report: Report) -> Scalar | None:
    match node:
        case Scalar(value=str() as name) if check_name(name, node.span, report, "a layer"):
            return node
        case Scalar(value=str()):
            return None
    report(Diagnostic("NN103", f"a name must be a string, not {describe(node)}", node.span, help="write name: stem"))
    return None


def _from(node: Node | None, report: Report) -> From | None:
    if node is None:
        return None
    if isinstance(node, Mapping):
        return From(node.span, named=tuple((key, references(value, report)) for key, value in node.entries))
    return From(node.span, positional=references(node, report))


def references(node: Node, report: Report) -> tuple[Reference, ...]:
    """One reference or a list of them."""
    nodes = node.items if isinstance(node, Sequence) else (node,)
    if not nodes:
        report(Diagnostic("NN109", "an empty list of references", node.span, help="name the layers whose outputs go in"))
    return tuple(ref for ref in (_reference(n, report) for n in nodes) if ref is not None)


def _reference(node: Node, report: Report) -> Reference | None:
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return Reference(node.value, node.span)
    message = f"a reference is the name of a layer or input, not {describe(node)}"
    report(Diagnostic("NN103", message, node.span, help="links are by name: give the layer a name and write it here"))
    return None


def _outputs(node: Node | None, report: Report) -> tuple[OutputDecl, ...]:
    if node is None:
        return ()
    if not isinstance(node, Mapping):
        return tuple(OutputDecl(None, ref) for ref in references(node, report))
    decls: list[OutputDecl] = []
    for key, value in node.entries:
        usable = check_name(str(key.value), key.span, report, "an output")
        reference = _reference(value, report)
        if usable and reference:
            decls.append(OutputDecl(str(key.value), reference))
    return tuple(decls)
