"""Keras objects that a spec names: initializers, regularizers, constraints, activations, optimizers, losses,
metrics.

Each kind is one Catalogue: a table of names, each with the arguments it takes. A spec writes `HeNormal`,
`he_normal` or `{HeNormal: {seed: 1}}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias, get_args

from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError, core_schema

from .diagnostics import did_you_mean
from .locate import without_cascades
from .records import Details, check_value, problem

# An argument is (type, default); `...` for one without a default.
Arguments: TypeAlias = Mapping[str, tuple[Any, Any]]

BUILT_IN = frozenset(get_args(core_schema.ErrorType))


class Named:
    """A Keras object by name, with the arguments that the spec gives it. Never changed after it is made.

    It is no dataclass, since pydantic would check a field of one by its own rules.
    """

    __slots__ = ("arguments", "catalogue", "name")

    def __init__(self, catalogue: Catalogue, name: str, arguments: tuple[tuple[str, Any], ...] = ()) -> None:
        self.catalogue, self.name, self.arguments = catalogue, name, arguments

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"Named({self.name!r}, {self.arguments!r})"

    @property
    def _key(self) -> tuple[Any, ...]:
        return self.catalogue.kind, self.name, self.arguments

    def __getitem__(self, argument: str) -> Any:
        """The argument's value, or its default."""
        given = dict(self.arguments)
        return given[argument] if argument in given else self.catalogue.entries[self.name][argument][1]

    @property
    def identifier(self) -> str:
        """The string by which Keras knows it: `he_normal`."""
        return self.catalogue.spell(self.name)


@dataclass(frozen=True)
class Catalogue:
    """One kind of Keras object: what messages call it, its Keras module, and what it holds.

    `spell` turns a name into the string by which Keras knows it.
    """

    kind: str
    module: str
    entries: Mapping[str, Arguments]
    aliases: Mapping[str, str] = field(default_factory=dict)
    spell: Callable[[str], str] = field(default_factory=lambda: snake_case)

    def __contains__(self, name: object) -> bool:
        """Whether a name, in any accepted spelling, is in the catalogue."""
        return name in self._names

    @cached_property
    def _names(self) -> dict[str, str]:
        """Every accepted spelling, and the name in `entries` that it stands for."""
        spelled = {self.spell(name): name for name in self.entries}
        return {**spelled, **{name: name for name in self.entries}, **self.aliases}

    def named(self, name: str, **arguments: Any) -> Named:
        """For our own defaults: an object by a name that is known to exist."""
        return Named(self, self._names[name], tuple(arguments.items()))

    def parse(self, value: Any) -> Any:
        """`Name` or `{Name: {argument: value}}` as a Named. Raises PydanticCustomError or ValidationError."""
        match value:
            case Named():
                return value
            case str():
                return self._make(value, {})
            case dict() if len(value) == 1:
                (name, arguments) = next(iter(value.items()))
                return self._make(name, _mapping(name, arguments))
        context = {**self._words(), "help": "write its name, or {Name: {argument: value}}"}
        raise PydanticCustomError("named_type", "must be the name of {a} {kind}", context)

    def _make(self, name: str, arguments: dict[str, Any]) -> Named:
        if name not in self._names:
            context = {
                **self._words(),
                "name": name,
                "help": did_you_mean(name, self._alike(name), self.plural),
            }
            raise PydanticCustomError("named_unknown", 'there is no {kind} "{name}"', context)
        canonical = self._names[name]
        values, problems = self._checked(canonical, arguments)
        if problems:
            found = without_cascades(problems, self.entries[canonical])
            details = [self._detail(canonical, one) for one in found]
            raise ValidationError.from_exception_data(canonical, details) from None
        return Named(self, canonical, tuple(values.items()))

    def _checked(self, name: str, arguments: dict[str, Any]) -> tuple[dict[str, Any], list[Details]]:
        """The arguments' values, and every problem with them."""
        entry, values = self.entries[name], dict[str, Any]()
        problems = [problem("extra_forbidden", key) for key in arguments if key not in entry]
        for key, (type_, default) in entry.items():
            if key in arguments:
                values[key], found = check_value(type_, arguments[key], key)
                problems += found
            elif default is ...:
                problems.append(problem("missing", key))
        return {key: values[key] for key in arguments if key in values}, problems

    @property
    def plural(self) -> str:
        return f"{self.kind}{'es' if self.kind.endswith('s') else 's'}"

    def _alike(self, name: str) -> list[str]:
        """The names to suggest for one that is unknown, in its own style."""
        spell = self.spell if name == name.lower() else str
        return [*map(spell, self.entries), *self.aliases]

    def _detail(self, name: str, found: Any) -> InitErrorDetails:
        """One error about the arguments; where one is unknown or missing, in words that say whose it is."""
        kind, location, context = found["type"], found["loc"], found.get("ctx", {})
        key = str(location[-1]) if location else ""
        match kind:
            case "extra_forbidden":
                help = did_you_mean(key, self.entries[name], f"arguments of {name}")
                context = {"name": name, "key": key, "help": help}
                kind = PydanticCustomError("unknown_argument", '{name} has no argument "{key}"', context)
            case "missing":
                context = {"name": name, "key": key, "help": f"write {{{name}: {{{key}: …}}}}"}
                kind, location = PydanticCustomError("lacking_argument", '{name} needs "{key}"', context), ()
            case _ if kind not in BUILT_IN:
                kind = PydanticCustomError(kind, found["msg"], context)
        return {"type": kind, "loc": location, "input": found["input"], "ctx": context}

    def _words(self) -> dict[str, Any]:
        return {"kind": self.kind, "a": "an" if self.kind[0] in "aeio" else "a", "code": "NN103"}


def _mapping(name: str, arguments: Any) -> dict[str, Any]:
    if arguments is None or isinstance(arguments, dict):
        return arguments or {}
    context = {"name": name, "code": "NN103", "help": f"write {{{name}: {{argument: value}}}}"}
    raise PydanticCustomError("named_arguments", "the arguments of {name} are a mapping", context)


def snake_case(name: str) -> str:
    """Keras's own rule: `MaxPooling2D` becomes `max_pooling2d`, `LSTM` `lstm`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
