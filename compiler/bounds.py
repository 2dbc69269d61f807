"""Whether a network is valid for every size that the section `dims` allows its axes.

Layers check the sizes that are known, and let dynamic ones pass where some size is right. What they let pass, and is
decided here for all sizes in the bounds:

- windows and cropping: a size of an output would be below 1 (convolutions, pooling, Cropping2D), which is the one
  thing that can be wrong with the size of an axis by itself;
- layers that take several inputs and compare their sizes (Add, Divide and the like, Concatenate, Dot,
  MultiHeadAttention): two sizes in which no difference was found, but which were not proved to be equal;
- Dropout: a size other than what `noise_shape` has for that axis;
- Softmax: a size of the mask that is neither 1 nor the input's;
- recurrent layers, and Bidirectional around them: a size of an initial state that is not the state's;
- MultiHeadAttention, GroupQueryAttention and EinsumDense: as many positions as a bias has numbers, where Keras would
  add it along the wrong axis;
- TimeDistributed and Pipeline: what the layers in them let pass;
- functions: what they need besides, such as the elements that Slice takes, and sizes that SpaceToDepth divides.

Everything else that depends on sizes (weights, groups, glu, unrolling, Reshape, masks in channels_first) is refused
for dynamic sizes, or holds by the form of the sizes, for all of them. Whoever adds a layer that lets more pass adds a
row to CHECKS. The graph is inferred besides with numbers, at the bounds and between them, so that nothing is claimed
that a run would contradict.

Axes that `dims` does not name may have any size, and no claim is made about them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import combinations, islice, product
from typing import Any, NamedTuple, TypeAlias

from ..spec.diagnostics import Diagnostic, Note
from ..spec.dims import Dims
from ..spec.layers.activation import Softmax
from ..spec.layers.arithmetic import Broadcasting
from ..spec.layers.base import Layer
from ..spec.layers.einsum import EinsumDense
from ..spec.layers.functions import Function
from ..spec.layers.headed import Headed
from ..spec.layers.merge import Dot, Merge
from ..spec.layers.pipeline import Pipeline
from ..spec.layers.recurrent import Recurrent
from ..spec.layers.regularization import Dropout
from ..spec.layers.wrappers import Bidirectional, TimeDistributed
from ..spec.locate import Report
from ..spec.ranges import Values, always_equal, first_above, grows, least, ordered, points, volume
from ..spec.size import Expr, Size, Symbol, evaluate, symbols
from ..spec.types import TensorType
from .concrete import Failure, first_failure
from .graph import Graph, Node
from .infer import located

# How many numbers are computed with, at most, in going through all sizes of axes, for all conditions together.
EFFORT = 1_000_000
# How many sets of sizes are tried where there are too many to try them all.
TRIED = 2000
# How many layers are inferred with numbers, at most, but for a first run through all of them.
CALLS = 600
# How many units above its least a size without an upper bound is tried with.
FAR = 1000


class Relation(NamedTuple):
    """What must hold of some sizes; `words` have a place for each."""

    words: str
    holds: Callable[..., bool]


POSITIVE = Relation("{} is at least 1", lambda n: n >= 1)
EQUAL = Relation("{} equals {}", lambda a, b: a == b)
DIFFERENT = Relation("{} is not {}", lambda a, b: a != b)
SPREADS = Relation("{} is 1 or equals {}", lambda a, b: a in (1, b))


class Condition(NamedTuple):
    """What must hold for a layer to be valid, whatever sizes the axes have."""

    node: Node
    relation: Relation
    sizes: tuple[Size, ...]

    @property
    def symbols(self) -> list[Symbol]:
        return ordered(symbols(self.sizes))

    def holds(self, values: Values) -> bool:
        return self.relation.holds(*(evaluate(size, values) for size in self.sizes))

    def __str__(self) -> str:
        return self.relation.words.format(*self.sizes)


# What is known of a condition: a set of sizes for which it fails, how many were tried in vain, or that it always holds.
Verdict: TypeAlias = Values | int | None
Ports: TypeAlias = dict[str, list[TensorType]]
Check: TypeAlias = tuple[Relation, tuple[Size, ...]]
Comparison: TypeAlias = Callable[[Size, Size], bool | None]


def check_bounds(graph: Graph, dims: Dims, report: Report) -> None:
    """Reports a size in the bounds that fails (NN208): the smallest by the sum of the sizes, then in the order of
    the axes' names; or each condition that is not proved for all sizes (NN209), a warning."""
    bounded = ordered(s for i in graph.inputs for s in set(symbols(i.type.shape)) if s.name in dims)
    bounded = list(dict.fromkeys(bounded))
    if not bounded:
        return
    conditions = list(_conditions(graph, frozenset(bounded)))
    verdicts = _decide(conditions)
    corner = {s: s.least for s in bounded}
    failing = [{**corner, **v} for v in verdicts if isinstance(v, dict)]
    for sizes in _in_order([*failing, *_samples(graph, bounded)]):
        if not _is_valid(graph, sizes) and (failure := first_failure(graph, sizes)) is not None:
            report(_fails(graph, dims, failure, sizes, conditions))
            return
    for condition, verdict in zip(conditions, verdicts, strict=True):
        if isinstance(verdict, int):
            report(_not_proved(condition, dims, verdict))


