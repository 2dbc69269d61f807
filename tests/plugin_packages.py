"""Installed packages with plugins, as folders to stand on the path: the example's, and small ones written here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

EXAMPLE = Path(__file__).parent.parent / "examples" / "plugin"


def install_example(folder: Path) -> Path:
    """A folder with the example's package in it, as pip installs it."""
    # A copy, so that building leaves nothing in the checkout.
    source = shutil.copytree(EXAMPLE, folder / "source")
    target = folder / "target"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    subprocess.run([*command, str(target), str(source)], check=True, capture_output=True)
    return target


def write_package(folder: Path, package: str, entries: Mapping[str, str], text: str) -> Path:
    """The folder, with an installed package in it of one module of that text; `entries` are its entry points."""
    folder.joinpath(f"{package}.py").write_text(dedent(text), encoding="utf-8")
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    info.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [f"{name} = {value}" for name, value in entries.items()]
    info.joinpath("entry_points.txt").write_text("\n".join(["[nnspec.layers]", *lines, ""]))
    return folder
