"""Functions of `keras.ops` over images and volumes, against Keras."""

from __future__ import annotations

from typing import Any

import nnspec
import numpy as np
import pytest
from differential import FORMATS, OPSETS, compare, layer_settings, operators, spec
from drawn_functions import keras_takes_function, takes_function
from hypothesis import assume, given
from hypothesis import strategies as st
from nnspec.compiler.pipeline import check
from nnspec.spec.source import Source
from nnspec.spec.types import Window

FLOATS = ["float32", "float16", "float64"]
WHOLE = ["int8", "int16", "int32", "int64", "uint8", "uint16"]
SIZE = st.integers(1, 7)


def run(
    function: str,
    f: dict[str, Any],
    sizes: list[int],
    channels: int,
    free: list[bool],
    dtype: str,
    opset: int,
) -> None:
    """The function over an image or a volume whose marked axes are dynamic."""
    declared = [name if dynamic else size for name, dynamic, size in zip("hwd", free, sizes, strict=False)]
    first = f["data_format"] == "channels_first"
    shape, actual = ([channels, *s] if first else [*s, channels] for s in (declared, sizes))
    rng = np.random.default_rng(0)
    whole = rng.integers(
        -9 if dtype.startswith("int") else 0, 2 if dtype == "bool" else 99, size=(2, *actual)
    )
    x = (rng.normal(size=whole.shape) if dtype in FLOATS else whole).astype(dtype)
    compare(spec({function: f}, {"x": {"shape": shape, "dtype": dtype}}), inputs={"x": x}, opset=opset)


@layer_settings
@given(
    st.tuples(SIZE, SIZE).map(list),
    st.sampled_from(["nearest", "bilinear", "bicubic", "lanczos3", "area"]),
    st.sampled_from([{}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}]),
    FORMATS,
    st.lists(SIZE, min_size=2, max_size=2),
    st.lists(st.booleans(), min_size=2, max_size=2),
    st.sampled_from(FLOATS + WHOLE),
    OPSETS,
)
def test_resize_is_keras(
    size: list[int],
    method: str,
    aspect: dict[str, bool],
    data_format: str,
    sizes: list[int],
    free: list[bool],
    dtype: str,
    opset: int,
) -> None:
    f = {"size": size, "interpolation": method, "data_format": data_format, **aspect}
    plain = method in ("nearest", "bilinear")
    run("Resize", f, sizes, 2, free if plain else [False] * 2, dtype if plain else "float32", opset)


@layer_settings
@given(
    st.sampled_from(["DepthToSpace", "SpaceToDepth"]),
    st.integers(2, 3),
    FORMATS,
    st.lists(st.integers(1, 3), min_size=3, max_size=3),
    st.lists(st.booleans(), min_size=2, max_size=2),
    st.sampled_from([*FLOATS, *WHOLE, "uint32", "uint64", "bool"]),
    OPSETS,
)
def test_blocks_are_keras(
    function: str, block: int, data_format: str, sizes: list[int], free: list[bool], dtype: str, opset: int
) -> None:
    deep = function == "DepthToSpace"
    *spatial, channels = sizes
    spatial = spatial if deep else [size * block for size in spatial]
    f = {"block_size": block, "data_format": data_format}
    run(function, f, spatial, channels * block**2 if deep else channels, free, dtype, opset)


@st.composite
def patches(draw: st.DrawFn) -> dict[str, Any]:
    rank = draw(st.sampled_from([2, 2, 3]))
    number = st.integers(1, 3)
    several = number | st.lists(number, min_size=rank, max_size=rank)
    size = draw(several if rank == 2 else st.lists(number, min_size=3, max_size=3))
    f = {"size": size, "padding": draw(st.sampled_from(["valid", "same"])), "data_format": draw(FORMATS)}
    dilated = draw(st.booleans())
    strides = {"strides": draw(st.none() | several)} if not dilated else {"strides": 1}
    return {**f, **strides, **({"dilation_rate": draw(several)} if dilated else {})}


@layer_settings
@given(patches(), st.data(), st.integers(1, 3), OPSETS)
def test_patches_are_keras(f: dict[str, Any], data: st.DataObject, channels: int, opset: int) -> None:
    rank = len(f["size"]) if isinstance(f["size"], list) else 2
    sizes = data.draw(st.lists(st.integers(7, 9), min_size=rank, max_size=rank))
    free = data.draw(st.lists(st.booleans(), min_size=rank, max_size=rank))
    # Without oneDNN TensorFlow convolves no channels_first on a CPU, and pads volumes otherwise where strides are long.
    plain = rank == 2 and f["data_format"] == "channels_last"
    dtype = data.draw(st.sampled_from([*FLOATS, "int32"])) if plain else "float32"
    run("ExtractPatches", {k: v for k, v in f.items() if v is not None}, sizes, channels, free, dtype, opset)


