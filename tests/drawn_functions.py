"""What tests of functions draw, and whether Keras takes a function of an input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import nnspec
import numpy as np
import pytest
from differential import spec
from hypothesis import strategies as st
from nnspec.spec.layers import find

# Dynamic axes have the size 4 in the tests of functions.
SHAPES = st.lists(st.sampled_from([1, 2, 3, "time", "other"]), min_size=1, max_size=4)
NUMBERS = (
    "float32",
    "float16",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
)
DTYPES = st.sampled_from(["float32", "float32", *NUMBERS, "bool"])


class Case(NamedTuple):
    """A function's fields, and the shape and dtype of its input."""

    fields: dict[str, Any]
    shape: list[Any]
    dtype: str


def axis(draw: st.DrawFn, rank: int) -> int:
    """An axis behind the batch, counted from either end."""
    return draw(st.integers(1, rank - 1)) - draw(st.sampled_from([0, rank]))


def after(shape: list[Any], moved: bool) -> list[Any]:
    """What stands before the function: nothing, or what puts a value of that shape in another layout in ONNX."""
    if not moved or len(shape) not in (2, 3) or not isinstance(shape[-1], int):
        return []
    if len(shape) == 2:
        return [{"LSTM": {"units": shape[-1], "return_sequences": True}}]
    return [{"Conv2D": {"filters": shape[-1], "kernel_size": 1}}]


def names_batch(fields: Mapping[str, Any], rank: int) -> bool:
    """Whether the field `axis` names the batch, along which Keras may do nothing, and we do not even that."""
    axes = fields.get("axis")
    return not {0, -rank}.isdisjoint(axes if isinstance(axes, list) else [axes])


def outputs_of(function: str, fields: Mapping[str, Any]) -> dict[str, str]:
    """All outputs of an item named `layer` that is this function."""
    cls = find(function)
    assert cls is not None
    made, problems = cls.make(fields)
    assert made is not None, problems
    return {
        f"output_{name}": f"layer.{name}" for name in made.output_names if len(made.output_names) > 1
    } or {"layer": "layer"}


def message_of(item: Any, shape: Sequence[Any], dtype: str = "float32") -> str:
    """What is said of an item that is refused."""
    with pytest.raises(nnspec.SpecError) as caught:
        spec(item, {"x": {"shape": list(shape), "dtype": dtype}})
    return str(caught.value)


def takes_function(function: str, fields: Mapping[str, Any], *shapes: Sequence[int]) -> bool:
    """Whether a function of ours takes inputs of these shapes, without the batch."""
    inputs = {f"x{number}": list(shape) for number, shape in enumerate(shapes)}
    given = {name: value for name, value in fields.items() if value is not None}
    try:
        spec({function: given}, inputs, from_=list(inputs))
    except nnspec.SpecError:
        return False
    return True


def keras_takes_function(function: str, fields: Mapping[str, Any], *shapes: Sequence[int]) -> bool:
    """Whether Keras takes inputs of these shapes, computes what it says it will, and treats all samples alike."""
    import keras

    inputs = [keras.Input(shape) for shape in shapes]
    # As many samples as no other axis has elements, and some of them by themselves.
    rng, some = np.random.default_rng(0), [3, 1, 4, 6, 0]
    given = [rng.normal(size=(7, *shape)).astype(np.float32) for shape in shapes]
    try:
        result = _called(
            function, {name: value for name, value in fields.items() if value is not None}, inputs
        )
        model = keras.Model(inputs, result)
        whole, parts = (_arrays(model(x)) for x in (given, [x[some] for x in given]))
    except Exception:
        return False
    specs = result if isinstance(result, list | tuple) else [result]
    declared = [spec_.shape for spec_ in specs] == [(None, *y.shape[1:]) for y in whole]
    return declared and all(
        y.size > 0 and y.shape[:1] == (7,) and np.allclose(y[some], z, atol=1e-5)
        for y, z in zip(whole, parts, strict=True)
    )


def _called(function: str, fields: Mapping[str, Any], inputs: list[Any]) -> Any:
    import keras

    found: Any = find(function)
    call = attrgetter(found.op)(keras.ops)
    if found.ports[0].spread:
        return call(*fields.values(), *inputs)
    return call(inputs, **fields) if found.ports[0].many else call(*inputs, **fields)


def _arrays(values: Any) -> list[np.ndarray]:
    return [np.asarray(value) for value in (values if isinstance(values, list | tuple) else [values])]
