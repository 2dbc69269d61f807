"""ONNX without TensorFlow."""

from __future__ import annotations

from typing import NamedTuple

DEFAULT_OPSET = 21
OPSETS = range(15, 25)

# How images lie in a model: as the spec declares them, or with the channels behind the batch.
LAYOUTS = ("declared", "nchw")

# Kinds of quantization: ranges found at run time, or from inputs to calibrate with.
QUANTIZATIONS = ("int8", "int8-static")


class Form(NamedTuple):
    """What a model is like that the spec does not say: how its images lie."""

    inputs: str = "declared"
    outputs: str = "declared"


AS_DECLARED = Form()
