"""From a document to a program: presets applied, layers made, names given, references looked up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..spec.diagnostics import Diagnostic, Note, did_you_mean
from ..spec.document import Call, Document, From, InputDecl, Item, OutputDecl, Reference, parse_call
from ..spec.files import file_loader
from ..spec.layers import NAMES, REFUSED, find
from ..spec.layers.base import Layer, Port
from ..spec.locate import Report, validate
from ..spec.named import snake_case
from ..spec.nodes import Mapping, Node, Scalar, describe, to_data
from ..spec.source import Span
from .graph import Argument, Output, Place, Preset, Value
from .program import Program, Step

PREVIOUS = "previous"


@dataclass(frozen=True)
class Entry:
    """Something that a reference can mean: a layer or an input, and what its outputs are called.

    `outputs` is None where the layer could not be made.
    """

    span: Span
    outputs: tuple[str, ...] | None


@dataclass
class Scope:
    """What stands above the item at hand."""

    entries: dict[str, Entry] = field(default_factory=dict)
    previous: Value | None = None


@dataclass(frozen=True)
class Made:
    """A layer from an item's call; `layer` is None where it could not be made."""

    layer: Layer | None
    place: Place
    preset: Preset | None = None


def expand(document: Document, root: Path, report: Report) -> Program:
    """The document's items as steps. What is wrong is reported; `root` is the folder that files are read from."""
    presets = dict(document.presets)
    maker = Maker(presets, document.dtype, root, report)
    maker.check_presets()
    scope = Scope({i.name: Entry(i.span, ("output",)) for i in document.inputs})
    if len(document.inputs) == 1:
        scope.previous = Value(document.inputs[0].name)
    names = layer_names(document, presets, report)
    steps = tuple(
        expand_item(item, name, scope, maker, report) for item, name in zip(document.items, names, strict=True)
    )
    outputs = expand_outputs(document, scope, report)
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


def layer_names(document: Document, presets: dict[str, Call], report: Report) -> list[str]:
    """Each item's own name, or Keras's for a layer without one: `dense`, then `dense_1`."""
    taken: dict[str, Span] = {i.name: i.span for i in document.inputs}
    given: list[str | None] = []
    for item in document.items:
        name = str(item.name.value) if item.name else None
        if name and item.name and _is_free(name, item.name.span, taken, report):
            taken[name] = item.name.span
        given.append(name)
    counts: Counter[str] = Counter()
    return [name or _next_name(item, presets, taken, counts) for name, item in zip(given, document.items, strict=True)]


def _is_free(name: str, span: Span, taken: dict[str, Span], report: Report) -> bool:
    twin = next((other for other in taken if other.lower() == name.lower()), None)
    if twin is None:
        return True
    message = f'the name "{name}" is taken' if twin == name else f'the name "{name}" differs from "{twin}" by case only'
    note = Note(f'"{twin}" is first named here', taken[twin])
    report(Diagnostic("NN107", message, span, (note,), help="give one of them another name"))
    return False


def _next_name(item: Item, presets: dict[str, Call], taken: dict[str, Span], counts: Counter[str]) -> str:
    call = presets.get(item.call.name, item.call)
    cls = find(call.name)
    base = snake_case(cls.__name__ if cls else "layer")
    while True:
        name = f"{base}_{counts[base]}" if counts[base] else base
        counts[base] += 1
        if name not in taken:
            return name


def expand_item(item: Item, name: str, scope: Scope, maker: Maker, report: Report) -> Step:
    made = maker.make(item.call)
    layer = made.layer
    arguments = bind(item, layer, scope, report)
    span = item.name.span if item.name else item.call.span
    scope.entries.setdefault(name, Entry(span, layer.output_names if layer else None))
    scope.previous = Value(name)
    return Step(name, layer, arguments, made.place, made.preset, named=item.name is not None)


