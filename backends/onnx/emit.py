"""From a graph and its weights to an ONNX model, without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import helper

from ... import __version__
from ...compiler.graph import Graph, Node, Output, Value
from ...spec.diagnostics import Diagnostic, Note, SpecError, fail
from ...spec.plugins import blaming
from ...spec.types import is_float
from . import DEFAULT_OPSET, OPSETS
from .builder import Builder, value_info
from .context import Context
from .fold import foldable, scale_and_shift
from .interface import LOGICAL, Interface
from .layout import Tensor, logical
from .lowerings import lowering, unsupported
from .operators import converted

# The IR version that came with each opset's first release: older runtimes read it, and nothing here needs a later one.
IR_VERSIONS = {15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11, 24: 11}

Tensors = dict[Value, Tensor]


def to_onnx(
    graph: Graph,
    weights: Mapping[str, np.ndarray],
    opset: int = DEFAULT_OPSET,
    interface: Interface = LOGICAL,
) -> onnx.ModelProto:
    """The graph as a model of that opset: the spec's names on inputs, outputs, axes and nodes.

    Raises SpecError for an opset outside OPSETS, and where a layer cannot be expressed.
    """
    if opset not in OPSETS:
        raise fail("NN403", f"opset {opset} is not offered", help=f"choose from {OPSETS[0]} to {OPSETS[-1]}")
    _check_supported(graph)
    builder = Builder(opset, reserved=[*(i.name for i in graph.inputs), *(o.name for o in graph.outputs)])
    tensors: Tensors = {
        Value(i.name): Tensor(i.type, {interface.inputs.get(i.name, logical(i.type.rank)): i.name})
        for i in graph.inputs
    }
    folded = foldable(graph)
    absorbed = {node.name for node in folded.values()}
    for node in graph.nodes:
        if node.name in absorbed:
            tensors[Value(node.name)] = tensors[node.inputs[0]]
        else:
            _lower(node, folded.get(node.name), graph, builder, weights, tensors)
    for output in graph.outputs:
        _name_output(output, interface, graph, builder, tensors)
    builder.prune(output.name for output in graph.outputs)
    return _model(graph, builder, interface)


def _check_supported(graph: Graph) -> None:
    found = [
        Diagnostic("NN402", f"{type(layer).__name__} cannot be exported to ONNX: {reason}", node.place.span)
        for node in graph.nodes
        for layer in node.layer.with_held()
        if (reason := unsupported(layer)) is not None
    ]
    if found:
        raise SpecError(found)


def _lower(
    node: Node,
    normalization: Node | None,
    graph: Graph,
    builder: Builder,
    weights: Mapping[str, np.ndarray],
    tensors: Tensors,
) -> None:
    """Adds the node's operators, and its outputs to `tensors`. The layer's values get the layer's name, or that of
    the normalization folded into it, whose values they are."""
    start = len(builder.ops)
    fold = scale_and_shift(normalization, weights) if normalization else None
    ctx = Context(node, builder, weights, fold)
    with blaming(node.layer):
        result = lowering(node.layer)(ctx, node.layer, **_ports(ctx, tensors))
    outputs = result if isinstance(result, tuple) else (result,)
    _pass_mask(node, outputs, tensors)
    name = (normalization or node).name
    for i, (value, tensor) in enumerate(zip(node.values, outputs, strict=True)):
        tensors[value] = tensor
        full = name if i == 0 else f"{name}.{node.layer.output_names[i]}"
        _name_value(tensor, full, builder, start)


def _ports(ctx: Context, tensors: Tensors) -> dict[str, Tensor | list[Tensor]]:
    """The layer's inputs by port, floats cast to the dtype that the layer computes in."""
    ports: dict[str, Tensor | list[Tensor]] = {p.name: [] for p in ctx.node.layer.ports if p.many}
    for argument in ctx.node.arguments:
        tensor = _autocast(ctx, tensors[argument.value])
        held = ports.get(argument.port)
        if isinstance(held, list):
            held.append(tensor)
        else:
            ports[argument.port] = tensor
    return ports


