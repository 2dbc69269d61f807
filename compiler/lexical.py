"""What can be told of a file as it stands, without expanding it: names in expressions and references that mean
nothing, also where nothing is called or chosen, and declarations that nothing uses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from ..spec.declared import OutputDecl, check_unique
from ..spec.diagnostics import Diagnostic
from ..spec.evaluate import unknown_names
from ..spec.expressions import is_expression, parse_expression
from ..spec.items import Item, Reference, Repeat, When, references_in, walk
from ..spec.locate import Report
from ..spec.nodes import Mapping, Node, Scalar, Sequence
from ..spec.params import Param
from ..spec.parse_items import scalars
from ..spec.source import Span
from .names import LocalNames
from .outputs import output_name
from .parts import Parts
from .scope import PREVIOUS, nothing_above
from .unit import Unit, noting


def check_names(unit: Unit, parts: Parts, report: Report) -> None:
    """Reports (NN108) what expressions and references name that there is not, in the file and in those it includes."""
    done: set[Unit] = set()
    waiting = [(unit, report)]
    for one, tell in waiting:  # which grows on the way
        if one in done:
            continue
        done.add(one)
        _check_file(one, parts, tell)
        for include in one.document.includes:
            other = one.includes[include.name]
            if other is not None:
                waiting.append((other, noting(include, tell)))


def _check_file(unit: Unit, parts: Parts, report: Report) -> None:
    document = unit.document
    _file_names(unit, report)
    if document.whole and not document.library:
        inputs = [i.key for i in document.inputs]
        _check_references(document.items, document.outputs, inputs, unit, parts, report)
    for block in unit.blocks.values():
        _body_names(block.params, block.items, block.outputs, report)
        _check_references(block.items, block.outputs, block.inputs, unit, parts, report)
        check_unique(((output_name(decl), decl.span, "the output") for decl in block.outputs), report)


# --- names in expressions


class _Names:
    """The names that expressions in one file or block may use, and those that they do."""

    def __init__(self, params: tuple[Param, ...], report: Report) -> None:
        self.known: Collection[str] = frozenset(param.name for param in params)
        self.report, self.used = report, set[str]()
        for param in params:
            self.check(param.default)

    def check(self, node: Node | None, bound: tuple[str, ...] = ()) -> None:
        """Looks at every expression in a node; `bound` are the names of the repeats that it is in."""
        for scalar in scalars(node) if node is not None else ():
            expression = parse_expression(scalar, lambda _: None) if is_expression(scalar) else None
            if expression is None:
                continue
            self.used.update(expression.names)
            if any(name not in self.known and name not in bound for name in expression.names):
                for diagnostic in unknown_names(expression, {*self.known, *bound}):
                    self.report(diagnostic)

    def check_items(self, items: Iterable[Item], bound: tuple[str, ...] = ()) -> None:
        for item in items:
            self.check_references(references_in(item), bound)
            if item.call is not None and item.call.names is not None:
                self.check(item.call.argument, bound)
            inside = bound
            match item.body:
                case Repeat(over=over, names=names):
                    self.check(over, bound)
                    inside = (*bound, *(str(name.value) for name in names))
                case When(condition=condition):
                    self.check(condition, bound)
            for part in item.parts:
                self.check_items(part, inside)

    def check_references(self, references: Iterable[Reference], bound: tuple[str, ...] = ()) -> None:
        for index in chain.from_iterable(reference.indices for reference in references):
            self.check(index, bound)


def _body_names(
    params: tuple[Param, ...], items: tuple[Item, ...], outputs: tuple[OutputDecl, ...], report: Report
) -> _Names:
    names = _Names(params, report)
    names.check_items(items)
    names.check_references(decl.reference for decl in outputs if decl.reference is not None)
    return names


def _file_names(unit: Unit, report: Report) -> _Names:
    document = unit.document
    names = _body_names(document.params, document.items, document.outputs, report)
    parts = (
        *(call.argument for call in unit.presets.values() if call is not None),
        *(declared.form for declared in document.inputs),
        *(node for variant in document.variants for _, node in variant.settings),
        *(document.training or ())[1:],
        document.dims,
    )
    for node in parts:
        names.check(node)
    return names


# --- references


def _check_references(
    items: tuple[Item, ...],
    outputs: tuple[OutputDecl, ...],
    inputs: Iterable[Scalar],
    unit: Unit,
    parts: Parts,
    report: Report,
) -> None:
    inputs = tuple(inputs)
    above = dict.fromkeys(str(i.value) for i in inputs)
    for found in _nothing(items, above, parts.names(unit, items, inputs)):
        report(found)
    for decl in outputs:
        if decl.reference is not None and not _stands(decl.reference, above):
            report(nothing_above(decl.reference, list(above)))


def _nothing(items: tuple[Item, ...], above: dict[str, None], names: LocalNames) -> Iterator[Diagnostic]:
    """References to what is nowhere above, whatever is chosen and repeated; `above` gets the names of the items."""
    for item in items:
        for reference in references_in(item):
            if not _stands(reference, above):
                yield nothing_above(reference, list(above))
        for part in item.parts:
            yield from _nothing(part, above, names)
        if id(item) in names and (item.body or item.name):
            above[names[id(item)]] = None


def _stands(reference: Reference, above: Collection[str]) -> bool:
    path = reference.path
    return reference.text == PREVIOUS or any(".".join(path[:end]) in above for end in range(1, len(path) + 1))


# --- declarations that nothing uses


def report_unused(unit: Unit, report: Report) -> None:
    """Reports (NN118) params that no expression uses; and of a file that is a network, the presets, blocks and
    includes that nothing names."""
    silent: Report = lambda _: None  # noqa: E731
    document = unit.document
    bodies = [(document.params, _file_names(unit, silent))]
    bodies += [(b.params, _body_names(b.params, b.items, b.outputs, silent)) for b in unit.blocks.values()]
    for params, names in bodies:
        for param in params:
            if param.name not in names.used:
                help = f"remove it, or use it in an expression, such as ={param.name}"
                report(_unused(f'nothing uses the param "{param.name}"', param.span, help))
    if document.library:
        return
    named = set(_named(unit))
    for name, span, what in document.declared:
        if name not in named:
            help = "remove it, or name it in an item of `layers`"
            report(_unused(f'nothing uses {what} "{name}"', span, help))


def _unused(message: str, span: Span, help: str) -> Diagnostic:
    return Diagnostic("NN118", message, span, help=help, severity="warning")


def _named(unit: Unit) -> Iterator[str]:
    """Every word that may name a preset, block or include: those that items call, and what stands in arguments, where
    wrappers hold layers."""
    bodies = (unit.document.items, *(block.items for block in unit.blocks.values()))
    calls = chain((item.call for items in bodies for item in walk(items)), unit.presets.values())
    for call in calls:
        if call is None:
            continue
        for word in (call.name, *_words(call.argument)):
            yield word
            yield word.partition(".")[0]


def _words(node: Node | None) -> Iterator[str]:
    match node:
        case Scalar(value=str() as word):
            yield word
        case Sequence(items=items):
            yield from chain.from_iterable(map(_words, items))
        case Mapping(entries=entries):
            for key, value in entries:
                yield from (str(key.value), *_words(value))