class Maker:
    """Makes layers of calls, within the presets and the file's dtype."""

    def __init__(self, presets: dict[str, Call], dtype: str, root: Path, report: Report) -> None:
        self.presets, self.dtype, self.report = presets, dtype, report
        self.context = {"load": file_loader(root)}

    def make(self, call: Call) -> Made:
        preset = self.presets.get(call.name)
        base = preset or call
        cls = self.find(base)
        if cls is None:
            return Made(None, Place(call.span))
        own = self.arguments(call, cls)
        inherited = self.arguments(preset, cls) if preset else None
        merged = _merge(inherited, own) if inherited else own
        place = Place(call.span, {str(key.value): value.span for key, value in merged.entries})
        layer = self.validated(cls, merged, call.span)
        if layer is None or inherited is None:
            return Made(layer, place)
        return Made(layer, place, self.preset(call, cls, own, inherited))

    def find(self, call: Call) -> type[Layer] | None:
        cls = find(call.name)
        if cls is None:
            self.report(_unknown_layer(call, self.presets))
        return cls

    def arguments(self, call: Call, cls: type[Layer]) -> Mapping:
        """The call's arguments by field: a value that is not a mapping is the first field's."""
        match call.argument:
            case None | Scalar(value=None):
                return Mapping((), call.span)
            case Mapping() as mapping:
                return mapping
            case value:
                return self._short_form(call, cls, value)

    def _short_form(self, call: Call, cls: type[Layer], value: Node) -> Mapping:
        fields = cls.own_fields()
        if fields:
            return Mapping(((Scalar(fields[0], call.span), value),), value.span)
        help = f"write {call.name} alone, or name its arguments"
        self.report(Diagnostic("NN103", f"{call.name} has no argument for {describe(value)}", value.span, help=help))
        return Mapping((), value.span)

    def validated(self, cls: type[Layer], arguments: Mapping, owner: Span) -> Layer | None:
        errors: list[Diagnostic] = []
        data = self._data(cls, arguments, errors.append)
        known = Mapping(tuple(e for e in arguments.entries if e[0].value in data), arguments.span)
        layer = validate(cls, known, owner, errors.append, data=data, context=self.context)
        for error in errors:
            self.report(error)
        return None if errors else layer

    def _data(self, cls: type[Layer], arguments: Mapping, report: Report) -> dict[str, object]:
        """Plain data for pydantic, with layers in place of what a wrapper holds; fields that cannot be had are
        reported and left out."""
        data: dict[str, object] = {"dtype": self.dtype}
        for key, value in arguments.entries:
            name = str(key.value)
            if name in cls.refused:
                message = f"{cls.__name__} cannot have {name} in a spec"
                report(Diagnostic("NN112", message, key.span, help=cls.refused[name]))
            elif name == "name":
                report(_name_inside(cls, key.span))
            elif name in cls.layer_fields() and not (isinstance(value, Scalar) and value.value is None):
                data[name] = self._held(value, report)
            else:
                data[name] = to_data(value)
        return data

    def _held(self, node: Node, report: Report) -> Layer | None:
        """The layer that a wrapper holds."""
        call = parse_call(node, report, "a wrapped layer")
        return self.make(call).layer if call else None

    def preset(self, call: Call, cls: type[Layer], own: Mapping, inherited: Mapping) -> Preset | None:
        """The preset for backends that spell it: its own values, completed by the item's where it leaves some open."""
        complete = _merge(own, inherited)
        layer = validate(cls, complete, call.span, lambda _: None, data=self._data(cls, complete, lambda _: None),
                         context=self.context)
        fields = tuple(str(key.value) for key, _ in inherited.entries)
        return Preset(call.name, layer, fields) if layer else None

    def check_presets(self) -> None:
        """Reports what is wrong with each preset itself, whether or not it is used."""
        for call in self.presets.values():
            cls = self.find(call)
            if cls is None:
                continue
            found: list[Diagnostic] = []
            arguments = self.arguments(call, cls)
            validate(cls, arguments, call.span, found.append, data=self._data(cls, arguments, found.append),
                     context=self.context)
            for diagnostic in found:
                if diagnostic.code != "NN102":
                    self.report(diagnostic)


def bind(item: Item, layer: Layer | None, scope: Scope, report: Report) -> tuple[Argument, ...] | None:
    """The item's inputs, each for one port of the layer; None where one cannot be had."""
    sources = item.sources
    if sources is None:
        if scope.previous is None:
            report(_no_previous(item, scope))
            return None
        values: list[Value | None] = [scope.previous]
        return _by_position(item, layer, values, report)
    if sources.positional:
        return _by_position(item, layer, [look_up(ref, scope, report) for ref in sources.positional], report)
    if layer is None:
        return None
    return _by_name(item, sources, layer, scope, report)


def _by_position(
    item: Item, layer: Layer | None, values: list[Value | None], report: Report
) -> tuple[Argument, ...] | None:
    if layer is None or any(value is None for value in values):
        return None
    found = [value for value in values if value is not None]
    arguments: list[Argument] = []
    for port in layer.ports:
        count = len(found) if port.many else 1
        taken, found = found[:count], found[count:]
        arguments += [Argument(port.name, value) for value in taken]
    if found:
        report(_too_many(item, layer))
        return None
    return _complete(item, layer, arguments, report)


def _by_name(item: Item, sources: From, layer: Layer, scope: Scope, report: Report) -> tuple[Argument, ...] | None:
    ports = {port.name: port for port in layer.ports}
    arguments: dict[str, list[Argument]] = {name: [] for name in ports}
    whole = True
    for key, refs in sources.named:
        name = str(key.value)
        if name not in ports:
            help = did_you_mean(name, ports, "inputs")
            report(Diagnostic("NN101", f'{item.call.name} has no input "{name}"', key.span, help=help))
            whole = False
            continue
        values = [look_up(ref, scope, report) for ref in refs]
        whole = whole and bool(values) and None not in values
        if len(values) > 1 and not ports[name].many:
            report(Diagnostic("NN201", f"{name} takes one input, not {len(values)}", key.span, help="name one layer"))
            whole = False
        arguments[name] = [Argument(name, value) for value in values if value is not None]
    if not whole:
        return None
    return _complete(item, layer, [a for found in arguments.values() for a in found], report)


