"""From a program to a typed graph: each layer's `infer` in turn, every independent error in one run."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import replace

from ..spec.diagnostics import Diagnostic, Note
from ..spec.dims import Dims
from ..spec.initializers import Fixed, inner, misfit
from ..spec.layers.base import Layer, LayerError, check_activations, check_penalties, require_representable
from ..spec.locate import Report
from ..spec.plugins import blaming
from ..spec.size import BATCH, Size, SizeTooLong, product, shape_text, symbol
from ..spec.source import Span
from ..spec.types import Signature, TensorType, WeightSpec, is_float
from .graph import Argument, Graph, Input, Node, Output, Value
from .program import Program, Step
from .provenance import explained

Types = dict[Value, TensorType]
# What a layer infers of types by port, None where it cannot take them.
Kept = dict[Hashable, Signature | None]


def infer(program: Program, report: Report) -> Graph:
    """The program's layers with their types. A layer whose input is unknown is left out without a word
    more."""
    inputs = tuple(
        Input(decl.name, _input_type(decl.shape, decl.dtype, 1000 * number, program.dims), decl.span)
        for number, decl in enumerate(program.inputs)
        if decl.shape is not None
    )
    types: Types = {Value(i.name): i.type for i in inputs}
    lines = {i.name: i.span for i in inputs} | {step.name: step.place.span for step in program.steps}
    nodes: list[Node] = []
    kept: Kept = {}
    for step in program.steps:
        node = infer_step(step, types, lines, kept, report)
        if node is not None:
            nodes.append(node)
            types.update(zip(node.values, node.signature.outputs, strict=True))
    check_shared(nodes, types, report)
    check_expected(program, types, report)
    outputs = tuple(output for output in program.outputs if output.value in types)
    check_outputs(nodes, outputs, types, report)
    return Graph(
        program.name,
        program.description,
        program.dtype,
        inputs,
        tuple(nodes),
        outputs,
        program.training,
        program.source,
        origin=program.origin,
    )


def without_unused(graph: Graph, spared: frozenset[str], report: Report) -> Graph:
    """The graph without the nodes that no output needs. Where that takes the node that a layer is named after, the
    first one that applies the layer again has the name and the weights.

    A warning tells of those that are never needed, in no turn or call, nor by what is left out with these params:
    that would take the nodes in `spared`."""
    needed = _needed(graph, {output.value.node for output in graph.outputs})
    _report_unused(graph, _needed(graph, needed | spared) if spared else needed, report)
    return _without(graph, needed)


def _needed(graph: Graph, names: set[str]) -> set[str]:
    """The names, with those of all that they are computed from."""
    needed = set(names)
    for node in reversed(graph.nodes):
        if node.name in needed:
            needed.update(value.node for value in node.inputs)
    return needed


def _report_unused(graph: Graph, needed: set[str], report: Report) -> None:
    told = {node.place.span for node in graph.nodes if node.name in needed}
    for node in graph.nodes:
        if node.place.span not in told:
            told.add(node.place.span)
            found = _unused(f'nothing uses the output of "{node.name}"', node.place.span)
            report(explained(found, None, node.place.frame))
    for i in graph.inputs:
        if i.name not in needed:
            report(_unused(f'nothing uses the input "{i.name}"', i.span))


def _without(graph: Graph, needed: Collection[str]) -> Graph:
    nodes = tuple([node for node in graph.nodes if node.name in needed])
    if len(nodes) == len(graph.nodes):
        return graph
    kept = replace(graph, nodes=nodes)
    heirs: dict[str, str] = {}
    for node in kept.nodes:
        if node.owner not in needed:
            heirs.setdefault(node.owner, node.name)
    return _renamed(kept, {name: owner for owner, name in heirs.items()}) if heirs else kept


def _renamed(graph: Graph, names: Mapping[str, str]) -> Graph:
    """The graph with other names for some nodes, each of which has the layer of that name for its own."""

    def value(old: Value) -> Value:
        return replace(old, node=names.get(old.node, old.node))

    def node(old: Node) -> Node:
        arguments = tuple(argument._replace(value=value(argument.value)) for argument in old.arguments)
        name = names.get(old.name, old.name)
        return old._replace(name=name, arguments=arguments, shares=None if name == old.owner else old.shares)

    outputs = tuple(output._replace(value=value(output.value)) for output in graph.outputs)
    return replace(graph, nodes=tuple(map(node, graph.nodes)), outputs=outputs)


def _unused(message: str, span: Span) -> Diagnostic:
    help = "take it as the input of another layer, list it under outputs, or remove it"
    return Diagnostic("NN111", message, span, help=help, severity="warning")


def _input_type(shape: tuple[int | str | None, ...], dtype: str, number: int, dims: Dims) -> TensorType:
    """The type of an input; axes without a name are told apart by numbers from `number` on."""
    sizes = [_axis(axis, number + i, dims) for i, axis in enumerate(shape)]
    return TensorType((BATCH, *sizes), dtype)


def _axis(axis: int | str | None, number: int, dims: Dims) -> Size:
    match axis:
        case int():
            return axis
        case str() if axis in dims:
            return dims[axis].size
    return symbol(axis, 0 if axis else number)


def infer_step(step: Step, types: Types, lines: dict[str, Span], kept: Kept, report: Report) -> Node | None:
    """The step as a node; None where its inputs are unknown, or something is wrong with it, which is reported."""
    if step.layer is None or step.arguments is None:
        return None
    if any(argument.value not in types for argument in step.arguments):
        return None
    given = [types[argument.value] for argument in step.arguments]
    # Layers of repeats and blocks are alike: what one infers, the others of its kind need not.
    key = id(step.layer), tuple([argument.port for argument in step.arguments]), tuple(given)
    if key not in kept:
        kept[key] = _signature_of(step, given, lines, report)
    signature = kept[key]
    if signature is None:
        return None
    return Node(
        step.name,
        step.layer.completed(signature),
        step.arguments,
        signature,
        step.place,
        step.preset,
        step.named,
        step.shares,
    )


def _signature_of(
    step: Step, given: list[TensorType], lines: dict[str, Span], report: Report
) -> Signature | None:
    assert step.layer is not None and step.arguments is not None
    try:
        signature = call(step.layer, step.arguments, given)
    except LayerError as error:
        report(located(error, step, given, lines))
        return None
    misfits = list(misfitting_weights(step.layer, signature, step))
    for diagnostic in misfits:
        report(explained(diagnostic, step.place.why, step.place.frame))
    return None if misfits else signature


def check_shared(nodes: list[Node], types: Types, report: Report) -> None:
    """Reports layers that are applied again where their weights do not fit, or Keras would not take the inputs."""
    by_name = {node.name: node for node in nodes}
    for node in nodes:
        owner = by_name.get(node.shares) if node.shares else None
        if owner is None:
            continue
        pairs = zip(owner.signature.weights, node.signature.weights, strict=True)
        odd = next(
            (pair for pair in pairs if (pair[0].shape, pair[0].dtype) != (pair[1].shape, pair[1].dtype)), None
        )
        given, made = (tuple(types[value].rank for value in n.inputs) for n in (node, owner))
        if odd is not None:
            report(explained(_misfitting_use(node, owner, *odd), None, node.place.frame))
        elif node.layer.settles(given) != node.layer.settles(made):
            report(explained(_misfitting_ranks(node, owner, given, made), None, node.place.frame))
        elif node.layer != owner.layer:
            report(explained(_misfitting_sizes(node, owner), None, node.place.frame))


def _misfitting_use(node: Node, owner: Node, weight: WeightSpec, other: WeightSpec) -> Diagnostic:
    message = (
        f"{owner.name} has {weight.name} of shape {shape_text(weight.shape)}, "
        f"and would need {shape_text(other.shape)} here"
    )
    note = Note(f"{owner.name} is made here", owner.place.span)
    help = "give it an input of the same size, or make a layer of its own"
    return Diagnostic("NN203", message, node.place.span, (note,), help)


def _misfitting_ranks(node: Node, owner: Node, given: tuple[int, ...], made: tuple[int, ...]) -> Diagnostic:
    here, there = (" and ".join(map(str, sorted(set(ranks)))) for ranks in (given, made))
    message = f"Keras makes {owner.name} for inputs of rank {there}, and would have to take rank {here} here"
    note = Note(f"{owner.name} is made here", owner.place.span)
    help = "give it inputs of the same ranks, or make a layer of its own"
    return Diagnostic("NN201", message, node.place.span, (note,), help)


def check_outputs(nodes: list[Node], outputs: tuple[Output, ...], types: Types, report: Report) -> None:
    """Reports outputs that no input has a part in: Keras has no model of them."""
    places = {node.name: node.place for node in nodes}
    for output in outputs:
        if types[output.value].is_constant:
            place = places[output.value.node]
            message = f'the output "{output.name}" is a constant: it depends on no input'
            help = "let a function compute with it and an input, and give that"
            found = Diagnostic("NN201", message, place.span, help=help)
            report(explained(found, None, place.frame))


def _misfitting_sizes(node: Node, owner: Node) -> Diagnostic:
    here, there = (shape_text(one.signature.output.shape) for one in (node, owner))
    message = f"Keras makes {owner.name} for an output of shape {there}, and would have to give {here} here"
    note = Note(f"{owner.name} is made here", owner.place.span)
    help = "give it an input of the same sizes, or make a layer of its own"
    return Diagnostic("NN203", message, node.place.span, (note,), help)


def check_expected(program: Program, types: Types, report: Report) -> None:
    """Reports values that go into a file which declares its inputs otherwise."""
    for value, declared, place in program.expected:
        given = types.get(value)
        if given is None or declared.shape is None or _agrees(given, declared.shape, declared.dtype):
            continue
        shown = f"{declared.dtype}{shape_text(['batch', *(axis or '?' for axis in declared.shape)])}"  # type: ignore
        message = f"the input {declared.name} is declared to be {shown}, and is given {given}"
        note = Note("it is declared here", declared.span)
        help = "name the axes that may have any size in the included file, or change what is given"
        report(explained(Diagnostic("NN203", message, place.span, (note,), help), None, place.frame))


def _agrees(given: TensorType, shape: tuple[int | str | None, ...], dtype: str) -> bool:
    """Whether a type is one of a declared shape: sizes are equal, and an axis with a name has one size."""
    if given.dtype != dtype or len(given.features) != len(shape):
        return False
    named: dict[str, Size] = {}
    for size, axis in zip(given.features, shape, strict=True):
        wanted = named.setdefault(axis, size) if isinstance(axis, str) else axis
        if wanted is not None and wanted != size:
            return False
    return True


def call(layer: Layer, arguments: tuple[Argument, ...], types: list[TensorType]) -> Signature:
    """The layer's signature for inputs of these types, as Keras calls it: floats cast to the layer's own
    dtype, masks passed on. Raises LayerError."""
    _require_batch(layer, types)
    _require_rest(layer)
    _require_numbers(layer, types)
    cast = [t.with_dtype(layer.policy.compute) if layer.autocast and is_float(t.dtype) else t for t in types]
    ports = {port.name: port for port in layer.ports}
    many: dict[str, list[TensorType]] = {name: [] for name, port in ports.items() if port.many}
    single: dict[str, TensorType] = {}
    for argument, type_ in zip(arguments, cast, strict=True):
        if argument.port in many:
            many[argument.port].append(type_)
        else:
            single[argument.port] = type_
    signature = _signature(layer, {**single, **many})
    require_representable(layer)
    check_activations(layer, signature)
    check_penalties(layer, signature)
    # What goes into a port by its flag is no input whose mask would go on.
    masked = layer.output_mask(*(t for a, t in zip(arguments, cast, strict=True) if not ports[a.port].flag))
    outputs = [
        output._replace(masked=masked and number < layer.masked_outputs)
        for number, output in enumerate(signature.outputs)
    ]
    return signature._replace(outputs=tuple(outputs))


def _require_numbers(layer: Layer, types: list[TensorType]) -> None:
    """Raises LayerError for strings that go into what computes with numbers."""
    if not layer.takes_strings and any(type_.dtype == "string" for type_ in types):
        message = f"{type(layer).__name__} takes numbers, not strings"
        raise LayerError(message, code="NN202", help="put a StringLookup before it, which numbers them")


def _require_batch(layer: Layer, types: list[TensorType]) -> None:
    """Raises LayerError for constants that go into a layer: Keras's layers take batches."""
    constant = next((type_ for type_ in types if type_.is_constant), None)
    if constant is not None and not layer.is_function:
        name = type(layer).__name__
        message = f"{name} takes a batch of samples, and {constant} is a constant, the same for all of them"
        help = "let a function compute with it and an input first; Rescaling adds and multiplies by numbers"
        raise LayerError(message, code="NN201", help=help)


