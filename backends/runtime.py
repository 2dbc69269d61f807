"""onnxruntime: the one place that opens sessions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..spec.diagnostics import Note, SpecError, fail
from ..spec.source import Span
from . import PROVIDERS
from .dtypes import as_array
from .extras import require

# TF32 rounds the inputs of products to 10 bits, and would differ from float32 by far more than the order of sums does.
PROVIDER_OPTIONS = {"cpu": {}, "cuda": {"use_tf32": "0"}}

# What onnxruntime says where it has an operator for some dtypes only.
NO_KERNEL = re.compile(r"Could not find an implementation for (\w+)\(\d+\) node with name '(.*)'")


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
    model: bytes,
    cases: Sequence[Mapping[str, np.ndarray]],
    outputs: Sequence[str],
    provider: str = "cpu",
    places: Mapping[str, Span] | None = None,
) -> list[list[np.ndarray]]:
    """The named outputs of an ONNX model for each case of inputs by name. `places` has where each layer stands.

    Raises SpecError where the provider is missing (NN502) or lacks an operator (NN402), and where onnxruntime cannot
    load or run the model (NN405).
    """
    require_provider(provider)
    session = _session(model, provider, places or {})
    return [_run(session, case, outputs) for case in cases]


def _session(model: bytes, provider: str, places: Mapping[str, Span]) -> Any:
    runtime = require("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    chosen = [(PROVIDERS[provider], PROVIDER_OPTIONS[provider])]
    try:
        session = runtime.InferenceSession(model, options, providers=chosen)
    except Exception as error:
        raise _unloadable(error, PROVIDERS[provider], places) from error
    if session.get_providers()[0] != PROVIDERS[provider]:
        # onnxruntime falls back to the CPU in silence where the provider's libraries do not load.
        raise fail(
            "NN502",
            f"onnxruntime could not start its {PROVIDERS[provider]}",
            help="check the GPU's driver, and that CUDA and cuDNN are on LD_LIBRARY_PATH",
        )
    return session


def _unloadable(error: Exception, provider: str, places: Mapping[str, Span]) -> SpecError:
    words = first_line(error)
    lacking = NO_KERNEL.search(words)
    if lacking is None:
        return fail("NN405", "onnxruntime cannot load the model", None, Note(words))
    operator, name = lacking.groups()
    layer = name.partition("/")[0]
    message = (
        f"onnxruntime's {provider} has no {operator} for the dtype that {layer or 'a layer'} computes in"
    )
    help = "give the layer another dtype, such as float32; other providers may have the operator"
    return fail("NN402", message, places.get(layer), Note(words), help=help)


def _run(session: Any, case: Mapping[str, np.ndarray], outputs: Sequence[str]) -> list[np.ndarray]:
    wanted = {i.name for i in session.get_inputs()}
    try:
        found = session.run(list(outputs), {name: value for name, value in case.items() if name in wanted})
    except Exception as error:
        raise fail("NN405", "onnxruntime cannot run the model", None, Note(first_line(error))) from error
    return list(map(as_array, found))


def first_line(error: BaseException) -> str:
    """The first line of an exception's text, or its type where it has none."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
