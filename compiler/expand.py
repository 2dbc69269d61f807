"""From a file to a program: layers made and named, blocks called, items repeated and chosen, references looked up."""

from __future__ import annotations

from collections import ChainMap
from pathlib import Path

from ..spec.blocks import Block
from ..spec.diagnostics import Diagnostic
from ..spec.evaluate import Work
from ..spec.items import Call, Item, Parallel, Repeat, Reuse, When, walk
from ..spec.layers.base import Port
from ..spec.limits import Limits
from ..spec.locate import Report
from ..spec.nodes import Scalar, describe
from .bind import Callee, bind, by_position
from .block_calls import given_arguments
from .context import Applied, BlockUse, Context, LayerUse
from .expansion import Expansion
from .graph import Argument, Origin, Place, Value
from .maker import Made
from .makers import inspect
from .outputs import block_outputs, check_training, expand_outputs
from .program import Expected, Program
from .provenance import Bindings, Frame, why_of
from .resolve import Unresolved, resolve
from .scope import Entry, Scope, collect, look_up_entry
from .settings import Settings, settle, settle_file
from .turns import turns_of
from .unit import Unit

# How many params of a block count nothing towards the limit on turns and calls.
FEW_PARAMS = 16
# What an item of items takes by its `from`.
START = Callee("it", (Port("inputs"),))


def expand(
    unit: Unit, settings: Settings, root: Path, limits: Limits, report: Report, work: Work | None = None
) -> Program:
    """The file's items as steps, its params being set. What is wrong is reported; `root` is the folder that files are
    read from, `work` what expressions may still cost: in a variant of a file that was looked through before.

    Raises SpecError where there are more layers, turns or nested calls than the limits.
    """
    document = unit.document
    dtype = document.dtype or "float32"
    state = Expansion(root, dtype, limits, work or Work(), report)
    params = settle_file(document, settings, state.work, report)
    inputs = tuple(state.makers.declared(i.key, i.form, params) for i in document.inputs)
    names = state.parts.names(unit, document.items, [i.key for i in document.inputs])
    scope = Scope(document.whole, entries={i.name: Entry(i.span, (Value(i.name),)) for i in inputs})
    if len(inputs) == 1:
        scope.previous = Value(inputs[0].name)
    context = Context(state.makers.of(unit, params), names, scope, params)
    expand_items(state, document.items, context)
    outputs = expand_outputs(document, inputs, state.look_up(context), scope, report)
    training = state.makers.training(unit, params)
    if training is not None:
        check_training(training, document, outputs, report)
    if work is None:
        inspect(unit, state.makers, state.parts)
    return Program(
        document.name,
        document.description,
        dtype,
        document.source,
        inputs,
        tuple(state.steps),
        outputs,
        training,
        tuple(state.expected),
        Origin(unit, root, params, settings.variant),
        state.makers.dims(unit, params, inputs),
        frozenset(state.spared),
    )


def expand_items(state: Expansion, items: tuple[Item, ...], context: Context) -> None:
    for item in items:
        expand_item(state, item, context)


def expand_item(state: Expansion, item: Item, context: Context) -> None:
    match item.body:
        case Call() as call:
            found = context.maker.unit.find_block(call.name)
            if found is None:
                expand_layer(state, item, call, context)
            else:
                expand_call(state, item, call, *found, context)
        case Reuse() as reuse:
            expand_reuse(state, item, reuse, context)
        case None:
            state.declare_unknown(item, context)
        case body:
            state.count(1, item.span)
            start(state, item, context)
            inside = state.deeper(context, context.frame, item.span)
            match body:
                case Repeat():
                    expand_repeat(state, body, inside)
                case When():
                    expand_when(state, body, inside)
                case Parallel():
                    expand_parallel(state, item, body, inside)
                    return
            alias(state, item, context)


def start(state: Expansion, item: Item, context: Context) -> None:
    """Lets an item of items begin with what its `from` says."""
    if item.sources is not None:
        found = bind(state.site(item, START, context))
        context.scope.previous = found[0].value if found else Value(f"{context.prefix}?")


def alias(state: Expansion, item: Item, context: Context) -> None:
    """Gives an item of items, by its name, the value that it comes to."""
    if item.name is not None and context.scope.previous is not None:
        state.declare(item, Entry(item.name.span, (context.scope.previous,)), context)


def expand_layer(state: Expansion, item: Item, call: Call, context: Context) -> None:
    made = state.make(call, context)
    ports = made.layer.ports if made else None
    arguments = bind(state.site(item, Callee(_kind(call, made), ports), context))
    apply(state, item, call, made, arguments, context)


