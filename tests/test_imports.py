"""Imports go one way, spec <- compiler <- backends <- cli, and what is heavy is imported where it is used."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nnspec
import pytest

ROOT = Path(nnspec.__path__[0])
ORDER = ("spec", "compiler", "backends", "cli")
FILES = [path for folder in ORDER for path in sorted((ROOT / folder).rglob("*.py"))]

# What may be imported at module level only there; `nowhere` is a folder that does not exist.
HEAVY = {
    **dict.fromkeys(
        ("keras", "tensorflow", "tf2onnx", "onnxruntime", "rich", "h5py", "safetensors"), "nowhere"
    ),
    "onnx": "backends/onnx/",
    "jinja2": "backends/python/",
    **dict.fromkeys(("numpy", "ml_dtypes"), "backends/"),
}

# Scripts that run in a process of their own, and that nothing imports.
ALONE = ("backends/run_modules.py", "backends/weights/hdf5.py")
SCRIPTS = ["nnspec." + path.removesuffix(".py").replace("/", ".") for path in ALONE]


def imported(tree: ast.AST, path: Path) -> Iterator[str]:
    """Absolute names of the modules that are imported somewhere in the tree."""
    package = ("nnspec", *path.relative_to(ROOT).parent.parts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            yield from (".".join((*above, node.module or alias.name)) for alias in node.names)


def at_module_level(tree: ast.Module) -> ast.Module:
    """Without functions, and without what only type checkers read."""
    kept = [
        node
        for node in tree.body
        if not isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    ]
    return ast.Module(kept, [])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports(path: Path) -> None:
    here, tree = path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))
    later = [f"nnspec.{folder}" for folder in ORDER[ORDER.index(here.partition("/")[0]) + 1 :]]
    assert not [name for name in imported(tree, path) if name.startswith(tuple(later))]
    if here in ALONE:
        return
    assert not [name for name in imported(tree, path) if name in SCRIPTS]
    top = {name.partition(".")[0] for name in imported(at_module_level(tree), path)}
    assert not [name for name in top if not here.startswith(HEAVY.get(name, ""))]


def loaded_by(*arguments: str) -> set[str]:
    """The top-level modules in a process that has run the command."""
    code = (
        "import sys; from nnspec.cli.main import main; main(sys.argv[1:]);"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return set(run.stderr.splitlines()[-1].split())


def test_checking_loads_nothing_heavy(tmp_path: Path) -> None:
    spec = tmp_path / "net.nn.yaml"
    layers = "[{Dense: {units: 9, activation: relu}}, {Dense: {units: 2, bias_initializer: ones}}]"
    training = "training: {loss: mse, optimizer: {Adam: {learning_rate: 0.1}}}"
    spec.write_text(f"nnspec: 1\nname: net\ninputs: {{x: [time, 4]}}\nlayers: {layers}\n{training}\n")
    for form in ("text", "json", "github"):
        assert not loaded_by("check", str(spec), "--format", form) & HEAVY.keys()


def test_only_a_fixed_weight_from_a_file_needs_numpy(tmp_path: Path) -> None:
    import numpy as np

    np.save(tmp_path / "kernel.npy", np.ones((4, 2), "float32"))
    spec = tmp_path / "net.nn.yaml"
    dense = "{Dense: {units: 2, kernel_initializer: {file: kernel.npy}}}"
    spec.write_text(f"nnspec: 1\nname: net\ninputs: {{x: [4]}}\nlayers: [{dense}]\n")
    assert loaded_by("check", str(spec)) & HEAVY.keys() == {"numpy"}


def test_python_is_written_without_a_framework(tmp_path: Path) -> None:
    spec = tmp_path / "net.nn.yaml"
    spec.write_text("nnspec: 1\nname: net\ninputs: {x: [4]}\nlayers: [{Dense: 2}]\n")
    heavy = loaded_by("emit", str(spec), "-o", str(tmp_path / "net.py")) & HEAVY.keys()
    assert heavy <= {"jinja2"}
    assert (tmp_path / "net.py").is_file()
