"""Compares one layer with Keras itself: output type, weights, and what native ONNX computes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import nnspec
import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from nnspec.backends.dtypes import as_array
from nnspec.backends.keras import build
from nnspec.backends.onnx.emit import checked, to_onnx
from nnspec.backends.weights import initialize
from nnspec.compiler.graph import Graph
from nnspec.spec.size import evaluate, symbols

# Differences are measured against the largest magnitude in the expected output.
TOLERANCE = 1e-5
# float16 has 11 bits, and TensorFlow and onnxruntime round between other steps.
COARSER = {"float16": 1e-2}

# Twenty configurations of every layer in the ordinary run, more where NNSPEC_EXAMPLES says so; `derandomize` makes each
# failure reproducible.
layer_settings = settings(
    max_examples=int(os.environ.get("NNSPEC_EXAMPLES", "20")),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    database=None,
)

# The opsets at which some operator is spelled or chosen otherwise than at the one before.
SPELLED_ANEW = (15, 17, 18, 20, 21, 23, 24)
OPSETS = st.sampled_from(SPELLED_ANEW)
FORMATS = st.sampled_from(["channels_last", "channels_first"])


def per_axis(rank: int, low: int, high: int) -> st.SearchStrategy[Any]:
    """One number for all axes, or one for each."""
    number = st.integers(low, high)
    return number | st.lists(number, min_size=rank, max_size=rank)


def spec(
    item: Mapping[str, Any] | str,
    inputs: Mapping[str, Any],
    before: Sequence[Any] = (),
    from_: Any = None,
    outputs: Any = None,
) -> Graph:
    """A network of one layer named `layer`; `before` holds items that come first, `from_` its inputs."""
    call: dict[str, Any] = {item: None} if isinstance(item, str) else dict(item)
    last = {**call, "name": "layer", **({"from": from_} if from_ is not None else {})}
    data: dict[str, Any] = {"nnspec": 1, "name": "net", "inputs": dict(inputs), "layers": [*before, last]}
    if outputs is not None:
        data["outputs"] = outputs
    return nnspec.loads(json.dumps(data))


def takes(layer: str, fields: Mapping[str, Any], shape: Sequence[int], dtype: str = "float32") -> bool:
    """Whether a layer of ours takes an input of that shape, without the batch."""
    try:
        spec({layer: dict(fields)}, {"x": {"shape": list(shape), "dtype": dtype}})
    except nnspec.SpecError:
        return False
    return True


def keras_takes(layer: str, fields: Mapping[str, Any], shape: Sequence[int], dtype: str = "float32") -> bool:
    """Whether Keras builds the layer over such an input, and computes something of it."""
    import keras

    x = keras.Input(shape, dtype=dtype)
    try:
        model = keras.Model(x, getattr(keras.layers, layer)(**fields)(x))
        return np.size(model(np.ones((2, *shape), dtype))) > 0
    except Exception:
        return False


def random_weights(graph: Graph, seed: int = 0) -> dict[str, np.ndarray]:
    """Weights in which no value is special: what starts as zeros or ones is moved off them, variances stay positive.
    Kernels keep the magnitude that they are drawn with, or a deep network would give nothing but zeros and ones."""
    rng = np.random.default_rng(seed)
    weights = initialize(graph, seed)
    for key, value in weights.items():
        spread = float(np.std(value.astype(np.float64))) or 1.0
        noise = rng.normal(size=value.shape) * 0.3 * spread
        weights[key] = (np.abs(value + noise) + 0.1 if "variance" in key else value + noise).astype(
            value.dtype
        )
    return weights


def random_inputs(graph: Graph, batch: int = 3, dynamic: int = 7, seed: int = 1) -> dict[str, np.ndarray]:
    """An input for each of the graph's, every dynamic axis but the batch having the size `dynamic`."""
    rng = np.random.default_rng(seed)
    found = {}
    for i in graph.inputs:
        values = {s: batch if s.name == "batch" else dynamic for s in symbols(i.type.shape)}
        shape = [evaluate(size, values) for size in i.type.shape]
        whole, count = i.type.dtype.startswith(("int", "uint", "bool")), 2 if i.type.dtype == "bool" else 5
        data = rng.integers(0, count, size=shape) if whole else rng.normal(size=shape)
        found[i.name] = data.astype(i.type.dtype)
    return found


def operators(graph: Graph, opset: int = 21) -> list[str]:
    """The types of the operators that the graph becomes in ONNX, in order."""
    return [node.op_type for node in checked(to_onnx(graph, random_weights(graph), opset)).graph.node]


