"""Names: those of variables in the module, and those that Keras gives to layers by itself."""

from __future__ import annotations

import keyword
from collections import Counter
from collections.abc import Iterable

from ...spec.named import snake_case
from ..calls import KerasCall, calls_in, makes_layer

# A longer name is cut in a variable, which keeps statements within the line: at its front while it has parts there.
LONGEST = 32

# What the module's own words are, the builtins that a reader would miss, and letters that look like digits.
RESERVED: frozenset[str] = frozenset(
    [
        *("keras", "np", "math", "partial", "Path", "HERE", "divisible", "shared", "build_model", "model"),
        *("I", "O", "l"),
        *("abs", "all", "any", "bool", "bytes", "dict", "dir", "exit", "filter", "float", "format"),
        *("hash", "help", "id", "input", "int", "iter", "len", "list", "map", "max", "min", "next"),
        *("object", "open", "pow", "print", "range", "repr", "reversed", "round", "set", "slice"),
        *("sorted", "str", "sum", "super", "tuple", "type", "vars", "zip"),
        # The plural of `i` is one of these.
        *keyword.kwlist,
    ]
)


class Scope:
    """The variables of the module: each new one has a name of its own."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken: set[str] = {*RESERVED, *taken}
        self.counts: Counter[str] = Counter()

    def name(self, wanted: str) -> str:
        """The name that is wanted, `stage_conv2d_0` for `stage.conv2d.0`, cut where it is long. Where it is taken there
        is `_` behind it, and where that is too, a number."""
        name = _variable(wanted)
        if name in self.taken:
            name = self._free(name)
        self.taken.add(name)
        return name

    def _free(self, name: str) -> str:
        """The first of `name_`, `name_2`, `name_3`, … that is not taken."""
        free = f"{name}_"
        while free in self.taken:
            self.counts[name] += 1
            free = f"{name}_{self.counts[name] + 1}"
        return free


def _variable(path: str) -> str:
    """A layer's path as an identifier. One that is long loses what it is in, from the outside; no number is left to
    begin it."""
    parts = path.split(".")
    starts = [i for i, part in enumerate(parts) if not part[0].isdecimal()]
    tails = ("_".join(parts[start:]) for start in starts)
    return next((tail for tail in tails if len(tail) <= LONGEST), "_".join(parts[starts[-1] :])[:LONGEST])


def packages(modules: Iterable[str]) -> set[str]:
    """The names that importing these modules gives a meaning."""
    return {module.partition(".")[0] for module in modules}


def last_part(call: KerasCall) -> str:
    """`Dense` for `keras.layers.Dense`."""
    return call.function.rpartition(".")[2]


class AutomaticNames:
    """Keras's counters as a fresh session has them: `dense`, then `dense_1`."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def needs_stating(self, call: KerasCall, name: str, given: bool) -> bool:
        """Whether a layer made by `call` has its `name` only where the code says so. They count in the
        order in which they are made: those among the arguments first, one with a stated name not at all."""
        for inner in calls_in([value for _, value in call.arguments]):
            self._count_inner(inner)
        kind = last_part(call)
        stated = given or self._next(kind) != name
        if not stated:
            self._count(kind)
        if not (stated and call.hands_name_on):
            self._count_within(call)
        return stated

    def count_function(self, call: KerasCall) -> None:
        """A function of `keras.ops` counts as well, under its own name."""
        self._count(last_part(call))

    def _count_inner(self, call: object) -> None:
        if isinstance(call, KerasCall) and makes_layer(call):
            self._count(last_part(call))
            self._count_within(call)

    def _count_within(self, call: KerasCall) -> None:
        for made in call.within:
            self._count(made)

    def _next(self, kind: str) -> str:
        base = snake_case(kind)
        return f"{base}_{self.counts[base]}" if self.counts[base] else base

    def _count(self, kind: str) -> None:
        self.counts[snake_case(kind)] += 1
