"""A file as it stands: its sections checked and its items told apart, but nothing looked up or computed
yet."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, TypeAlias

from pydantic_core import PydanticCustomError

from .blocks import Block, parse_blocks
from .declared import OutputDecl, check_unique, lacking, parse_outputs, report_unknown
from .diagnostics import Diagnostic
from .expressions import is_expression, parse_expression
from .fields import MAX_SIZE, DtypePolicy
from .items import Call, Item
from .layers import is_reserved
from .locate import Report, validate
from .naming import bad_name, check_binding, check_name, name_help
from .nodes import Mapping, Node, Scalar, Sequence, describe, shorten, to_data
from .params import Param, parse_params, unknown_param
from .parse_items import check_expressions, parse_call, parse_items
from .records import Record, doc
from .schemas import Before, Bounds
from .source import Source, Span
from .types import InputDtype

VERSION = 1
# NumPy before 2.0 has 32 axes at most, the batch among them.
MAX_AXES = 31

SECTIONS = (
    *("nnspec", "name", "description", "dtype", "params", "variants", "include", "inputs", "dims"),
    *("presets", "blocks", "layers", "outputs", "training"),
)
# Sections of the language that this version does not read yet, each with what to do instead.
LATER_SECTIONS: dict[str, str] = {
    "contracts": "leave the section out: `nnspec show` gives parameters and MACs",
}


class InputNode(NamedTuple):
    """One of the network's inputs as it is written: its shape may hold expressions."""

    key: Scalar
    form: Node


class InputDecl(NamedTuple):
    """One of the network's inputs; `shape` is without the batch axis, and None where it could not be read."""

    name: str
    span: Span
    shape: tuple[int | str | None, ...] | None
    dtype: str = "float32"


class Variant(NamedTuple):
    """A named setting of params."""

    name: str
    span: Span
    settings: tuple[tuple[Scalar, Node], ...]


class Include(NamedTuple):
    """Another file, by the name that its blocks and presets have before their own. `path` is as written."""

    name: str
    span: Span
    path: Scalar


class Document(NamedTuple):
    source: Source
    name: str
    span: Span
    description: str = ""
    # None where the file does not say: another file that includes it then does.
    dtype: str | None = None
    params: tuple[Param, ...] = ()
    variants: tuple[Variant, ...] = ()
    includes: tuple[Include, ...] = ()
    inputs: tuple[InputNode, ...] = ()
    dims: Node | None = None
    presets: tuple[tuple[str, Call | None], ...] = ()
    blocks: tuple[Block, ...] = ()
    items: tuple[Item, ...] = ()
    outputs: tuple[OutputDecl, ...] = ()
    training: tuple[Scalar, Node] | None = None
    # Includes, presets and blocks: names, where they stand, and what messages call them.
    declared: tuple[tuple[str, Span, str], ...] = ()
    # Whether inputs and layers could be listed; where not, a reference to nothing is not an error of its own.
    whole: bool = True
    # Whether the file only has blocks and presets, for others to include.
    library: bool = False


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
    dtype: DtypePolicy | None = doc("Dtype or mixed policy of all layers that have none of their own.", None)


class InputForm(Record):
    """The long form of an input."""

    shape: Shape = doc("Sizes without the batch axis, [28, 28, 1]; a name or null is a dynamic axis.")
    dtype: InputDtype = doc("Dtype of the input.", "float32")


def parse(source: Source, root: Mapping, report: Report) -> Document:
    """The root of a file as a Document. What is wrong is reported, and left out of the document."""
    start = Span(source, root.span.start, root.span.start)
    meant = _check_sections(root, report)
    header = _header(root, start, meant, report)
    library = not (meant or root.get("inputs") or root.get("layers")) and _has_parts(root)
    inputs = () if library else _inputs(root.get("inputs"), start, meant, report)
    items = () if library else _items(root.get("layers"), start, meant, report)
    params = parse_params(root.get("params"), report)
    includes = _includes(root.get("include"), report)
    presets = _presets(root.get("presets"), report)
    blocks = parse_blocks(root.get("blocks"), report)
    declared = [
        *((i.name, i.span, "the include") for i in includes),
        *((name, span, "the preset") for name, span, _ in presets),
        *((b.name, b.span, "the block") for b in blocks),
    ]
    check_unique(declared, report)
    return Document(
        source,
        header.name if header else "",
        start,
        header.description if header else "",
        header.dtype if header else None,
        params,
        _variants(root.get("variants"), params, report),
        includes,
        inputs or (),
        _dims(root.get("dims"), report),
        tuple((name, call) for name, _, call in presets),
        blocks,
        items or (),
        parse_outputs(root.get("outputs"), report),
        _training(root, report),
        declared=tuple(declared),
        whole=inputs is not None and items is not None,
        library=library,
    )


def _check_sections(root: Mapping, report: Report) -> frozenset[str | None]:
    """Reports the sections that a spec does not have; gives those that were probably meant."""
    for key, _ in root.entries:
        if (word := str(key.value)) in LATER_SECTIONS:
            message = f'"{word}" is not supported by this version of nnspec'
            report(Diagnostic("NN112", message, key.span, help=LATER_SECTIONS[word]))
    kept = tuple(entry for entry in root.entries if entry[0].value not in LATER_SECTIONS)
    return report_unknown(root._replace(entries=kept), SECTIONS, "a spec", "section", report)


def _has_parts(root: Mapping) -> bool:
    """Whether the file has something for others to include."""
    return root.get("blocks") is not None or root.get("presets") is not None


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