def _autocast(ctx: Context, tensor: Tensor) -> Tensor:
    if not ctx.node.layer.autocast or not is_float(tensor.type.dtype) or tensor.type.dtype == ctx.dtype:
        return tensor
    name, form = tensor.as_is
    return Tensor(tensor.type.with_dtype(ctx.dtype), {form: ctx.cast(name, ctx.dtype)}, tensor.mask)


def _pass_mask(node: Node, outputs: Sequence[Tensor], tensors: Tensors) -> None:
    """Where the layer passes a mask on without a word of its lowering's, it is the first masked input's."""
    for type_, output in zip(node.signature.outputs, outputs, strict=True):
        if type_.masked and output.mask is None:
            output.mask = next(t.mask for v in node.inputs if (t := tensors[v]).mask is not None)


def _name_value(tensor: Tensor, name: str, builder: Builder, start: int) -> None:
    """Renames what the layer's last operator made. A value that only passes through keeps its name, and so does one
    whose layer's name is an output's: the output gets it in the end."""
    made = {output for op in builder.ops[start:] for output in op.outputs}
    for form, old in tensor.forms.items():
        if old in made and len(tensor.forms) == 1 and builder.is_free(name):
            tensor.forms[form] = name
            builder.rename(old, name, start)
            return


def _name_output(
    output: Output, interface: Interface, graph: Graph, builder: Builder, tensors: Tensors
) -> None:
    """Gives a graph output its name, in the layout and dtype of the interface. A value that is an input or another
    output is copied."""
    name = _as_output(output, interface, graph, builder, tensors[output.value])
    fixed = {i.name for i in graph.inputs} | {o.name for o in graph.outputs}
    if name in fixed:
        builder.op("Identity", [name], output.name, 1, {})
        builder.rename(builder.ops[-1].outputs[0], output.name, len(builder.ops) - 1)
        return
    builder.rename(name, output.name)
    for other in tensors.values():
        other.forms = {form: output.name if n == name else n for form, n in other.forms.items()}


def _as_output(output: Output, interface: Interface, graph: Graph, builder: Builder, tensor: Tensor) -> str:
    """The value's name as the output has it. Operators bear the layer's name, or that of an output that is an
    input."""
    layout = interface.outputs.get(output.name, logical(tensor.rank))
    if node := graph.by_name.get(output.value.node):
        ctx = Context(node, builder, {})
        name = ctx.in_layout(tensor, layout)
        return converted(ctx, name, tensor.type.dtype, interface.dtypes.get(output.name, tensor.type.dtype))
    if layout not in tensor.forms:
        permutation = [tensor.layout.index(axis) for axis in layout]
        return builder.op("Transpose", [tensor.as_is[0]], output.name, 1, {"perm": permutation})[0]
    return tensor.forms[layout]


def _model(graph: Graph, builder: Builder, interface: Interface) -> onnx.ModelProto:
    model = helper.make_model(
        helper.make_graph(
            builder.node_protos(),
            graph.name,
            [value_info(i.name, interface.input_type(i)) for i in graph.inputs],
            [value_info(o.name, interface.output_type(o, graph.types[o.value])) for o in graph.outputs],
            builder.used_constants(),
        ),
        opset_imports=builder.opsets(),
        ir_version=IR_VERSIONS[builder.opset],
        producer_name="nnspec",
        producer_version=__version__,
        doc_string=graph.description,
    )
    metadata = {
        "nnspec.spec_sha256": graph.source.digest,
        "nnspec.version": __version__,
        "nnspec.opset": str(builder.opset),
    }
    if interface.moved:
        metadata["nnspec.channels_first"] = ", ".join(interface.moved)
    helper.set_model_props(model, metadata)
    return model


def checked(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model, once onnx's own checker has passed it in full. Raises SpecError, as that would be our bug."""
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise fail("NN901", "the exported model is not valid ONNX", None, Note(str(error))) from error
    return model


def serialize(model: onnx.ModelProto) -> bytes:
    """The model's bytes, the same for the same model in every run."""
    return model.SerializeToString(deterministic=True)
