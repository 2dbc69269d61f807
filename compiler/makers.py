"""The makers of every file in one compilation, and what can be said of its parts that nothing uses."""

from __future__ import annotations

from pathlib import Path

from ..spec.dims import Dims, check_dims, parse_dims
from ..spec.document import InputDecl, declare
from ..spec.evaluate import Work
from ..spec.files import file_loader
from ..spec.items import Call, walk
from ..spec.locate import Report
from ..spec.nodes import Node, Scalar
from ..spec.training import Training, parse_training
from .block_calls import given_arguments
from .maker import Maker
from .parts import Parts
from .provenance import Bindings, Why, explaining
from .resolve import Unresolved, resolve
from .settings import settle
from .unit import Unit


class Makers:
    """A maker for each file with each setting of its params. `used` are the calls that something was made of."""

    def __init__(self, root: Path, dtype: str, work: Work, report: Report) -> None:
        self.root, self.dtype, self.work, self.report = root, dtype, work, report
        self.makers: dict[tuple[Unit, str], Maker] = {}
        self.used: set[int] = set()

    def of(self, unit: Unit, params: Bindings | None = None) -> Maker:
        """What makes the layers of a file whose params have these values, or their defaults."""
        key = unit, repr(params and {name: binding and binding.value for name, binding in params.items()})
        if key not in self.makers:
            if params is None:
                # Of a file that is included for its parts only presets see the params.
                params = settle(unit.document.params, {}, self.work, lambda _: None)
            context = {"load": file_loader(self.root, unit.folder)}
            dtype = unit.document.dtype or self.dtype
            maker = Maker(unit, dtype, context, params, self.work, self.report, self.of)
            self.makers[key] = maker
            maker.check_presets()
        return self.makers[key]

    def declared(self, key: Scalar, form: Node, params: Bindings) -> InputDecl:
        """An input of a file, with values in place of expressions."""
        report = explaining(self.report, Why(form, params), None)
        try:
            return declare(key, resolve(form, params, self.work, report), report)
        except Unresolved:
            return declare(key, None, report)

    def dims(self, unit: Unit, params: Bindings, inputs: tuple[InputDecl, ...]) -> Dims:
        """The bounds of the inputs' axes."""
        node = unit.document.dims
        if node is None:
            return {}
        report = explaining(self.report, Why(node, params), None)
        try:
            dims = parse_dims(resolve(node, params, self.work, report), report)
        except Unresolved:
            return {}
        shapes = [declared.shape for declared in inputs if declared.shape is not None]
        if len(shapes) == len(inputs):
            check_dims(dims, shapes, report)
        return dims

    def training(self, unit: Unit, params: Bindings) -> Training | None:
        if unit.document.training is None:
            return None
        key, node = unit.document.training
        report = explaining(self.report, Why(node, params), None)
        try:
            training = parse_training(key, resolve(node, params, self.work, report), report)
        except Unresolved:
            return None
        return training


def inspect(unit: Unit, makers: Makers, parts: Parts) -> None:
    """Reports what is wrong with calls that nothing has made, in blocks that are not called and behind conditions that
    are not met, and with names and calls in circles in every file."""
    done: set[Unit] = set()
    waiting = [unit]
    while waiting:
        one = waiting.pop()
        done.add(one)
        for items in (one.document.items, *(block.items for block in one.document.blocks)):
            for call in (item.call for item in walk(items)):
                if call is not None and id(call) not in makers.used:
                    _inspect_call(call, one, makers)
        for block in one.blocks.values():
            parts.names(one, block.items, block.inputs)
            parts.is_recursive(one, block.name)
        waiting += [other for other in one.includes.values() if other is not None and other not in done]


def _inspect_call(call: Call, unit: Unit, makers: Makers) -> None:
    found = unit.find_block(call.name)
    if found is None:
        makers.of(unit).inspect(call)
    else:
        given_arguments(call, found[1], makers.report)