# --- inputs, layers and training


def _inputs(
    node: Node | None, start: Span, meant: frozenset[str | None], report: Report
) -> tuple[InputNode, ...] | None:
    if isinstance(node, Mapping) and node.entries:
        for key, _ in node.entries:
            check_name(str(key.value), key.span, report, "an input")
        check_expressions(node, report)
        return tuple(InputNode(key, value) for key, value in node.entries)
    if node is not None or "inputs" not in meant:
        help = "write inputs: {image: [28, 28, 1]}"
        report(lacking("a spec", "inputs", "a mapping of names to shapes", node, start, help))
    return None


def declare(key: Scalar, form: Node | None, report: Report) -> InputDecl:
    """An input whose expressions have their values; without a form, nothing is known of it."""
    name = str(key.value)
    if isinstance(form, Sequence):
        form = Mapping(((Scalar("shape", key.span), form),), form.span)
    if form is None:
        return InputDecl(name, key.span, None)
    if not isinstance(form, Mapping):
        message = f"an input is its shape, not {describe(form)}"
        help = f"write {name}: [28, 28, 1], or {name}: {{shape: [28, 28, 1], dtype: float32}}"
        report(Diagnostic("NN103", message, form.span, help=help))
        return InputDecl(name, key.span, None)
    made = validate(InputForm, form, key.span, report, title=f"input {name}")
    return (
        InputDecl(name, key.span, tuple(made.shape), made.dtype) if made else InputDecl(name, key.span, None)
    )


def _dims(node: Node | None, report: Report) -> Node | None:
    if node is not None:
        check_expressions(node, report)
    return node


def _items(
    node: Node | None, start: Span, meant: frozenset[str | None], report: Report
) -> tuple[Item, ...] | None:
    if isinstance(node, Sequence) and node.items:
        return parse_items(node, report)
    if node is not None or "layers" not in meant:
        help = "write layers: with `- Dense: 10` on the next line"
        report(lacking("a spec", "layers", "a list", node, start, help))
    return None


def _training(root: Mapping, report: Report) -> tuple[Scalar, Node] | None:
    key, node = root.key("training"), root.get("training")
    if key is None or node is None:
        return None
    check_expressions(node, report)
    return key, node


# --- what is declared for others to use


def _presets(node: Node | None, report: Report) -> list[tuple[str, Span, Call | None]]:
    if node is None:
        return []
    if not isinstance(node, Mapping):
        help = "write presets: {DefaultDense: {Dense: {activation: relu}}}"
        report(Diagnostic("NN103", f"presets must be a mapping, not {describe(node)}", node.span, help=help))
        return []
    presets = (_preset(key, value, report) for key, value in node.entries)
    return [preset for preset in presets if not is_reserved(preset[0])]


def _preset(key: Scalar, value: Node, report: Report) -> tuple[str, Span, Call | None]:
    name = str(key.value)
    if is_reserved(name):
        message = f'a preset cannot be named "{name}": it is a layer'
        report(Diagnostic("NN106", message, key.span, help="give the preset a name of its own"))
    else:
        check_name(name, key.span, report, "a preset")
    return name, key.span, parse_call(value, report, "a preset")


def _includes(node: Node | None, report: Report) -> tuple[Include, ...]:
    if node is None:
        return ()
    if not isinstance(node, Mapping):
        help = "write include: {resnet: blocks/resnet.nn.yaml}"
        report(Diagnostic("NN103", f"include must be a mapping, not {describe(node)}", node.span, help=help))
        return ()
    includes = [_include(key, value, report) for key, value in node.entries]
    return tuple(include for include in includes if include is not None)


def _include(key: Scalar, value: Node, report: Report) -> Include | None:
    name = str(key.value)
    if is_reserved(name):
        message = f'an include cannot be named "{name}": it is a layer'
        report(Diagnostic("NN106", message, key.span, help="give the include a name of its own"))
        return None
    if not check_binding(name, key.span, report, "an include"):
        return None
    if isinstance(value, Scalar) and isinstance(value.value, str) and not is_expression(value):
        return Include(name, key.span, value)
    message = f"an include is the path of a file, not {describe(value)}"
    report(Diagnostic("NN103", message, value.span, help=f"write {name}: blocks/{name}.nn.yaml"))
    return None


def _variants(node: Node | None, params: tuple[Param, ...], report: Report) -> tuple[Variant, ...]:
    if node is None:
        return ()
    if not isinstance(node, Mapping):
        help = "write variants: {tiny: {width: 0.25}}"
        report(Diagnostic("NN103", f"variants must be a mapping, not {describe(node)}", node.span, help=help))
        return ()
    variants = [_variant(key, value, params, report) for key, value in node.entries]
    return tuple(variant for variant in variants if variant is not None)


def _variant(key: Scalar, value: Node, params: tuple[Param, ...], report: Report) -> Variant | None:
    name = str(key.value)
    if not check_name(name, key.span, report, "a variant"):
        return None
    if not isinstance(value, Mapping):
        message = f"a variant is a mapping of params to values, not {describe(value)}"
        report(Diagnostic("NN103", message, value.span, help=f"write {name}: {{width: 0.25}}"))
        return None
    known = {param.name for param in params}
    for param, setting in value.entries:
        if param.value not in known:
            report(unknown_param(str(param.value), params, "the file", param.span))
        if is_expression(setting):
            assert isinstance(setting, Scalar)
            parse_expression(setting, report)
    return Variant(name, key.span, tuple(entry for entry in value.entries if entry[0].value in known))
