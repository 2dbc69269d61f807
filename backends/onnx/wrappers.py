"""Bidirectional as one recurrent operator, TimeDistributed as its layer on steps that are samples, and
SpectralNormalization as its layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...compiler.graph import Place
from ...spec.activations import has_axis
from ...spec.layers.base import Layer
from ...spec.layers.wrappers import Bidirectional, SpectralNormalization, TimeDistributed
from ...spec.size import Size
from ...spec.types import Signature
from .context import Context
from .layout import TIME_MAJOR, Flattened, Layout, Tensor, logical
from .loops import Way
from .operators import in_float32, reduce
from .recurrent import is_fusable, ordered, through_loop, travel

REDUCTIONS = {"sum": "ReduceSum", "mul": "ReduceProd", "ave": "ReduceMean"}


@in_float32
def bidirectional(
    ctx: Context, layer: Bidirectional, sequences: Tensor, initial_state: Sequence[Tensor] = ()
) -> tuple[Tensor, ...]:
    """Both outputs are in the order of time until the forward layer, should it go backwards, turns them."""
    forward, half = layer.forward, len(initial_state) // 2
    there = Way(forward, initial_state[:half], "forward/")
    back = Way(layer.backward, initial_state[half:], "backward/")
    if not (is_fusable(ctx, there) and is_fusable(ctx, back)):
        return _looped(ctx, layer, there, back, sequences)
    result = travel(ctx, [there, back], sequences)
    if forward.return_sequences:
        merged = [ordered(ctx, forward, y, result.steps) for y in _merge(ctx, layer, result.y, 1)]
        outputs = [ctx.tensor(y, TIME_MAJOR, i) for i, y in enumerate(merged)]
        for output in outputs:
            output.mask = sequences.mask
    else:
        outputs = [ctx.tensor(h, index=i) for i, h in enumerate(_merge(ctx, layer, result.last, 0))]
    if forward.return_state:
        states = [_pick(ctx, state, way, 0) for way in (0, 1) for state in result.states]
        outputs += [ctx.tensor(state, index=i) for i, state in enumerate(states, start=len(outputs))]
    return tuple(outputs)


def _looped(
    ctx: Context, layer: Bidirectional, there: Way, back: Way, sequences: Tensor
) -> tuple[Tensor, ...]:
    """Both ways by themselves, and what the second one gives turned to go with the first."""
    ahead = through_loop(ctx, there, sequences)
    behind = through_loop(ctx, back, sequences, turned=True)
    features = ahead.layout.index(len(ahead.layout) - 1)
    merged = _merge_apart(ctx, layer, [ahead.y, behind.y], features)
    outputs = [ctx.tensor(y, ahead.layout, i) for i, y in enumerate(merged)]
    for output in outputs if there.layer.return_sequences else []:
        output.mask = sequences.mask
    further = [*ahead.states, *behind.states] if there.layer.return_state else []
    states = [ctx.tensor(s, ahead.state_layout, i) for i, s in enumerate(further, start=len(outputs))]
    return (*outputs, *states)


def _merge_apart(ctx: Context, layer: Bidirectional, ways: list[str], features: int) -> list[str]:
    """The outputs of two ways, whose last axis lies at `features`."""
    match layer.merge_mode:
        case None:
            return ways
        case "concat":
            return [ctx.op("Concat", *ways, axis=features)]
        case "ave":
            return [ctx.op("Mul", ctx.op("Add", *ways), ctx.scalar(0.5, "half"))]
        case mode:
            return [ctx.op({"sum": "Add", "mul": "Mul"}[mode], *ways)]


def _merge(ctx: Context, layer: Bidirectional, y: str, axis: int) -> list[str]:
    """The outputs of [time, ways, batch, units] or [ways, batch, units], whose ways are on `axis`."""
    match layer.merge_mode:
        case None:
            return [_pick(ctx, y, way, axis) for way in (0, 1)]
        case "concat":
            before = list(range(axis))
            beside = ctx.op("Transpose", y, perm=[*before, axis + 1, axis, axis + 2])
            return [ctx.op("Reshape", beside, ctx.ints([0] * (axis + 1) + [2 * layer.forward.output_size]))]
        case mode:
            return [reduce(ctx, REDUCTIONS[mode], y, [axis], keepdims=False)]


def _pick(ctx: Context, y: str, way: int, axis: int) -> str:
    return ctx.op("Gather", y, ctx.scalar(way, "way", "int64"), axis=axis)


def time_distributed(ctx: Context, layer: TimeDistributed, inputs: Tensor) -> Tensor:
    """The held layer on the whole sequence where that is the same; else on all steps as samples."""
    if _is_stepwise(layer.layer):
        return _lower(ctx, layer, ctx.node.signature, inputs)
    whole = logical(inputs.rank)
    layout = inputs.layout if set(inputs.layout[:2]) == {0, 1} else whole
    x = ctx.in_layout(inputs, layout)
    signature = layer.one_step(inputs.type)
    rest = [inputs.shape[axis] for axis in layout[2:]]
    samples = ctx.op("Reshape", x, _shape(ctx, [-1], rest, x, 2))
    step = Tensor(inputs.type._replace(shape=(inputs.shape[0] * inputs.shape[1], *inputs.shape[2:])))
    step.forms[(0, *(axis - 1 for axis in layout[2:]))] = samples
    step.mask = _mask_of_samples(ctx, inputs, layout)
    y, inner = _batch_first(ctx, _lower(ctx, layer, signature, step))
    sizes = [signature.output.shape[axis] for axis in inner[1:]]
    apart = ctx.op("Reshape", y, _shape_apart(ctx, inputs, layout, x, sizes, y))
    return ctx.tensor(apart, (*layout[:2], *(axis + 1 for axis in inner[1:])))


def spectral_normalization(ctx: Context, layer: SpectralNormalization, inputs: Tensor) -> Tensor:
    """The held layer: the kernel is divided by its norm in training only."""
    return _lower(ctx, layer, ctx.node.signature, inputs)


def _lower(
    ctx: Context, layer: TimeDistributed | SpectralNormalization, signature: Signature, inputs: Tensor
) -> Tensor:
    """The held layer's operators, under the wrapper's name."""
    from .lowerings import lowering

    held = layer.layer
    node = ctx.node._replace(
        layer=held, arguments=(), signature=signature, place=Place(ctx.node.place.of("layer"))
    )
    many = {port.name: [] for port in held.ports if port.many}
    result = lowering(held)(replace(ctx, node=node), held, **{held.ports[0].name: inputs}, **many)
    return result[0] if isinstance(result, tuple) else result


def _is_stepwise(layer: Layer) -> bool:
    axes = [activation["axis"] for activation in layer.activations.values() if has_axis(activation)]
    own = getattr(layer, "axis", -1)
    axes += own if isinstance(own, tuple) else [own]
    return layer.stepwise and all(axis < 0 for axis in axes)


def _batch_first(ctx: Context, tensor: Tensor) -> tuple[str, Layout]:
    """The name and layout of a value whose samples can be told apart again."""
    name, form = tensor.as_is
    if isinstance(form, Flattened) or form[0] != 0:
        return ctx.logical(tensor), logical(tensor.rank)
    return name, form


def _mask_of_samples(ctx: Context, inputs: Tensor, layout: Layout) -> str | None:
    """The mask, [batch, time, …], with the steps as samples in the order of the values."""
    if inputs.mask is None:
        return None
    others = range(2, inputs.rank - 1)
    mask = inputs.mask if layout[0] == 0 else ctx.op("Transpose", inputs.mask, perm=[1, 0, *others])
    return ctx.op("Reshape", mask, _shape(ctx, [-1], [inputs.shape[axis] for axis in others], mask, 2))


def _shape(ctx: Context, first: list[int], sizes: Sequence[Size], name: str, start: int) -> str:
    """A shape of `first` and then `sizes`, which are those of a value from axis `start` on."""
    plain = [size for size in sizes if isinstance(size, int)]
    if len(plain) == len(sizes):
        return ctx.ints([*first, *plain])
    return ctx.op("Concat", ctx.ints(first), ctx.op("Shape", name, start=start), axis=0)


def _shape_apart(ctx: Context, inputs: Tensor, layout: Layout, x: str, sizes: Sequence[Size], y: str) -> str:
    """The shape that tells batch and time of `x` apart again, then `sizes`, those of a sample of `y`."""
    first = [size if isinstance(size, int) else -1 for size in (inputs.shape[axis] for axis in layout[:2])]
    if first.count(-1) == 1:
        return _shape(ctx, first, sizes, y, 1)
    lead = ctx.op("Shape", x, start=0, end=2)
    plain = [size for size in sizes if isinstance(size, int)]
    tail = ctx.ints(plain) if len(plain) == len(sizes) else ctx.op("Shape", y, start=1)
    return ctx.op("Concat", lead, tail, axis=0) if sizes else lead