# --- what must hold


def _conditions(graph: Graph, bounded: frozenset[Symbol]) -> Iterator[Condition]:
    """All conditions over bounded axes, each once, at the first layer that has it."""
    seen: set[Check] = set()
    equal = cache(always_equal)
    for node in graph.nodes:
        for relation, sizes in _checks_of(node, graph, equal):
            if (relation, sizes) not in seen and symbols(sizes) <= bounded:
                seen.add((relation, sizes))
                yield Condition(node, relation, sizes)


def _checks_of(node: Node, graph: Graph, equal: Comparison) -> Iterator[Check]:
    for output in node.signature.outputs:
        yield from ((POSITIVE, (size,)) for size in output.shape if isinstance(size, Expr))
    given: Ports = {}
    for argument in node.arguments:
        given.setdefault(argument.port, []).append(graph.types[argument.value])
    inputs = [type_.shape for types in given.values() for type_ in types]
    for a, b in _compared(node.layer, inputs):
        if a != b and equal(a, b) is None:
            yield EQUAL, (a, b)
    yield from (check for check in _own_checks(node.layer, given) if symbols(check[1]))


def _compared(layer: Layer, shapes: list[tuple[Size, ...]]) -> Iterator[tuple[Size, Size]]:
    """Sizes of two inputs that the layer may have compared: most merge those axis by axis, from the last on."""
    axis_by_axis = isinstance(layer, Merge | Broadcasting) and not isinstance(layer, Dot)
    for first, second in combinations(shapes, 2):
        pairs = zip(reversed(first), reversed(second), strict=False)
        yield from pairs if axis_by_axis else product(set(first), set(second))


def _own_checks(layer: Layer, given: Ports) -> Iterator[Check]:
    checks = next((checks for kind, checks in CHECKS.items() if isinstance(layer, kind)), None)
    return iter(()) if checks is None else checks(layer, given)


def _noise(layer: Dropout, given: Ports) -> Iterator[Check]:
    (inputs,) = given["inputs"]
    for noise, size in zip((layer.noise_shape or ())[1:], inputs.features, strict=False):
        if noise not in (None, 1):
            yield EQUAL, (size, noise)


def _mask(layer: Softmax, given: Ports) -> Iterator[Check]:
    (inputs,) = given["inputs"]
    for mask in given.get("mask", ()):
        for size, wanted in zip(reversed(mask.shape), reversed(inputs.shape), strict=False):
            if size not in (1, wanted):
                yield SPREADS, (size, wanted)


