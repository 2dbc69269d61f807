"""Random whole specs: params, variants, presets, blocks, and items of items in each other.

The width of all values is a number, or the file's param `width`, which blocks get as their param `units`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drawn_expressions import Kind
from drawn_items import Block, Entry, Items, Scope
from hypothesis import strategies as st

MOST_LAYERS = 40
MOST_OF_A_BLOCK = 12
DEPTH = 3

PARAM_NAMES = ("depth", "rate", "flag", "act", "sizes", "x", "n", "list", "inputs", "keras", "model", "wide")
BLOCK_NAMES = ("stage", "cell", "x", "dense", "model_", "build_model", "keras", "tower", "partial")
INPUT_NAMES = ("input", "x", "query", "memory", "y", "inputs", "name_")
PRESET_NAMES = ("Wide", "Seq", "Normal", "preset", "np", "Unit")


class Program(Items):
    """Draws one spec."""

    def params(self, taken: set[str], most: int) -> dict[str, Kind]:
        found: dict[str, Kind] = {}
        for _ in range(self.number(0, most)):
            low = self.number(0, 2)
            kind = self.pick(
                [
                    Kind("int", low, low + self.number(0, 2)),
                    Kind("int", 1, 3),
                    Kind("float"),
                    Kind("bool"),
                    Kind("str"),
                    Kind("list", 1, 4, self.number(1, 3)),
                ]
            )
            found[self.fresh(PARAM_NAMES, taken)] = kind
        return found

    def declared(self, kind: Kind, known: dict[str, Kind]) -> Any:
        """A param with a default, in either form."""
        scope = Scope("1", known, set())
        default = self.constant(kind) if self.chance(2) else self.scalar(self.text_of(kind, scope))
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
        required = [param for param in params if self.chance(2)]
        for param, kind in params.items():
            known = {name: params[name] for name in sections["params"]}
            sections["params"][param] = None if param in required else self.declared(kind, known)
        own = width
        if not width.isdecimal() or self.chance(2):
            own, default = "units", int(width) if width.isdecimal() and self.chance(2) else None
            sections["params"]["units"] = default
            required += ["units"] if default is None else []
        items: set[str] = set()
        inputs = self.block_inputs(items)
        if inputs != ("input",):
            sections["inputs"] = list(inputs)
        scope = Scope(own, dict(params), items, [Entry(i) for i in inputs], previous=len(inputs) == 1)
        self.left, self.used = MOST_OF_A_BLOCK, 0
        sections["layers"] = self.items(scope, DEPTH - 1)
        outputs = self.block_outputs(sections, scope)
        given = {**params, **({"units": Kind("width")} if own == "units" else {})}
        self.blocks[name] = Block(inputs, outputs, given, tuple(required), max(self.used, 1))
        return {section: value for section, value in sections.items() if value}

    def block_inputs(self, taken: set[str]) -> tuple[str, ...]:
        count = self.pick([0, 0, 1, 2, 3])
        names = tuple(self.fresh(INPUT_NAMES, taken) for _ in range(count)) or ("input",)
        taken.update(names)
        return names

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
        kinds = self.params({"width", "true"}, 4)
        params: dict[str, Any] = {}
        for name, kind in kinds.items():
            params[name] = self.declared(kind, {known: kinds[known] for known in params})
        width = str(number)
        if self.chance(2):
            width = "width"
            params["width"] = self.pick([number, {"default": number, "min": 1}])
        inputs = self.pick([("image",), ("x",), ("x", "y")])
        scope = Scope(width, kinds, set(inputs), [Entry(i) for i in inputs], previous=len(inputs) == 1)
        sections = {
            "params": params,
            "variants": self.variants(kinds, params) if params else {},
            "inputs": self.inputs(inputs, width),
            **self.parts(kinds, width),
            "layers": self.network(scope),
            "outputs": self.outputs(scope),
        }
        given = {name: section for name, section in sections.items() if section}
        return {"nnspec": 1, "name": "net", **given}

    def inputs(self, names: tuple[str, ...], width: str) -> dict[str, Any]:
        length = self.pick([3, "time"] if len(names) > 1 else [3, 3, "time", None])
        axis = int(width) if width.isdecimal() else f"={width}"
        return {name: [length, axis] for name in names}

    def parts(self, kinds: dict[str, Kind], width: str) -> dict[str, Any]:
        """The presets and blocks. No two have the same name."""
        taken: set[str] = set()
        presets: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        for _ in range(self.number(0, 2)):
            name = self.fresh(PRESET_NAMES, taken)
            presets[name], base, first = self.preset(width, kinds)
            self.presets[name] = base, first
        for _ in range(self.number(0, 3)):
            name = self.fresh(BLOCK_NAMES, taken)
            blocks[name] = self.block(name, width)
        return {"presets": presets, "blocks": blocks}

    def network(self, scope: Scope) -> list[Any]:
        self.left = MOST_LAYERS
        return self.items(scope, DEPTH, 3, 6)

    def outputs(self, scope: Scope) -> dict[str, Any]:
        """Some outputs; where there are none, the last item's value is the network's."""
        return {f"result{i}": self.reference(scope) for i in range(self.number(0, 3))}

    def variants(self, kinds: dict[str, Kind], params: dict[str, Any]) -> dict[str, Any]:
        return {f"v{i}": self.variant(kinds, params) for i in range(self.number(0, 2))}

    def variant(self, kinds: dict[str, Kind], params: dict[str, Any]) -> dict[str, Any]:
        found = {name: self.constant(kind) for name, kind in kinds.items() if self.chance(2)}
        if "width" in params and self.chance(2):
            found["width"] = self.number(2, 4)
        return found


@st.composite
def programs(draw: Callable[[st.SearchStrategy[Any]], Any]) -> dict[str, Any]:
    """A whole spec as data."""
    return Program(draw).program()
