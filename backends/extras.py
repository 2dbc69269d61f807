"""Packages that only some commands need. They are imported when used, and named when they are missing."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from ..spec.diagnostics import fail

# The module, and the extra that brings it.
EXTRAS = {
    "keras": "keras",
    "tensorflow": "keras",
    "tf2onnx": "tf2onnx",
    "onnxruntime": "runtime",
    "h5py": "weights",
    "safetensors": "weights",
}


def require(module: str) -> Any:
    """The module. Raises SpecError, naming the extra to install, where it is missing."""
    if module in ("keras", "tensorflow"):
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        return import_module(module)
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in (module, "tensorflow"):
            raise
        extra = EXTRAS[module.partition(".")[0]]
        raise fail("NN401", f"{module} is not installed", help=f'pip install "nnspec[{extra}]"') from None
