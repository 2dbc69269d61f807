"""Calls of any layer of the catalogue, valid and invalid, drawn from what its fields are declared to take; and whether
Keras runs them, asked of Keras itself and not through our spelling."""

from __future__ import annotations

import inspect
import json
import re
from functools import cache, reduce
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import nnspec
import numpy as np
from hypothesis import strategies as st
from nnspec.backends.calls import NEVER_BARE, spell
from nnspec.backends.spec import call
from nnspec.compiler.examples import VALUES, Example, example
from nnspec.spec.activations import ACTIVATIONS
from nnspec.spec.initializers import INITIALIZERS
from nnspec.spec.layers import find
from nnspec.spec.layers.base import Layer
from nnspec.spec.penalties import CONSTRAINTS, REGULARIZERS
from nnspec.spec.records import types
from nnspec.spec.schemas import Bounds

BATCH = 2
DYNAMIC = 60

# Objects that a field takes by name, by the last word of the field's own.
NAMED = {
    "activation": ACTIVATIONS,
    "initializer": INITIALIZERS,
    "regularizer": REGULARIZERS,
    "constraint": CONSTRAINTS,
}
ODD: tuple[Any, ...] = (
    *(True, False, 0, 1, -1, -2, 7, 0.0, 2.5, -0.5, 1.0, "nope", "same", None),
    *([], [1], [0, 1], [2, 2], [1, 2, 3], [-1, 2], [1, 1, 1, 1], [[1, 1], [1, 1]], [True], ["a"]),
)
# Where windows do not fit these, TensorFlow ends the process: what nnspec refuses of them, Keras is not asked.
FATAL = r"AdaptiveMaxPooling\dD"


class Given(NamedTuple):
    """One input of a call: the port that it goes to, its axes behind the batch, None for a dynamic one, and dtype."""

    port: str
    shape: tuple[int | None, ...]
    dtype: str


class Drawn(NamedTuple):
    """A call. `is_loose` where a field has a value of another type than it takes, which Keras may take for one."""

    name: str
    fields: dict[str, Any]
    inputs: tuple[Given, ...]
    is_loose: bool = False

    @property
    def text(self) -> str:
        """The call as a spec."""
        names = [f"x{number}" for number, _ in enumerate(self.inputs)]
        inputs = {
            name: {
                "shape": [f"d{axis}" if size is None else size for axis, size in enumerate(i.shape)],
                "dtype": i.dtype,
            }
            for name, i in zip(names, self.inputs, strict=True)
        }
        sources: dict[str, list[str]] = {}
        for name, i in zip(names, self.inputs, strict=True):
            sources.setdefault(i.port, []).append(name)
        item = {self.name: self.fields, "name": "layer", "from": sources}
        return json.dumps({"nnspec": 1, "name": "net", "inputs": inputs or {"x": [1]}, "layers": [item]})


class Ran(NamedTuple):
    """What Keras gave: shapes and dtypes of its outputs."""

    outputs: list[tuple[tuple[int, ...], str]]


# --- what is drawn


@st.composite
def drawn(draw: st.DrawFn, name: str) -> Drawn:
    cls, known = _known(name)
    fields = {}
    for field in cls.own_fields():
        needed = cls.fields[field].required or (field in known.fields and draw(st.integers(0, 5)))
        if needed or draw(st.integers(0, 4)) == 0:
            fields[field] = draw(_usual(cls, field, known))
    if cls.own_fields() and draw(st.integers(0, 2)) == 0:
        field = draw(st.sampled_from(cls.own_fields()))
        fields[field] = draw(st.sampled_from(ODD))
    is_loose = any(not _is_of_a_kind(value, types(cls)[field]) for field, value in fields.items())
    return Drawn(name, fields, draw(_inputs(known)), is_loose)


@cache
def _known(name: str) -> tuple[type[Layer], Example]:
    cls = find(name)
    assert cls is not None
    found = example(cls)
    assert found is not None
    return cls, found


def _usual(cls: type[Layer], field: str, known: Example) -> st.SearchStrategy[Any]:
    """What a field is given by people, mostly; where it needs a value, the example's is one of them."""
    drawn = _of_type(types(cls)[field], field)
    ((_, given),) = call(known.layer, "float32").items()
    at_hand = given.get(field) if isinstance(given, dict) else given
    if field in known.fields and at_hand is not None:
        return st.just(at_hand) | drawn if drawn is not None else st.just(at_hand)
    return drawn if drawn is not None else st.sampled_from(VALUES)


