"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from pathlib import Path

from ..spec.diagnostics import fail, system_reason

# Paths that name an open descriptor: what they lead to is written, never replaced.
DESCRIPTOR = re.compile(r"/dev/(?:(stdout)|(stderr)|fd/(\d+))|/proc/self/fd/(\d+)")

# What file systems answer that cannot sync a folder.
UNSYNCABLE = (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES)


def write_atomically(path: str | Path, data: bytes) -> None:
    """Puts `data` into a file that is at each moment the old one or the new one, and is on disk at the end.

    A link is followed: what it leads to is replaced. Devices, pipes and `/dev/stdout` are written to.
    Raises SpecError (NN404) with the reason, and BrokenPipeError where a pipe's reader has gone; whatever is
    raised, no temporary file is left.
    """
    try:
        _write(str(path), data)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise fail("NN404", f'cannot write "{path}": {system_reason(error)}') from None
    except ValueError:
        raise fail("NN404", f"cannot write {str(path)!r}: no path holds a NUL character") from None


def _write(path: str, data: bytes) -> None:
    descriptor = _descriptor(path)
    if descriptor is not None:
        _write_out(os.dup(descriptor), data)
        return
    target = os.path.realpath(path)
    if _is_special(target):
        _write_out(os.open(target, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0)), data)
        return
    _replace(target, data)


def _descriptor(path: str) -> int | None:
    """The descriptor that a path such as `/dev/stdout` names."""
    found = DESCRIPTOR.fullmatch(os.path.abspath(path))
    if found is None:
        return None
    stdout, stderr, *numbers = found.groups()
    return 1 if stdout else 2 if stderr else int(next(filter(None, numbers)))


def _is_special(target: str) -> bool:
    """Whether there is something other than a file to be replaced."""
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    return not stat.S_ISREG(mode)


def _write_out(handle: int, data: bytes) -> None:
    # Opened without waiting, so that a pipe that nobody reads is an error; then written at the reader's pace.
    os.set_blocking(handle, True)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def _replace(target: str, data: bytes) -> None:
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, f".nnspec-{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(folder)


def _sync_folder(folder: str) -> None:
    """Makes the new name last, where folders can be opened and synced."""
    try:
        handle = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in UNSYNCABLE:
            raise
    finally:
        os.close(handle)
