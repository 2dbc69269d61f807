"""Random expressions of the spec language that are of a given kind and range, over names of known kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

ACTIVATIONS = ("relu", "tanh", "sigmoid", "linear")


class Kind(NamedTuple):
    """What is known of a name's value: for an integer its range, for a list of integers that of its elements, and how
    many these are."""

    name: str
    low: int = 0
    high: int = 0
    length: int = 0


Names: TypeAlias = Mapping[str, Kind]


class Drawer:
    """Small choices, all of them hypothesis's own, so that a failing program shrinks."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def pick(self, among: Sequence[T]) -> T:
        return among[self.number(0, len(among) - 1)]

    def chance(self, one_in: int) -> bool:
        return self.number(1, one_in) == one_in

    # --- expressions, without the `=` before them

    def of_kind(self, names: Names, kind: str) -> list[str]:
        return [name for name, known in names.items() if known.name == kind]

    def integer(self, names: Names, low: int, high: int, depth: int = 1) -> str:
        """An integer from `low` to `high`, which is not negative."""
        plain = str(self.number(low, high))
        integers = self.of_kind(names, "int")
        lists = [name for name in self.of_kind(names, "list") if names[name].length]
        within = [name for name in integers if low <= names[name].low and names[name].high <= high]
        forms = [plain, *within, *within]
        if depth and integers:
            name = self.pick(integers)
            forms += [f"min(max({name}, {low}), {high})", f"{low} + {name} % {high - low + 1}"]
            forms += [f"max({low}, {high} - {name})"]
        if depth and lists:
            name = self.pick(lists)
            forms += [f"min([*, {high}])".replace("*", f"max({low}, {name}[-1])")]
            forms += [f"min(max({low}, len({name})), {high})", f"{low} + {name}[0] % {high - low + 1}"]
        if depth:
            forms.append(f"{plain} if {self.boolean(names, 0)} else {self.number(low, high)}")
        return self.pick(forms)

    def real(self, names: Names, depth: int = 1) -> str:
        """A number from 0.05 to 0.95."""
        forms = ["0.25", "0.5", *self.of_kind(names, "float") * 2]
        if depth:
            inner = self.real(names, 0)
            forms += [f"{inner} / 2 + 0.1", f"min({inner}, 0.5)", f"max(0.3, {inner})", f"1 - {inner}"]
            forms += [f"0.25 if {self.boolean(names, 0)} else {inner}"]
            forms += [f"1 / ({name} % 5 + 2)" for name in self.of_kind(names, "int")]
        return self.pick(forms)

    def boolean(self, names: Names, depth: int = 1) -> str:
        forms = ["true", "false"]
        tests = self.of_kind(names, "bool") * 3
        for name in self.of_kind(names, "int"):
            number = self.number(0, 3)
            tests += [
                f"{name} > {number}",
                f"{name} == {number}",
                f"{name} % 2 != 0",
                f"{name} in [0, {number}]",
            ]
        tests += [f"{name} == 'relu'" for name in self.of_kind(names, "str")]
        tests += [f"{name} <= 0.5" for name in self.of_kind(names, "float")]
        if not tests:
            return self.pick(forms)
        one, other = self.pick(tests), self.pick(tests)
        if depth and one != other:
            forms += [f"{one} and {other}", f"{one} or {other}", f"({one}) != ({other})"]
        if depth and not any(word in one for word in ("=", "in")):
            forms.append(f"not ({one})" if " " in one else f"not {one}")
        return self.pick([*forms, *tests])

    def activation(self, names: Names, depth: int = 1) -> str:
        plain = f"'{self.pick(ACTIVATIONS)}'"
        forms = [plain, *self.of_kind(names, "str") * 2]
        if depth:
            forms.append(f"{self.activation(names, 0)} if {self.boolean(names, 0)} else {plain}")
            forms += [f"[{plain}, 'tanh'][{name} % 2]" for name in self.of_kind(names, "int")]
        return self.pick(forms)

    def integers(self, names: Names, length: int, low: int, high: int) -> str:
        """A list of integers."""
        given = [
            name
            for name, known in names.items()
            if known.name == "list" and known.length == length and low <= known.low and known.high <= high
        ]
        written = [self.integer(names, low, high, 0) for _ in range(length)]
        forms = [f"[{', '.join(written)}]", *given * 2]
        if length:
            forms += [f"[{', '.join(written[1:])}] + [{written[0]}]", f"[{written[0]}] * {length}"]
        if high - low >= length:
            forms.append(f"range({low}, {low + length})" if low else f"range({length})")
        return self.pick(forms)

    def width(self, names: Names, width: str) -> str:
        """An expression for the size of the feature axis, which only a field takes: it may be a whole float."""
        forms = [width, width, f"{width} * 1", f"2 * {width} // 2", f"max({width}, 1)", f"{width} * 1.0"]
        forms += [f"ceil({width} / 1)", f"[7, {width}][1]", f"{width} ** 1", f"6 * {width} / 6"]
        forms += [f"{width} + 0 * {name}" for name in self.of_kind(names, "int")]
        forms += [f"{width} if {name} else {width}" for name in self.of_kind(names, "bool")]
        return self.pick(forms)

    # --- values, plain or as expressions

    def scalar(self, text: str) -> Any:
        """A value as a spec has it: plain where it needs no expression."""
        plain = {"true": True, "false": False}
        if text in plain:
            return plain[text]
        if text.isdecimal():
            return int(text)
        if text.replace(".", "", 1).isdecimal():
            return float(text)
        if text[:1] == "'" == text[-1:] and text.count("'") == 2:
            return text[1:-1]
        return f"={text}"
