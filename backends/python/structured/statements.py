"""The items of a file or block as the statements of a function: repeats as loops, conditions as `if`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ....compiler.block_calls import given_arguments
from ....compiler.names import LocalNames
from ....compiler.outputs import output_names
from ....spec.declared import OutputDecl
from ....spec.expressions import is_expression
from ....spec.items import Call, Item, Parallel, Reference, Repeat, Reuse, When, walk
from ....spec.layers.base import Layer, Port
from ....spec.nodes import Node, Scalar
from ...application import call_keywords, keyword_of, takes_side_by_side
from ...calls import KerasCall, Spelling, through_preset
from ..expressions import arguments, call, expression, keyword, with_variables
from ..layout import INDENT, Brackets, Expr, statement, unpacked
from ..names import Scope
from ..text import string
from . import control
from .flow import RETURNED, RUNNING, UNUSED, Flow, by_port
from .reach import Key, called
from .symbolic import Places, Symbolic, Unwritable, symbolic
from .translate import PARTIAL, SHARED, Names, as_integer, of_node, of_scalar
from .wanted import MAKER, VALUE, Taken, Wanted

if TYPE_CHECKING:
    from .module import Module


class Body:
    """Writes one function. `prefix` is what stands before the names of layers: nothing, or the function's own name."""

    def __init__(
        self,
        module: Module,
        key: Key,
        scope: Scope,
        names: Names,
        places: Places,
        local: LocalNames,
        outputs: tuple[OutputDecl, ...],
        inputs: dict[str, str],
        prefix: str,
    ) -> None:
        self.module, self.key, self.scope, self.names, self.places = module, key, scope, names, places
        self.local, self.prefix = local, prefix
        self.wanted = Wanted(key.block.items, local, inputs, outputs)
        self.variables = {Taken(name): text for name, text in inputs.items()}
        self.lists: dict[tuple[Taken, int], str] = {}
        self.owns: dict[str, str] = {}
        items = list(walk(key.block.items))
        self.by_name = {local[id(item)]: item for item in items if id(item) in local}
        self.running: list[str] = []
        self.loop_names: dict[str | int, str] = {}
        self.lines: list[str] = []
        self.returned: Item | None = None
        # What the spec calls values of turns comes before what is only counted.
        for repeat in (item.body for item in items if isinstance(item.body, Repeat)):
            for name in repeat.names:
                self.loop_name(str(name.value), str(name.value))

    # --- statements

    def write(self, target: str, value: Expr, flow: Flow) -> None:
        self.lines.append(statement(target, value, flow.indent))

    def hand_on(self, flow: Flow) -> Flow:
        """The flow with its value in the running variable, as loops and conditions need it."""
        if flow.current is not None and flow.current != flow.running:
            self.write(flow.running, (flow.current,), flow)
        return flow._replace(current=flow.running if flow.current else None)

    def items(self, items: tuple[Item, ...], flow: Flow) -> str | None:
        """The statements of the items; gives what the last one's value is in."""
        for number, item in enumerate(items):
            target = flow.target if number == len(items) - 1 else None
            flow = flow._replace(current=self.item(item, flow._replace(target=target)))
        return flow.current

    def item(self, item: Item, flow: Flow) -> str | None:
        match item.body:
            case Call() as made:
                key = called(self.key.unit, made.name)
                return self.block_call(item, made, key, flow) if key else self.layer(item, made, flow)
            case Reuse() as reuse:
                return self.reuse(item, reuse, flow)
            case Parallel() as parallel:
                return control.parallel(self, item, parallel, self.started(item, flow))
            case Repeat() as repeat:
                return self.named(item, control.repeat(self, item, repeat, self.started(item, flow)), flow)
            case When() as when:
                return self.named(item, control.when(self, when, self.started(item, flow)), flow)
        raise Unwritable

    def started(self, item: Item, flow: Flow) -> Flow:
        """The flow from what the item's `from` says."""
        if item.sources is None:
            return flow
        references = (*item.sources.positional, *(r for _, found in item.sources.named for r in found))
        return flow._replace(current=self.value(references[0], flow))

    def named(self, item: Item, text: str | None, flow: Flow) -> str | None:
        """An item of items under its name, where that is taken again."""
        if item.name is None or text is None or not self.wanted.parts(self.local[id(item)]):
            return text
        # After the last item nothing hands on another value.
        own = text if item is self.key.block.items[-1] else self.own(item)
        if own != text:
            self.write(own, (text,), flow)
        self.declare(item, {VALUE: own}, flow)
        return own

    # --- variables

    def own(self, item: Item) -> str:
        """The variable of an item, the same where both ways of a condition have its name."""
        return self.own_name(self.local[id(item)])

    def own_name(self, local: str) -> str:
        if local not in self.owns:
            self.owns[local] = self.scope.name(local)
        return self.owns[local]

    def target(self, item: Item, flow: Flow) -> str:
        """The variable of an item's value: its own where it is taken again, or the spec names it and that helps."""
        shown = item.name is not None and flow.indent == INDENT
        if shown or self.wanted.parts(self.local[id(item)]):
            return self.own(item)
        return flow.target or flow.running

    def declare(self, item: Item, texts: dict[str, str], flow: Flow) -> None:
        """Keeps what is taken again, in lists where that is over turns."""
        local = self.local[id(item)]
        for part, text in texts.items():
            taken = Taken(local, part)
            self.variables[taken] = text
            found = self.lists.get((taken, len(flow.repeats) - 1))
            if found is not None and not self.wanted.declared[local].conditional:
                self.write("", (f"{found}.append({text})",), flow)

    def value(self, reference: Reference | None, flow: Flow, part: str = VALUE) -> str:
        """What a reference is in Python."""
        if reference is None:
            raise Unwritable
        use = self.wanted.use(reference, flow.repeats, part)
        if use is None:
            if flow.current is None:
                raise Unwritable
            return flow.current
        depth = len(self.wanted.declared[use.taken.name].repeats)
        if use.shared == depth:
            return self.variables[use.taken]
        indices = [*use.path, *(self.index(scalar) for scalar in reference.indices)]
        text = self.lists[use.taken, use.shared] + "".join(f"[{index}]" for index in indices)
        return f"*{text}" if use.whole else text

    def index(self, scalar: Scalar) -> str:
        if not is_expression(scalar):
            return str(scalar.value)
        return as_integer(of_scalar(scalar, self.names, self.places.uses))

    def layer_name(self, item: Item, flow: Flow) -> str:
        """The name of an item's layer, with the function's own name and the turns."""
        local = self.local[id(item)]
        if not self.prefix and not flow.turns:
            return string(local)
        turns = "".join(f".{{{turn}}}" for turn in flow.turns)
        return f'f"{self.prefix}{local}{turns}"'

    # --- layers and blocks

    def inputs(self, item: Item, ports: tuple[Port, ...], flow: Flow) -> list[tuple[str, list[str]]]:
        """What goes into each port, in order."""
        if item.sources is not None and item.sources.named:
            given = {
                str(key.value): [self.value(r, flow) for r in found] for key, found in item.sources.named
            }
            return [(port.name, given[port.name]) for port in ports if port.name in given]
        if not ports:
            return []
        references = item.sources.positional if item.sources else ()
        if not references and flow.current is None:
            raise Unwritable
        texts = [self.value(r, flow) for r in references] or [flow.current or ""]
        return list(by_port(ports, texts))

    def layer(self, item: Item, made: Call, flow: Flow) -> str:
        layer = symbolic(made, self.names, self.places)
        return self.apply(item, layer, self.inputs(item, layer.layer.ports, flow), flow)

    def apply(self, item: Item, made: Symbolic, inputs: list[tuple[str, list[str]]], flow: Flow) -> str:
        """A layer made, named and called on its inputs, or a function called on them."""
        spelling = made.spelling
        variable, filled = self.module.preset(made)
        plain = through_preset(made.layer, filled) if filled else spelling.first
        spelled = with_variables(plain, self.module.partials(plain))
        function = variable or spelled.function
        given = _given(inputs, made.layer)
        keywords = _keywords(spelling, made.layer, inputs)
        if spelling.constructor is None:
            function, rest = self.lasting_function(item, function, spelled, made.layer, flow)
            both = (*rest, *given) if takes_side_by_side(made.layer) else (*given, *keywords, *rest)
            return self.assign(item, call(function, both), made.layer.output_names, flow)
        layer = call(function, (*arguments(spelled), keyword("name", (self.layer_name(item, flow),))))
        if MAKER in self.wanted.parts(self.local[id(item)]):
            own = self.own_name(f"{self.local[id(item)]}_layer")
            self.write(own, layer, flow)
            self.declare(item, {MAKER: own}, flow)
            layer = (own,)
        value = (*layer, Brackets("call", (*given, *keywords)))
        return self.assign(item, value, made.layer.output_names, flow, made.layer.nested_outputs)

    def lasting_function(
        self, item: Item, function: str, spelled: KerasCall, layer: Layer, flow: Flow
    ) -> tuple[str, tuple[Expr, ...]]:
        """A function and what it is called with besides its inputs: in a variable, with nothing more, where it is
        applied again."""
        if MAKER not in self.wanted.parts(self.local[id(item)]):
            return function, arguments(spelled)
        # What is filled in beforehand stands before the inputs, unless it has a keyword.
        rest = arguments(spelled if takes_side_by_side(layer) else replace(spelled, positional=0))
        own = self.own_name(f"{self.local[id(item)]}_layer")
        self.places.uses.update([PARTIAL] if rest else [])
        self.write(own, call(PARTIAL, ((function,), *rest)) if rest else (function,), flow)
        self.declare(item, {MAKER: own}, flow)
        return own, ()

    def assign(
        self,
        item: Item,
        value: Expr,
        outputs: tuple[str, ...],
        flow: Flow,
        grouped: Callable[[tuple[str, ...]], tuple[Any, ...]] = tuple,
    ) -> str:
        """A value of one or several outputs, in variables, as far as something takes them; gives that of the first.
        `grouped` gives the variables as the outputs are grouped."""
        first, *others = outputs
        local = self.local[id(item)]
        wanted = self.wanted.parts(local)
        if item is self.returned and len(outputs) == 1:
            self.write("", ("return ", *value), flow)
            return RETURNED
        own = self.target(item, flow)
        further = {name: self.own_name(f"{local}_{name}") if name in wanted else UNUSED for name in others}
        self.write(unpacked(grouped((own, *further.values()))), value, flow)
        texts = {VALUE: own, first: own, **further}
        self.declare(item, {part: text for part, text in texts.items() if part in wanted}, flow)
        return own

    def block_call(self, item: Item, made: Call, key: Key, flow: Flow) -> str:
        """A block as the call of its function."""
        block = key.block
        inputs = [text for _, texts in self.inputs(item, block.ports, flow) for text in texts]
        given = given_arguments(made, block, lambda _: None)
        if given is None:
            raise Unwritable
        kinds = self.module.signatures.kinds[key]
        values = [
            keyword(self.module.argument(key, name), self.argument(node, kinds[name]))
            for name, node in given.items()
        ]
        values += [keyword(name, value) for name, value in self.module.lifted_arguments(key, self)]
        name = keyword("name", (self.layer_name(item, flow),))
        positional = tuple((text,) for text in inputs)
        value = call(self.module.function(key), (*positional, *values, name))
        outputs = output_names(block)
        local = self.local[id(item)]
        if MAKER not in self.wanted.parts(local):
            return self.assign(item, value, outputs, flow)
        # A function of the module has the same layers each time. One output of a block may be what goes into it, and
        # two inputs one tensor, which keras.Model of them would not tell apart.
        self.places.uses.add(SHARED)
        again = self.own_name(f"{local}_block")
        self.write(again, call(SHARED, ((self.module.function(key),), *positional, *values, name)), flow)
        self.declare(item, {MAKER: again}, flow)
        return self.assign(item, (again, Brackets("call", positional)), outputs, flow)

    def argument(self, node: Node, kind: str) -> Expr:
        return of_node(node, self.names, self.places.uses, integer=kind in ("int", "list[int]"), frozen=True)

    def reuse(self, item: Item, reuse: Reuse, flow: Flow) -> str:
        """A layer or block called again."""
        maker = self.value(reuse.reference, flow, MAKER)
        made, key = self.made_by(reuse, flow)
        if MAKER in self.wanted.parts(self.local[id(item)]):
            self.declare(item, {MAKER: maker}, flow)
        if key is not None:
            block = key.block
            inputs = tuple((text,) for _, texts in self.inputs(item, block.ports, flow) for text in texts)
            return self.assign(item, (maker, Brackets("call", inputs)), output_names(block), flow)
        layer = symbolic(made, self.names, self.places)
        # A function has them with it.
        inputs = self.inputs(item, layer.layer.ports, flow)
        keywords = _keywords(layer.spelling, layer.layer, inputs) if layer.spelling.constructor else ()
        given = (*_given(inputs, layer.layer), *keywords)
        value, grouped = (maker, Brackets("call", given)), layer.layer.nested_outputs
        return self.assign(item, value, layer.layer.output_names, flow, grouped)

    def made_by(self, reuse: Reuse, flow: Flow) -> tuple[Call, Key | None]:
        """The call that made what is applied again, and its block where it is one."""
        use = self.wanted.use(reuse.reference, flow.repeats, MAKER) if reuse.reference else None
        body = self.by_name[use.taken.name].body if use else None
        match body:
            case Call() as made:
                return made, called(self.key.unit, made.name)
            case Reuse() as earlier:
                return self.made_by(earlier, flow)
            case Parallel(merge=Call() as merge):
                return merge, None
        raise Unwritable("what is applied again is no layer or block")

    def loop_name(self, key: str | int, wanted: str) -> str:
        """A variable of a loop, the same in every loop that has one of that name."""
        if key not in self.loop_names:
            self.loop_names[key] = self.scope.name(wanted)
        return self.loop_names[key]

    def running_at(self, level: int) -> str:
        while len(self.running) <= level:
            number = len(self.running)
            self.running.append(self.scope.name(RUNNING[number] if number < len(RUNNING) else f"x{number}"))
        return self.running[level]


