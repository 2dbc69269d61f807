"""A file as it stands: its sections checked and its items told apart, but nothing looked up or computed
yet."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, TypeAlias

from pydantic_core import PydanticCustomError

from .diagnostics import Diagnostic, did_you_mean, nearest
from .fields import MAX_SIZE, DtypePolicy
from .items import BY_HAND, Call, Item, Reference, later, parse_call, parse_item, reference, references
from .layers import is_reserved
from .locate import Report, validate
from .naming import bad_name, check_name, name_help
from .nodes import Mapping, Node, Scalar, Sequence, describe, shorten, to_data
from .records import Record, doc
from .schemas import Before, Bounds
from .source import Source, Span
from .training import Training, parse_training
from .types import Dtype

VERSION = 1
# NumPy before 2.0 has 32 axes at most, the batch among them.
MAX_AXES = 31

SECTIONS = ("nnspec", "name", "description", "dtype", "inputs", "presets", "layers", "outputs", "training")
# Sections of the language that this version does not read yet, each with what to do instead.
LATER_SECTIONS: dict[str, str] = {
    "params": "write the numbers where they are used",
    "variants": "write a file for each variant",
    "blocks": BY_HAND,
    "include": "copy what is needed into this file",
    "dims": "leave the section out: a named axis may have any size",
    "contracts": "leave the section out: `nnspec show` gives parameters and MACs",
}


class InputDecl(NamedTuple):
    """One of the network's inputs; `shape` is without the batch axis, and None where it could not be read."""

    name: str
    span: Span
    shape: tuple[int | str | None, ...] | None
    dtype: str = "float32"


class OutputDecl(NamedTuple):
    """One of the network's outputs; `name` is None where it takes the referenced layer's."""

    name: str | None
    span: Span
    reference: Reference | None


class Document(NamedTuple):
    source: Source
    name: str
    description: str = ""
    dtype: str = "float32"
    inputs: tuple[InputDecl, ...] = ()
    presets: tuple[tuple[str, Call | None], ...] = ()
    items: tuple[Item, ...] = ()
    outputs: tuple[OutputDecl, ...] = ()
    training: Training | None = None
    # Whether inputs and layers could be listed; where not, a reference to nothing is not an error of its own.
    whole: bool = True


def axis(value: Any) -> Any:
    """One axis of an input's shape: a size, the name of a dynamic axis, or null."""
    match value:
        case bool() | float() | list() | dict():
            context = {"code": "NN103", "help": "write 28, the name of an axis of any size, or null"}
            raise PydanticCustomError("axis", "an axis must be a size, a name or null", context)
        case int() if not 1 <= value <= MAX_SIZE:
            context = {"most": MAX_SIZE, "code": "NN104", "help": "an axis of any size is a name, or null"}
            raise PydanticCustomError("axis", "a size must be from 1 to {most}", context)
        case str() if (reason := bad_name(value)) is not None:
            context = {"name": shorten(value), "reason": reason, "code": "NN106", "help": name_help(value)}
            raise PydanticCustomError("axis", 'an axis cannot be named "{name}": {reason}', context)
    return value


Axis: TypeAlias = Annotated[Any, Before(axis)]
Shape: TypeAlias = Annotated[list[Axis], Bounds(max_length=MAX_AXES)]


class Header(Record):
    """The sections that are one value each."""

    nnspec: int = doc("The version of the language, which is 1.")
    name: str = doc("What the network is called in Keras, ONNX and the generated code.")
    description: str = doc("What the network is for, in a sentence.", "")
    dtype: DtypePolicy = doc("Dtype or mixed policy of all layers that have none of their own.", "float32")


class InputForm(Record):
    """The long form of an input."""

    shape: Shape = doc("Sizes without the batch axis, [28, 28, 1]; a name or null is a dynamic axis.")
    dtype: Dtype = doc("Dtype of the input.", "float32")


def parse(source: Source, root: Mapping, report: Report) -> Document:
    """The root of a file as a Document. What is wrong is reported, and left out of the document."""
    start = Span(source, root.span.start, root.span.start)
    meant = _check_sections(root, report)
    header = _header(root, start, meant, report)
    inputs = _inputs(root.get("inputs"), start, meant, report)
    items = _items(root.get("layers"), start, meant, report)
    return Document(
        source,
        header.name if header else "",
        header.description if header else "",
        header.dtype if header else "float32",
        inputs or (),
        _presets(root.get("presets"), report),
        items or (),
        _outputs(root.get("outputs"), report),
        parse_training(root, report),
        whole=inputs is not None and items is not None,
    )