@layer_settings
@given(
    st.one_of(
        st.tuples(
            st.just("ExtractPatches"),
            st.fixed_dictionaries(
                {"size": st.integers(0, 3) | st.lists(st.integers(1, 3), min_size=1, max_size=4)},
                optional={
                    "strides": st.integers(0, 2) | st.lists(st.integers(1, 2), min_size=1, max_size=4),
                    "dilation_rate": st.integers(1, 2),
                    "padding": st.sampled_from(["valid", "same", "SAME"]),
                },
            ),
        ),
        st.tuples(
            st.sampled_from(["DepthToSpace", "SpaceToDepth"]),
            st.fixed_dictionaries({"block_size": st.integers(0, 3)}),
        ),
    ),
    st.lists(st.integers(1, 4), min_size=2, max_size=4),
)
def test_refuses_what_keras_refuses(call: tuple[str, dict[str, Any]], shape: list[int]) -> None:
    function, f = call
    size = f.get("size")
    # With an axis less Keras takes the batch for an axis of one image, which windows of 1 do not show.
    assume(len(shape) > (len(size) if isinstance(size, list) else 2))
    assert takes_function(function, f, shape) == keras_takes_function(function, f, shape)


@pytest.mark.parametrize(
    ("function", "f", "shape", "expected"),
    [
        ("DepthToSpace", {"block_size": 2, "data_format": "channels_first"}, [8, 3, 4], ["DepthToSpace"]),
        ("SpaceToDepth", {"block_size": 2}, [4, 6, 3], ["Transpose", "SpaceToDepth", "Transpose"]),
        ("ExtractPatches", {"size": 4}, [8, 12, 3], ["Reshape", "Transpose", "Reshape"]),
        ("ExtractPatches", {"size": 4}, [8, 13, 3], ["Gather", "Gather", "Transpose", "Reshape"]),
        ("Resize", {"size": [2, 8], "interpolation": "nearest"}, [4, 8, 3], ["Gather"]),
    ],
)
def test_adds_no_operator_that_is_not_needed(
    function: str, f: dict[str, Any], shape: list[int], expected: list[str]
) -> None:
    assert operators(spec({function: f}, {"x": shape})) == expected


def test_a_stack_stays_as_it_lies() -> None:
    conv = {"Conv2D": {"filters": 12, "kernel_size": 3, "padding": "same"}}
    before = [conv, {"SpaceToDepth": 2}, {"DepthToSpace": 2}]
    found = operators(
        spec({"Resize": {"size": [3, 3], "interpolation": "nearest"}}, {"x": [6, 6, 3]}, before=before)
    )
    assert found == ["Transpose", "Conv", "SpaceToDepth", "DepthToSpace", "Gather", "Gather", "Transpose"]


def test_shapes_are_symbolic() -> None:
    def of(item: dict[str, Any]) -> Any:
        return spec(item, {"x": ["h", "w", 8]}).by_name["layer"].signature

    assert str(of({"DepthToSpace": 2}).output) == "float32[batch, 2*h, 2*w, 2]"
    assert str(of({"SpaceToDepth": 2}).output) == "float32[batch, h//2, w//2, 32]"
    found = of({"ExtractPatches": {"size": [3, 2], "padding": "same"}})
    assert str(found.output) == "float32[batch, ceil(h/3), ceil(w/2), 48]"
    assert found.reach == (Window(3, 3), Window(2, 2))


@pytest.mark.parametrize(
    ("dims", "says"),
    [
        ("{height: {multiple_of: 4}}", ()),
        ("{height: {min: 4, max: 8}}", ("NN208",)),
        ("{height: {min: 6, max: 6}}", ()),
    ],
)
def test_a_size_in_bounds_must_divide(dims: str, says: tuple[str, ...]) -> None:
    text = f"""
nnspec: 1
name: net
inputs: {{image: [height, 6, 3]}}
dims: {dims}
layers:
  - SpaceToDepth: 2
"""
    assert tuple(d.code for d in check(Source("net.nn.yaml", text)).diagnostics) == says


@pytest.mark.parametrize(
    ("item", "code", "says"),
    [
        ({"SpaceToDepth": 3}, "NN206", "the width 8 is not divisible by 3"),
        ({"DepthToSpace": 2}, "NN206", "the number of channels 3 is not divisible by 4"),
        ({"DepthToSpace": 1}, "NN104", "block_size must be at least 2"),
        ({"ExtractPatches": [2]}, "NN104", "must be a list of 2 or 3, not of 1"),
        ({"ExtractPatches": {"size": 3, "strides": [1, 1, 1]}}, "NN104", "3 numbers, and a window 2 axes"),
        ({"ExtractPatches": {"size": 3, "dilation_rate": 2}}, "NN104", "write strides: 1"),
        ({"ExtractPatches": 9}, "NN204", 'window 9x9 does not fit input 6x8 with padding "valid"'),
        ({"Resize": 3}, "NN103", "size"),
    ],
)
def test_says_what_to_do(item: dict[str, Any], code: str, says: str) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        spec(item, {"x": [6, 8, 3]})
    assert {d.code for d in caught.value.diagnostics} == {code}
    assert says in str(caught.value)
