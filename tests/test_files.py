"""Files are written whole or not at all, whatever goes wrong."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from nnspec.backends.files import write_atomically
from nnspec.spec.diagnostics import Diagnostic, SpecError

OLD, NEW = b"old", b"new" * 100_000


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(OLD)
    return path


def refused(path: str | Path) -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        write_atomically(path, NEW)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "NN404"
    return diagnostic


def run(code: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    source = f"from nnspec.backends.files import write_atomically\n{code}"
    return subprocess.run([sys.executable, "-c", source], check=False, **options)  # type: ignore[call-overload]


def test_the_file_is_replaced_and_nothing_is_left(target: Path):
    write_atomically(target, NEW)
    assert target.read_bytes() == NEW
    assert os.listdir(target.parent) == [target.name]


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_permissions_are_those_of_a_fresh_file(target: Path, umask: int):
    before = os.umask(umask)
    try:
        write_atomically(target, NEW)
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~umask


def test_a_name_in_the_working_folder(target: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(target.parent)
    write_atomically(target.name, NEW)
    assert target.read_bytes() == NEW


def test_a_link_stays_and_what_it_leads_to_is_replaced(target: Path):
    link = target.parent / "latest.onnx"
    link.symlink_to(target.name)
    write_atomically(link, NEW)
    assert link.is_symlink()
    assert target.read_bytes() == NEW


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_the_old_file_stands_when_a_step_fails(
    target: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
):
    def failing(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, step, failing)
    if isinstance(error, OSError):
        assert refused(target).message == f'cannot write "{target}": no space left on device'
    else:
        with pytest.raises(KeyboardInterrupt):
            write_atomically(target, NEW)
    assert target.read_bytes() == OLD
    assert os.listdir(target.parent) == [target.name]


def test_a_limit_on_the_size_of_files(target: Path):
    code = f"write_atomically({str(target)!r}, b'new' * 100_000)"
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # noqa: E731
    done = run(code, preexec_fn=limit, capture_output=True)
    assert b"file too large" in done.stderr
    assert target.read_bytes() == OLD
    assert os.listdir(target.parent) == [target.name]


def test_a_killed_run_leaves_the_old_file(target: Path):
    code = (
        "import os, signal\n"
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"write_atomically({str(target)!r}, b'new')"
    )
    assert run(code).returncode == -9
    assert target.read_bytes() == OLD


def test_twenty_writers_at_once_leave_one_whole_file(target: Path):
    texts = [bytes([65 + number]) * 300_000 for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda text: write_atomically(target, text), texts))
    assert target.read_bytes() in texts
    assert os.listdir(target.parent) == [target.name]


def test_a_folder_that_is_missing(tmp_path: Path):
    path = tmp_path / "none" / "model.onnx"
    assert refused(path).message == f'cannot write "{path}": no such file or directory'


def test_a_folder_in_the_file_s_place(tmp_path: Path):
    assert refused(tmp_path).message == f'cannot write "{tmp_path}": is a directory'


def test_names_that_no_file_can_have(tmp_path: Path):
    assert "NUL" in refused("a\0b").message
    assert "too long" in refused(tmp_path / ("x" * 300)).message


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_may_not_be_written(target: Path):
    target.parent.chmod(0o555)
    try:
        assert "permission denied" in refused(target).message
    finally:
        target.parent.chmod(0o755)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_device():
    assert refused("/dev/full").message == 'cannot write "/dev/full": no space left on device'
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_standard_output_is_written_to_whatever_it_is(tmp_path: Path):
    code = "write_atomically('/dev/stdout', b'bytes')"
    assert run(code, stdout=subprocess.PIPE).stdout == b"bytes"
    with open(tmp_path / "out", "wb") as file:
        file.write(b"before ")
        file.flush()
        inode = os.fstat(file.fileno()).st_ino
        assert run(code, stdout=file).returncode == 0
    assert (tmp_path / "out").read_bytes() == b"before bytes"
    assert (tmp_path / "out").stat().st_ino == inode


def test_a_pipe_that_nobody_reads_is_an_error_at_once(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe")
    assert stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)
