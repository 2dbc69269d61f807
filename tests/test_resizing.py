"""Resizing and CenterCrop against Keras: types, what they compute, and what they refuse."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import nnspec
import numpy as np
import pytest
from differential import (
    FORMATS,
    OPSETS,
    compare,
    keras_takes,
    layer_settings,
    operators,
    random_weights,
    spec,
    takes,
)
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.onnx.emit import to_onnx
from nnspec.spec.types import Window

FLOATS = ["float32", "float16", "float64"]
WHOLE = ["int8", "int16", "int32", "int64", "uint8", "uint16"]
METHODS = ["bilinear", "nearest", "bicubic", "lanczos3", "lanczos5", "area"]
SIZE = st.integers(1, 9)
ASPECTS = st.sampled_from([{}, {}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}])


def network(
    layer: str, f: dict[str, Any], sizes: list[int], dynamic: tuple[bool, bool], dtype: str
) -> tuple[Any, dict[str, np.ndarray]]:
    """The layer over two channels and an image whose marked axes are dynamic, and such an image."""
    declared = [name if free else size for name, free, size in zip("hw", dynamic, sizes, strict=True)]
    first = f["data_format"] == "channels_first"
    shape, actual = ([2, *s] if first else [*s, 2] for s in (declared, sizes))
    rng = np.random.default_rng(0)
    whole = rng.integers(
        -9 if dtype.startswith("int") else 0, 2 if dtype == "bool" else 99, size=(2, *actual)
    )
    x = (rng.normal(size=whole.shape) if dtype in FLOATS else whole).astype(dtype)
    f = {**f, **({"dtype": dtype} if dtype in FLOATS else {})}
    return spec({layer: f}, {"x": {"shape": shape, "dtype": dtype}}), {"x": x}


@st.composite
def fields(draw: st.DrawFn, methods: list[str]) -> dict[str, Any]:
    return {
        "height": draw(SIZE),
        "width": draw(SIZE),
        "interpolation": draw(st.sampled_from(methods)),
        "data_format": draw(FORMATS),
        **draw(ASPECTS),
    }


@layer_settings
@given(
    fields(["bilinear", "nearest"]),
    st.lists(SIZE, min_size=2, max_size=2),
    st.tuples(st.booleans(), st.booleans()),
    st.sampled_from(FLOATS + WHOLE),
    st.integers(0, 5),
    OPSETS,
)
def test_resizing_is_keras(
    f: dict[str, Any], sizes: list[int], dynamic: tuple[bool, bool], dtype: str, fill: int, opset: int
) -> None:
    f = {**f, "antialias": f["interpolation"] == "nearest", "fill_value": fill}
    graph, inputs = network("Resizing", f, sizes, dynamic, dtype)
    compare(graph, inputs=inputs, opset=opset)


@layer_settings
@given(
    fields(METHODS),
    st.booleans(),
    st.lists(SIZE, min_size=2, max_size=2),
    st.sampled_from(FLOATS),
    st.sampled_from([0, -1, 0.5]),
    OPSETS,
)
def test_every_interpolation_is_keras(
    f: dict[str, Any], antialias: bool, sizes: list[int], dtype: str, fill: float, opset: int
) -> None:
    f = {**f, "antialias": antialias, "fill_value": fill}
    graph, inputs = network("Resizing", f, sizes, (False, False), dtype)
    compare(graph, inputs=inputs, opset=opset)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize(("size", "made"), [(331, 224), (224, 299), (500, 37)])
def test_large_images_are_keras(method: str, antialias: bool, size: int, made: int) -> None:
    f = {"height": made, "width": 1, "interpolation": method, "antialias": antialias}
    graph, inputs = network(
        "Resizing", {**f, "data_format": "channels_last"}, [size, 1], (False, False), "float32"
    )
    compare(graph, inputs=inputs)


@layer_settings
@given(
    SIZE,
    SIZE,
    FORMATS,
    st.lists(SIZE, min_size=2, max_size=2),
    st.sampled_from([*FLOATS, "uint8", "bool"]),
    OPSETS,
)
def test_center_crop_is_keras(
    height: int, width: int, data_format: str, sizes: list[int], dtype: str, opset: int
) -> None:
    f = {"height": height, "width": width, "data_format": data_format}
    graph, inputs = network("CenterCrop", f, sizes, (False, False), dtype)
    compare(graph, inputs=inputs, opset=opset)


@layer_settings
@given(
    SIZE,
    SIZE,
    FORMATS,
    st.lists(SIZE, min_size=2, max_size=2),
    st.tuples(st.booleans(), st.booleans()),
    OPSETS,
)
def test_center_crop_of_any_size_is_keras(
    height: int, width: int, data_format: str, sizes: list[int], dynamic: tuple[bool, bool], opset: int
) -> None:
    f = {"height": height, "width": width, "data_format": data_format}
    graph, inputs = network("CenterCrop", f, sizes, dynamic, "float32")
    compare(graph, inputs=inputs, opset=opset)


@layer_settings
@given(
    st.fixed_dictionaries(
        {"height": st.integers(0, 4), "width": st.integers(0, 4)},
        optional={
            "interpolation": st.sampled_from([*METHODS, "BILINEAR", "gaussian"]),
            "crop_to_aspect_ratio": st.booleans(),
            "pad_to_aspect_ratio": st.booleans(),
            "fill_mode": st.sampled_from(["constant", "reflect"]),
            "fill_value": st.sampled_from([0, 1, 0.5, -1]),
        },
    ),
    st.lists(st.integers(1, 4), min_size=3, max_size=4),
    st.sampled_from(["float32", "float32", "int32", "uint8", "uint32", "bool"]),
)
def test_resizing_refuses_what_keras_refuses(f: dict[str, Any], shape: list[int], dtype: str) -> None:
    # With 0.0, which is Keras's default, it cannot pad whole numbers.
    given = {"fill_value": 0, **f}
    # Nothing is left of an image without height, which Keras may still take.
    whole = f["height"] > 0 and f["width"] > 0
    assert takes("Resizing", f, shape, dtype) == (whole and keras_takes("Resizing", given, shape, dtype))


@pytest.mark.parametrize(
    ("layer", "shape"),
    [("Resizing", [6, 4]), ("CenterCrop", [6, 4]), ("CenterCrop", [2, 6, 4, 1]), ("Resizing", [2, 6, 4, 1])],
)
def test_takes_no_batch_for_an_image(layer: str, shape: list[int]) -> None:
    assert not takes(layer, {"height": 2, "width": 2}, shape)


def exported(f: dict[str, Any], shape: list[Any], dtype: str = "float32") -> list[str]:
    graph = spec({"Resizing": {"height": 2, "width": 3, **f}}, {"x": {"shape": shape, "dtype": dtype}})
    return [node.op_type for node in to_onnx(graph, random_weights(graph)).graph.node]


@pytest.mark.parametrize(
    ("f", "shape", "dtype", "says"),
    [
        ({"interpolation": "bicubic"}, ["h", 4, 2], "float32", "the dynamic size h"),
        ({"antialias": True}, [4, "w", 2], "float32", "bilinear, antialias cannot be exported"),
        ({"interpolation": "area"}, [4, 4, 2], "uint8", "the last bit decides its rounding"),
    ],
)
def test_what_onnx_cannot_interpolate_is_said_at_its_place(
    f: dict[str, Any], shape: list[Any], dtype: str, says: str
) -> None:
    with pytest.raises(nnspec.SpecError, match="NN402") as caught:
        exported(f, shape, dtype)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ({"CenterCrop": {"height": 4, "width": 5}}, ["Identity"]),
        ({"CenterCrop": {"height": 2, "width": 5}}, ["Slice"]),
        ({"Resizing": {"height": 4, "width": 5}}, ["Identity"]),
        ({"Resizing": {"height": 4, "width": 7, "interpolation": "nearest"}}, ["Gather"]),
        ({"Resizing": {"height": 3, "width": 7, "interpolation": "nearest"}}, ["Gather", "Gather"]),
        ({"Resizing": {"height": 4, "width": 3}}, ["Gather", "Gather", "Sub", "Mul", "Add"]),
        ({"Resizing": {"height": 4, "width": 3, "interpolation": "area"}}, ["MatMul"]),
    ],
)
def test_adds_no_operator_that_is_not_needed(layer: dict[str, Any], expected: list[str]) -> None:
    assert operators(spec(layer, {"x": [4, 5, 2]})) == expected


def test_a_size_of_which_dims_knows_enough_is_cut_only() -> None:
    text = """
