"""What one expansion has come to so far, and what items have in common that are expanded in it."""

from __future__ import annotations

from pathlib import Path

from ..spec.diagnostics import Diagnostic, SpecError
from ..spec.evaluate import Value as PlainValue
from ..spec.evaluate import Work
from ..spec.expressions import is_expression
from ..spec.items import Call, Item, Reference, Repeat, references_in, walk
from ..spec.limits import Limits, beyond
from ..spec.locate import Report
from ..spec.nodes import Node, Scalar, describe
from ..spec.source import Span
from .bind import Callee, LookUp, Site
from .context import Context, LayerUse
from .graph import Argument, Place, Value
from .least import Count, Counter, check_count, most_turns, too_many_turns
from .maker import Made
from .makers import Makers
from .parts import Parts
from .program import Expected, Step
from .provenance import Frame, Why, explaining
from .resolve import Unresolved, value_of
from .scope import Entry, look_up, values_of


class Expansion:
    """The steps so far, what was spent, and the makers of every file."""

    def __init__(self, root: Path, dtype: str, limits: Limits, work: Work, report: Report) -> None:
        self.limits, self.report = limits, report
        self.work, self.parts = work, Parts(report)
        self.makers = Makers(root, dtype, self.work, report)
        self.steps: list[Step] = []
        self.expected: list[Expected] = []
        self.owners: dict[str, str] = {}
        self.spared: set[str] = set()
        self.turns = 0
        self.counter = Counter()

    def deeper(self, context: Context, frame: Frame | None, span: Span) -> Context:
        """The context inside something. Raises SpecError beyond the limit."""
        if context.depth >= self.limits.depth:
            raise SpecError([beyond(self.limits, "depth", "items and blocks are nested too deep", span)])
        return context._replace(frame=frame, depth=context.depth + 1)

    def declare(self, item: Item, entry: Entry, context: Context) -> None:
        """Gives an item's name its meaning, and hands its value on."""
        if item.body or item.name:
            context.scope.entries.setdefault(context.local_name(item), entry)
        context.scope.previous = entry.values[0]

    def declare_unknown(self, item: Item, context: Context, span: Span | None = None) -> None:
        """Stands in for what could not be made: nothing is known of it, and nothing more is said."""
        entry = Entry(span or item.span, (Value(f"{context.full_name(item)}?"),), None)
        self.declare(item, entry, context)

    def reporting(self, context: Context, node: Node | None = None) -> Report:
        """A report that explains what is found here, in a node with expressions."""
        why = Why(node, context.bindings) if node is not None else None
        return explaining(self.report, why, context.frame) if why or context.frame else self.report

    def site(self, item: Item, callee: Callee, context: Context) -> Site:
        return Site(item, callee, context.scope, self.look_up(context), self.reporting(context))

    def look_up(self, context: Context) -> LookUp:
        def find(reference: Reference | None) -> Value | None:
            return look_up(
                reference, context.scope, lambda i: self.index(i, context), self.reporting(context)
            )

        return find

    def index(self, scalar: Scalar, context: Context) -> int | None:
        """An index in brackets; None where it is none, which is reported."""
        value = self.value(scalar, context)
        if isinstance(value, Unresolved):
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        message = f"an index must be an integer, not {describe(scalar._replace(value=value))}"  # type: ignore[arg-type]
        self.reporting(context, scalar)(Diagnostic("NN103", message, scalar.span, help="count from 0"))
        return None

    def value(self, scalar: Scalar, context: Context) -> PlainValue | Unresolved:
        """A scalar's value."""
        if not is_expression(scalar):
            return scalar.value
        try:
            return value_of(scalar, context.bindings, self.work, self.reporting(context))
        except Unresolved as unresolved:
            return unresolved

    def make(self, call: Call, context: Context) -> Made | None:
        self.makers.used.add(id(call))
        return context.maker.make(call, context.bindings, context.frame)

    def step(
        self,
        item: Item,
        made: Made | None,
        arguments: tuple[Argument, ...] | None,
        place: Place,
        shares: str | None,
        context: Context,
    ) -> None:
        if len(self.steps) >= self.limits.layers:
            raise SpecError([beyond(self.limits, "layers", "the network has too many layers", place.span)])
        name = context.full_name(item)
        span = item.name.span if item.name else place.span
        if made is None:
            self.steps.append(Step(name, None, None, place, named=item.name is not None))
            self.declare(item, Entry(span, (Value(name),), None), context)
            return
        if shares is not None:
            self.owners[name] = shares
        self.steps.append(
            Step(name, made.layer, arguments, place, made.preset, item.name is not None, shares)
        )
        outputs = made.layer.output_names
        values = tuple([Value(name, i) for i in range(len(outputs))])
        self.declare(item, Entry(span, values, outputs, LayerUse(made, shares or name)), context)

    def leave_out(self, items: tuple[Item, ...], context: Context) -> None:
        """Notes what items would take that are not there this time, so that nothing says that it is never used."""
        scope = context.scope
        if items and scope.previous is not None:
            self.spared.add(scope.previous.node)
        for item in walk(items):
            for reference in references_in(item):
                self.spared.update(value.node for value in values_of(reference, scope))

    def count_turns(self, turns: int, repeat: Repeat, context: Context) -> None:
        """Counts the turns of a repeat, and looks ahead at how many layers and turns are at least in them."""
        self.count(turns, repeat.over.span)
        ahead = self.counter.repeat(repeat, context.maker.unit).times(turns)
        check_count(Count(len(self.steps), self.turns).plus(ahead), self.limits, repeat.over.span)

    def count(self, count: int, span: Span) -> None:
        """Raises SpecError where there are more turns, calls and items of items than there may be."""
        self.turns += count
        if self.turns > most_turns(self.limits):
            raise SpecError([too_many_turns(self.turns, self.limits, span)])
