"""Packages that only some commands need. They are imported when used, and named when they are missing."""

from __future__ import annotations

import io
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import import_module
from typing import Any

from ..spec.diagnostics import fail

# The module, and the extra that brings it.
EXTRAS = {
    "keras": "keras",
    "tensorflow": "keras",
    "tf2onnx": "tf2onnx",
    "onnxruntime": "runtime",
    "onnxruntime.quantization": "runtime",
    "h5py": "weights",
    "safetensors": "weights",
}

# What imports TensorFlow.
ON_TENSORFLOW = ("keras", "tensorflow", "tf2onnx", "tf2onnx.convert")


def require(module: str) -> Any:
    """The module. Raises SpecError, naming the extra to install, where it is missing."""
    try:
        return _import_quietly(module) if module in ON_TENSORFLOW else _import(module)
    except ImportError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in EXTRAS:
            raise
        raise fail(
            "NN401", f"{missing} is not installed", help=f'pip install "nnspec[{EXTRAS[missing]}]"'
        ) from None


def _import(module: str) -> Any:
    # Telemetry, which onnxruntime begins as it is imported, and which leaves a file among the temporary ones.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    return import_module(module)


def _import_quietly(module: str) -> Any:
    """TensorFlow announces its CPU's features on stderr whatever its log level: what it says while it is imported
    is shown only where the import fails."""
    if module in sys.modules:
        return sys.modules[module]
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _stderr_held():
        import_module("tensorflow")
        return import_module(module)


@contextmanager
def _stderr_held() -> Iterator[None]:
    """Keeps back what is written to file descriptor 2, by C++ code too, unless an error is raised."""
    try:
        shown = os.dup(2)
    except OSError:  # stderr is closed: there is nothing to keep back
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except Exception:
            os.dup2(shown, 2)
            held.seek(0)
            os.write(2, held.read())
            raise
        finally:
            os.dup2(shown, 2)
            os.close(shown)


@contextmanager
def quiet() -> Iterator[None]:
    """For converters that log and print their progress: what went wrong is in the exception."""
    disabled = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
