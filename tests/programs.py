"""Random whole specs: params, variants, presets, blocks, and items of items in each other.

Every value has the shape [length, width], so that whatever is drawn fits. The width is a number, or the file's param
`width`, which blocks get as their param `units`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from drawn_expressions import Drawer, Kind
from hypothesis import strategies as st

MOST_LAYERS = 40
DEPTH = 3

ITEM_NAMES = ("x", "y", "skip", "stem", "out", "i", "keras", "dense", "list", "Wide", "branch", "model", "norm")
PARAM_NAMES = ("depth", "rate", "flag", "act", "sizes", "x", "n", "list", "inputs", "keras", "model", "wide")
TURN_NAMES = ("i", "j", "k", "value", "x", "act", "units_", "list")
BLOCK_NAMES = ("stage", "cell", "x", "dense", "model_", "build_model", "keras", "tower", "partial")
INPUT_NAMES = ("input", "x", "query", "memory", "y", "inputs", "name_")
PRESET_NAMES = ("Wide", "Seq", "Normal", "preset", "np", "Unit")


class Turns(NamedTuple):
    """A repeat that is not around any more: how many turns it has at least, the expression that says how many, where
    its names are still known, and whether only the first turn has what is declared."""

    least: int
    text: str | None
    first: bool = False


class Entry(NamedTuple):
    """Something with a name. `inputs` says what it takes when it is applied again: names, or a number of values; None
    for what cannot be. `states` is for a layer that gives its states too."""

    name: str
    outputs: tuple[str, ...] = ()
    inputs: tuple[str, ...] | int | None = None
    states: bool = False
    turns: tuple[Turns, ...] = ()


class Block(NamedTuple):
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    params: dict[str, Kind]
    required: tuple[str, ...]
    layers: int


@dataclass
class Scope:
    """What stands above, the file's or block's names, and how often all of this is there."""

    width: str
    names: dict[str, Kind]
    taken: set[str]
    entries: list[Entry] = field(default_factory=list)
    previous: bool = True
    times: int = 1

    def inside(self, **changes: Any) -> Scope:
        return replace(self, entries=list(self.entries), **changes)


class Writer(Drawer):
    """Draws one program."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        super().__init__(draw)
        self.blocks: dict[str, Block] = {}
        self.presets: dict[str, tuple[str, str | None]] = {}
        self.left = 0
        self.used = 0

    # --- names and references

    def fresh(self, among: tuple[str, ...], taken: set[str]) -> str:
        """A name that nothing has."""
        word = self.pick(among)
        name = next(n for n in (word, *(f"{word}_{i}" for i in range(2, 99))) if n.lower() not in taken)
        taken.add(name.lower())
        return name

    def index(self, turns: Turns, scope: Scope) -> str:
        """The number of a turn as an expression."""
        number = self.integer(scope.names, 0, 0 if turns.first else turns.least - 1, 0)
        if turns.text is None or turns.first:
            return number
        return self.pick([number, f"{turns.text} - 1", f"{number} % ({turns.text})", f"({turns.text}) - {number} - 1"])

    def turn(self, turns: Turns) -> str:
        if turns.first:
            return "0"
        return str(self.number(-turns.least, turns.least - 1))

    def spelled(self, entry: Entry, scope: Scope, output: str = "") -> str:
        """A reference to an entry, in some turn."""
        dots = len(entry.turns) if output else self.number(0, len(entry.turns))
        numbers = [self.turn(turns) for turns in entry.turns[:dots]]
        brackets = "".join(f"[={self.index(turns, scope)}]" for turns in entry.turns[dots:])
        return ".".join([entry.name, *numbers, *([output] if output else [])]) + brackets

    def reference(self, scope: Scope) -> str:
        """A reference to any value above."""
        if scope.previous and self.chance(3):
            return "previous"
        entry = scope.entries[-1 - min(self.number(0, 4), self.number(0, len(scope.entries) - 1))] \
            if len(scope.entries) > 4 else self.pick(scope.entries)
        output = self.pick(("", *entry.outputs)) if not entry.states else ""
        return self.spelled(entry, scope, output)

    def sources(self, inputs: tuple[str, ...] | int, scope: Scope) -> Any:
        """What an item of these inputs has as its `from`; None for the previous value."""
        if inputs == 1 or (isinstance(inputs, tuple) and len(inputs) == 1):
            if scope.previous and not self.chance(4):
                return None
            one = self.reference(scope)
            return [one] if self.chance(5) else one
        if isinstance(inputs, int):
            return [self.reference(scope) for _ in range(inputs)]
        given = {name: self.reference(scope) for name in inputs}
        return given if self.chance(2) else list(given.values())

    # --- items

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
        if self.chance(named):
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
        act = self.scalar(self.activation(names))
        forms: list[dict[str, Any]] = [
            {"Dense": width},
            {"Dense": {"units": width, "activation": act}},
            {"Dense": {"units": width, "use_bias": self.scalar(self.boolean(names))}},
            {"LayerNormalization": None},
            {"LayerNormalization": {"epsilon": self.scalar(self.real(names))}},
            {"Activation": act},
            {"Dropout": self.scalar(self.real(names))},
            {"Conv1D": [width, self.scalar(self.integer(names, 1, 3))]},
            {"GRU": {"units": width, "return_sequences": True}},
            {"Bidirectional": {"layer": {"GRU": {"units": width, "return_sequences": True}}, "merge_mode": "sum"}},
            {"TimeDistributed": {"layer": {"Dense": {"units": width, "activation": act}}}},
            {"Transpose": {"axes": [0, 1, 2]}},
            {"ELU": {"alpha": self.scalar(self.real(names))}},
        ]
        call = self.pick(forms)
        if "Conv1D" in call:
            filters, size = call["Conv1D"]
            return {"Conv1D": {"filters": filters, "kernel_size": self.pick([size, [size]]), "padding": "same"}}
        return call

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
        first = self.finish(call, Entry(""), self.sources(1, scope), scope, named=10**6)
        return [*first, *self.back(scope)]

    def back(self, scope: Scope) -> list[Any]:
        return self.finish({"Dense": self.scalar(self.width(scope.names, scope.width))}, Entry(""), None, scope)

    def merging(self, scope: Scope, depth: int) -> list[Any]:
        count = self.number(2, 3)
        sources = self.sources(count, scope)
        if self.chance(3):
            call = {"Concatenate": self.pick([None, {"axis": -1}])}
            return [*self.finish(call, Entry(""), sources, scope, named=10**6), *self.back(scope)]
        return self.finish({self.pick(["Add", "Average", "Maximum"]): None}, Entry("", inputs=count), sources, scope)

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
        over, bound, least, most, text = self.turns(scope)
        start = self.start(scope)
        names = {name: kind for name, kind in bound.items() if name not in scope.names}
        if len(names) < len(bound):
            over, names, least, most, text = 2, {}, 2, 2, "2"
        inner = scope.inside(names={**scope.names, **names}, times=scope.times * max(most, 1))
        known = len(inner.entries)
        layers = self.items(inner, depth - 1)
        item: dict[str, Any] = {"repeat": over}
        if names:
            item["as"] = next(iter(names)) if len(names) == 1 else list(names)
        item["layers"] = layers
        found = [self.after(entry, least, text) for entry in inner.entries[known:]] if least else []
        found += self.first_only(item, names, least, inner, scope)
        scope.entries += found
        return self.under(item, start, scope)

    def after(self, entry: Entry, least: int, text: str | None) -> Entry:
        """What a name in a repeat is outside it."""
        inner = tuple(turns._replace(text=None) for turns in entry.turns)
        return entry._replace(turns=(Turns(least, text), *inner))

    def first_only(
        self, item: dict[str, Any], names: dict[str, Kind], least: int, inner: Scope, scope: Scope
    ) -> list[Entry]:
        """A layer in the first turn alone, which has a name."""
        counted = [name for name, kind in names.items() if kind.name == "int" and kind.low == 0]
        if not (counted and least and isinstance(item["repeat"], int | str) and self.chance(3)):
            return []
        name = self.fresh(ITEM_NAMES, scope.taken)
        dense = {"Dense": self.scalar(self.width(inner.names, inner.width)), "name": name}
        item["layers"].append({"when": f"={counted[0]} == 0", "layers": [dense]})
        return [Entry(name, turns=(Turns(1, None, first=True),))]

    def turns(self, scope: Scope) -> tuple[Any, dict[str, Kind], int, int, str | None]:
        """What a repeat goes over, its names, the fewest and most turns, and how many as an expression."""
        names = self.fresh(TURN_NAMES, {"true"}), self.fresh(TURN_NAMES, {"true"})
        form = self.pick(["count", "count", "named", "values", "list", "pairs", "texts", "empty"])
        lists = self.of_kind(scope.names, "list")
        if form in ("count", "named"):
            integers = [name for name in self.of_kind(scope.names, "int") if scope.names[name].high <= 3]
            text = self.pick([*integers * 2, self.integer(scope.names, 1, 3, 0)])
            kind = scope.names.get(text, Kind("int", 1, 3))
            least, most = (int(text), int(text)) if text.isdecimal() else (kind.low, kind.high)
            bound = {names[0]: Kind("int", 0, max(most - 1, 0))} if form == "named" else {}
            return self.scalar(text), bound, least, most, text
        if form == "list" and lists:
            name = self.pick(lists)
            kind = scope.names[name]
            bound = {names[0]: Kind("int", kind.low, kind.high)} if self.chance(2) else {}
            return f"={name}", bound, kind.length, kind.length, f"len({name})"
        count = self.number(1, 3)
        if form == "texts":
            values = [self.scalar(self.activation(scope.names, 0)) for _ in range(count)]
            return values, {names[0]: Kind("str")}, count, count, str(count)
        if form == "pairs" and names[0] != names[1]:
            bound = {names[0]: Kind("int", 1, 3), names[1]: Kind("float")}
            firsts = [self.scalar(self.integer(scope.names, 1, 3, 0)) for _ in range(count)]
            return [[first, self.scalar(self.real(scope.names, 0))] for first in firsts], bound, count, count, str(count)
        if form == "empty" and self.chance(3):
            return [], {}, 0, 0, None
        values = [self.scalar(self.integer(scope.names, 1, 4, 0)) for _ in range(count)]
        if self.chance(2):
            return f"={self.integers(scope.names, count, 1, 4)}", {names[0]: Kind("int", 1, 4)}, count, count, None
        return values, {names[0]: Kind("int", 1, 4)}, count, count, str(count)

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
            if self.chance(2):
                name = self.fresh(ITEM_NAMES, scope.taken)
                for way in ("layers", "else"):
                    item[way].append({"Dense": self.scalar(self.width(scope.names, scope.width)), "name": name})
                scope.entries.append(Entry(name, inputs=1))
        return self.under(item, start, scope)

    def parallel(self, scope: Scope, depth: int) -> list[Any]:
        start = self.start(scope)
        branches: list[Any] = []
        for _ in range(self.number(2, 3)):
            scope.previous = True
            branches.append([] if self.chance(5) else self.items(scope, depth - 1, 1, 2))
        joined = self.chance(3)
        merge = self.pick(["Concatenate", {"Concatenate": {"axis": -1}}]) if joined else self.pick(["Add", "Average"])
        item = {"parallel": branches, "merge": merge}
        entry = Entry("", inputs=None if joined else len(branches))
        found = self.finish(item, entry, start, scope, named=10**6 if joined else 3)
        return [*found, *self.back(scope)] if joined else found

    # --- sections

    def params(self, taken: set[str], most: int) -> dict[str, Kind]:
        found: dict[str, Kind] = {}
        for _ in range(self.number(0, most)):
            low = self.number(0, 2)
            kind = self.pick([
                Kind("int", low, low + self.number(0, 2)), Kind("int", 1, 3), Kind("float"), Kind("bool"),
                Kind("str"), Kind("list", 1, 4, self.number(1, 3)),
            ])
            found[self.fresh(PARAM_NAMES, taken)] = kind
        return found

    def declared(self, kind: Kind, known: dict[str, Kind]) -> Any:
        """A param with a default, in either form."""
        scope = Scope("1", known, set())
        default = self.argument(kind, scope if self.chance(2) else Scope("1", {}, set()))
        if kind.name == "str" and self.chance(3):
            return {"default": default, "choices": ["relu", "tanh", "sigmoid", "linear"]}
        if kind.name == "int" and self.chance(3):
            return {"type": "int", "default": default, "min": 0, "max": 9, "description": "How many."}
        return {"default": default, "type": kind.name} if self.chance(4) else default

    def block(self, name: str, width: str) -> dict[str, Any]:
        """A block, which calls those before it."""
        taken: set[str] = {"true", "units"}
        params = self.params(taken, 2)
        sections: dict[str, Any] = {"params": {}}
        known: dict[str, Kind] = {}
        required: list[str] = []
        for param, kind in params.items():
            if self.chance(2):
                sections["params"][param] = None
                required.append(param)
            else:
                sections["params"][param] = self.declared(kind, known)
            known[param] = kind
        own = width
        if not width.isdecimal() or self.chance(2):
            own = "units"
            default = int(width) if width.isdecimal() and self.chance(2) else None
            sections["params"]["units"] = default
            required += ["units"] if default is None else []
            params = {**params, "units": Kind("width")}
        items: set[str] = set()
        count = self.pick([1, 1, 1, 2, 3])
        inputs = ("input",) if count == 1 and self.chance(2) else tuple(
            self.fresh(INPUT_NAMES, items) for _ in range(count)
        )
        items.update(inputs)
        if inputs != ("input",):
            sections["inputs"] = list(inputs)
        scope = Scope(own, known, items, [Entry(i) for i in inputs], previous=len(inputs) == 1)
        self.left, self.used = 12, 0
        sections["layers"] = self.items(scope, DEPTH - 1)
        outputs = self.block_outputs(sections, scope)
        if not sections["params"]:
            del sections["params"]
        self.blocks[name] = Block(inputs, outputs, params, tuple(required), max(self.used, 1))
        return sections

    def block_outputs(self, sections: dict[str, Any], scope: Scope) -> tuple[str, ...]:
        plain = [entry.name for entry in scope.entries if not entry.turns]
        if self.chance(2):
            return ()
        if self.chance(3):
            sections["outputs"] = list(dict.fromkeys(self.pick(plain) for _ in range(self.number(1, 2))))
            return tuple(sections["outputs"])
        names = [f"out{i}" for i in range(self.number(1, 3))]
        sections["outputs"] = {name: self.reference(scope) for name in names}
        return tuple(names)

    def preset(self, width: str, names: dict[str, Kind]) -> tuple[Any, str, str | None]:
        """A preset, the layer that it is of, and the field that it leaves open."""
        if self.presets and self.chance(3):
            name = self.pick(list(self.presets))
            base, first = self.presets[name]
            more = {} if base == "LayerNormalization" else {"activation": self.scalar(self.activation(names))}
            return {name: more or None}, base, first
        act, size = self.scalar(self.activation(names)), self.scalar(self.integer(names, 1, 3))
        full = self.scalar(self.width(names, width))
        forms: list[tuple[Any, str, str | None]] = [
            ({"Dense": {"units": full, "activation": act}}, "Dense", None),
            ({"Dense": {"activation": act, "use_bias": False}}, "Dense", "units"),
            ({"Conv1D": {"kernel_size": size, "padding": "same", "activation": act}}, "Conv1D", "filters"),
            ({"LayerNormalization": {"epsilon": self.scalar(self.real(names))}}, "LayerNormalization", None),
            ({"GRU": {"return_sequences": True, "activation": act}}, "GRU", "units"),
        ]
        return self.pick(forms)

    def program(self) -> dict[str, Any]:
        number = self.number(2, 4)
        taken = {"width", "true"}
        kinds = self.params(taken, 4)
        params: dict[str, Any] = {}
        for name, kind in kinds.items():
            params[name] = self.declared(kind, {n: kinds[n] for n in params})
        width = str(number)
        if self.chance(2):
            width = "width"
            params["width"] = self.pick([number, {"default": number, "min": 1}])
        data: dict[str, Any] = {"nnspec": 1, "name": "net"}
        if params:
            data["params"] = params
        variants = {f"v{i}": self.variant(kinds, params) for i in range(self.number(0, 2))}
        if variants and params:
            data["variants"] = variants
        length = self.pick([3, 3, "time", None])
        axis = self.scalar(width) if width.isdecimal() else f"={width}"
        inputs = ("image",) if self.chance(2) else ("x", "y") if self.chance(3) else ("x",)
        data["inputs"] = {name: [length, axis] for name in inputs}
        reserved = set(ITEM_NAMES[:0])
        presets = {}
        for _ in range(self.number(0, 2)):
            name = self.fresh(PRESET_NAMES, reserved)
            presets[name], base, first = self.preset(width, kinds)
            self.presets[name] = base, first
        if presets:
            data["presets"] = presets
        blocks = {}
        for _ in range(self.number(0, 3)):
            name = self.fresh(BLOCK_NAMES, reserved)
            blocks[name] = self.block(name, width)
        if blocks:
            data["blocks"] = blocks
        scope = Scope(width, kinds, set(inputs), [Entry(i) for i in inputs], previous=len(inputs) == 1)
        self.left = MOST_LAYERS
        data["layers"] = self.items(scope, DEPTH, 3, 6)
        if self.chance(2):
            data["outputs"] = {f"result{i}": self.reference(scope) for i in range(self.number(1, 3))}
        return data

    def variant(self, kinds: dict[str, Kind], params: dict[str, Any]) -> dict[str, Any]:
        plain = Scope("1", {}, set())
        found = {name: self.argument(kind, plain) for name, kind in kinds.items() if self.chance(2)}
        if "width" in params and self.chance(2):
            found["width"] = self.number(2, 4)
        return found


@st.composite
def programs(draw: Callable[[st.SearchStrategy[Any]], Any]) -> dict[str, Any]:
    """A whole spec as data."""
    return Writer(draw).program()
