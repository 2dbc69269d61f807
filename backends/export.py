"""Native ONNX models as files."""

from __future__ import annotations

from pathlib import Path

from ..compiler.graph import Graph
from .files import write_atomically
from .onnx import AS_DECLARED, DEFAULT_OPSET, Form
from .weights import Weights


def export_graph(
    graph: Graph, path: str | Path, weights: Weights, opset: int | None = None, form: Form = AS_DECLARED
) -> None:
    """Writes the graph as a model of that form, whole or not at all. Raises SpecError: NN402 and NN403 for what cannot
    be expressed, NN404 for a file that cannot be written."""
    from .onnx.emit import checked, serialize, to_onnx
    from .onnx.interface import interface_of

    chosen = DEFAULT_OPSET if opset is None else opset
    model = to_onnx(graph, weights, chosen, interface_of(graph, form))
    write_atomically(path, serialize(checked(model)))
