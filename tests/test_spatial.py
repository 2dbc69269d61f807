"""Padding, cropping and up-sampling against Keras: types, what they compute, and what they refuse."""

from __future__ import annotations

from typing import Any

import nnspec
import numpy as np
import pytest
from differential import FORMATS, OPSETS, compare, keras_takes, layer_settings, random_weights, spec, takes
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.onnx.emit import to_onnx

DTYPES = st.sampled_from(
    [
        *["float32", "float16", "float64"],
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
    ]
)
INTERPOLATIONS = st.sampled_from(["area", "bicubic", "bilinear", "lanczos3", "lanczos5", "nearest"])
SIDES = st.integers(0, 3)
BOTH = SIDES | st.tuples(SIDES, SIDES).map(list)
FACTORS = st.integers(1, 5) | st.lists(st.integers(1, 5), min_size=2, max_size=2)
RANKS = st.sampled_from([1, 2, 3])


def margins(rank: int) -> st.SearchStrategy[Any]:
    """One number, one for each axis, or one for each side of each axis, in any mixture."""
    return BOTH if rank == 1 else SIDES | st.tuples(*[BOTH] * rank).map(list)


def numbers(shape: list[int], dtype: str) -> np.ndarray:
    rng = np.random.default_rng(0)
    whole = rng.integers(0, 2 if dtype == "bool" else 9, size=(2, *shape))
    return (rng.normal(size=whole.shape) if dtype.startswith("float") else whole).astype(dtype)


def compare_layer(
    layer: str, f: dict[str, Any], sizes: list[int], dynamic: list[bool], dtype: str, opset: int
) -> None:
    """The layer over two channels and an image or the like whose marked axes are dynamic."""
    names = [name if free else size for name, free, size in zip("hwd", dynamic, sizes, strict=False)]
    first = f.get("data_format") == "channels_first"
    shape, actual = ([2, *s] if first else [*s, 2] for s in (names, sizes))
    f = {**f, **({"dtype": dtype} if dtype.startswith("float") else {})}
    graph = spec({layer: f}, {"x": {"shape": shape, "dtype": dtype}})
    compare(graph, inputs={"x": numbers(actual, dtype)}, opset=opset)


def places(rank: int) -> st.SearchStrategy[tuple[list[int], list[bool]]]:
    """Sizes of as many axes, and which of them are dynamic."""
    free = st.lists(st.booleans(), min_size=rank, max_size=rank)
    return st.tuples(st.lists(st.integers(1, 6), min_size=rank, max_size=rank), free)


def formatted(layer: str, f: dict[str, Any], data_format: str) -> dict[str, Any]:
    """The fields with the data format, where the layer has one."""
    return f if layer in ("Cropping1D", "UpSampling1D") else {**f, "data_format": data_format}


@layer_settings
@given(st.data(), RANKS, FORMATS, DTYPES, OPSETS)
def test_zero_padding_is_keras(
    data: st.DataObject, rank: int, data_format: str, dtype: str, opset: int
) -> None:
    f = {"padding": data.draw(margins(rank)), "data_format": data_format}
    sizes, dynamic = data.draw(places(rank))
    compare_layer(f"ZeroPadding{rank}D", f, sizes, dynamic, dtype, opset)


@layer_settings
@given(st.data(), RANKS, FORMATS, DTYPES, OPSETS)
def test_cropping_is_keras(data: st.DataObject, rank: int, data_format: str, dtype: str, opset: int) -> None:
    layer = f"Cropping{rank}D"
    f = formatted(layer, {"cropping": data.draw(margins(rank))}, data_format)
    sizes, dynamic = data.draw(places(rank))
    compare_layer(layer, f, [size + 6 for size in sizes], dynamic, dtype, opset)


