"""Records: frozen values of typed fields, as layers and the sections of a file are.

Each field is checked by its type, and only where a file gives it: a pydantic model for each of Keras's layers would
cost every start of the program more than all of its work.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, NamedTuple, Self, get_origin, get_type_hints

from pydantic_core import PydanticCustomError

from .problems import Checked, Problem, check_fields, check_value, problem


class Field(NamedTuple):
    """A field's documentation and default; `...` where a value must be given."""

    description: str
    default: Any = ...

    @property
    def required(self) -> bool:
        return self.default is ...


def doc(description: str, default: Any = ...) -> Any:
    """Declares a field with its one line of documentation; without a default it is required."""
    return Field(description, default)


class Record:
    """A frozen value of the fields that its class declares by `name: Type = doc("…", default)`."""

    fields: ClassVar[dict[str, Field]] = {}

    def __init_subclass__(cls) -> None:
        # A class that gives a plain value to a field of its base has the field no more.
        declared = dict(item for base in reversed(cls.__mro__) for item in vars(base).items())
        cls.fields = {name: value for name, value in declared.items() if isinstance(value, Field)}

    def __init__(self, **values: Any) -> None:
        """A record of values that are known to be right, and defaults for the others."""
        defaults = {n: self.prepared(n, f.default) for n, f in self.fields.items() if n not in values}
        self.__dict__.update(defaults, **values)

    @classmethod
    def make(cls, data: Mapping[str, Any], context: Any = None) -> tuple[Self | None, list[Problem]]:
        """The record of these values, once each is of its field's type; or None, and every problem there is."""
        required = {name: field.required for name, field in cls.fields.items()}
        values, problems = check_fields(data, required, lambda name, value: cls.checked(name, value, context))
        if problems:
            return None, problems
        record = cls(**values)
        problems = record.problems()
        return (None, problems) if problems else (record, [])

    @classmethod
    def checked(cls, name: str, value: Any, context: Any = None) -> Checked:
        """The value of a field once it is of the field's type; or None, and every problem there is."""
        try:
            prepared = cls.prepared(name, value)
        except PydanticCustomError as error:
            return None, [problem(error.type, name, error.message(), error.context)]
        return check_value(types(cls)[name], prepared, name, context)

    @classmethod
    def prepared(cls, name: str, value: Any) -> Any:
        """A field's value before its type is checked, for what depends on the class. May raise
        PydanticCustomError."""
        return value

    def problems(self) -> list[Problem]:
        """What is wrong with the fields together."""
        return []

    def changed(self, **values: Any) -> Self:
        """The record with other values in some fields."""
        return type(self)(**{**self.__dict__, **values})

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        given = ((name, getattr(self, name)) for name in self.fields)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in given)})"


@cache
def types(record: type[Record]) -> dict[str, Any]:
    """The type of each field, with what `Annotated` adds to it."""
    hints = get_type_hints(record, include_extras=True)
    return {name: hints[name] for name in record.fields}


def metadata(record: type[Record], name: str) -> tuple[Any, ...]:
    """What `Annotated` adds to a field's type."""
    found = types(record)[name]
    return found.__metadata__ if get_origin(found) is Annotated else ()