nnspec: 1
name: net
inputs: {image: [height, 9, 3]}
dims: {height: {min: 8}}
layers:
  - CenterCrop: {height: 8, width: 6, dtype: float16}
"""
    graph = nnspec.loads(text)
    assert operators(graph) == ["Cast", "Shape", "Sub", "Div", "Concat", "Add", "Slice"]
    compare(graph, dynamic=11)


def test_reach_covers_what_is_interpolated() -> None:
    f = {"height": 4, "width": 3, "interpolation": "bicubic"}
    found = spec({"Resizing": f}, {"x": [8, 7, 3]}).by_name["layer"].signature
    assert found.reach == (Window(4, 2), Window(4, Fraction(7, 3)))
    found = spec({"Resizing": {**f, "antialias": True}}, {"x": [8, 7, 3]}).by_name["layer"].signature
    assert found.reach == (Window(8, 2), Window(10, Fraction(7, 3)))
    assert spec({"Resizing": f}, {"x": ["h", 7, 3]}).by_name["layer"].signature.reach == "all"


@pytest.mark.parametrize(
    ("layer", "code", "says"),
    [
        ({"Resizing": {"height": 2}}, "NN102", 'needs "width"'),
        ({"Resizing": {"height": 0, "width": 2}}, "NN104", "at least 1"),
        (
            {
                "Resizing": {
                    "height": 2,
                    "width": 2,
                    "crop_to_aspect_ratio": True,
                    "pad_to_aspect_ratio": True,
                }
            },
            "NN104",
            "cannot both be true",
        ),
        (
            {"Resizing": {"height": 2, "width": 2, "interpolation": "cubic"}},
            "NN104",
            'did you mean "bicubic"?',
        ),
        (
            {"Resizing": {"height": 2, "width": 9, "pad_to_aspect_ratio": True, "fill_value": 0.5}},
            "NN202",
            "fill_value is 0.5, and the input is of dtype uint8",
        ),
        ({"CenterCrop": {"height": 4, "width": 2, "dtype": "float16"}}, "NN207", "float32 for a smaller"),
    ],
)
def test_says_what_to_do(layer: dict[str, Any], code: str, says: str) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        spec(layer, {"x": {"shape": ["h", 4, 3], "dtype": "uint8"}})
    assert {d.code for d in caught.value.diagnostics} == {code}
    assert says in str(caught.value)
