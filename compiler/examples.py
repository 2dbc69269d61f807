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

# The shapes of constants to try behind them, which only functions compute with.
CONSTANTS = ((8, 4), (6, 8), (4,))

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
    ("Rescaling", {"scale": 0.5}),
)
MOST_TRIED = 600


class Example(NamedTuple):
    """A layer, the fields that were given to it, its inputs by port, and what it infers of them."""

    layer: Layer
    fields: tuple[str, ...]
    inputs: tuple[tuple[str, TensorType], ...]
    signature: Signature


def example(cls: type[Layer]) -> Example | None:
    """An example of a layer, a cell being held by RNN; None where nothing that is tried goes."""
    if not cls.stands_alone:
        return _of_cell(cls)
    types = [_type(shape, dtype) for shape, dtype in INPUTS]
    constants = [TensorType(shape) for shape in CONSTANTS if cls.is_function]
    return _found(cls, types) or _found(cls, [*types, *constants])


def _found(cls: type[Layer], types: list[TensorType]) -> Example | None:
    tried = ((layer, fields, inputs) for layer, fields in _layers(cls) for inputs in _inputs(cls, types))
    for layer, fields, inputs in islice(tried, MOST_TRIED):
        signature = _signature(layer, inputs)
        if signature is not None:
            return Example(layer, fields, inputs, signature)
    return None


def _of_cell(cls: type[Layer]) -> Example | None:
    rnn, sequences = find("RNN"), (("sequences", _type(*INPUTS[0])),)
    cell = next((layer for layer, _ in _layers(cls)), None)
    layer = _made(rnn, {"cell": cell}) if rnn and cell else None
    found = _signature(layer, sequences) if layer else None
    return Example(layer, (), sequences, found) if layer and found else None


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
    held: list[Any] = [_held(*one) for one in HELD] if name in cls.layer_fields() else []
    held += [[one] * 2 for one in held] if name in cls.layer_lists() else []
    first = AXES if name in ("axis", "axes") else RATES if not cls.checked(name, 0.5)[1] else ()
    turned = (*first, *VALUES[number:], *VALUES[:number])
    return [value for value in (*held, *turned) if not cls.checked(name, value)[1]]


def _held(kind: str, fields: Mapping[str, Any]) -> Layer | None:
    cls = find(kind)
    return _made(cls, fields) if cls else None


def _made(cls: type[Layer], fields: Mapping[str, Any]) -> Layer | None:
    return cls.make({**({} if cls.is_function else {"dtype": "float32"}), **fields})[0]


def _inputs(cls: type[Layer], types: list[TensorType]) -> Iterator[tuple[tuple[str, TensorType], ...]]:
    """The same input for every port that needs one, and then different ones."""
    ports = [port for port in cls.ports if not port.optional] or list(cls.ports[:1])
    names = [name for port in ports for name in ([port.name] * 2 if port.many else [port.name])]
    # What casts nothing is mostly meant for numbers of another kind.
    whole = not (cls.autocast or cls.is_function)
    ordered = sorted(types, key=lambda one: whole and one.dtype == "float32")
    alike = ordered if len(names) < 2 else [one for one in ordered if not one.is_constant]
    yield from (tuple((name, one) for name in names) for one in alike)
    if cls.is_function and len(ports) < len(cls.ports):
        yield from (tuple((port.name, one) for port in cls.ports) for one in alike)
    if len(ports) > 1:
        yield from (tuple(zip(names, some, strict=True)) for some in _pairs(ordered, len(names)))


def _pairs(types: list[TensorType], count: int) -> list[tuple[TensorType, ...]]:
    """Every choice of inputs, those with a tensor and a constant first, and those of constants alone last."""
    constants = {some: sum(one.is_constant for one in some) for some in product(types, repeat=count)}
    return sorted(constants, key=lambda some: (constants[some] == count, constants[some] == 0))


def _type(shape: tuple[int | str, ...], dtype: str) -> TensorType:
    return TensorType((BATCH, *(symbol(axis) if isinstance(axis, str) else axis for axis in shape)), dtype)


def _signature(layer: Layer, inputs: tuple[tuple[str, TensorType], ...]) -> Signature | None:
    arguments = tuple(Argument(port, Value(str(number))) for number, (port, _) in enumerate(inputs))
    try:
        return call(layer, arguments, [type_ for _, type_ in inputs])
    except (LayerError, SpecError, SizeTooLong, ValueError):
        return None
