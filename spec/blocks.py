"""The section `blocks`: sub-networks with params, as they stand."""

from __future__ import annotations

from typing import NamedTuple

from .declared import OutputDecl, check_unique, lacking, parse_outputs, report_unknown
from .diagnostics import Diagnostic
from .items import Item
from .layers import is_reserved
from .layers.base import Port
from .locate import Report
from .naming import check_binding, check_name
from .nodes import Mapping, Node, Scalar, Sequence, describe, to_data
from .params import Param, parse_params
from .parse_items import parse_items
from .source import Span

SECTIONS = ("description", "params", "inputs", "layers", "outputs")
# What the only input of a block is called where it has no name of its own.
INPUT = "input"


class Block(NamedTuple):
    """A sub-network: it sees its params and its inputs, and nothing of its caller."""

    name: str
    span: Span
    params: tuple[Param, ...]
    inputs: tuple[Scalar, ...]
    items: tuple[Item, ...]
    outputs: tuple[OutputDecl, ...]
    description: str = ""

    @property
    def ports(self) -> tuple[Port, ...]:
        """The inputs as those of a layer: one tensor each."""
        return tuple(Port(str(i.value)) for i in self.inputs)


def parse_blocks(node: Node | None, report: Report) -> tuple[Block, ...]:
    """The section's blocks. What is wrong is reported, and left out."""
    if node is None:
        return ()
    if not isinstance(node, Mapping):
        help = "write blocks: {stage: {params: {filters: }, layers: […]}}"
        report(Diagnostic("NN103", f"blocks must be a mapping, not {describe(node)}", node.span, help=help))
        return ()
    blocks = [_block(key, value, report) for key, value in node.entries]
    return tuple(block for block in blocks if block is not None)


def _block(key: Scalar, value: Node, report: Report) -> Block | None:
    name = str(key.value)
    if is_reserved(name):
        message = f'a block cannot be named "{name}": it is a layer'
        report(Diagnostic("NN106", message, key.span, help="give the block a name of its own"))
        return None
    check_binding(name, key.span, report, "a block")
    if not isinstance(value, Mapping):
        message = f'block "{name}" must be a mapping, not {describe(value)}'
        report(Diagnostic("NN103", message, value.span, help=f"write {name}: {{layers: [{{Dense: 10}}]}}"))
        return Block(name, key.span, (), (Scalar(INPUT, key.span),), (), ())
    meant = report_unknown(value, SECTIONS, f'block "{name}"', "section", report)
    layers = value.get("layers")
    if layers is None and "layers" not in meant:
        help = "write layers: with `- Dense: 10` on the next line"
        report(lacking(f'block "{name}"', "layers", "a list", layers, key.span, help))
    params = parse_params(value.get("params"), report)
    inputs = _inputs(value.get("inputs"), key.span, report)
    check_unique([(str(i.value), i.span, "the input") for i in inputs], report)
    return Block(
        name,
        key.span,
        params,
        inputs,
        parse_items(layers, report) if layers is not None else (),
        parse_outputs(value.get("outputs"), report),
        _description(value.get("description"), report),
    )


def _inputs(node: Node | None, span: Span, report: Report) -> tuple[Scalar, ...]:
    """The names of the inputs; one of a name of its own where there are none."""
    nodes = node.items if isinstance(node, Sequence) else (node,) if node else ()
    found: list[Scalar] = []
    for one in nodes:
        if not (isinstance(one, Scalar) and isinstance(one.value, str)):
            help = "write inputs: [query, memory]"
            message = f"the inputs of a block are names, not {describe(one)}"
            report(Diagnostic("NN103", message, one.span, help=help))
        elif check_name(one.value, one.span, report, "an input"):
            found.append(one)
    if isinstance(node, Sequence) and not to_data(node):
        help = "leave inputs out for a block of one input"
        report(Diagnostic("NN103", "inputs must not be empty", node.span, help=help))
    return tuple(found) or (Scalar(INPUT, span),)


def _description(node: Node | None, report: Report) -> str:
    if node is None or (isinstance(node, Scalar) and isinstance(node.value, str)):
        return str(node.value) if node else ""
    message = f"description must be a string, not {describe(node)}"
    report(Diagnostic("NN103", message, node.span, help="write a sentence"))
    return ""
