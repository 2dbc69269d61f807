"""From a program to a typed graph: each layer's `infer` in turn, every independent error in one run."""

from __future__ import annotations

from dataclasses import replace

from ..spec.diagnostics import Diagnostic, Note
from ..spec.document import InputDecl
from ..spec.initializers import Fixed
from ..spec.layers.base import Layer, LayerError
from ..spec.locate import Report
from ..spec.size import BATCH, Size, symbol
from ..spec.types import Signature, TensorType, is_float
from ..spec.source import Span
from .graph import Argument, Graph, Input, Node, Output, Value
from .program import Program, Step

Types = dict[Value, TensorType]


def infer(program: Program, report: Report) -> Graph:
    """The program's layers with their types. A layer whose input is unknown is left out without a word more."""
    inputs = tuple(_input(decl, number) for number, decl in enumerate(program.inputs))
    types: Types = {Value(i.name): i.type for i in inputs}
    lines = {i.name: i.span for i in inputs} | {step.name: step.place.span for step in program.steps}
    nodes: list[Node] = []
    for step in program.steps:
        node = infer_step(step, types, lines, report)
        if node is not None:
            nodes.append(node)
            types.update(zip(node.values, node.signature.outputs, strict=True))
    outputs = tuple(output for output in program.outputs if output.value in types)
    return Graph(
        program.name,
        program.description,
        program.dtype,
        inputs,
        tuple(nodes),
        outputs,
        program.training,
        program.source,
    )


def without_unused(graph: Graph, report: Report) -> Graph:
    """The graph without the layers that no output needs, each of them reported as a warning."""
    needed = {output.value.node for output in graph.outputs}
    for node in reversed(graph.nodes):
        if node.name in needed:
            needed.update(value.node for value in node.inputs)
    for name, span in [(n.name, n.place.span) for n in graph.nodes] + [(i.name, i.span) for i in graph.inputs]:
        if name not in needed:
            help = "take it as an input somewhere below, list it under outputs, or remove it"
            report(Diagnostic("NN111", f"nothing uses {name}", span, help=help, severity="warning"))
    return replace(graph, nodes=tuple(node for node in graph.nodes if node.name in needed))


def _input(decl: InputDecl, number: int) -> Input:
    sizes = [_axis(axis, 1000 * number + i) for i, axis in enumerate(decl.shape)]
    return Input(decl.name, TensorType((BATCH, *sizes), decl.dtype), decl.span)


def _axis(axis: int | str | None, number: int) -> Size:
    return axis if isinstance(axis, int) else symbol(axis, 0 if axis else number)


def infer_step(step: Step, types: Types, lines: dict[str, Span], report: Report) -> Node | None:
    if step.layer is None or step.arguments is None:
        return None
    if any(argument.value not in types for argument in step.arguments):
        return None
    given = [types[argument.value] for argument in step.arguments]
    try:
        signature = call(step.layer, step.arguments, given)
    except LayerError as error:
        report(_located(error, step, given, lines))
        return None
    misfits = list(misfitting_weights(step.layer, signature, step))
    for diagnostic in misfits:
        report(diagnostic)
    return None if misfits else Node(step.name, step.layer, step.arguments, signature, step.place, step.preset)


def call(layer: Layer, arguments: tuple[Argument, ...], types: list[TensorType]) -> Signature:
    """The layer's signature for inputs of these types, as Keras calls it: floats cast to the layer's own dtype,
    masks passed on. Raises LayerError."""
    cast = [t.with_dtype(layer.policy.compute) if layer.autocast and is_float(t.dtype) else t for t in types]
    ports = {port.name: port for port in layer.ports}
    many: dict[str, list[TensorType]] = {name: [] for name, port in ports.items() if port.many}
    single: dict[str, TensorType] = {}
    for argument, type_ in zip(arguments, cast, strict=True):
        if argument.port in many:
            many[argument.port].append(type_)
        else:
            single[argument.port] = type_
    signature = layer.infer(**single, **many)
    masked = layer.output_mask(*cast)
    first, *rest = (replace(t, masked=False) for t in signature.outputs)
    return replace(signature, outputs=(replace(first, masked=masked), *rest))


def misfitting_weights(layer: Layer, signature: Signature, step: Step) -> list[Diagnostic]:
    """Fixed weights whose values have another shape than the weight."""
    found: list[Diagnostic] = []
    for weight in signature.weights:
        fixed = weight.initializer
        if isinstance(fixed, Fixed) and fixed.shape != weight.shape:
            field = next((f for f in type(layer).model_fields if getattr(layer, f) is fixed), None)
            message = f"the values have shape {_shape(fixed.shape)}, and {weight.name} has shape {_shape(weight.shape)}"
            help = f"give values of shape {_shape(weight.shape)}"
            found.append(Diagnostic("NN302", message, step.place.of(field), help=help))
    return found


def _shape(shape: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, shape))}]"


def _located(error: LayerError, step: Step, given: list[TensorType], lines: dict[str, Span]) -> Diagnostic:
    assert step.arguments is not None
    notes = tuple(
        Note(f"{_input_words(argument, len(given))} {argument.value.node}: {type_}", lines.get(argument.value.node))
        for argument, type_ in zip(step.arguments, given, strict=True)
    )
    return Diagnostic(error.code, error.message, step.place.of(error.field), notes, error.help)


def _input_words(argument: Argument, count: int) -> str:
    return "the input is" if count == 1 else f"{argument.port}:" if argument.port != "inputs" else "an input is"