@layer_settings
@given(st.data(), st.sampled_from([1, 3]), FORMATS, DTYPES, OPSETS)
def test_repeated_steps_and_volumes_are_keras(
    data: st.DataObject, rank: int, data_format: str, dtype: str, opset: int
) -> None:
    layer, factor = f"UpSampling{rank}D", st.integers(1, 4)
    size = data.draw(factor if rank == 1 else factor | st.lists(factor, min_size=3, max_size=3))
    sizes, dynamic = data.draw(places(rank))
    compare_layer(layer, formatted(layer, {"size": size}, data_format), sizes, dynamic, dtype, opset)


@layer_settings
@given(FACTORS, FORMATS, st.sampled_from(["nearest", "area"]), places(2), DTYPES, OPSETS)
def test_repetition_is_keras(
    size: Any,
    data_format: str,
    interpolation: str,
    place: tuple[list[int], list[bool]],
    dtype: str,
    opset: int,
) -> None:
    f = {"size": size, "data_format": data_format, "interpolation": interpolation}
    dtype = "float32" if interpolation == "area" and dtype in ("bool", "uint32") else dtype
    compare_layer("UpSampling2D", f, *place, dtype, opset)


@layer_settings
@given(FACTORS, FORMATS, INTERPOLATIONS, places(2), OPSETS)
def test_interpolation_is_keras(
    size: Any, data_format: str, interpolation: str, place: tuple[list[int], list[bool]], opset: int
) -> None:
    f = {"size": size, "data_format": data_format, "interpolation": interpolation}
    sizes, dynamic = place
    dynamic = dynamic if interpolation == "bilinear" else [False, False]
    compare_layer("UpSampling2D", f, sizes, dynamic, "float32", opset)


@pytest.mark.parametrize("size", [2, [1, 4], 8])
def test_cubic_of_dynamic_sizes(size: Any) -> None:
    compare(
        spec({"UpSampling2D": {"size": size, "interpolation": "bicubic"}}, {"x": ["h", "w", 2]}), dynamic=5
    )


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos3"])
def test_up_sampling_in_float64(interpolation: str) -> None:
    layer = {"UpSampling2D": {"size": 3, "interpolation": interpolation, "dtype": "float64"}}
    compare(spec(layer, {"x": {"shape": [4, 5, 2], "dtype": "float64"}}))


def exported(layer: dict[str, Any], shape: list[Any], dtype: str = "float32") -> list[str]:
    graph = spec(layer, {"x": {"shape": shape, "dtype": dtype}})
    return [node.op_type for node in to_onnx(graph, random_weights(graph)).graph.node]


@pytest.mark.parametrize(
    ("f", "shape", "dtype", "says"),
    [
        ({"size": 3, "interpolation": "bicubic"}, ["h", 4, 2], "float32", "the dynamic size h"),
        ({"size": 2, "interpolation": "lanczos3"}, [4, "w", 2], "float32", "the dynamic size w"),
        ({"size": 2, "interpolation": "bilinear"}, [4, 4, 2], "int32", "its fractions are cut off"),
    ],
)
def test_what_onnx_cannot_interpolate_is_said_at_its_place(
    f: dict[str, Any], shape: list[Any], dtype: str, says: str
) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        exported({"UpSampling2D": f}, shape, dtype)
    (found,) = caught.value.diagnostics
    assert found.code == "NN402"
    assert says in found.message
    assert found.span is not None
    assert f["interpolation"] in found.span.source.text[found.span.start : found.span.end]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ({"ZeroPadding2D": 1}, ["Pad"]),
        ({"Cropping2D": [[1, 0], 0]}, ["Slice"]),
        ({"UpSampling2D": 2}, ["Resize"]),
        ({"UpSampling2D": {"interpolation": "bilinear"}}, ["Transpose", "Resize", "Transpose"]),
    ],
)
def test_adds_no_operator_that_is_not_needed(layer: dict[str, Any], expected: list[str]) -> None:
    assert exported(layer, [4, 5, 2]) == expected