def _states(layer: Recurrent | Bidirectional, given: Ports) -> Iterator[Check]:
    ways = (layer.forward, layer.backward) if isinstance(layer, Bidirectional) else (layer,)
    wanted = [shape for way in ways for shape in way.step_of(given["sequences"][0]).states]
    for state, sizes in zip(given.get("initial_state", ()), wanted, strict=False):
        yield from ((EQUAL, pair) for pair in zip(state.features, sizes, strict=True))


def _biases(layer: Headed, given: Ports) -> Iterator[Check]:
    (query,), (value,) = given["query"], given["value"]
    (key,) = given.get("key", [value])
    for _, positions, numbers in layer.mistaken_biases(layer.projections(query, value, key)):
        yield DIFFERENT, (positions, numbers)


def _bias_along_one_axis(layer: EinsumDense, given: Ports) -> Iterator[Check]:
    (inputs,) = given["inputs"]
    terms = layer.terms(inputs.rank)
    yield from ((DIFFERENT, pair) for pair in layer.must_differ(terms, layer.sizes(terms, inputs)))


def _steps(layer: TimeDistributed, given: Ports) -> Iterator[Check]:
    (inputs,) = given["inputs"]
    batch, time, *rest = inputs.shape
    step = inputs._replace(shape=(batch * time, *rest))
    return _own_checks(layer.layer, {layer.layer.ports[0].name: [step]})


def _within(layer: Pipeline, given: Ports) -> Iterator[Check]:
    """What each layer lets pass, and that no size between two of them is below 1."""
    (inputs,) = given["inputs"]
    for held, step in zip(layer.layers, layer.steps(inputs), strict=True):
        yield from _own_checks(held, {held.ports[0].name: [inputs]})
        yield from ((POSITIVE, (size,)) for size in step.output.shape)
        inputs = step.output


def _needed(layer: Function, given: Ports) -> Iterator[Check]:
    inputs = [types[0] for types in given.values()]
    yield from ((POSITIVE, (size,)) for size in layer.needs(*inputs))
    for size, by in layer.divided(*inputs):
        whole = size // by * by
        if whole != size:
            yield EQUAL, (size, whole)


CHECKS: dict[type[Layer], Callable[[Any, Ports], Iterator[Check]]] = {
    Dropout: _noise,
    Softmax: _mask,
    Recurrent: _states,
    Bidirectional: _states,
    Headed: _biases,
    EinsumDense: _bias_along_one_axis,
    TimeDistributed: _steps,
    Pipeline: _within,
    Function: _needed,
}


# --- whether it does


def _decide(conditions: list[Condition]) -> list[Verdict]:
    """A verdict for each condition: by the form of its sizes if that tells, else by going through all of them."""
    shown = [_by_form(condition) for condition in conditions]
    effort = EFFORT // max(1, shown.count(False))
    return [None if holds else _search(c, effort) for c, holds in zip(conditions, shown, strict=True)]


def _by_form(condition: Condition) -> bool:
    """Whether the form of the sizes shows that the condition holds for all of them."""
    match condition.relation, condition.sizes:
        case (relation, (size,)) if relation is POSITIVE:
            return (least(size) or 0) >= 1
        case (relation, (a, b)) if relation is DIFFERENT:
            return isinstance(b, int) and (least(a) or 0) > b
        case (_, (a, b)):
            return always_equal(a, b) is True
    return False


def _search(condition: Condition, effort: int) -> Verdict:
    """The smallest sizes for which the condition fails; None where all were tried, else how many were."""
    found = condition.symbols
    within = _worth_trying(condition, found)
    limit = effort // sum(size.parts for size in condition.sizes if isinstance(size, Expr)) + 1
    count = limit if volume(within) <= limit else min(limit, TRIED)
    tried = 0
    for values in islice(points(within), count):
        sizes = dict(zip(found, values.values(), strict=True))
        if not condition.holds(sizes):
            return sizes
        tried += 1
    return None if volume(within) <= tried else tried


