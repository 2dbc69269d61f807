"""ONNX through Keras and tf2onnx: a second road to compare with, never trusted before it has been run."""

from __future__ import annotations

import gc
from typing import Any

from ..compiler.graph import Graph
from ..spec.diagnostics import Note, SpecError, fail
from .extras import quiet, require
from .keras import build, call
from .runtime import first_line
from .weights import Weights

# The newest opset that tf2onnx 1.17 writes.
NEWEST_OPSET = 18


def to_onnx_via_keras(graph: Graph, weights: Weights, opset: int = NEWEST_OPSET) -> bytes:
    """The live model converted by tf2onnx, with the spec's names on inputs and outputs; not compared with anything yet.

    Raises SpecError where tf2onnx is missing or fails.
    """
    require("tf2onnx")
    try:
        with quiet():
            model = _convert(graph, weights, min(opset, NEWEST_OPSET))
    except SpecError:
        raise
    except Exception as error:
        raise fail("NN405", "tf2onnx cannot convert the model", None, Note(first_line(error))) from error
    _rename_outputs(model.graph, [output.name for output in graph.outputs])
    data = model.SerializeToString(deterministic=True)
    # What tf2onnx made on the way refers to itself in circles, and holds the weights many times over.
    del model
    gc.collect()
    return data


def _convert(graph: Graph, weights: Weights, opset: int) -> Any:
    tf, converter = require("tensorflow"), require("tf2onnx.convert")
    model = build(graph, weights)
    signature = [
        tf.TensorSpec([s if isinstance(s, int) else None for s in i.type.shape], i.type.dtype, name=i.name)
        for i in graph.inputs
    ]
    function = tf.function(lambda *tensors: call(model, graph, tensors))
    converted, _ = converter.from_function(function, input_signature=signature, opset=opset)
    return converted


def _rename_outputs(graph: Any, names: list[str]) -> None:
    """Gives the outputs the spec's names; tf2onnx calls them `Identity:0`."""
    renamed = {output.name: name for output, name in zip(graph.output, names, strict=True)}
    for output in graph.output:
        output.name = renamed[output.name]
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.output[:] = [renamed.get(name, name) for name in node.output]