def run_onnx(
    graph: Graph, weights: Mapping[str, np.ndarray], inputs: Mapping[str, np.ndarray], opset: int
) -> list[Any]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    data = checked(to_onnx(graph, weights, opset)).SerializeToString()
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return list(map(as_array, session.run([o.name for o in graph.outputs], dict(inputs))))


def run_keras(model: Any, graph: Graph, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    values = [inputs[i.name] for i in graph.inputs]
    result = model(values[0] if len(values) == 1 else values, training=False)
    results = result if isinstance(result, dict) else {graph.outputs[0].name: result}
    return [as_array(results[o.name]) for o in graph.outputs]


def assert_close(actual: np.ndarray, expected: np.ndarray, what: str = "") -> None:
    assert actual.shape == expected.shape, f"{what}: shape {actual.shape}, Keras has {expected.shape}"
    if expected.dtype.kind == "U":
        np.testing.assert_array_equal(actual, expected)
        return
    assert actual.dtype == expected.dtype, f"{what}: dtype {actual.dtype}, Keras has {expected.dtype}"
    if not expected.size:
        return
    scale = max(1.0, float(np.max(np.abs(expected), initial=0, where=np.isfinite(expected))))
    difference = np.max(np.abs(actual.astype(np.float64) - expected.astype(np.float64)))
    tolerance = COARSER.get(expected.dtype.name, TOLERANCE)
    assert difference <= tolerance * scale, f"{what}: differs by {difference:.3g}, scale {scale:.3g}"


def compare(
    graph: Graph,
    *,
    inputs: Mapping[str, np.ndarray] | None = None,
    opset: int = 21,
    dynamic: int = 7,
    inspect: Callable[[Any], None] | None = None,
) -> None:
    """Asserts that Keras and native ONNX agree on the graph, and that our types and weights are Keras's."""
    weights = random_weights(graph)
    model = build(graph, weights)
    _assert_weights(graph, model)
    given = dict(inputs) if inputs is not None else random_inputs(graph, dynamic=dynamic)
    expected = run_keras(model, graph, given)
    _assert_types(graph, given, expected)
    _assert_masks(graph, model)
    for output, actual, wanted in zip(
        graph.outputs, run_onnx(graph, weights, given, opset), expected, strict=True
    ):
        assert_close(actual, wanted, f"output {output.name}")
    if inspect is not None:
        inspect(model)


def _assert_weights(graph: Graph, model: Any) -> None:
    for node in graph.nodes:
        if not node.weights:
            continue
        layer = model.get_layer(node.name)
        ours = [(w.shape, w.trainable) for w in node.weights]
        theirs = [(tuple(w.shape), w.trainable and layer.trainable) for w in layer.weights]
        assert ours == theirs, f"{node.name}: {ours}, Keras has {theirs}"
        for weight, variable in zip(node.weights, layer.weights, strict=True):
            assert weight.name.endswith(variable.name) or variable.name in weight.name, (
                weight.name,
                variable.path,
            )


def _assert_masks(graph: Graph, model: Any) -> None:
    results = model.output if isinstance(model.output, dict) else {graph.outputs[0].name: model.output}
    for output in graph.outputs:
        node = graph.by_name.get(output.value.node)
        if node and node.kind == "Softmax" and len(node.arguments) == 2:
            # What it is given as a mask Keras hands on as one, where nothing may heed it: see compiler/masks.py.
            continue
        masked = getattr(results[output.name], "_keras_mask", None) is not None
        type_ = graph.types[output.value]
        assert type_.masked == masked, f"{output.name} is masked: {type_.masked}, in Keras {masked}"


def _assert_types(graph: Graph, inputs: Mapping[str, np.ndarray], expected: Sequence[np.ndarray]) -> None:
    values = {}
    for i in graph.inputs:
        for size, actual in zip(i.type.shape, inputs[i.name].shape, strict=True):
            values |= dict.fromkeys(symbols([size]), actual)
    for output, result in zip(graph.outputs, expected, strict=True):
        type_ = graph.types[output.value]
        assert tuple(evaluate(s, values) for s in type_.shape) == result.shape, (
            f"{type_}, Keras has {result.shape}"
        )
        dtype = "string" if result.dtype.kind == "U" else result.dtype.name
        assert type_.dtype == dtype, f"{type_}, Keras has {result.dtype}"