def apply(
    state: Expansion,
    item: Item,
    call: Call,
    made: Made | None,
    arguments: tuple[Argument, ...] | None,
    context: Context,
) -> None:
    """The step of a layer that stands here; where its block is applied again, it is the first one's layer."""
    owner = context.owner_name(item)
    place = Place(call.span, made.fields if made else {}, context.frame, why_of(call, context.bindings))
    shares = None if owner is None else state.owners.get(owner, owner)
    state.step(item, made, arguments, place, shares, context)


def expand_call(state: Expansion, item: Item, call: Call, unit: Unit, block: Block, context: Context) -> None:
    """A call of a block, or of a whole file."""
    state.makers.used.add(id(call))
    arguments = bind(state.site(item, Callee(f'block "{call.name}"', block.ports), context))
    # A call with thousands of params costs more than many layers do.
    state.count(max(0, len(block.params) - FEW_PARAMS), call.span)
    params = block_params(state, call, block, context)
    is_file = block.items is unit.document.items
    if params is None or (not is_file and state.parts.is_recursive(unit, block.name)):
        state.declare_unknown(item, context, call.span)
        return
    maker = (
        context.maker if unit is context.maker.unit else state.makers.of(unit, params if is_file else None)
    )
    use = BlockUse(maker, block, params, f"{context.full_name(item)}.")
    owner = context.owner_name(item)
    frame = context.frame_of(call, params, unit)
    values = _values(block, arguments, use.prefix)
    if is_file and arguments is not None:
        expect(state, unit, params, values, Place(call.span, {}, context.frame))
    expand_block(state, item, use, values, frame, owner and f"{owner}.", context)


def block_params(state: Expansion, call: Call, block: Block, context: Context) -> Bindings | None:
    """The values of the block's params; None where one cannot be had, which is reported."""
    report = state.reporting(context, call.argument if call.names is not None else None)
    given = given_arguments(call, block, report)
    if given is None:
        return None
    try:
        nodes = {
            name: (resolve(node, context.bindings, state.work, report), "") for name, node in given.items()
        }
    except Unresolved:
        return None
    params = settle(block.params, nodes, state.work, report)
    return None if None in params.values() else params


def expand_block(
    state: Expansion,
    item: Item,
    use: BlockUse,
    values: dict[str, Value],
    frame: Frame,
    owners: str | None,
    context: Context,
) -> None:
    """The items of a block, applied to the values of its inputs by name."""
    state.count(1, frame.span)
    block = use.block
    names = state.parts.names(use.maker.unit, block.items, block.inputs)
    spans = {str(i.value): i.span for i in block.inputs}
    scope = Scope(entries={name: Entry(spans[name], (value,)) for name, value in values.items()})
    if len(values) == 1:
        scope.previous = next(iter(values.values()))
    inside = state.deeper(context, frame, frame.span)._replace(
        maker=use.maker,
        names=names,
        scope=scope,
        bindings=use.params,
        prefix=use.prefix if owners is None else f"{context.full_name(item)}.",
        turns=(),
        owners=owners,
    )
    expand_items(state, block.items, inside)
    outputs = block_outputs(block, state.look_up(inside), inside)
    span = item.name.span if item.name else frame.span
    again = use._replace(prefix=inside.prefix)
    state.declare(item, Entry(span, tuple(outputs.values()), tuple(outputs), again), context)


def expect(state: Expansion, unit: Unit, params: Bindings, values: dict[str, Value], place: Place) -> None:
    """Notes what the inputs of a file are declared to be, for when the types of values are known."""
    for i in unit.document.inputs:
        declared = state.makers.declared(i.key, i.form, params)
        state.expected.append(Expected(values[declared.name], declared, place))


def expand_reuse(state: Expansion, item: Item, reuse: Reuse, context: Context) -> None:
    applied = reused(state, reuse, context)
    match applied:
        case None:
            state.declare_unknown(item, context)
        case LayerUse(made, owner):
            callee = Callee(type(made.layer).__name__, made.layer.ports)
            arguments = bind(state.site(item, callee, context))
            place = Place(reuse.span, made.fields, context.frame)
            state.step(item, made._replace(preset=None), arguments, place, owner, context)
        case BlockUse(_, block, _, prefix):
            assert reuse.reference is not None
            callee = Callee(f'block "{block.name}"', block.ports)
            arguments = bind(state.site(item, callee, context))
            words = f'in "{reuse.reference.text}", applied again here'
            values = _values(block, arguments, prefix)
            expand_block(
                state, item, applied, values, Frame(words, reuse.span, context.frame), prefix, context
            )


def reused(state: Expansion, reuse: Reuse, context: Context) -> Applied | None:
    """What is applied again; None where it is nothing of that kind, which is reported."""
    if reuse.reference is None:
        return None
    report = state.reporting(context)
    found = look_up_entry(reuse.reference, context.scope, lambda i: state.index(i, context), report)
    if found is None or found[0].outputs is None:
        return None
    entry, rest = found
    if entry.applied is not None and not rest:
        return entry.applied
    text = reuse.reference.text
    message = f'"{text}" is an output, not a layer' if rest else f'"{text}" is no layer or block'
    help = (
        "name the layer or the block itself, without its output" if rest else "give the layer itself a name"
    )
    if rest and isinstance(entry.applied, BlockUse):
        message = f'"{text}" is inside of a block, where only the block itself sees it'
        help = "reuse the whole block, or take the layer out of it"
    report(Diagnostic("NN109", message, reuse.span, help=help))
    return None


