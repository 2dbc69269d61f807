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
from typing import Any, TypeAlias

from pydantic_core import PydanticCustomError

from .diagnostics import did_you_mean
from .problems import Problem, as_error, check_fields, check_value, problem, without_cascades

# An argument is (type, default); `...` for one without a default.
Arguments: TypeAlias = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Named:
    """A Keras object by name, with the arguments that the spec gives it."""

    catalogue: Catalogue = field(repr=False)
    name: str
    arguments: tuple[tuple[str, Any], ...] = ()

    def __getitem__(self, argument: str) -> Any:
        """The argument's value, or its default."""
        given = dict(self.arguments)
        return given[argument] if argument in given else self.catalogue.entries[self.name][argument][1]

    @property
    def identifier(self) -> str:
        """The string by which Keras knows it: `he_normal`."""
        return self.catalogue.spell(self.name)


@dataclass(frozen=True, eq=False)
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
        entry = self.entries[canonical]
        required = {key: default is ... for key, (_, default) in entry.items()}
        values, problems = check_fields(
            arguments, required, lambda key, value: check_value(entry[key][0], value, key)
        )
        if problems:
            found = without_cascades(problems, entry)
            raise as_error(canonical, [self._worded(canonical, one) for one in found])
        return Named(self, canonical, tuple((key, values[key]) for key in arguments))

    @property
    def plural(self) -> str:
        return f"{self.kind}{'es' if self.kind.endswith('s') else 's'}"

    def _alike(self, name: str) -> list[str]:
        """The names to suggest for one that is unknown, in its own style."""
        spell = self.spell if name == name.lower() else str
        return [*map(spell, self.entries), *self.aliases]

    def _worded(self, name: str, found: Problem) -> Problem:
        """An argument that is unknown or missing in words that say whose it is; other problems as they are."""
        key = str(found["loc"][-1]) if found["loc"] else ""
        context = {"name": name, "key": key}
        match found["type"]:
            case "extra_forbidden":
                context["help"] = did_you_mean(key, self.entries[name], f"arguments of {name}")
                return problem("unknown_argument", key, '{name} has no argument "{key}"', context)
            case "missing":
                context["help"] = f"write {{{name}: {{{key}: …}}}}"
                return {**problem("lacking_argument", key, '{name} needs "{key}"', context), "loc": ()}
        return found

    def _words(self) -> dict[str, Any]:
        return {"kind": self.kind, "a": "an" if self.kind[0] in "aeio" else "a", "code": "NN103"}


def _mapping(name: str, arguments: Any) -> dict[str, Any]:
    if arguments is None or isinstance(arguments, dict):
        return arguments or {}
    context = {"name": name, "code": "NN103", "help": f"write {{{name}: {{argument: value}}}}"}
    raise PydanticCustomError("named_arguments", "the arguments of {name} are a mapping", context)


# Layers that Keras exports under another name than their class has.
CLASSES = {"GroupQueryAttention": "GroupedQueryAttention"}


def snake_case(name: str) -> str:
    """Keras's own rule: `MaxPooling2D` becomes `max_pooling2d`, `LSTM` `lstm`."""
    name = re.sub(r"\W+", "", CLASSES.get(name, name))
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