@layer_settings
@given(st.data(), RANKS, FORMATS)
def test_cropping_refuses_what_keras_refuses(data: st.DataObject, rank: int, data_format: str) -> None:
    layer = f"Cropping{rank}D"
    f = formatted(layer, {"cropping": data.draw(margins(rank))}, data_format)
    shape = data.draw(st.lists(st.integers(1, 6), min_size=rank + 1, max_size=rank + 1))
    assert takes(layer, f, shape) == keras_takes(layer, f, shape)


@pytest.mark.parametrize(
    ("layer", "f"),
    [
        ("ZeroPadding1D", {"padding": [1, 2, 3]}),
        ("ZeroPadding1D", {"padding": [[1, 2]]}),
        ("ZeroPadding3D", {"padding": [1, 2]}),
        ("Cropping1D", {"cropping": [[1, 2]]}),
        ("Cropping1D", {"data_format": "channels_first"}),
        ("Cropping3D", {"cropping": [1, 2]}),
        ("UpSampling1D", {"size": [2]}),
        ("UpSampling1D", {"data_format": "channels_first"}),
        ("UpSampling3D", {"size": [2, 2]}),
        ("UpSampling3D", {"interpolation": "nearest"}),
    ],
)
def test_refuses_fields_that_keras_refuses(layer: str, f: dict[str, Any]) -> None:
    shape = [6] * (int(layer[-2]) + 1)
    assert takes(layer, {}, shape)
    assert not takes(layer, f, shape)
    assert not keras_takes(layer, f, shape)


@layer_settings
@given(INTERPOLATIONS, st.sampled_from(["float32", "int8", "uint16", "int64", "uint32", "uint64", "bool"]))
def test_up_sampling_refuses_what_keras_refuses(interpolation: str, dtype: str) -> None:
    f = {"interpolation": interpolation}
    assert takes("UpSampling2D", f, [2, 3, 1], dtype) == keras_takes("UpSampling2D", f, [2, 3, 1], dtype)


@pytest.mark.parametrize(
    ("layer", "output"),
    [
        ({"ZeroPadding2D": [[1, 2], 3]}, "float32[batch, h + 3, w + 6, 3]"),
        ({"Cropping2D": [[1, 2], 3]}, "float32[batch, h - 3, w - 6, 3]"),
        ({"UpSampling2D": [2, 3]}, "float32[batch, 2*h, 3*w, 3]"),
        ({"ZeroPadding1D": [1, 2]}, "float32[batch, h + 3, 3]"),
        ({"Cropping1D": 2}, "float32[batch, h - 4, 3]"),
        ({"UpSampling1D": 3}, "float32[batch, 3*h, 3]"),
        ({"UpSampling3D": [1, 2, 3]}, "float32[batch, h, 2*w, 3*d, 3]"),
    ],
)
def test_shapes_are_symbolic(layer: dict[str, Any], output: str) -> None:
    (name,) = layer
    shape = [*["h", "w", "d"][: int(name[-2])], 3]
    assert str(spec(layer, {"x": shape}).by_name["layer"].signature.output) == output


@pytest.mark.parametrize(
    ("layer", "code", "says"),
    [
        ({"Cropping2D": 2}, "NN204", "cropping 4x4 in all leaves nothing of input 9x4"),
        ({"ZeroPadding2D": -1}, "NN104", "padding must be at least 0, not -1"),
        ({"ZeroPadding2D": [1, 2, 3]}, "NN104", "one value or a list of 2, not of 3"),
        ({"UpSampling2D": {"interpolation": "bicubi"}}, "NN104", 'did you mean "bicubic"?'),
        ({"UpSampling2D": 0}, "NN104", "size must be at least 1, not 0"),
    ],
)
def test_says_what_to_do(layer: dict[str, Any], code: str, says: str) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        spec(layer, {"x": [9, 4, 3]})
    assert {d.code for d in caught.value.diagnostics} == {code}
    assert says in str(caught.value)
