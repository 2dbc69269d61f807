"""Networks of many functions over the same inputs, compared with Keras value by value, NaN and infinity included."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import keras
import nnspec
import numpy as np
from differential import random_weights, run_keras, run_onnx
from hypothesis import strategies as st
from nnspec.backends.dtypes import numpy_dtype
from nnspec.backends.keras import build
from nnspec.compiler.graph import Graph
from nnspec.spec.layers import find
from nnspec.spec.size import evaluate, symbols
from nnspec.spec.types import DTYPES

SIZES = st.sampled_from([1, 2, 3, "time", "other"])
# A composite's `draw`, or that of `data()`.
Draw: TypeAlias = Callable[..., Any]
# NumPy's own: onnxruntime takes no others from Python.
DRAWN = [dtype for dtype in DTYPES if dtype != "bfloat16"]
# What negative floats can be cast to: a negative one as an unsigned number is anything, in every runtime.
SIGNED = [dtype for dtype in DRAWN if not dtype.startswith("u")]
# Attributes of ONNX's operators, such as a threshold, are of float32.
TOLERANCES = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-6}
# What a function that takes one input is given besides, to be called at all.
NEEDED: dict[str, dict[str, Any]] = {
    "Cast": {"dtype": "int32"},
    "Clip": {"x_min": 0, "x_max": 1},
    "Threshold": {"threshold": 0.5, "default_value": 0.25},
}


def network(
    items: Mapping[str, Mapping[str, Any]], inputs: Mapping[str, Any], from_: Any, before: Sequence[Any] = ()
) -> Graph:
    """One item a name, each over the same inputs unless it names others, and each an output."""
    layers = [{"from": from_, **item, "name": name} for name, item in items.items()]
    data = {
        "nnspec": 1,
        "name": "net",
        "inputs": dict(inputs),
        "layers": [*before, *layers],
        "outputs": list(items),
    }
    return nnspec.loads(json.dumps(data))


def agree(graph: Graph, inputs: Mapping[str, np.ndarray], opset: int) -> None:
    """Asserts that Keras and native ONNX give the same, in the types that we say."""
    weights = random_weights(graph)
    model = build(graph, weights)
    values = {s: n for i in graph.inputs for s, n in _sizes(i.type.shape, inputs[i.name].shape)}
    expected = run_keras(model, graph, inputs)
    actual = run_onnx(graph, weights, inputs, opset)
    wrong = []
    for output, ours, theirs in zip(graph.outputs, actual, expected, strict=True):
        type_ = graph.types[output.value]
        shape = tuple(evaluate(size, values) for size in type_.shape)
        if (shape, type_.dtype) != (theirs.shape, theirs.dtype.name):
            wrong.append(f"{output.name} is {type_}, Keras has {theirs.dtype}{theirs.shape}")
        elif (ours.shape, ours.dtype) != (theirs.shape, theirs.dtype):
            wrong.append(
                f"{output.name} is {ours.dtype}{ours.shape} in ONNX, Keras has {theirs.dtype}{theirs.shape}"
            )
        elif not is_close(ours, theirs):
            wrong.append(f"{output.name} gives {ours.tolist()}, Keras {theirs.tolist()}")
    assert not wrong, "\n".join([f"opset {opset}, {inputs}", *wrong])


def _sizes(shape: Sequence[Any], actual: Sequence[int]) -> list[tuple[Any, int]]:
    return [(s, n) for size, n in zip(shape, actual, strict=True) for s in symbols([size])]


def is_close(ours: np.ndarray, theirs: np.ndarray) -> bool:
    """Whether the values are the same: exactly but for floats, which may differ by a part of the greatest."""
    if theirs.dtype.kind != "f":
        return np.array_equal(ours, theirs)
    a, b = ours.astype(np.float64), theirs.astype(np.float64)
    finite = np.isfinite(b)
    if not np.array_equal(np.where(finite, 0, a), np.where(finite, 0, b), equal_nan=True):
        return False
    scale = max(1.0, float(np.max(np.abs(b), initial=0, where=finite)))
    difference = np.abs(np.where(finite, a, 0) - np.where(finite, b, 0))
    return float(np.max(difference, initial=0)) <= TOLERANCES[theirs.dtype.name] * scale


def sizes_of(shape: Sequence[Any], batch: int = 2, time: int = 4, other: int = 3) -> tuple[int, ...]:
    known: dict[Any, Any] = {"time": time, "other": other, "height": time, "width": other}
    sizes: list[int] = [known.get(size, size) for size in shape]
    return (batch, *sizes)


def numbers(
    draw: Draw, shape: tuple[int, ...], dtype: str, spread: float = 3.0, most: int = 11
) -> np.ndarray:
    """Numbers of a dtype, zeros among them, and negative ones where it has them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    if dtype == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype.startswith("u"):
        return rng.integers(0, most + 1, shape).astype(dtype)
    if dtype.startswith("int"):
        return rng.integers(-most, most + 1, shape).astype(dtype)
    special = rng.choice([0.0, 1.0, -1.0, 0.5, -2.5], shape)
    found = np.where(rng.random(shape) < 0.3, special, rng.normal(size=shape) * spread)
    return found.astype(numpy_dtype(dtype))


def keras_computes(function: str, fields: Mapping[str, Any], given: Sequence[np.ndarray]) -> bool:
    """Whether Keras makes a model of the function over such inputs and runs it, in `predict` too."""
    import tensorflow as tf

    cls = find(function)
    assert cls is not None
    try:
        inputs = [keras.Input(x.shape[1:], dtype=x.dtype.name) for x in given]
        model = keras.Model(inputs, getattr(keras.ops, cls.op)(*inputs, **fields))  # type: ignore[attr-defined]
        model(list(given))
        signature = [tf.TensorSpec((None, *x.shape[1:]), x.dtype) for x in given]
        tf.function(lambda *x: model(list(x)), input_signature=signature)(*given)
    except Exception:
        return False
    return True


def we_take(function: str, fields: Mapping[str, Any], given: Sequence[np.ndarray]) -> bool:
    """Whether a function of ours takes such inputs."""
    inputs = {f"x{n}": {"shape": list(x.shape[1:]), "dtype": x.dtype.name} for n, x in enumerate(given)}
    try:
        network({"layer": {function: dict(fields)}}, inputs, list(inputs))
    except nnspec.SpecError:
        return False
    return True
