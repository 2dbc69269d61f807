"""An example of each layer, found by trying: fields that it takes, inputs that go with them, and what comes out.

What a layer's output is like is said by its `infer` alone. Applied to inputs of named sizes it says so in public:
Conv2D of `[batch, height, width, 8]` gives `[batch, height - 2, width - 2, 4]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, islice, product
from typing import Any, NamedTuple

from ..spec.diagnostics import SpecError
from ..spec.layers import find
from ..spec.layers.base import Layer, LayerError
from ..spec.size import BATCH, SizeTooLong, symbol
from ..spec.types import Signature, TensorType
from .graph import Argument, Value
from .infer import call

# The inputs to try, the telling ones first: axes behind the batch, and dtype.
INPUTS: tuple[tuple[tuple[int | str, ...], str], ...] = (
    (("time", 8), "float32"),
    (("height", "width", 8), "float32"),
    (("depth", "height", "width", 8), "float32"),
    (("time",), "int32"),
    ((8,), "float32"),
    ((6, 8), "float32"),
    ((8, 6), "float32"),
    ((12, 12, 8), "float32"),
    ((6, 12, 12, 8), "float32"),
    ((4, 6, 6, 6, 2), "float32"),
    (("time", "height", "width", 8), "float32"),
    (("time", "depth", "height", "width", 8), "float32"),
    ((8,), "int32"),
    ((3, 4), "int32"),
    ((8,), "bool"),
    (("time",), "float32"),
    ((1, 8), "float32"),
    (("height", "width", 3), "float32"),
    ((4, 3, 8), "float32"),
)

# The values to try for a field that needs one, and then for one of those that have a default.
VALUES: tuple[Any, ...] = (
    *(4, 3, 2, 1, 0.5, 1.5, 0, -1, True),
    *([2, 1], [-1, 4], [1, 2], [1], [0.5, 1.5], ["a", "b"], [3, 4], [None, 4], [None, 3, 4]),
    *([[1, 2], [3, 4]], [[0, 0], [1, 2]], [0, 1, 2], [-1, 2, 4]),
    *("relu", "float16", "int32", "nearest", "multi_hot"),
    *("abc,cd->abd", "abc,cd->acd", "abc,abd->acd", "...a,ab->...b"),
)
# What to try first for axes, and for what may be between two integers.
AXES = (-1, 1, [0, 2, 1])
RATES = (0.5,)

# What a layer may hold.
HELD: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("Dense", {"units": 4}),
    ("LSTM", {"units": 4}),
    ("Conv2D", {"filters": 4, "kernel_size": 3}),
    ("LSTMCell", {"units": 4}),
)
MOST_TRIED = 3000


class Example(NamedTuple):
    """A layer, the fields that were given to it, its inputs by port, and what it infers of them."""

    layer: Layer
    fields: tuple[str, ...]
    inputs: tuple[tuple[str, TensorType], ...]
    signature: Signature


def example(cls: type[Layer]) -> Example | None:
    """An example of a layer; None where nothing that is tried goes, and for what another layer holds."""
    if not cls.stands_alone:
        return None
    tried = ((layer, fields, inputs) for layer, fields in _layers(cls) for inputs in _inputs(cls))
    for layer, fields, inputs in islice(tried, MOST_TRIED):
        signature = _signature(layer, inputs)
        if signature is not None:
            return Example(layer, fields, inputs, signature)
    return None


def _layers(cls: type[Layer]) -> Iterator[tuple[Layer, tuple[str, ...]]]:
    """Layers with values for the required fields, and then for one or two more."""
    own = cls.own_fields()
    required = tuple(name for name in own if cls.fields[name].required)
    others = [name for name in own if name not in required]
    for optional in [(), *combinations(others, 1), *combinations(others, 2)]:
        names = (*required, *optional)
        for values in product(*(_values(cls, name, number) for number, name in enumerate(names))):
            layer = _made(cls, dict(zip(names, values, strict=True)))
            if layer is not None:
                yield layer, names


def _values(cls: type[Layer], name: str, number: int) -> list[Any]:
    """The values that a field takes by itself. Those of fields side by side begin with different ones."""
    held = (
        [made for kind, fields in HELD if (made := _held(kind, fields))] if name in cls.layer_fields() else []
    )
    first = AXES if name in ("axis", "axes") else RATES if not cls.checked(name, 0.5)[1] else ()
    turned = (*first, *VALUES[number:], *VALUES[:number])
    return [value for value in (*held, *turned) if not cls.checked(name, value)[1]]


def _held(kind: str, fields: Mapping[str, Any]) -> Layer | None:
    cls = find(kind)
    return _made(cls, fields) if cls else None


def _made(cls: type[Layer], fields: Mapping[str, Any]) -> Layer | None:
    return cls.make({**({} if cls.is_function else {"dtype": "float32"}), **fields})[0]


def _inputs(cls: type[Layer]) -> Iterator[tuple[tuple[str, TensorType], ...]]:
    """The same input for every port that needs one, and then pairs of different ones."""
    ports = [port for port in cls.ports if not port.optional]
    names = [name for port in ports for name in ([port.name] * 2 if port.many else [port.name])]
    # What casts nothing is mostly meant for numbers of another kind.
    whole = not (cls.autocast or cls.is_function)
    types = [_type(*given) for given in sorted(INPUTS, key=lambda i: whole and i[1] == "float32")]
    yield from (tuple((name, one) for name in names) for one in types)
    if cls.is_function and len(ports) < len(cls.ports):
        yield from (tuple((port.name, one) for port in cls.ports) for one in types)
    if len(names) > 1:
        yield from (tuple(zip(names, some, strict=True)) for some in product(types, repeat=len(names)))


def _type(shape: tuple[int | str, ...], dtype: str) -> TensorType:
    return TensorType((BATCH, *(symbol(axis) if isinstance(axis, str) else axis for axis in shape)), dtype)


def _signature(layer: Layer, inputs: tuple[tuple[str, TensorType], ...]) -> Signature | None:
    arguments = tuple(Argument(port, Value(str(number))) for number, (port, _) in enumerate(inputs))
    try:
        return call(layer, arguments, [type_ for _, type_ in inputs])
    except (LayerError, SpecError, SizeTooLong, ValueError):
        return None
