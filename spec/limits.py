"""What a file may cost to read, and the error for one that would cost more."""

from __future__ import annotations

from dataclasses import dataclass

from .diagnostics import Diagnostic
from .source import Span

FILE_BYTES = 4 * 1024 * 1024
DEPTH = 64
NODES = 1_000_000
LAYERS = 200_000
INCLUDES = 256
# Weights and activations of one sample together; beyond it a slip of the finger would end the process.
BYTES = 16 * 2**30


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one file: its size, how deep collections nest (and calls of blocks), how many nodes it has with
    aliases expanded, how many files it includes, how many layers its network has, and how many bytes those need.

    The reader takes any depth; those who walk its tree by recursion do not, so raise `depth` with care.
    """

    file_bytes: int = FILE_BYTES
    depth: int = DEPTH
    nodes: int = NODES
    includes: int = INCLUDES
    layers: int = LAYERS
    bytes: int = BYTES


DEFAULTS = Limits()


def beyond(limits: Limits, name: str, message: str, span: Span | None) -> Diagnostic:
    """NN003: `message`, then the limit's value; the help names the option that raises it."""
    limit = f"{message}; the limit is {getattr(limits, name):,}"
    option = f"--max-{name.replace('_', '-')}"
    return Diagnostic("NN003", limit, span, help=f"raise the limit with {option} N")
