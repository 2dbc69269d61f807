"""`nnspec show`: a network's layers, and what they cost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from .options import Reading, one_file, reads_specs
from .streams import write

if TYPE_CHECKING:
    from ..compiler.graph import Graph
    from ..spec.size import Size
    from ..spec.types import TensorType


@click.command("show")
@one_file
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="A table for people, or JSON for programs.",
)
@reads_specs
def command(file: str, form: str, reading: Reading) -> None:
    """Show a network's layers: outputs, parameters, multiply-accumulates for one sample, receptive fields."""
    graph = reading.graph(file)
    write(json.dumps(record(graph), indent=2) + "\n" if form == "json" else overview(graph))


def record(graph: Graph) -> dict[str, Any]:
    """The network as data for JSON.

    A size that is not a number is its expression as a string. An unnamed dynamic axis is None, and so is a
    receptive field that no window bounds.
    """
    from ..compiler.receptive import receptive_fields

    fields = receptive_fields(graph)
    return {
        "name": graph.name,
        "parameters": {
            "trainable": graph.parameters(trainable=True),
            "non_trainable": graph.parameters(trainable=False),
        },
        "macs": plain(graph.macs),
        "inputs": {i.name: tensor(i.type) for i in graph.inputs},
        "outputs": {o.name: tensor(graph.types[o.value]) for o in graph.outputs},
        "layers": [
            {
                "name": node.name,
                "type": node.kind,
                "shares": node.shares,
                "line": node.place.span.line,
                "inputs": [graph.reference(value) for value in node.inputs],
                "outputs": [tensor(type_) for type_ in node.signature.outputs],
                "parameters": node.parameters,
                "macs": plain(node.signature.macs),
                "receptive_field": fields[node.values[0]],
            }
            for node in graph.nodes
        ],
    }


def tensor(type_: TensorType) -> dict[str, Any]:
    return {"shape": [axis(size) for size in type_.shape], "dtype": type_.dtype}


def axis(size: Size) -> int | str | None:
    """A size of a shape; None for a dynamic axis without a name, which `str` spells as a question mark."""
    return None if str(size) == "?" else plain(size)


def plain(size: Size) -> int | str:
    return size if isinstance(size, int) else str(size)


def overview(graph: Graph) -> str:
    """The network as a table, with its totals below."""
    from ..spec.render import visible
    from .tables import table

    costs = ("parameters", "MACs", "field")
    title = f"{graph.name}: {visible(graph.description)}" if graph.description else graph.name
    drawn = table(("layer", "type", "output", *costs), rows(graph), right=costs)
    return f"{title}\n\n{drawn}\n{totals(graph)}\n"


def rows(graph: Graph) -> list[tuple[str, ...]]:
    from ..compiler.receptive import receptive_fields

    fields = receptive_fields(graph)
    inputs = [(i.name, "input", str(i.type), "", "", "") for i in graph.inputs]
    layers = [
        (
            node.name,
            f"{node.kind} of {node.shares}" if node.shares else node.kind,
            "\n".join(map(str, node.signature.outputs)),
            amount(node.parameters),
            amount(node.signature.macs),
            "×".join(map(str, fields[node.values[0]] or ())),
        )
        for node in graph.nodes
    ]
    return inputs + layers


def amount(size: Size) -> str:
    """A number with its thousands told apart; nothing for none."""
    return "" if size == 0 else f"{size:,}" if isinstance(size, int) else str(size)


def totals(graph: Graph) -> str:
    from ..compiler.cost import activation_bytes, weight_bytes
    from .tables import megabytes

    trainable, fixed = graph.parameters(trainable=True), graph.parameters(trainable=False)
    activations = activation_bytes(graph)
    memory = (
        "depends on dynamic sizes"
        if activations is None
        else f"{megabytes(activations)} at most for one sample"
    )
    return "\n".join(
        (
            f"parameters   {trainable + fixed:,} ({trainable:,} trainable, {fixed:,} not)",
            f"MACs         {amount(graph.macs) or 0} for one sample",
            f"weights      {megabytes(weight_bytes(graph))}",
            f"activations  {memory}",
        )
    )
