"""Functions along axes against Keras: reductions, places and running totals."""

from __future__ import annotations

from typing import Any

import nnspec
import numpy as np
import pytest
from differential import OPSETS, layer_settings, spec
from function_cases import (
    DRAWN,
    SIGNED,
    SIZES,
    Draw,
    agree,
    keras_computes,
    network,
    numbers,
    sizes_of,
    we_take,
)
from hypothesis import given
from hypothesis import strategies as st
from nnspec.spec.layers import FAMILIES, find

FUNCTIONS = FAMILIES["reductions"]
ONE_AXIS = ("ArgMax", "ArgMin", "CumSum", "CumProd")
MOVED = {3: {"LSTM": {"units": 4, "return_sequences": True}}, 4: {"Conv2D": {"filters": 4, "kernel_size": 1}}}


def fields_of(draw: Draw, function: str, axes: list[int], rank: int, dtype: str) -> dict[str, Any]:
    """Fields that the function has, its axes counted from either end."""
    axes = axes[:1] if function in ONE_AXIS else axes[:2] if function == "Norm" else axes
    counted = [axis - draw(st.sampled_from([0, rank])) for axis in axes]
    found: dict[str, Any] = {"axis": counted[0] if len(counted) == 1 else counted}
    cls = find(function)
    assert cls is not None
    if "keepdims" in cls.fields:
        found["keepdims"] = draw(st.booleans())
    if function == "Norm":
        vectors = st.sampled_from([None, 0, 1, 2, 3, 0.5, -1.5])
        found["ord"] = draw(vectors if len(axes) == 1 else st.sampled_from([None, "fro", 1, -1]))
    if function in ("Max", "Min"):
        found["initial"] = draw(st.sampled_from([None, 1, 0.0, *([] if dtype[0] in "ub" else [-3])]))
    if function in ("CumSum", "CumProd"):
        found["dtype"] = draw(st.none() | st.sampled_from(SIGNED if dtype.startswith("float") else DRAWN))
    return {name: value for name, value in found.items() if value is not None}


@layer_settings
@given(st.data(), OPSETS)
def test_all_functions(data: st.DataObject, opset: int) -> None:
    shape = data.draw(st.lists(SIZES, min_size=1, max_size=4))
    dtype = data.draw(st.sampled_from(["float32", *DRAWN]) | st.just("float32"))
    rank = len(shape) + 1
    axes = data.draw(st.lists(st.integers(1, rank - 1), min_size=1, max_size=len(shape), unique=True))
    # Sums and products of halves are rounded by each runtime in its own order: of few small numbers they are exact.
    # Products of whole numbers that overflow are the greatest there is in onnxruntime, and anything in TensorFlow.
    x = numbers(data.draw, sizes_of(shape), dtype, spread=1.0, most=2)
    # No zero is negative: Keras holds -0 for less than 0 in ArgMax and ArgMin, and ONNX for equal.
    x = np.round(x) + np.float16(0) if dtype == "float16" else x
    items = {name: {name: fields_of(data.draw, name, axes, rank, dtype)} for name in FUNCTIONS}
    items = {name: item for name, item in items.items() if we_take(name, item[name], [x])}
    if dtype == "uint64":
        items = {
            name: item
            for name, item in items.items()
            if name not in ("Max", "Min", "Ptp", "ArgMax", "ArgMin")
        }
    moved = (
        MOVED.get(rank)
        if dtype == "float32" and isinstance(shape[-1], int) and data.draw(st.booleans())
        else None
    )
    before = [{**moved, "name": "moved"}] if moved else []
    graph = network(items, {"x": {"shape": shape, "dtype": dtype}}, "moved" if moved else "x", before)
    agree(graph, {"x": x}, opset)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_takes_the_dtypes_that_keras_computes(function: str) -> None:
    given = [np.ones((2, 3), dtype) for dtype in DRAWN]
    ours = [x.dtype.name for x in given if we_take(function, {"axis": 1}, [x])]
    theirs = [x.dtype.name for x in given if keras_computes(function, {"axis": 1}, [x])]
    assert ours == theirs


@layer_settings
@given(
    st.sampled_from(FUNCTIONS),
    st.lists(st.integers(1, 3), max_size=3),
    st.lists(st.integers(-4, 4), max_size=3),
)
def test_takes_the_axes_that_keras_takes(function: str, shape: list[int], axes: list[int]) -> None:
    """Beside the batch, and no axis at all, over which Keras reduces nothing."""
    rank = len(shape) + 1
    axes = axes[:1] if function in ONE_AXIS else axes
    axis: Any = axes[0] if len(axes) == 1 else axes
    over_batch = not axes or 0 in axes or -rank in axes
    given = [np.ones((2, *shape), np.float32)]
    expected = not over_batch and keras_computes(function, {"axis": axis}, given)
    assert we_take(function, {"axis": axis}, given) == expected


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("Min", "Min of every axis would reduce the batch too"),
        ({"ArgMax": 0}, "ArgMax cannot look along the batch, axis 0"),
        ("CumSum", "CumSum of every axis would go along the batch too"),
        ({"Norm": {"axis": [1, 2, 3]}}, "Norm takes one axis or two, not 3"),
        ({"Norm": {"axis": [1, 2], "ord": 3}}, "the norm of matrices has no order 3"),
        ({"Norm": {"axis": 1, "ord": "fro"}}, "the norm of vectors has no order fro"),
        ({"Norm": {"axis": 1, "ord": "inf"}}, "Abs and Max give the norm of order infinity"),
        ({"Prod": {"axis": 1, "dtype": "float64"}}, "put Cast before it"),
    ],
)
def test_messages(item: Any, message: str) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        spec(item, {"x": [3, 4, 5]})
    assert message in str(caught.value)
