"""Categories of numbers against Keras: every output mode, dtypes, and what is refused."""

from __future__ import annotations

from typing import Any

import nnspec
import numpy as np
import pytest
from differential import OPSETS, compare, layer_settings, random_inputs, spec, takes
from hypothesis import assume, given
from hypothesis import strategies as st

POLICIES = st.sampled_from(["float32", "float32", "float64", "float16", "mixed_float16"])
INTEGERS = st.sampled_from(["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"])
DTYPES = INTEGERS | st.sampled_from(["float32", "float64", "float16"])
MODES = st.sampled_from(["one_hot", "multi_hot", "count"])
SHAPES = st.lists(st.integers(1, 4), max_size=3)


def computes(made: Any, shape: list[int], data: np.ndarray) -> bool:
    """Whether Keras builds the layer, and gives what it declares."""
    import keras

    try:
        x = keras.Input(shape, dtype=data.dtype.name)
        model: Any = keras.Model(x, made()(x))
        given: Any = model(data)
        return given.dtype == model.output.dtype and tuple(given.shape[1:]) == tuple(model.output.shape[1:])
    except Exception:
        return False


@layer_settings
@given(SHAPES, DTYPES, POLICIES, MODES, st.integers(1, 12), OPSETS)
def test_category_encoding(
    shape: list[int], dtype: str, policy: str, mode: str, tokens: int, opset: int
) -> None:
    import keras

    fields: dict[str, Any] = {"num_tokens": tokens, "output_mode": mode, "dtype": policy}
    data = np.random.default_rng(0).integers(0, 2 if dtype == "bool" else 12, (3, *shape)).astype(dtype)
    taken = takes("CategoryEncoding", fields, shape, dtype)
    # Keras counts along other axes than it declares where there are more, and over the batch where there are none.
    assume(mode == "one_hot" or len(shape) == 1)
    assert taken == computes(lambda: keras.layers.CategoryEncoding(**fields), shape, data)
    if taken:
        graph = spec({"CategoryEncoding": fields}, {"x": {"shape": shape, "dtype": dtype}})
        compare(graph, inputs={"x": data}, opset=opset)


@layer_settings
@given(
    st.integers(1, 4) | st.just("size"), st.sampled_from(["float32", "float64", "int32"]), POLICIES, OPSETS
)
def test_weights_of_what_is_counted(size: Any, dtype: str, policy: str, opset: int) -> None:
    inputs = {"x": {"shape": [size], "dtype": "int64"}, "w": {"shape": [size], "dtype": dtype}}
    item = {"CategoryEncoding": {"num_tokens": 4, "output_mode": "count", "dtype": policy}}
    assume(policy in ("float32", "float64"))
    compare(spec(item, inputs, from_={"inputs": "x", "count_weights": "w"}), opset=opset)


def test_numbers_that_are_not_whole_and_those_beyond_the_last() -> None:
    graph = spec({"CategoryEncoding": {"num_tokens": 3, "output_mode": "one_hot"}}, {"x": [4]})
    compare(graph, inputs={"x": np.array([[0.9, 1.0, 2.5, 7], [-0.5, -1, 3, 0]], "float32")})


@layer_settings
@given(
    SHAPES,
    DTYPES,
    st.lists(
        st.sampled_from([-1.0, 0.0, 0.1, 0.5, 1.0, 2.0, 1e6]) | st.floats(-3, 3), min_size=1, max_size=6
    ),
    st.sampled_from(["int", "one_hot", "multi_hot", "count"]),
    st.sampled_from(["float32", "float32", "float64"]),
    OPSETS,
)
def test_discretization(
    shape: list[int], dtype: str, boundaries: list[float], mode: str, policy: str, opset: int
) -> None:
    import keras

    fields: dict[str, Any] = {"bin_boundaries": sorted(boundaries), "output_mode": mode, "dtype": policy}
    rng = np.random.default_rng(0)
    data = (rng.normal(size=(3, *shape)) * 2).astype("int32" if dtype.startswith(("int", "uint")) else dtype)
    data = np.abs(data).astype(dtype) if dtype.startswith("uint") else data.astype(dtype)
    taken = takes("Discretization", fields, shape, dtype)
    # Keras makes one vector of the whole batch.
    assume(mode in ("int", "one_hot") or shape)
    assert taken == computes(lambda: keras.layers.Discretization(**fields), shape, data)
    if taken:
        graph = spec({"Discretization": fields}, {"x": {"shape": shape, "dtype": dtype}})
        compare(graph, inputs={"x": data}, opset=opset)


@pytest.mark.parametrize("mode", ["int", "multi_hot", "count"])
def test_discretization_of_dynamic_sizes_and_of_what_is_no_number(mode: str) -> None:
    item = {"Discretization": {"bin_boundaries": [0, 1], "output_mode": mode}}
    graph = spec(item, {"x": ["time", 2]})
    inputs = random_inputs(graph)
    inputs["x"][0, :3, 0] = [np.nan, np.inf, -np.inf]
    compare(graph, inputs=inputs)


@pytest.mark.parametrize(
    ("item", "input", "code"),
    [
        ({"CategoryEncoding": {}}, [3], "NN102"),
        ({"CategoryEncoding": 0}, [3], "NN104"),
        ({"CategoryEncoding": {"num_tokens": 4, "sparse": True}}, [3], "NN112"),
        ({"CategoryEncoding": {"num_tokens": 4, "output_mode": "hot"}}, [3], "NN104"),
        ({"CategoryEncoding": 4}, [3, 2], "NN201"),
        ({"CategoryEncoding": 4}, [], "NN201"),
        ({"CategoryEncoding": 4}, {"shape": [3], "dtype": "uint8"}, "NN202"),
        ({"CategoryEncoding": {"num_tokens": 4, "dtype": "mixed_float16"}}, [3], "NN202"),
        ({"CategoryEncoding": {"num_tokens": 4, "output_mode": "one_hot"}}, ["time"], "NN207"),
        ({"Discretization": [1, 0]}, [3], "NN104"),
        ({"Discretization": {"bin_boundaries": [1, 0]}}, [3], "NN104"),
        ({"Discretization": {"bin_boundaries": []}}, [3], "NN104"),
        ({"Discretization": {"num_bins": 4}}, [3], "NN112"),
        ({"Discretization": {"bin_boundaries": [0], "dtype": "float16"}}, [3], "NN202"),
        ({"Discretization": {"bin_boundaries": [0], "output_mode": "count"}}, [], "NN201"),
        ({"Discretization": {"bin_boundaries": [0]}}, {"shape": [3], "dtype": "uint64"}, "NN202"),
    ],
)
def test_what_does_not_fit(item: dict[str, Any], input: Any, code: str) -> None:
    with pytest.raises(nnspec.SpecError) as error:
        spec(item, {"x": input})
    assert code in [d.code for d in error.value.diagnostics]


@pytest.mark.parametrize(
    ("mode", "sizes", "code"), [("count", (3, 4), "NN203"), ("multi_hot", (3, 3), "NN201")]
)
def test_weights_that_do_not_fit(mode: str, sizes: tuple[int, int], code: str) -> None:
    inputs = {"x": {"shape": [sizes[0]], "dtype": "int32"}, "w": [sizes[1]]}
    item = {"CategoryEncoding": {"num_tokens": 4, "output_mode": mode}}
    with pytest.raises(nnspec.SpecError, match=code):
        spec(item, inputs, from_={"inputs": "x", "count_weights": "w"})
