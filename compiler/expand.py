"""From a document to a program: layers made, names given, references looked up."""

from __future__ import annotations

from pathlib import Path

from ..spec.diagnostics import SpecError
from ..spec.document import Document
from ..spec.files import file_loader
from ..spec.items import Item
from ..spec.limits import Limits, beyond
from ..spec.locate import Report
from .graph import Place, Value
from .maker import Made, Maker
from .names import layer_names
from .outputs import check_training, expand_outputs
from .program import Program, Step
from .scope import Entry, Scope, bind


def expand(document: Document, root: Path, limits: Limits, report: Report) -> Program:
    """The document's items as steps. What is wrong is reported; `root` is the folder that files are read
    from.

    Raises SpecError where there are more layers than the limit.
    """
    if len(document.items) > limits.layers:
        first = document.items[limits.layers].span
        raise SpecError([beyond(limits, "layers", "the network has too many layers", first)])
    maker = Maker(document.dtype, {"load": file_loader(root)}, report)
    maker.add_presets(dict(document.presets))
    scope = Scope(document.whole, {i.name: Entry(i.span, ("output",)) for i in document.inputs})
    if len(document.inputs) == 1:
        scope.previous = Value(document.inputs[0].name)
    named = zip(document.items, layer_names(document, report), strict=True)
    steps = tuple(expand_item(item, name, scope, maker, report) for item, name in named)
    outputs = expand_outputs(document, scope, report)
    if document.training:
        check_training(document.training, document, outputs, report)
    return Program(
        document.name,
        document.description,
        document.dtype,
        document.source,
        document.inputs,
        steps,
        outputs,
        document.training,
    )


def expand_item(item: Item, name: str, scope: Scope, maker: Maker, report: Report) -> Step:
    made = maker.make(item.call) or Made(None, Place(item.call.span if item.call else item.span))
    arguments = bind(item, made.layer, scope, report)
    span = item.name.span if item.name else made.place.span
    if item.call or item.name:
        scope.entries.setdefault(name, Entry(span, made.layer.output_names if made.layer else None))
    scope.previous = Value(name)
    return Step(name, made.layer, arguments, made.place, made.preset, named=item.name is not None)
