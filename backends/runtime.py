"""onnxruntime: the one place that opens sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..spec.diagnostics import Note, fail
from . import PROVIDERS
from .extras import require

# TF32 rounds the inputs of products to 10 bits, and would differ from float32 by far more than the order of sums does.
PROVIDER_OPTIONS = {"cpu": {}, "cuda": {"use_tf32": "0"}}


def require_provider(provider: str) -> None:
    """Raises SpecError where onnxruntime is missing, or cannot run on what was asked for."""
    runtime = require("onnxruntime")
    if PROVIDERS[provider] not in runtime.get_available_providers():
        available = ", ".join(runtime.get_available_providers())
        raise fail(
            "NN502",
            f"this onnxruntime has no {PROVIDERS[provider]}; it has {available}",
            help="install onnxruntime-gpu in place of onnxruntime, on a machine with a GPU and CUDA",
        )


def run_model(
    model: bytes, cases: Sequence[Mapping[str, np.ndarray]], outputs: Sequence[str], provider: str = "cpu"
) -> list[list[np.ndarray]]:
    """The named outputs of an ONNX model for each case of inputs by name.

    Raises SpecError where the provider is missing, or onnxruntime cannot load or run the model.
    """
    require_provider(provider)
    session = _session(model, provider)
    return [_run(session, case, outputs) for case in cases]


def _session(model: bytes, provider: str) -> Any:
    runtime = require("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    chosen = [(PROVIDERS[provider], PROVIDER_OPTIONS[provider])]
    try:
        session = runtime.InferenceSession(model, options, providers=chosen)
    except Exception as error:
        lacks = "NOT_IMPLEMENTED" in str(error)
        help = (
            "no kernel of this provider takes that dtype: another provider, or float32, has one"
            if lacks
            else None
        )
        note = Note(first_line(error))
        raise fail("NN405", "onnxruntime cannot load the model", None, note, help=help) from error
    if session.get_providers()[0] != PROVIDERS[provider]:
        # onnxruntime falls back to the CPU in silence where the provider's libraries do not load.
        raise fail(
            "NN502",
            f"onnxruntime could not start its {PROVIDERS[provider]}",
            help="check the GPU's driver, and that CUDA and cuDNN are on LD_LIBRARY_PATH",
        )
    return session


def _run(session: Any, case: Mapping[str, np.ndarray], outputs: Sequence[str]) -> list[np.ndarray]:
    wanted = {i.name for i in session.get_inputs()}
    try:
        return session.run(list(outputs), {name: value for name, value in case.items() if name in wanted})
    except Exception as error:
        raise fail("NN405", "onnxruntime cannot run the model", None, Note(first_line(error))) from error


def first_line(error: BaseException) -> str:
    """The first line of an exception's text, or its type where it has none."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
