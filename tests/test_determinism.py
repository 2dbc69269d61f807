"""The same spec gives the same bytes, whatever the hash seed, the locale and the working folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(folder: Path, *arguments: str, **environment: str) -> None:
    command = [sys.executable, "-m", "nnspec", *arguments]
    subprocess.run(command, cwd=folder, env={**os.environ, **environment}, check=True, capture_output=True)


@pytest.mark.parametrize("name", ["residual_cnn", "text_classifier", "transformer_encoder", "line_filters"])
def test_code_models_and_reports_are_the_same_bytes(name: str, tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "ein ordner"
    spec = str(EXAMPLES / f"{name}.nn.yaml")
    for folder, environment in (
        (first, {"PYTHONHASHSEED": "1", "LC_ALL": "C"}),
        (second, {"PYTHONHASHSEED": "2", "LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo"}),
    ):
        folder.mkdir()
        run(folder, "emit", spec, "-o", f"{name}.py", **environment)
        run(folder, "export", spec, "-o", f"{name}.onnx", **environment)
        run(folder, "export", spec, "-o", f"{name}.15.onnx", "--opset", "15", **environment)
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    for file in names:
        assert (first / file).read_bytes() == (second / file).read_bytes(), file