def _of_type(type_: Any, field: str, marks: tuple[Any, ...] = ()) -> st.SearchStrategy[Any] | None:
    """Values of a type, within its bounds and just outside; None for a type that no one can draw by."""
    origin, arguments = get_origin(type_), get_args(type_)
    catalogue = NAMED.get(field.rpartition("_")[2])
    if catalogue is not None:
        return st.sampled_from(
            sorted(catalogue.spell(name) for name, entry in catalogue.entries.items() if _bare(name, entry))
        )
    if origin is Annotated:
        return _of_type(arguments[0], field, type_.__metadata__)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, UnionType):
        return _optional([_of_type(one, field) for one in arguments if one is not NoneType])
    if origin is tuple:
        return _lists(type_, field)
    return _scalar(type_, marks)


def _optional(others: list[st.SearchStrategy[Any] | None]) -> st.SearchStrategy[Any] | None:
    known = [one for one in others if one is not None]
    return st.one_of(st.none(), *known) if len(known) == len(others) else None


def _scalar(type_: Any, marks: tuple[Any, ...]) -> st.SearchStrategy[Any] | None:
    bounds = next((mark for mark in marks if isinstance(mark, Bounds)), Bounds())
    least = bounds.ge if bounds.ge is not None else bounds.gt
    if type_ is bool:
        return st.booleans()
    if type_ is int:
        low = -3 if least is None else max(int(least) - (0 if bounds.ge is not None else -1), -3)
        return st.integers(low, max(low, 1) + 3)
    if type_ is float:
        low = -2.0 if least is None else max(float(least), -2.0)
        high = 2.0 if bounds.le is None else float(bounds.le)
        return st.sampled_from([low + (high - low) * part for part in (0.0, 0.25, 0.5, 1.0)])
    return None


def _lists(type_: Any, field: str) -> st.SearchStrategy[Any] | None:
    """Lists, and one value in place of one."""
    inner = _of_type(get_args(type_)[0], field)
    if inner is None:
        return None
    return inner | st.lists(inner, min_size=1, max_size=4)


def _bare(name: str, entry: Any) -> bool:
    """Whether Keras makes a named object of its name alone."""
    return name not in NEVER_BARE and all(default is not ... for _, default in entry.values())


def _is_of_a_kind(value: Any, type_: Any) -> bool:
    """Whether a value's type is one that the field has somewhere: no boolean for a number, no number for a word."""
    kinds = _kinds(type_)
    if isinstance(value, list):
        return list in kinds and all(_is_of_a_kind(item, type_) for item in value)
    return type(value) in kinds or (type(value) is int and float in kinds)


def _kinds(type_: Any) -> set[type]:
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Annotated:
        return _kinds(arguments[0])
    if origin is Literal:
        return {type(one) for one in arguments}
    if origin in (Union, UnionType, tuple):
        own: set[type] = {list} if origin is tuple else set()
        return own.union(*(_kinds(one) for one in arguments if one is not ...))
    return {type_} if type_ in (bool, int, float, str, NoneType) else {str, int, float, list}


@st.composite
def _inputs(draw: st.DrawFn, known: Example) -> tuple[Given, ...]:
    """Inputs like the example's, most of them of its rank and dtype, with sizes of their own."""
    ports = [port for port, _ in known.inputs]
    if ports and known.layer.ports[0].many:
        ports = [ports[0]] * draw(st.sampled_from([1, 2, 2, 2, 3]))
    left = [port.name for port in known.layer.ports if port.optional and not (port.many or port.flag)]
    ports += [port for port in left if port not in ports and draw(st.integers(0, 9)) == 0]
    types = dict(known.inputs)
    first = draw(_shape(len(next(iter(types.values())).features))) if ports else ()
    return tuple(
        _given(draw, port, first, types.get(port, next(iter(types.values()))).dtype) for port in ports
    )


def _given(draw: st.DrawFn, port: str, first: tuple[int | None, ...], usual: str) -> Given:
    shape = first if draw(st.integers(0, 3)) else draw(_shape(len(first)))
    others = st.sampled_from(["float32", "int32", "bool", "float16", "int64", "uint8", "float64"])
    return Given(port, shape, usual if draw(st.integers(0, 5)) else draw(others))


