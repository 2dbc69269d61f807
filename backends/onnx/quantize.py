"""Native models with whole numbers for weights, made by onnxruntime's quantizer."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from ...spec.diagnostics import Note, fail
from ..extras import quiet, require
from ..runtime import first_line
from .emit import checked, serialize

# What is computed in whole numbers, by kind. Softmax, sums and the like stay in floats, which is where most precision
# would be lost, and so do masks, whose -1e9 would leave nothing for the other numbers. Of ONNX's Attention the
# quantizer takes it for another operator of that name.
COMPUTED = {
    "int8": ("Conv", "MatMul", "Gather", "LSTM"),
    "int8-static": ("Conv", "ConvTranspose", "Gemm", "MatMul", "Gather", "MaxPool", "Relu", "Clip"),
}

# Severities of onnxruntime's log: only what ends the process, and its default.
FATAL, WARNING = 4, 2


class Batches:
    """What the quantizer reads the calibration from: a batch at a time, then None."""

    def __init__(self, batches: Sequence[Mapping[str, np.ndarray]]) -> None:
        self._batches = iter(batches)

    def get_next(self) -> Mapping[str, np.ndarray] | None:
        return next(self._batches, None)


def quantized(
    model: onnx.ModelProto, kind: str, batches: Sequence[Mapping[str, np.ndarray]] = ()
) -> onnx.ModelProto:
    """The model with weights of 8 bits. "int8" finds the range of what is computed at run time, "int8-static" has it
    from inputs to calibrate with, as the model takes them.

    Raises SpecError: NN401 without onnxruntime, NN402 where nothing can be quantized, NN405 where the quantizer fails.
    """
    tools = require("onnxruntime.quantization")
    # The quantizer changes the model that it is given.
    source = _typed(onnx.ModelProto.FromString(serialize(model)))
    with _silence(), tempfile.TemporaryDirectory(prefix="nnspec-") as folder:
        target = Path(folder, "model.onnx")
        try:
            if kind == "int8":
                _quantize_dynamic(tools, source, target)
            else:
                _quantize_static(tools, source, target, batches)
            made = onnx.load(target)
        except Exception as error:
            note = Note(first_line(error))
            raise fail("NN405", "onnxruntime's quantizer fails at the model", None, note) from error
    if not any("Quantize" in node.op_type for node in made.graph.node):
        message = f"there is nothing in {model.graph.name} that onnxruntime's quantizer would put in int8"
        raise fail("NN402", message, help="leave --quantize out; dense, convolutional and LSTM layers can be")
    return checked(_described(made, model, kind))


def _typed(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with the types of what GroupNormalization gives, which onnx does not infer, and the quantizer needs."""
    types = {initializer.name: initializer.data_type for initializer in model.graph.initializer}
    outputs = {output.name for output in model.graph.output}
    for node in model.graph.node:
        if node.op_type == "GroupNormalization" and node.output[0] not in outputs:
            type_ = onnx.helper.make_tensor_value_info(node.output[0], types[node.input[1]], None)
            model.graph.value_info.append(type_)
    return model


def _quantize_dynamic(tools: Any, source: onnx.ModelProto, target: Path) -> None:
    """Weights are signed. LSTMs that share theirs stay as they are: the quantizer would turn them round twice."""
    kernels = Counter(node.input[1] for node in source.graph.node if node.op_type == "LSTM")
    tools.quantize_dynamic(
        source,
        target,
        op_types_to_quantize=list(COMPUTED["int8"]),
        weight_type=tools.QuantType.QInt8,
        nodes_to_exclude=[
            n.name for n in source.graph.node if n.op_type == "LSTM" and kernels[n.input[1]] > 1
        ],
    )


def _quantize_static(tools: Any, source: onnx.ModelProto, target: Path, batches: Sequence[Any]) -> None:
    """Weights are signed, and have a scale for each channel. What is computed is unsigned: onnxruntime 1.32 moves
    Transposes past signed numbers from opset 21 on, and then cannot load the model."""
    tools.quantize_static(
        source,
        target,
        Batches(batches),
        quant_format=tools.QuantFormat.QDQ,
        op_types_to_quantize=list(COMPUTED["int8-static"]),
        per_channel=True,
        activation_type=tools.QuantType.QUInt8,
        weight_type=tools.QuantType.QInt8,
    )


def _described(made: onnx.ModelProto, source: onnx.ModelProto, kind: str) -> onnx.ModelProto:
    """The model with what the other says of itself, and how it was quantized."""
    made.producer_name, made.producer_version = source.producer_name, source.producer_version
    made.doc_string = source.doc_string
    metadata = {prop.key: prop.value for prop in source.metadata_props} | {"nnspec.quantized": kind}
    del made.metadata_props[:]
    onnx.helper.set_model_props(made, metadata)
    return made


@contextmanager
def _silence() -> Iterator[None]:
    """onnxruntime's own log goes to stderr from C++, and the quantizer's through Python."""
    runtime = require("onnxruntime")
    runtime.set_default_logger_severity(FATAL)
    try:
        with quiet():
            yield
    finally:
        runtime.set_default_logger_severity(WARNING)
