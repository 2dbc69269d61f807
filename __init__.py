"""nnspec: neural-network specs, checked and compiled to Keras, Python and ONNX, and shown to be equal."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .api import build, check, compile, emit, expand, export, load, loads, verify
    from .compiler.graph import Graph
    from .spec.diagnostics import Diagnostic, SpecError

__all__ = [
    "Diagnostic",
    "Graph",
    "SpecError",
    "build",
    "check",
    "compile",
    "emit",
    "expand",
    "export",
    "load",
    "loads",
    "verify",
]

_HOMES = {"Diagnostic": ".spec.diagnostics", "SpecError": ".spec.diagnostics", "Graph": ".compiler.graph"}


def __getattr__(name: str) -> Any:
    """The public names, each imported when it is first asked for, so that `import nnspec` costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, ".api"), __name__), name)