@st.composite
def _shape(draw: st.DrawFn, usual: int) -> tuple[int | None, ...]:
    rank = usual if draw(st.integers(0, 5)) else draw(st.integers(0, 4))
    sizes = st.integers(1, 6) | st.sampled_from([4, 4, 8])
    shape: list[int | None] = draw(st.lists(sizes, min_size=rank, max_size=rank))
    if rank > 1 and draw(st.integers(0, 5)) == 0:
        shape[0] = None
    return tuple(shape)


# --- who takes it


def ours(call: Drawn) -> nnspec.Graph | nnspec.SpecError:
    """The graph of a call, or all that is wrong with it."""
    try:
        return nnspec.loads(call.text)
    except nnspec.SpecError as error:
        return error


def kerass(call: Drawn, mine: nnspec.Graph | nnspec.SpecError) -> Ran | Exception:
    """What Keras gives at inference, or why it does not. What would end the process is not asked of it."""
    import keras

    if isinstance(mine, nnspec.SpecError) and re.fullmatch(FATAL, call.name):
        return mine
    arrays = [_data(i) for i in call.inputs]
    try:
        tensors = [keras.Input(i.shape, dtype=i.dtype) for i in call.inputs]
        outputs = _apply(call, tensors)
        model = keras.Model(tensors, outputs)
        result = model(arrays, training=False)
        found = [np.asarray(one) for one in keras.tree.flatten(result)]
    except Exception as error:
        return error
    return Ran([(one.shape, "string" if one.dtype == object else one.dtype.name) for one in found])


def _data(given: Given) -> np.ndarray:
    shape = (BATCH, *(DYNAMIC if size is None else size for size in given.shape))
    return np.full(shape, "a") if given.dtype == "string" else np.zeros(shape, given.dtype)


def _apply(call: Drawn, tensors: list[Any]) -> Any:
    """The outputs of the layer, or of the function of `keras.ops`."""
    cls, _ = _known(call.name)
    by_port: dict[str, Any] = {}
    for given, tensor in zip(call.inputs, tensors, strict=True):
        many = next(port.many for port in cls.ports if port.name == given.port)
        by_port[given.port] = [*by_port.get(given.port, []), tensor] if many else tensor
    first, *others = [port for port in cls.ports if port.name in by_port] or [None]
    # None in the place of an input is none.
    given = {name: value for name, value in call.fields.items() if value is not None or name not in by_port}
    fields = {name: _argument(value) for name, value in given.items()}
    made = _keras_of(call.name)
    spread = first is not None and first.spread
    plain = [] if first is None else list(by_port[first.name]) if spread else [by_port[first.name]]
    keywords = {port.name: by_port[port.name] for port in others if port is not None}
    if cls.is_function:
        return made(*fields.values(), *plain) if spread else made(*plain, **keywords, **fields)
    own = {name: value for name, value in fields.items() if name in _parameters(made)}
    return made(**own)(*plain, **keywords, **{n: v for n, v in fields.items() if n not in own})


@cache
def _keras_of(name: str) -> Any:
    """The class of Keras, or the function of `keras.ops`."""
    import keras

    cls, known = _known(name)
    if not cls.is_function:
        return getattr(keras.layers, name)
    return reduce(getattr, spell(known.layer).first.function.split(".")[1:], keras)


@cache
def _parameters(cls: Any) -> frozenset[str]:
    """What the constructor of a Keras class takes, by itself or through those that it hands arguments on to."""
    return frozenset(name for one in cls.__mro__ for name in inspect.signature(one.__init__).parameters)


def _argument(value: Any) -> Any:
    """A field's value as Keras has it: lists are tuples, and a layer is one."""
    import keras

    match value:
        case dict() if len(value) == 1 and find(next(iter(value))) is not None:
            ((name, given),) = value.items()
            cls = find(name)
            assert cls is not None
            fields = given if isinstance(given, dict) else {cls.own_fields()[0]: given}
            return getattr(keras.layers, cls.__name__)(**{n: _argument(v) for n, v in fields.items()})
        case list():
            return tuple(map(_argument, value))
    return value
