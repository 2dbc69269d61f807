"""Native ONNX models: made of a graph, and run by onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..compiler.graph import Graph, Node
from ..compiler.retype import retyped
from ..spec.diagnostics import Diagnostic, SpecError
from ..spec.types import is_float
from .dtypes import numpy_dtype
from .onnx import AS_DECLARED, DEFAULT_OPSET, Form
from .onnx.emit import checked, serialize, to_onnx
from .onnx.interface import Interface, interface_of
from .onnx.widen import has_bfloat16, widened
from .runtime import run_model
from .weights import Weights

if TYPE_CHECKING:
    import onnx


@dataclass(frozen=True)
class Native:
    """A model of a graph, and how its inputs and outputs differ from the graph's."""

    graph: Graph
    model: onnx.ModelProto
    interface: Interface

    @property
    def opset(self) -> int:
        return next(o.version for o in self.model.opset_import if o.domain in ("", "ai.onnx"))

    @property
    def data(self) -> bytes:
        return serialize(self.model)

    def run(self, cases: Sequence[Mapping[str, np.ndarray]], provider: str = "cpu") -> list[list[np.ndarray]]:
        """The graph's outputs for each case of its inputs, both in logical order. What is bfloat16 is computed in
        float32 and rounded at every operator: onnxruntime has few kernels for it, and NumPy no name.

        Raises SpecError where the provider is missing, or onnxruntime cannot run the model.
        """
        names = [output.name for output in self.graph.outputs]
        model = checked(widened(self.model)) if has_bfloat16(self.model) else self.model
        fed = [self.interface.fed({n: _plain(value) for n, value in case.items()}) for case in cases]
        places = {node.name: node.place.span for node in self.graph.nodes}
        runs = run_model(serialize(model), fed, names, provider, places)
        return [self._restored(self.interface.restored(names, outputs)) for outputs in runs]

    def _restored(self, outputs: list[np.ndarray]) -> list[np.ndarray]:
        """Outputs of bfloat16 come as float32 from a widened model."""
        types = [self.interface.output_type(o, self.graph.types[o.value]) for o in self.graph.outputs]
        return [
            value.astype(numpy_dtype(type_.dtype)) if type_.dtype == "bfloat16" else value
            for value, type_ in zip(outputs, types, strict=True)
        ]


def _plain(value: np.ndarray) -> np.ndarray:
    return value.astype(np.float32) if value.dtype.name == "bfloat16" else value


def make_native(
    graph: Graph,
    weights: Weights,
    opset: int = DEFAULT_OPSET,
    form: Form = AS_DECLARED,
    dtype: str | None = None,
) -> Native:
    """The graph as a model of that form. With a dtype, layers of the file's dtype compute in that one, and inputs and
    outputs stay as they are declared.

    Raises SpecError: NN402 and NN403 for what cannot be expressed, NN305 for weights beyond the dtype, and what layers
    say that do not take it.
    """
    interface = interface_of(graph, form)
    if dtype is not None:
        declared = {output.name: graph.types[output.value].dtype for output in graph.outputs}
        interface = Interface(interface.inputs, interface.outputs, declared)
        graph = retyped(graph, dtype)
        _require_range(graph, weights)
    return Native(graph, checked(to_onnx(graph, weights, opset, interface)), interface)


def _require_range(graph: Graph, weights: Weights) -> None:
    """Raises SpecError where a number of a weight is infinite in the dtype that its layer computes in."""
    found = [diagnostic for node in graph.nodes for diagnostic in _beyond(node, weights)]
    if found:
        raise SpecError(found)


def _beyond(node: Node, weights: Weights) -> list[Diagnostic]:
    dtype = node.layer.policy.compute
    values = {w.name: weights[f"{node.name}/{w.name}"] for w in node.weights if is_float(w.dtype)}
    with np.errstate(over="ignore"):
        names = [
            name
            for name, value in values.items()
            if np.isinf(value.astype(numpy_dtype(dtype))).any() and not np.isinf(value).any()
        ]
    return [
        Diagnostic(
            "NN305",
            f"{node.name}/{name} has values beyond the range of {dtype}",
            node.place.span,
            help=f"give the layer a dtype of its own, which --dtype {dtype} leaves as it is",
        )
        for name in names
    ]