def _require_rest(layer: Layer) -> None:
    """Raises LayerError for a layer whose weights Keras would train, though it is told not to."""
    whole = layer if layer.trainable else layer.at_rest()
    restless = next((one for one in whole.with_held() if one.makes_layers and not one.trainable), None)
    if restless is not None:
        message = (
            f"Keras makes layers inside {type(restless).__name__}, and would train their weights all the same"
        )
        help = "leave trainable out, and set it on the layer of the built model: layer.trainable = False"
        raise LayerError(message, code="NN112", field="trainable", help=help)


def _signature(layer: Layer, inputs: Mapping[str, TensorType | list[TensorType]]) -> Signature:
    """What the layer infers, unless its sizes take expressions that no one could read, or compute with."""
    try:
        with blaming(layer):
            signature = layer.infer(**inputs)
        for output in signature.outputs:
            product(output.shape)
    except SizeTooLong:
        message = f"the size of the output of {type(layer).__name__} takes an expression that is too long"
        raise LayerError(message, code="NN003", help="give some axes of the inputs numbers") from None
    return signature


def misfitting_weights(layer: Layer, signature: Signature, step: Step) -> Iterator[Diagnostic]:
    """Initializers that cannot make the weight that they are for, and fixed values of another shape."""
    for weight in signature.weights:
        given, wanted = weight.initializer, shape_text(weight.shape)
        field = next((name for name in layer.fields if getattr(layer, name) is inner(given)), None)
        if isinstance(given, Fixed) and given.shape != weight.shape:
            message = f"the values have shape {shape_text(given.shape)}, and {weight.name} has shape {wanted}"
            help = f"give values of shape {wanted}"
            yield Diagnostic("NN302", message, step.place.of(field), help=help)
        elif (reason := misfit(given, len(weight.shape), weight.dtype)) is not None:
            message = f"{reason}, and {weight.name} has shape {wanted}"
            yield Diagnostic("NN203", message, step.place.of(field), help="choose another initializer")


def located(
    error: LayerError, step: Step | Node, given: list[TensorType], lines: dict[str, Span]
) -> Diagnostic:
    """What a layer says of its inputs, at its place; `lines` has where each of these is declared, by name."""
    assert step.arguments is not None
    notes = tuple(
        Note(
            f"{_input_words(argument, len(given))} {argument.value.node}: {type_}",
            lines.get(argument.value.node),
        )
        for argument, type_ in zip(step.arguments, given, strict=True)
    )
    if step.preset is not None:
        notes = (*notes, Note(f"in {step.name}, made from the preset {step.preset.name}", step.place.span))
    found = Diagnostic(error.code, error.message, step.place.of(error.field), notes, error.help)
    return explained(found, step.place.why, step.place.frame)


def _input_words(argument: Argument, count: int) -> str:
    return (
        "the input is" if count == 1 else f"{argument.port}:" if argument.port != "inputs" else "an input is"
    )
