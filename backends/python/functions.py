"""The items of a file or block as the statements of a function: repeats as loops, conditions as `if`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from ...compiler.block_calls import given_arguments
from ...compiler.names import LocalNames
from ...compiler.outputs import output_name
from ...spec.declared import OutputDecl
from ...spec.expressions import is_expression
from ...spec.items import Call, Item, Parallel, Reference, Repeat, Reuse, When, walk
from ...spec.layers.base import Port
from ...spec.nodes import Node, Scalar, Sequence
from ..calls import through_preset
from .expressions import arguments, call, expression, keyword, with_variables
from .kinds import kind_of_node
from .layout import INDENT, Brackets, Expr, layout, statement
from .names import Scope
from .reach import Key, called, turn_kinds
from .symbolic import Places, Symbolic, Unwritable, symbolic
from .text import string
from .translate import Names, Variable, as_integer, kinds_of, negated, of_node, of_scalar
from .wanted import MAKER, VALUE, Taken, Wanted

if TYPE_CHECKING:
    from .structured import Module

# What hands a value on from one statement to the next; inside branches, one more letter for each level.
RUNNING = ("x", "y", "z", "w")
TURNS = ("i", "j", "k", "n")
UNUSED = "_"
# In place of the variable of what a function returns as it is made.
RETURNED = "return"


class Flow(NamedTuple):
    """Where a statement stands: the value before it, what hands values on, the repeats that it is in with the
    variables of their turns, and how deep it is indented. `target` is where the value is wanted, if anywhere."""

    current: str | None
    running: str
    repeats: tuple[int, ...] = ()
    turns: tuple[str, ...] = ()
    indent: int = INDENT
    branches: int = 0
    target: str | None = None


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
                return self.parallel(item, parallel, self.started(item, flow))
            case Repeat() as repeat:
                return self.named(item, self.repeat(item, repeat, self.started(item, flow)), flow)
            case When() as when:
                return self.named(item, self.when(when, self.started(item, flow)), flow)
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
        own = self.own(item)
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
        return self.lists[use.taken, use.shared] + "".join(f"[{index}]" for index in indices)

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
        references = item.sources.positional if item.sources else ()
        if not references and flow.current is None:
            raise Unwritable
        texts = [self.value(r, flow) for r in references] or [flow.current or ""]
        return list(_by_port(ports, texts))

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
        given = _given(inputs, made.layer.ports)
        keywords = tuple(keyword(name, expression(value)) for name, value in spelling.call)
        if spelling.constructor is None:
            return self.assign(
                item, call(function, (*given, *keywords, *arguments(spelled))), ("output",), flow
            )
        layer = call(function, (*arguments(spelled), keyword("name", (self.layer_name(item, flow),))))
        names = made.layer.output_names
        if MAKER in self.wanted.parts(self.local[id(item)]):
            own = self.scope.name(f"{self.local[id(item)]}_layer")
            self.write(own, layer, flow)
            self.declare(item, {MAKER: own}, flow)
            layer = (own,)
        return self.assign(item, (*layer, Brackets("call", (*given, *keywords))), names, flow)

    def assign(self, item: Item, value: Expr, outputs: tuple[str, ...], flow: Flow) -> str:
        """A value of one or several outputs, in variables; gives that of the first."""
        return self.assigned(item, value, outputs, flow)[0]

    def assigned(
        self, item: Item, value: Expr, outputs: tuple[str, ...], flow: Flow, keep: tuple[str, ...] = ()
    ) -> list[str]:
        """The variables of a value's outputs; those that nothing takes are not kept."""
        first, *others = outputs
        local = self.local[id(item)]
        wanted = self.wanted.parts(local)
        if item is self.returned and len(outputs) == 1:
            self.write("", ("return ", *value), flow)
            return [RETURNED]
        own = self.target(item, flow)
        further = {
            name: self.own_name(f"{local}_{name}") if name in wanted or name in keep else UNUSED
            for name in others
        }
        self.write(", ".join((own, *further.values())), value, flow)
        texts = {VALUE: own, first: own, **further}
        self.declare(item, {part: text for part, text in texts.items() if part in wanted}, flow)
        return [own, *further.values()]

    def block_call(self, item: Item, made: Call, key: Key, flow: Flow) -> str:
        """A block as the call of its function."""
        block = key.block
        ports = tuple(Port(str(i.value)) for i in block.inputs)
        inputs = [text for _, texts in self.inputs(item, ports, flow) for text in texts]
        given = given_arguments(made, block, lambda _: None)
        if given is None:
            raise Unwritable
        kinds = self.module.kinds[key]
        values = [
            keyword(self.module.argument(key, name), self.argument(node, kinds[name]))
            for name, node in given.items()
        ]
        values += [keyword(name, value) for name, value in self.module.lifted_arguments(key, self)]
        name = keyword("name", (self.layer_name(item, flow),))
        value = call(self.module.function(key), (*((text,) for text in inputs), *values, name))
        outputs = tuple(map(output_name, block.outputs)) or ("output",)
        local = self.local[id(item)]
        if MAKER not in self.wanted.parts(local):
            return self.assign(item, value, outputs, flow)
        # Its layers are called again as one model, from the inputs that it has here to all of its outputs.
        texts = self.assigned(item, value, outputs, flow, keep=outputs)
        shared = self.scope.name(f"{local}_model")
        self.write(shared, call("keras.Model", (_one_or_list(inputs), _one_or_list(texts))), flow)
        self.declare(item, {MAKER: shared}, flow)
        return texts[0]

    def argument(self, node: Node, kind: str) -> Expr:
        return of_node(node, self.names, self.places.uses, integer=kind in ("int", "list[int]"), frozen=True)

    def reuse(self, item: Item, reuse: Reuse, flow: Flow) -> str:
        """A layer, or the model of a block, called again."""
        maker = self.value(reuse.reference, flow, MAKER)
        made, key = self.made_by(reuse, flow)
        if MAKER in self.wanted.parts(self.local[id(item)]):
            self.declare(item, {MAKER: maker}, flow)
        if key is not None:
            ports = tuple(Port(str(i.value)) for i in key.block.inputs)
            texts = [text for _, found in self.inputs(item, ports, flow) for text in found]
            outputs = tuple(map(output_name, key.block.outputs)) or ("output",)
            return self.assign(item, (maker, Brackets("call", (_one_or_list(texts),))), outputs, flow)
        layer = symbolic(made, self.names, self.places)
        keywords = tuple(keyword(name, expression(value)) for name, value in layer.spelling.call)
        ports = layer.layer.ports
        given = (*_given(self.inputs(item, ports, flow), ports), *keywords)
        return self.assign(item, (maker, Brackets("call", given)), layer.layer.output_names, flow)

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

    # --- repeat, when, parallel

    def repeat(self, item: Item, repeat: Repeat, flow: Flow) -> str | None:
        flow = self.hand_on(flow)
        repeats = (*flow.repeats, id(item))
        for taken, _ in self.wanted.over(repeats):
            text = self.scope.name(_plural(taken))
            self.lists[taken, len(flow.repeats)] = text
            self.write(text, (Brackets("list"),), flow)
        outer, self.lines, names = self.lines, [], self.names
        turn, header = self.header(repeat, flow)
        inner = flow._replace(
            repeats=repeats,
            turns=(*flow.turns, turn),
            indent=flow.indent + INDENT,
            current=flow.running if flow.current else None,
            target=None,
        )
        for taken, inside in self.wanted.over(repeats):
            if inside == 0 and self.wanted.declared[taken.name].conditional:
                self.write(self.own_name(taken.name), ("None",), inner)
        result = self.items(repeat.items, inner)
        if result is not None and result != flow.running:
            self.write(flow.running, (result,), inner)
        self.collect(repeats, inner)
        body, self.lines, self.names = self.lines, outer, names
        used = any(re.search(rf"\b{turn}\b", line) for line in body)
        self.lines += layout(header(used), flow.indent, ":")
        self.lines += body or [" " * inner.indent + "pass"]
        return flow.running

    def header(self, repeat: Repeat, flow: Flow) -> tuple[str, Callable[[bool], Expr]]:
        """The variable of the turns, and the `for` line, which depends on whether the body has that variable."""
        names = [str(name.value) for name in repeat.names]
        kinds = kinds_of(self.names)
        over, bound_kinds = kind_of_node(repeat.over, kinds), turn_kinds(repeat, kinds)
        counted = over in ("int", "float")
        if not counted and not over.startswith("list["):
            raise Unwritable("whether a repeat has a count or values depends on a param")
        values = self.over(repeat.over, counted)
        bound = {name: Variable(self.loop_name(name, name), bound_kinds[name]) for name in names}
        self.names = {**self.names, **bound}
        if counted and bound:
            (variable,) = bound.values()
            return variable.text, lambda used: _for(
                variable.text if used else UNUSED, call("range", (values,))
            )
        turn = self.turn(flow)
        if counted or not bound:
            count = values if counted else call("len", (values,))
            if isinstance(repeat.over, Sequence):
                count = (str(len(repeat.over.items)),)
            return turn, lambda used: _for(turn if used else UNUSED, call("range", (count,)))
        shown = ", ".join(variable.text for variable in bound.values())
        both = f"{turn}, ({shown})" if len(bound) > 1 else f"{turn}, {shown}"
        return turn, lambda used: _for(both, call("enumerate", (values,))) if used else _for(shown, values)

    def over(self, node: Node, counted: bool) -> Expr:
        """The count or list that a repeat goes over."""
        if not (isinstance(node, Scalar) and is_expression(node)):
            return of_node(node, self.names, self.places.uses)
        given = of_scalar(node, self.names, self.places.uses)
        if counted:
            return (as_integer(given),)
        # A loop needs no list of a range.
        is_range = given.text.startswith("list(range(") and given.text.count("list(") == 1
        return (given.text[len("list(") : -1] if is_range and given.text.endswith("))") else given.text,)

    def turn(self, flow: Flow) -> str:
        """A variable for the numbers of turns."""
        level = len(flow.turns)
        free = (name for name in TURNS if name not in self.scope.taken)
        return self.loop_name(level, next(free, f"turn_{level}"))

    def loop_name(self, key: str | int, wanted: str) -> str:
        """A variable of a loop, the same in every loop that has one of that name."""
        if key not in self.loop_names:
            self.loop_names[key] = self.scope.name(wanted)
        return self.loop_names[key]

    def collect(self, repeats: tuple[int, ...], flow: Flow) -> None:
        """Puts the lists of inner repeats into those of this one, and what a condition may have left out, at the end
        of a turn."""
        for taken, inside in self.wanted.over(repeats):
            outer = self.lists[taken, len(repeats) - 1]
            if inside:
                self.write("", (f"{outer}.append({self.lists[taken, len(repeats)]})",), flow)
            elif self.wanted.declared[taken.name].conditional:
                if taken.part != VALUE:
                    raise Unwritable(f"{taken.name} may be left out of a turn, and is more than a value")
                self.write("", (f"{outer}.append({self.own_name(taken.name)})",), flow)

    def when(self, when: When, flow: Flow) -> str | None:
        if not (isinstance(when.condition, Scalar) and is_expression(when.condition)):
            chosen = isinstance(when.condition, Scalar) and when.condition.value is True
            return self.items(when.items if chosen else when.otherwise, flow)
        flow = self.hand_on(flow)
        uses = self.places.uses
        ways = [(of_scalar(when.condition, self.names, uses).text, when.items), ("", when.otherwise)]
        if not when.items:
            ways = [(negated(when.condition, self.names, uses), when.otherwise)]
        for condition, items in ways:
            if items:
                opening = f"if {condition}:" if condition else "else:"
                self.lines.append(" " * flow.indent + opening)
                self.way(items, flow)
        return flow.running

    def way(self, items: tuple[Item, ...], flow: Flow) -> None:
        inner = flow._replace(indent=flow.indent + INDENT, target=None)
        before = len(self.lines)
        result = self.items(items, inner)
        if result is not None and result != flow.running:
            self.write(flow.running, (result,), inner)
        if len(self.lines) == before:
            self.lines.append(" " * inner.indent + "pass")

    def parallel(self, item: Item, parallel: Parallel, flow: Flow) -> str:
        if parallel.merge is None:
            raise Unwritable
        level = flow.branches + 1
        running = self.running_at(level)
        results: list[str] = []
        for number, branch in enumerate(parallel.branches):
            inner = flow._replace(running=running, branches=level, target=None)
            last = number == len(parallel.branches) - 1
            if branch and not last:
                inner = inner._replace(target=self.branch_target(branch[-1]))
            result = self.items(branch, inner)
            if result is None:
                raise Unwritable
            if result == running and not last:
                kept = self.scope.name("branch")
                self.write(kept, (result,), inner)
                result = kept
            results.append(result)
        layer = symbolic(parallel.merge, self.names, self.places)
        return self.apply(item, layer, list(_by_port(layer.layer.ports, results)), flow)

    def branch_target(self, last: Item) -> str | None:
        """A variable for what a branch comes to, which must last until it is merged."""
        return self.own(last) if isinstance(last.body, Call | Reuse | Parallel) else None

    def running_at(self, level: int) -> str:
        while len(self.running) <= level:
            number = len(self.running)
            self.running.append(self.scope.name(RUNNING[number] if number < len(RUNNING) else f"x{number}"))
        return self.running[level]


def _by_port(ports: tuple[Port, ...], texts: list[str]) -> Iterator[tuple[str, list[str]]]:
    left = list(texts)
    for port in ports:
        count = len(left) if port.many else 1
        taken, left = left[:count], left[count:]
        if taken:
            yield port.name, taken


def _for(variables: str, values: Expr) -> Expr:
    return (f"for {variables} in ", *values)


def _given(inputs: list[tuple[str, list[str]]], ports: tuple[Port, ...]) -> tuple[Expr, ...]:
    """The inputs as arguments of a layer's call: its first needs no keyword."""
    many = {port.name for port in ports if port.many}
    found: list[Expr] = []
    for name, texts in inputs:
        value: Expr = (Brackets("list", tuple((text,) for text in texts)),) if name in many else (texts[0],)
        found.append(value if name == ports[0].name else keyword(name, value))
    return tuple(found)


def _one_or_list(texts: list[str]) -> Expr:
    return (texts[0],) if len(texts) == 1 else (Brackets("list", tuple((text,) for text in texts)),)


def _plural(taken: Taken) -> str:
    name = taken.name if taken.part in (VALUE, MAKER) else f"{taken.name}_{taken.part}"
    return f"{name}_layers" if taken.part == MAKER else f"{name}s"
