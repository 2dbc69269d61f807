"""What the network gives: its declared outputs, or the last layer's, and what `training` says of them."""

from __future__ import annotations

from collections.abc import Mapping

from ..spec.blocks import Block
from ..spec.declared import OutputDecl
from ..spec.diagnostics import Diagnostic, Note, did_you_mean
from ..spec.document import Document, InputDecl
from ..spec.items import Reference, walk
from ..spec.locate import Report
from ..spec.source import Span
from ..spec.training import Training
from .bind import LookUp
from .context import Context
from .graph import Output, Value
from .scope import PREVIOUS, Scope

# The arguments of `training` that may be a list with one entry for each output.
BY_POSITION = ("loss", "loss_weights", "metrics", "weighted_metrics")


def expand_outputs(
    document: Document, inputs: tuple[InputDecl, ...], look_up: LookUp, scope: Scope, report: Report
) -> tuple[Output, ...]:
    """The declared outputs, or the last item's."""
    spans = {i.name: i.span for i in inputs}
    if not document.outputs:
        last = scope.previous if document.items else None
        # A layer that bears an input's name was told of.
        named = {str(item.name.value) for item in walk(document.items) if item.name is not None}
        if last is not None and last.node in spans and last.node not in named:
            report(_unchanged(last.node, spans[last.node]))
        return (Output(_own_name(last), last),) if last else ()
    taken: dict[str, Span] = {}
    outputs: list[Output] = []
    for decl in document.outputs:
        value = look_up(decl.reference)
        name = decl.name or (value and _name(decl.reference, value))
        if name is not None:
            _check_name(name, decl, spans, taken, report)
        if name is not None and value is not None:
            outputs.append(Output(name, value))
    return tuple(outputs)


def _unchanged(name: str, span: Span) -> Diagnostic:
    """For layers of which none is there, as in a repeat of no turns: the output cannot have the input's name."""
    message = f'the network has no layers here, and gives its input "{name}"'
    return Diagnostic("NN107", message, span, help=f"name the output: outputs: {{{name}_out: {name}}}")


def block_outputs(block: Block, look_up: LookUp, context: Context) -> dict[str, Value]:
    """What a block gives, by the names of its outputs; the last item's value where it declares none."""
    unknown = Value(f"{context.prefix}?")
    if not block.outputs:
        return {"output": context.scope.previous or unknown}
    found = {output_name(decl): look_up(decl.reference) or unknown for decl in block.outputs}
    return found or {"output": unknown}


def output_names(block: Block) -> tuple[str, ...]:
    """What the outputs of a block are called; the first is the default."""
    return tuple(map(output_name, block.outputs)) or ("output",)


def output_name(decl: OutputDecl) -> str:
    """The name of a block's output: its own, or that of what it refers to."""
    return decl.name or ("_".join(decl.reference.path) if decl.reference else "output")


def check_training(
    training: Training, document: Document, outputs: tuple[Output, ...], report: Report
) -> None:
    """Reports losses, weights and metrics of outputs that there are not. Where an output is unknown, only its
    own name counts."""
    names = [decl.name for decl in document.outputs if decl.name]
    names += (output.name for output in outputs if output.name not in names)
    if not names or len(names) < len(document.outputs):
        return
    for key, span in training.output_keys:
        if key not in names:
            help = did_you_mean(key, names, "outputs")
            report(Diagnostic("NN108", f'the network has no output "{key}"', span, help=help))
    for field in BY_POSITION:
        _check_count(field, training, names, report)


def _check_count(field: str, training: Training, names: list[str], report: Report) -> None:
    """One loss or metric for each output, by position; the metrics of a single output are a plain list."""
    given = getattr(training, field)
    if not isinstance(given, tuple) or not given or len(given) == len(names):
        return
    if field.endswith("metrics") and len(names) == 1:
        return
    message = f"{field} has {len(given)} entries for {_outputs(names)}"
    help = f"give one for each output, or name them: {field}: {{{names[0]}: …}}"
    report(Diagnostic("NN104", message, training.fields.get(field, training.span), help=help))


def _outputs(names: list[str]) -> str:
    return f"the output {names[0]}" if len(names) == 1 else f"{len(names)} outputs"


def _own_name(value: Value) -> str:
    return value.node if value.index == 0 else f"{value.node}_{value.index}"


def _name(reference: Reference | None, value: Value) -> str:
    """The name of an output that has none of its own: that of its layer, or what refers to it."""
    assert reference is not None
    is_layer = value.index == 0 and reference.text == value.node
    if is_layer or reference.indices or not all(map(str.isidentifier, reference.path)):
        return _own_name(value)
    return _own_name(value) if reference.text == PREVIOUS else "_".join(reference.path)


def _check_name(
    name: str, decl: OutputDecl, inputs: Mapping[str, Span], taken: dict[str, Span], report: Report
) -> None:
    first = taken.setdefault(name, decl.span)
    if first is not decl.span:
        help = "name them: outputs: {first: a, second: b}"
        note = Note("the first one stands here", first)
        report(Diagnostic("NN107", f'two outputs are named "{name}"', decl.span, (note,), help=help))
    if name in inputs:
        reference = decl.reference.text if decl.reference else "…"
        message = f'an output cannot be named "{name}": an input is'
        help = f"give the output a name of its own: outputs: {{{name}_out: {reference}}}"
        note = Note("the input is declared here", inputs[name])
        report(Diagnostic("NN107", message, decl.span, (note,), help=help))
