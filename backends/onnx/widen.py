"""Models of bfloat16 on runtimes that have hardly an operator for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import onnx
from onnx import TensorProto, helper, numpy_helper

HALF, WIDE = TensorProto.BFLOAT16, TensorProto.FLOAT


def has_bfloat16(model: onnx.ModelProto) -> bool:
    """Whether an input, a weight or a cast of the model is of bfloat16."""
    graph = model.graph
    casts = (a.i for node in graph.node if node.op_type == "Cast" for a in node.attribute if a.name == "to")
    values = (value.type.tensor_type.elem_type for value in graph.input)
    return HALF in (*values, *(i.data_type for i in graph.initializer), *casts)


def widened(model: onnx.ModelProto) -> onnx.ModelProto:
    """A model that computes in float32 what the other does in bfloat16, rounding what each operator gives to bfloat16.
    Its inputs and outputs are float32 where the other's are bfloat16."""
    wide = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    _widen(wide.graph)
    return wide


def _widen(graph: onnx.GraphProto) -> None:
    declared = [*graph.input, *graph.output, *graph.value_info]
    halves = {value.name for value in declared if value.type.tensor_type.elem_type == HALF}
    for value in declared:
        if value.name in halves:
            value.type.tensor_type.elem_type = WIDE
    del graph.value_info[:]
    for initializer in graph.initializer:
        if initializer.data_type == HALF:
            array = numpy_helper.to_array(initializer).astype("float32")
            initializer.CopyFrom(numpy_helper.from_array(array, initializer.name))
    nodes = [made for node in graph.node for made in _rounded(node, halves)]
    del graph.node[:]
    graph.node.extend(nodes)


def _rounded(node: onnx.NodeProto, halves: Collection[str]) -> Iterator[onnx.NodeProto]:
    """The operator, and its outputs of bfloat16 rounded to that and back."""
    given = [name for name in node.output if name in halves]
    for attribute in node.attribute:
        _widen_attribute(attribute)
    node.output[:] = [f"{name}/exact" if name in given else name for name in node.output]
    yield node
    for name in given:
        yield helper.make_node("Cast", [f"{name}/exact"], [f"{name}/rounded"], f"{name}/rounded", to=HALF)
        yield helper.make_node("Cast", [f"{name}/rounded"], [name], f"{name}/widened", to=WIDE)


def _widen_attribute(attribute: onnx.AttributeProto) -> None:
    """Bodies of loops, the dtype of a cast, and constants."""
    if attribute.type == onnx.AttributeProto.GRAPH:
        _widen(attribute.g)
    elif attribute.name == "to" and attribute.i == HALF:
        attribute.i = WIDE
    elif attribute.type == onnx.AttributeProto.TENSOR and attribute.t.data_type == HALF:
        array = numpy_helper.to_array(attribute.t).astype("float32")
        attribute.t.CopyFrom(numpy_helper.from_array(array, attribute.t.name))