def _complete(item: Item, layer: Layer, arguments: list[Argument], report: Report) -> tuple[Argument, ...] | None:
    """The arguments, unless a port that must be filled is not."""
    filled = {argument.port for argument in arguments}
    missing = next((port for port in layer.ports if not port.optional and port.name not in filled), None)
    if missing is None:
        return tuple(arguments)
    span = item.sources.span if item.sources else item.call.span
    example = ", ".join(f"{port.name}: …" for port in layer.ports if not port.optional)
    message = f'{item.call.name} needs an input "{missing.name}"'
    report(Diagnostic("NN201", message, span, help=f"write from: {{{example}}}"))
    return None


def look_up(reference: Reference, scope: Scope, report: Report) -> Value | None:
    """The value that a reference means; None where it is unknown, reported unless its layer already was."""
    if reference.text == PREVIOUS:
        if scope.previous is None:
            help = "name one of the inputs"
            report(Diagnostic("NN108", "there is no previous output here", reference.span, help=help))
        return scope.previous
    name, dot, output = reference.text.partition(".")
    entry = scope.entries.get(name)
    if entry is None:
        help = did_you_mean(name, scope.entries, "above")
        report(Diagnostic("NN108", f'nothing above is named "{name}"', reference.span, help=help))
        return None
    if not dot or entry.outputs is None:
        return Value(name)
    if output not in entry.outputs:
        help = did_you_mean(output, entry.outputs, f"outputs of {name}")
        report(Diagnostic("NN108", f'{name} has no output "{output}"', reference.span, help=help))
        return None
    return Value(name, entry.outputs.index(output))


def expand_outputs(document: Document, scope: Scope, report: Report) -> tuple[Output, ...]:
    """The declared outputs, or the last item's."""
    if not document.outputs:
        last = scope.previous if document.items else None
        return (Output(last.node, last),) if last else ()
    found = [(decl, look_up(decl.reference, scope, report)) for decl in document.outputs]
    outputs = [Output(_output_name(decl, value, scope), value) for decl, value in found if value is not None]
    spans = {decl.name or decl.reference.text: decl.reference.span for decl in document.outputs}
    for name, count in Counter(output.name for output in outputs).items():
        if count > 1:
            help = "name them: outputs: {first: a, second: b}"
            report(Diagnostic("NN107", f'two outputs are named "{name}"', spans.get(name), help=help))
    return tuple(outputs)


def _output_name(decl: OutputDecl, value: Value, scope: Scope) -> str:
    if decl.name:
        return decl.name
    outputs = scope.entries[value.node].outputs or ()
    return value.node if value.index == 0 else f"{value.node}_{outputs[value.index]}"


def _merge(under: Mapping, over: Mapping) -> Mapping:
    """The entries of both, those of `over` in place of the same key's in `under`."""
    kept = [(key, over.get(str(key.value)) or value) for key, value in under.entries]
    names = {key.value for key, _ in under.entries}
    added = [entry for entry in over.entries if entry[0].value not in names]
    return replace(over, entries=(*kept, *added))


def _unknown_layer(call: Call, presets: Iterable[str]) -> Diagnostic:
    if call.name in REFUSED:
        return Diagnostic("NN112", f"{call.name} cannot stand in a spec", call.span, help=REFUSED[call.name])
    help = did_you_mean(call.name, [*NAMES, *presets], "layers")
    return Diagnostic("NN105", f'there is no layer or preset "{call.name}"', call.span, help=help)


def _name_inside(cls: type[Layer], span: Span) -> Diagnostic:
    help = f"put it beside the layer: {{{cls.__name__}: …, name: …}}"
    return Diagnostic("NN101", f"the name is not an argument of {cls.__name__}", span, help=help)


def _no_previous(item: Item, scope: Scope) -> Diagnostic:
    help = f"write from: with one of {', '.join(scope.entries)}" if scope.entries else "declare an input"
    return Diagnostic("NN108", f"{item.call.name} does not say which input it takes", item.call.span, help=help)


def _too_many(item: Item, layer: Layer) -> Diagnostic:
    span = item.sources.span if item.sources else item.call.span
    return Diagnostic(
        "NN201", f"{item.call.name} takes {_ports(layer.ports)}", span, help="merge them first, with Add or Concatenate"
    )


def _ports(ports: tuple[Port, ...]) -> str:
    return "one input" if len(ports) == 1 else "the inputs " + ", ".join(port.name for port in ports)