def _check_sections(root: Mapping, report: Report) -> frozenset[str | None]:
    """Reports the sections that a spec does not have; gives those that were probably meant."""
    meant: set[str | None] = set()
    for key, _ in root.entries:
        word = str(key.value)
        if word in LATER_SECTIONS:
            report(later(word, LATER_SECTIONS[word], key.span))
        elif word not in SECTIONS:
            meant.add(nearest(word, SECTIONS))
            message = f'a spec has no section "{shorten(word)}"'
            report(Diagnostic("NN101", message, key.span, help=did_you_mean(word, SECTIONS, "sections")))
    return frozenset(meant)


def _header(root: Mapping, start: Span, meant: frozenset[str | None], report: Report) -> Header | None:
    given = {str(key.value): to_data(value) for key, value in root.entries if key.value in Header.fields}
    header = validate(Header, root, start, report, data=given, title="a spec", settled=meant)
    if header is None:
        return None
    version, name = root.get("nnspec"), root.get("name")
    if header.nnspec != VERSION and version is not None:
        message = f"this nnspec reads version {VERSION} of the language, not {header.nnspec}"
        report(
            Diagnostic(
                "NN110", message, version.span, help=f"write nnspec: {VERSION}, or install a newer nnspec"
            )
        )
    if name is not None:
        check_name(header.name, name.span, report, "a network")
    return header


def _inputs(
    node: Node | None, start: Span, meant: frozenset[str | None], report: Report
) -> tuple[InputDecl, ...] | None:
    if isinstance(node, Mapping) and node.entries:
        return tuple(_input(key, value, report) for key, value in node.entries)
    if node is not None or "inputs" not in meant:
        report(
            _lacking(
                "inputs", "a mapping of names to shapes", node, start, "write inputs: {image: [28, 28, 1]}"
            )
        )
    return None


def _input(key: Scalar, value: Node, report: Report) -> InputDecl:
    name = str(key.value)
    check_name(name, key.span, report, "an input")
    if isinstance(value, Sequence):
        value = Mapping(((Scalar("shape", key.span), value),), value.span)
    if not isinstance(value, Mapping):
        message = f"an input is its shape, not {describe(value)}"
        help = f"write {name}: [28, 28, 1], or {name}: {{shape: [28, 28, 1], dtype: float32}}"
        report(Diagnostic("NN103", message, value.span, help=help))
        return InputDecl(name, key.span, None)
    form = validate(InputForm, value, key.span, report, title=f"input {name}")
    return (
        InputDecl(name, key.span, tuple(form.shape), form.dtype) if form else InputDecl(name, key.span, None)
    )


def _presets(node: Node | None, report: Report) -> tuple[tuple[str, Call | None], ...]:
    if node is None:
        return ()
    if not isinstance(node, Mapping):
        help = "write presets: {DefaultDense: {Dense: {activation: relu}}}"
        report(Diagnostic("NN103", f"presets must be a mapping, not {describe(node)}", node.span, help=help))
        return ()
    presets = (_preset(key, value, report) for key, value in node.entries)
    return tuple((name, call) for name, call in presets if not is_reserved(name))


def _preset(key: Scalar, value: Node, report: Report) -> tuple[str, Call | None]:
    name = str(key.value)
    if is_reserved(name):
        message = f'a preset cannot be named "{name}": it is a layer'
        report(Diagnostic("NN106", message, key.span, help="give the preset a name of its own"))
    else:
        check_name(name, key.span, report, "a preset")
    return name, parse_call(value, report, "a preset")


def _items(
    node: Node | None, start: Span, meant: frozenset[str | None], report: Report
) -> tuple[Item, ...] | None:
    if isinstance(node, Sequence) and node.items:
        return tuple(parse_item(item, report) for item in node.items)
    if node is not None or "layers" not in meant:
        report(_lacking("layers", "a list", node, start, "write layers: with `- Dense: 10` on the next line"))
    return None


def _lacking(section: str, form: str, node: Node | None, start: Span, help: str) -> Diagnostic:
    if node is None:
        return Diagnostic("NN102", f'a spec needs "{section}"', start, help=help)
    given = "an empty one" if isinstance(node, Mapping | Sequence) and not to_data(node) else describe(node)
    return Diagnostic("NN103", f"{section} must be {form}, not {given}", node.span, help=help)


def _outputs(node: Node | None, report: Report) -> tuple[OutputDecl, ...]:
    match node:
        case None:
            return ()
        case Mapping(entries=()):
            help = "name a layer: outputs: probabilities; or leave the section out for the last one"
            report(Diagnostic("NN103", "outputs must not be empty", node.span, help=help))
            return ()
        case Mapping(entries=entries):
            return tuple(_output(key, value, report) for key, value in entries)
    nodes = node.items if isinstance(node, Sequence) else (node,)
    return tuple(
        OutputDecl(None, part.span, ref) for part, ref in zip(nodes, references(node, report), strict=False)
    )


def _output(key: Scalar, value: Node, report: Report) -> OutputDecl:
    check_name(str(key.value), key.span, report, "an output")
    return OutputDecl(str(key.value), key.span, reference(value, report))