def expand_repeat(state: Expansion, repeat: Repeat, context: Context) -> None:
    scope = context.scope
    turns = None
    try:
        over = resolve(repeat.over, context.bindings, state.work, state.reporting(context))
        turns = turns_of(repeat, over, state.reporting(context, repeat.over))
    except Unresolved:
        pass
    names = [context.names[id(inner)] for inner in walk(repeat.items) if id(inner) in context.names]
    if turns is None or not may_bind(state, repeat, context):
        scope.entries.update({name: Entry(repeat.span, (Value("?"),), None) for name in names})
        scope.previous = Value("?")
        return
    state.count_turns(turns.number, repeat, context)
    if turns.number == 0:
        state.leave_out(repeat.items, context)
    done: list[Scope] = []
    for number, bound in enumerate(turns.bindings()):
        done.append(Scope(scope.whole, scope.previous, scope))
        inside = context._replace(
            scope=done[-1],
            # Not a copy: there may be many names, and many turns. Nothing is put into it.
            bindings=ChainMap(bound, context.bindings) if bound else context.bindings,  # type: ignore[arg-type]
            turns=(*context.turns, number),
            frame=Frame(f"in turn {number} of the repeat", repeat.over.span, context.frame, None, bound),
        )
        expand_items(state, repeat.items, inside)
        scope.previous = done[-1].previous
    collect(names, done, scope, repeat.span)


def may_bind(state: Expansion, repeat: Repeat, context: Context) -> bool:
    """Whether the names of a repeat mean nothing else yet; reported where one does."""
    for name in repeat.names:
        if name.value in context.bindings:
            message = f'"{name.value}" is a param, or a value of a repeat around this one'
            help = "give the value a name of its own"
            state.reporting(context)(Diagnostic("NN107", message, name.span, help=help))
            return False
    return True


def expand_when(state: Expansion, when: When, context: Context) -> None:
    value = condition(state, when, context)
    if isinstance(value, Unresolved):
        context.scope.previous = Value("?")
        context.scope.whole = False
        return
    chosen, left = (when.items, when.otherwise) if value else (when.otherwise, when.items)
    for item in walk(left):
        if item.name is not None:
            context.scope.left_out[str(item.name.value)] = when.condition.span
    state.leave_out(left, context)
    expand_items(state, chosen, context)


def condition(state: Expansion, when: When, context: Context) -> bool | Unresolved:
    node = when.condition
    value = state.value(node, context) if isinstance(node, Scalar) else None
    if isinstance(value, bool | Unresolved):
        return value
    given = describe(node._replace(value=value)) if isinstance(node, Scalar) else describe(node)  # type: ignore
    help = "write a comparison, such as when: =depth > 2"
    message = f"when must be true or false, not {given}"
    state.reporting(context, node)(Diagnostic("NN103", message, node.span, help=help))
    return Unresolved()


def expand_parallel(state: Expansion, item: Item, parallel: Parallel, context: Context) -> None:
    scope, start = context.scope, context.scope.previous
    values: list[Value | None] = []
    for branch in parallel.branches:
        scope.previous = start
        expand_items(state, branch, context)
        values.append(scope.previous)
    if parallel.merge is None:
        state.declare_unknown(item, context)
        return
    made = state.make(parallel.merge, context)
    ports = made.layer.ports if made else None
    site = state.site(item, Callee(_kind(parallel.merge, made), ports), context)
    if ports is not None and len(ports) == 1 and not ports[0].many:
        help = "name a layer that merges, such as Add or Concatenate"
        site.fail(
            f"{site.callee.name} does not merge: it takes one input", parallel.merge.span, help, "NN109"
        )
        state.declare_unknown(item, context)
        return
    if None in values and scope.whole:
        help = "write `from:` beside parallel, with what the branches start from"
        site.fail("nothing stands before the branches but several inputs", parallel.span, help, "NN108")
    apply(state, item, parallel.merge, made, by_position(site, values), context)


def _kind(call: Call, made: Made | None) -> str:
    return type(made.layer).__name__ if made else call.name


def _values(block: Block, arguments: tuple[Argument, ...] | None, prefix: str) -> dict[str, Value]:
    """The values of a block's inputs by name; where they are unknown, values that nothing is known of."""
    given = {argument.port: argument.value for argument in arguments or ()}
    return {name: given.get(name, Value(f"{prefix}?")) for name in (str(i.value) for i in block.inputs)}
