"""What the network gives: its declared outputs, or the last layer's, and what `training` says of them."""

from __future__ import annotations

from collections.abc import Mapping

from ..spec.diagnostics import Diagnostic, Note, did_you_mean
from ..spec.document import Document, OutputDecl
from ..spec.locate import Report
from ..spec.source import Span
from ..spec.training import Training
from .graph import Output, Value
from .scope import Scope, look_up

# The arguments of `training` that may be a list with one entry for each output.
BY_POSITION = ("loss", "loss_weights", "metrics", "weighted_metrics")


def expand_outputs(document: Document, scope: Scope, report: Report) -> tuple[Output, ...]:
    """The declared outputs, or the last item's."""
    if not document.outputs:
        last = scope.previous if document.items else None
        return (Output(last.node, last),) if last else ()
    inputs = {i.name: i.span for i in document.inputs}
    taken: dict[str, Span] = {}
    outputs: list[Output] = []
    for decl in document.outputs:
        value = look_up(decl.reference, scope, report)
        name = _name(decl, value, scope)
        if name is not None:
            _check_name(name, decl, inputs, taken, report)
        if name is not None and value is not None:
            outputs.append(Output(name, value))
    return tuple(outputs)


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


def _name(decl: OutputDecl, value: Value | None, scope: Scope) -> str | None:
    """The output's name: its own, or that of what it refers to; None where that is unknown."""
    if decl.name or value is None:
        return decl.name
    entry = scope.entries.get(value.node)
    outputs = entry.outputs if entry else None
    return f"{value.node}_{outputs[value.index]}" if outputs and value.index else value.node


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