def _given(inputs: list[tuple[str, list[str]]], layer: Layer) -> tuple[Expr, ...]:
    """The inputs as arguments of a layer's call."""
    ports = {port.name: port for port in layer.ports}
    names = [name for name, _ in inputs]
    found: list[Expr] = []
    for name, texts in inputs:
        if ports[name].spread:
            found += [(text,) for text in texts]
            continue
        value: Expr = _listed(_grouped(layer, name, texts)) if ports[name].many else (texts[0],)
        word = keyword_of(layer, ports[name], names)
        found.append(keyword(word, value) if word else value)
    return tuple(found)


def _keywords(spelling: Spelling, layer: Layer, inputs: list[tuple[str, list[str]]]) -> tuple[Expr, ...]:
    """What the layer's call takes besides its inputs."""
    pairs = call_keywords(spelling, layer, [name for name, _ in inputs])
    return tuple(keyword(name, expression(value)) for name, value in pairs)


def _grouped(layer: Layer, port: str, texts: list[str]) -> tuple[Any, ...]:
    try:
        return layer.nested(port, tuple(texts))
    except ValueError:
        raise Unwritable("how many inputs a list has is known only where it is made") from None


def _listed(texts: tuple[Any, ...]) -> Expr:
    """Several values as a list; all turns of a repeat are in one already."""
    match texts:
        case (str() as only,) if only.startswith("*"):
            return (only.removeprefix("*"),)
    parts = (_listed(text) if isinstance(text, tuple) else (text,) for text in texts)
    return (Brackets("list", tuple(parts)),)
