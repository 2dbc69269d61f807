"""An ONNX model as text, a line an operator: for reading, and for seeing what a change changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Constants up to this size are shown with their values: they are shapes, axes and bounds.
SHOWN_ELEMENTS = 8


def to_text(model: onnx.ModelProto) -> str:
    """The model's opset, inputs, operators, initializers and outputs, the same text for the same model.

    Weights are shown by name, dtype and shape; whole numbers and booleans of a few elements by their values.
    """
    graph = model.graph
    opsets = ", ".join(f"{o.domain or 'onnx'} {o.version}" for o in model.opset_import)
    lines = [f"model {graph.name}: opset {opsets}, ir {model.ir_version}"]
    lines += (f"input {_value(value)}" for value in graph.input)
    lines += map(_initializer, graph.initializer)
    lines += (line for node in graph.node for line in _node_lines(node))
    lines += (f"output {_value(value)}" for value in graph.output)
    return "\n".join(lines) + "\n"


def _value(value: onnx.ValueInfoProto) -> str:
    tensor = value.type.tensor_type
    axes = ", ".join(map(_axis, tensor.shape.dim))
    return f"{value.name}: {_dtype(tensor.elem_type)}[{axes}]"


def _axis(axis: Any) -> str:
    return str(axis.dim_value) if axis.HasField("dim_value") else axis.dim_param or "?"


def _initializer(tensor: TensorProto) -> str:
    text = f"{tensor.name}: {_dtype(tensor.data_type)}[{', '.join(map(str, tensor.dims))}]"
    array = numpy_helper.to_array(tensor)
    few = array.size <= SHOWN_ELEMENTS and array.dtype.kind in "iub"
    return f"constant {text} = {_plain(array.tolist())}" if few else f"weight {text}"


def _node_lines(node: onnx.NodeProto, indent: str = "") -> Iterator[str]:
    """An operator, and under it the graphs inside it: their inputs, operators and outputs."""
    yield indent + _node(node)
    inner = indent + "  "
    for attribute in sorted(node.attribute, key=lambda a: a.name):
        if attribute.type == onnx.AttributeProto.GRAPH:
            yield f"{inner}{attribute.name}({', '.join(value.name for value in attribute.g.input)})"
            yield from (inner + _initializer(one) for one in attribute.g.initializer)
            yield from (line for one in attribute.g.node for line in _node_lines(one, inner))
            yield f"{inner}-> {', '.join(value.name for value in attribute.g.output)}"


def _node(node: onnx.NodeProto) -> str:
    attributes = ", ".join(f"{a.name}={_attribute(a)}" for a in sorted(node.attribute, key=lambda a: a.name))
    call = f"{node.op_type}({', '.join(name or '-' for name in node.input)})"
    parts = [call, f"{{{attributes}}}"] if attributes else [call]
    named = [] if list(node.output) == [node.name] else [f"  # {node.name}"]
    return f"{', '.join(name or '-' for name in node.output)} = {' '.join([*parts, *named])}"


def _attribute(attribute: onnx.AttributeProto) -> str:
    value = helper.get_attribute_value(attribute)
    match value:
        case onnx.GraphProto():
            return f"<graph of {len(value.node)} operators>"
        case onnx.TensorProto():
            return _plain(numpy_helper.to_array(value).tolist())
    return _plain(value)


def _plain(value: Any) -> str:
    match value:
        case bytes():
            return value.decode()
        case float():
            # Attributes are float32: more digits would only show the conversion.
            return f"{np.float32(value):g}"
        case list() | tuple():
            return f"[{', '.join(map(_plain, value))}]"
    return str(value)


def _dtype(element_type: int) -> str:
    return (
        "string" if element_type == TensorProto.STRING else str(helper.tensor_dtype_to_np_dtype(element_type))
    )
