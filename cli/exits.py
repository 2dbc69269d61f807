"""What a command ends with."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..spec.diagnostics import Diagnostic

CLEAN, FINDINGS, USAGE, ENVIRONMENT = 0, 1, 2, 3
# 128 and the signal's number, as shells have it.
INTERRUPTED, PIPE_CLOSED, TERMINATED = 130, 141, 143

# Codes that say nothing about a spec; every other error is a finding.
EXITS = {
    "NN001": ENVIRONMENT,
    "NN401": ENVIRONMENT,
    "NN403": USAGE,
    "NN404": ENVIRONMENT,
    "NN406": USAGE,
    "NN407": USAGE,
    "NN502": ENVIRONMENT,
    "NN901": ENVIRONMENT,
}

# What the operating system may refuse through no fault of ours.
REFUSALS = frozenset(
    (
        *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
        *(errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM),
    )
)

# Exceptions of packages that are not imported here, and mean that memory ran out.
OUT_OF_MEMORY = frozenset(("MemoryError", "ResourceExhaustedError"))


def exit_code(diagnostics: Iterable[Diagnostic]) -> int:
    """The gravest of what the errors call for; warnings call for nothing."""
    return max((_exit(d) for d in diagnostics if d.severity == "error"), default=CLEAN)


def _exit(diagnostic: Diagnostic) -> int:
    # A file of weights is part of a spec where the spec names it, and of the command line where not.
    if diagnostic.code == "NN301" and (diagnostic.span is None or not diagnostic.span.source.text):
        return ENVIRONMENT
    return EXITS.get(diagnostic.code, FINDINGS)


def fault(error: Exception, name: str = "") -> Diagnostic:
    """An exception that no one expected as a diagnostic: the machine's refusal, or an error of ours.

    `name` is the file that was at work. With NNSPEC_TRACEBACK=1 the traceback goes to stderr.
    """
    from ..spec.diagnostics import Diagnostic, system_reason
    from ..spec.source import Source, Span

    if os.environ.get("NNSPEC_TRACEBACK") == "1":
        traceback.print_exception(error, file=sys.stderr)
    span = Span(Source(name, ""), 0, 0) if name else None
    if OUT_OF_MEMORY & {cls.__name__ for cls in type(error).__mro__}:
        return Diagnostic(
            "NN502", "there is not enough memory", span, help="use a smaller network, or a larger machine"
        )
    if isinstance(error, OSError) and error.errno in REFUSALS:
        about = f"{error.filename}: " if error.filename else ""
        return Diagnostic("NN404", f"{about}{system_reason(error)}", span)
    message = f"this is an error in nnspec: {type(error).__name__}: {error}"
    return Diagnostic(
        "NN901", message, span, help="please report it; NNSPEC_TRACEBACK=1 shows where it happened"
    )
