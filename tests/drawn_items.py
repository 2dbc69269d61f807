"""Random items of specs, in each other, with references to what stands above."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from drawn_expressions import Kind, Names
from drawn_references import Entry, References, Scope, Turns
from hypothesis import strategies as st

ITEM_NAMES = ("x", "y", "skip", "stem", "out", "i", "keras", "list", "Wide", "branch", "model", "norm")
TURN_NAMES = ("i", "j", "k", "value", "x", "act", "units_", "list")


class Block(NamedTuple):
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    params: dict[str, Kind]
    required: tuple[str, ...]
    layers: int


class Loop(NamedTuple):
    """What a repeat goes over, its names, the fewest and most turns, and how many as an expression."""

    over: Any
    bound: dict[str, Kind]
    least: int
    most: int
    text: str | None


class Items(References):
    """Draws the items of a file or block. `left` is how many layers there may still be, `used` how many there are."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        super().__init__(draw)
        self.blocks: dict[str, Block] = {}
        self.presets: dict[str, tuple[str, str | None]] = {}
        self.left = 0
        self.used = 0

    def items(self, scope: Scope, depth: int, least: int = 1, most: int = 3) -> list[Any]:
        return [item for _ in range(self.number(least, most)) for item in self.item(scope, depth)]

    def item(self, scope: Scope, depth: int) -> list[Any]:
        forms = [self.layer, self.layer, self.layer, self.sized, self.merging, self.again, self.stateful]
        if self.blocks:
            forms += [self.block_call] * 3
        if depth and self.left > 0:
            forms += [self.repeat, self.repeat, self.when, self.parallel]
        return self.pick(forms)(scope, depth)

    def finish(
        self, call: dict[str, Any], entry: Entry, sources: Any, scope: Scope, cost: int = 1, named: int = 2
    ) -> list[Any]:
        """The item with its name and `from`, and what it declares."""
        self.left -= cost * scope.times
        self.used += cost * scope.times
        item = dict(call)
        if named and self.chance(named):
            item["name"] = self.fresh(ITEM_NAMES, scope.taken)
            scope.entries.append(entry._replace(name=item["name"]))
        if sources is not None:
            item["from"] = sources
        scope.previous = True
        return [item]

    def layer(self, scope: Scope, depth: int) -> list[Any]:
        """A layer or preset that keeps the shape."""
        sources = self.sources(1, scope)
        call = self.preset_call(scope) if self.presets and self.chance(3) else self.plain_layer(scope)
        if len(call) == 1 and call[next(iter(call))] is None and sources is None and self.chance(3):
            scope.previous = True
            return [next(iter(call))]
        return self.finish(call, Entry("", inputs=1), sources, scope)

    def plain_layer(self, scope: Scope) -> dict[str, Any]:
        width, names = self.scalar(self.width(scope.names, scope.width)), scope.names
        sequence = {"units": width, "return_sequences": True}
        act = self.scalar(self.activation(names))
        forms: list[Callable[[], dict[str, Any]]] = [
            lambda: {"Dense": width},
            lambda: {"Dense": {"units": width, "activation": act}},
            lambda: {"Dense": {"units": width, "use_bias": self.scalar(self.boolean(names))}},
            lambda: {"LayerNormalization": None},
            lambda: {"LayerNormalization": {"epsilon": self.scalar(self.real(names))}},
            lambda: {"Activation": act},
            lambda: {"Dropout": self.scalar(self.real(names))},
            lambda: {"Conv1D": {"filters": width, "kernel_size": self.size(names), "padding": "same"}},
            lambda: {"GRU": sequence},
            lambda: {"Bidirectional": {"layer": {"GRU": sequence}, "merge_mode": "sum"}},
            lambda: {"TimeDistributed": {"layer": {"Dense": {"units": width, "activation": act}}}},
            lambda: {"Transpose": {"axes": [0, 1, 2]}},
            lambda: {"ELU": {"alpha": self.scalar(self.real(names))}},
        ]
        return self.pick(forms)()

    def size(self, names: Names) -> Any:
        size = self.scalar(self.integer(names, 1, 3))
        return self.pick([size, [size]])

    def preset_call(self, scope: Scope) -> dict[str, Any]:
        name = self.pick(list(self.presets))
        _, first = self.presets[name]
        if first is None:
            return {name: None}
        width = self.scalar(self.width(scope.names, scope.width))
        act = self.scalar(self.activation(scope.names))
        return {name: self.pick([width, {first: width}, {first: width, "activation": act}])}

    def sized(self, scope: Scope, depth: int) -> list[Any]:
        """A layer of any size, and one that brings the size back."""
        size = self.scalar(self.integer(scope.names, 1, 6))
        call = self.pick([{"Dense": size}, {"SimpleRNN": {"units": size, "return_sequences": True}}])
        first = self.finish(call, Entry(""), self.sources(1, scope), scope, named=0)
        return [*first, *self.back(scope)]

    def back(self, scope: Scope) -> list[Any]:
        width = self.scalar(self.width(scope.names, scope.width))
        return self.finish({"Dense": width}, Entry(""), None, scope)

    def merging(self, scope: Scope, depth: int) -> list[Any]:
        count = self.number(2, 3)
        sources = self.sources(count, scope)
        if self.chance(3):
            call = {"Concatenate": self.pick([None, {"axis": -1}])}
            return [*self.finish(call, Entry(""), sources, scope, named=0), *self.back(scope)]
        call = {self.pick(["Add", "Average", "Maximum"]): None}
        return self.finish(call, Entry("", inputs=count), sources, scope)

    def again(self, scope: Scope, depth: int) -> list[Any]:
        """Something applied again, if there is anything."""
        makers = [entry for entry in scope.entries if entry.inputs is not None]
        if not makers or self.left <= 0:
            return self.layer(scope, depth)
        entry = self.pick(makers)
        assert entry.inputs is not None
        call = {"reuse": self.spelled(entry._replace(outputs=()), scope)}
        again = Entry("", entry.outputs, entry.inputs)
        return self.finish(call, again, self.sources(entry.inputs, scope), scope, cost=2)

    def stateful(self, scope: Scope, depth: int) -> list[Any]:
        """An LSTM that gives its states, or begins with those of another."""
        width = self.scalar(self.width(scope.names, scope.width))
        known = [entry for entry in scope.entries if entry.states]
        if known and self.chance(2):
            entry = self.pick(known)
            at = self.spelled(entry, scope, "state_h").removesuffix(".state_h")
            states = [f"{at}.state_h", f"{at}.state_c"]
            sources = {"sequences": self.reference(scope), "initial_state": states}
            call = {"LSTM": {"units": width, "return_sequences": True}}
            return self.finish(call, Entry(""), sources, scope)
        call = {"LSTM": {"units": width, "return_sequences": True, "return_state": True}}
        return self.finish(call, Entry("", states=True), self.sources(1, scope), scope, named=1)

    def block_call(self, scope: Scope, depth: int) -> list[Any]:
        name = self.pick(list(self.blocks))
        block = self.blocks[name]
        if block.layers * scope.times > max(self.left, 3):
            return self.layer(scope, depth)
        given = {
            param: self.argument(kind, scope)
            for param, kind in block.params.items()
            if param in block.required or self.chance(2)
        }
        first = next(iter(block.params), None)
        short = list(given) == [first] and self.chance(2)
        call = {name: given[first] if short and first else given or None}
        entry = Entry("", block.outputs, block.inputs if len(block.inputs) > 1 else 1)
        return self.finish(call, entry, self.sources(block.inputs, scope), scope, block.layers)

    def argument(self, kind: Kind, scope: Scope) -> Any:
        """A value for a param of a block."""
        match kind.name:
            case "width":
                return self.scalar(self.width(scope.names, scope.width))
            case "list" if self.chance(2):
                inner = range(kind.length)
                return [self.scalar(self.integer(scope.names, kind.low, kind.high, 0)) for _ in inner]
        return self.scalar(self.text_of(kind, scope))

    def constant(self, kind: Kind) -> Any:
        """A value with no names in it."""
        return self.argument(kind, Scope("1", {}, set()))

    def text_of(self, kind: Kind, scope: Scope) -> str:
        names = scope.names
        match kind.name:
            case "int":
                return self.integer(names, kind.low, kind.high)
            case "float":
                return self.real(names)
            case "bool":
                return self.boolean(names)
            case "str":
                return self.activation(names)
        return self.integers(names, kind.length, kind.low, kind.high)

    # --- items of items

    def repeat(self, scope: Scope, depth: int) -> list[Any]:
        loop, start = self.loop(scope), self.start(scope)
        names = loop.bound
        inner = scope.inside(names={**scope.names, **names}, times=scope.times * max(loop.most, 1))
        item: dict[str, Any] = {"repeat": loop.over}
        if names:
            item["as"] = next(iter(names)) if len(names) == 1 else list(names)
        item["layers"] = self.items(inner, depth - 1)
        new = inner.entries[len(scope.entries) :] if loop.least else []
        found = [self.after(entry, loop.least, loop.text) for entry in new]
        scope.entries += [*found, *self.first_only(item, loop, inner, scope)]
        return self.under(item, start, scope)

    def after(self, entry: Entry, least: int, text: str | None) -> Entry:
        """What a name in a repeat is outside it."""
        inner = tuple(turns._replace(text=None) for turns in entry.turns)
        return entry._replace(turns=(Turns(least, text), *inner))

    def first_only(self, item: dict[str, Any], loop: Loop, inner: Scope, scope: Scope) -> list[Entry]:
        """A layer in the first turn alone, which has a name."""
        counted = [name for name, kind in loop.bound.items() if kind.name == "int" and kind.low == 0]
        if not (counted and loop.least and self.chance(3)):
            return []
        name = self.fresh(ITEM_NAMES, scope.taken)
        dense = {"Dense": self.scalar(self.width(inner.names, inner.width)), "name": name}
        item["layers"].append({"when": f"={counted[0]} == 0", "layers": [dense]})
        return [Entry(name, turns=(Turns(1, None, first=True),))]

    def loop(self, scope: Scope) -> Loop:
        names = [name for name in (self.pick(TURN_NAMES), self.pick(TURN_NAMES)) if name not in scope.names]
        forms = [
            self.counted,
            self.counted,
            self.over_values,
            self.over_list,
            self.over_pairs,
            self.over_texts,
        ]
        return self.pick(forms)(scope, names if len(set(names)) == 2 else names[:1])

    def counted(self, scope: Scope, names: list[str]) -> Loop:
        integers = [name for name in self.of_kind(scope.names, "int") if scope.names[name].high <= 3]
        text = self.pick([*integers * 2, self.integer(scope.names, 1, 3, 0)])
        kind = scope.names.get(text) or Kind("int", int(text), int(text))
        bound = {name: Kind("int", 0, max(kind.high - 1, 0)) for name in names[:1] if self.chance(2)}
        return Loop(self.scalar(text), bound, kind.low, kind.high, text)

    def over_list(self, scope: Scope, names: list[str]) -> Loop:
        """Over a param that is a list."""
        lists = self.of_kind(scope.names, "list")
        if not lists:
            return Loop([], {}, 0, 0, None) if self.chance(3) else self.over_values(scope, names)
        name = self.pick(lists)
        kind = scope.names[name]
        bound = {turn: Kind("int", kind.low, kind.high) for turn in names[:1] if self.chance(2)}
        return Loop(f"={name}", bound, kind.length, kind.length, f"len({name})")

    def over_values(self, scope: Scope, names: list[str]) -> Loop:
        count, bound = self.number(1, 3), {name: Kind("int", 1, 4) for name in names[:1]}
        if self.chance(2):
            return Loop(f"={self.integers(scope.names, count, 1, 4)}", bound, count, count, None)
        values = [self.scalar(self.integer(scope.names, 1, 4, 0)) for _ in range(count)]
        return Loop(values, bound, count, count, str(count))

    def over_texts(self, scope: Scope, names: list[str]) -> Loop:
        values = [self.scalar(self.activation(scope.names, 0)) for _ in range(self.number(1, 3))]
        bound = {name: Kind("str") for name in names[:1]}
        return Loop(values, bound, len(values), len(values), str(len(values)))

    def over_pairs(self, scope: Scope, names: list[str]) -> Loop:
        if len(names) < 2:
            return self.over_texts(scope, names)
        known = scope.names
        turns = range(self.number(1, 3))
        pairs = [[self.integer(known, 1, 3, 0), self.real(known, 0)] for _ in turns]
        values = [[self.scalar(text) for text in pair] for pair in pairs]
        bound = {names[0]: Kind("int", 1, 3), names[1]: Kind("float")}
        return Loop(values, bound, len(values), len(values), str(len(values)))

    def start(self, scope: Scope) -> Any:
        """What an item of items has as its `from`, which is there before what is in it is drawn."""
        start = self.sources(1, scope)
        scope.previous = True
        return start

    def under(self, item: dict[str, Any], start: Any, scope: Scope) -> list[Any]:
        """An item of items with its own name."""
        if self.chance(4):
            item["name"] = self.fresh(ITEM_NAMES, scope.taken)
            scope.entries.append(Entry(item["name"]))
        if start is not None:
            item["from"] = start
        return [item]

    def when(self, scope: Scope, depth: int) -> list[Any]:
        start = self.start(scope)
        item: dict[str, Any] = {"when": self.scalar(self.boolean(scope.names))}
        item["layers"] = self.items(scope.inside(), depth - 1, 1, 2)
        if self.chance(2):
            item["else"] = self.items(scope.inside(), depth - 1, 1, 2)
        if "else" in item and self.chance(2):
            name = self.fresh(ITEM_NAMES, scope.taken)
            for way in ("layers", "else"):
                width = self.scalar(self.width(scope.names, scope.width))
                item[way].append({"Dense": width, "name": name})
            scope.entries.append(Entry(name, inputs=1))
        return self.under(item, start, scope)

    def parallel(self, scope: Scope, depth: int) -> list[Any]:
        start = self.start(scope)
        branches: list[Any] = []
        for _ in range(self.number(2, 3)):
            scope.previous = True
            branches.append([] if self.chance(5) else self.items(scope, depth - 1, 1, 2))
        joined = self.chance(3)
        merge = self.pick(["Concatenate", {"Concatenate": {"axis": -1}}] if joined else ["Add", "Average"])
        item = {"parallel": branches, "merge": merge}
        entry = Entry("", inputs=None if joined else len(branches))
        found = self.finish(item, entry, start, scope, named=0 if joined else 3)
        return [*found, *self.back(scope)] if joined else found