def _worth_trying(condition: Condition, found: list[Symbol]) -> list[Symbol]:
    """The axes with closer bounds, where a growing size must differ from a number: from where it is above it, it
    does."""
    if condition.relation is not DIFFERENT or len(found) != 1:
        return found
    size, number = condition.sizes
    (axis,) = found
    beyond = first_above(size, number, axis) if isinstance(number, int) and grows(size) else None
    return found if beyond is None else [axis._replace(most=max(axis.least, beyond - axis.unit))]


# --- with numbers


def _samples(graph: Graph, bounded: list[Symbol]) -> list[dict[Symbol, int]]:
    """Sizes to infer the graph with: all of them where that is little work, else the least, the greatest and some
    between."""
    runs = max(1, CALLS // max(1, len(graph.nodes)))
    if volume(bounded) <= runs:
        return list(points(bounded))
    return [{s: _part_of(s, share) for s in bounded} for share in islice((0, 4, 2, 1, 3), runs)]


def _is_valid(graph: Graph, sizes: Values) -> bool:
    """Whether every layer takes its inputs."""
    return first_failure(graph, sizes) is None


def _part_of(symbol: Symbol, quarters: int) -> int:
    """The size that lies so many quarters of the way from the least to the greatest."""
    most = symbol.least + FAR * symbol.unit if symbol.most is None else symbol.most
    return symbol.least + (most - symbol.least) // symbol.unit * quarters // 4 * symbol.unit


def _in_order(tried: Iterable[dict[Symbol, int]]) -> list[dict[Symbol, int]]:
    """Sets of sizes of the same axes, each once, the smallest first."""
    unique = {tuple(values.values()): values for values in tried}
    return [unique[sizes] for sizes in sorted(unique, key=lambda sizes: (sum(sizes), sizes))]


# --- what is said of it


def _fails(
    graph: Graph, dims: Dims, failure: Failure, sizes: Values, conditions: list[Condition]
) -> Diagnostic:
    node, error = failure
    given = [graph.types[value] for value in node.inputs]
    about = [s for s in ordered(symbols(size for type_ in given for size in type_.shape)) if s in sizes]
    example = " and ".join(f"{s} = {sizes[s]}" for s in about)
    raised = _raised(graph, sizes, conditions)
    advice = " and ".join(f"{s} a min of {least}" for s, least in raised.items())
    help = "; or ".join([*([f"give {advice}"] if raised else []), *([error.help] if error.help else [])])
    lines = {i.name: i.span for i in graph.inputs} | {n.name: n.place.span for n in graph.nodes}
    found = located(error, node, given, lines)
    notes = (*found.notes, *_declared(about, dims))
    return found._replace(
        code="NN208", message=f"fails for {example}: {error.message}", notes=notes, help=help or None
    )


def _raised(graph: Graph, sizes: Values, conditions: list[Condition]) -> dict[Symbol, int]:
    """Higher least sizes of axes with which nothing fails at the least sizes any more; none where there are none."""
    if any(size != s.least for s, size in sizes.items()):
        return {}
    raised: dict[Symbol, int] = {}
    for condition in conditions:
        if condition.relation is POSITIVE and len(condition.symbols) == 1 and not condition.holds(sizes):
            (size,), (axis,) = condition.sizes, condition.symbols
            enough = first_above(size, 0, axis) if grows(size) else None
            raised[axis] = max(enough or 0, raised.get(axis, 0))
    works = all(raised.values()) and _is_valid(graph, {**sizes, **raised})
    return raised if works else {}


def _declared(about: Iterable[Symbol], dims: Dims) -> Iterator[Note]:
    declared = (dims.get(s.name or "") for s in about)
    return (Note(f"dims: {dim}", dim.span) for dim in declared if dim is not None)


def _not_proved(condition: Condition, dims: Dims, tried: int) -> Diagnostic:
    names = " and ".join(map(str, condition.symbols))
    message = (
        f"not proved for every size of {names}: that {condition}; {tried:,} sizes were tried, and none fails"
    )
    return Diagnostic(
        "NN209",
        message,
        condition.node.place.span,
        tuple(_declared(condition.symbols, dims)),
        f"give {names} a max that is small enough for every size to be tried",
        severity="warning",
    )
