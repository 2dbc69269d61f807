"""The wheel holds every module and template, none of the tests and examples, and works where nothing else is."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("spec", "compiler", "backends", "cli", "templates")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # A copy, so that building leaves nothing in the checkout.
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            target.write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("nnspec-*.whl")
    return built


def modules() -> list[str]:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return sorted(str(path.relative_to(ROOT)) for path in files)


def test_every_module_and_template_is_in_it(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    templates = [str(path.relative_to(ROOT)) for path in (ROOT / "templates").glob("*.j2")]
    assert templates
    for name in [*modules(), *templates, "py.typed", "__init__.py", "api.py", "plugins.py"]:
        assert f"nnspec/{name}" in names, (
            f"{name} is not in the wheel: is its package listed in pyproject.toml?"
        )


def test_nothing_else_is_in_it(wheel: Path) -> None:
    for name in zipfile.ZipFile(wheel).namelist():
        assert not name.startswith(("nnspec/tests", "nnspec/examples", "nnspec/docs", "nnspec/benchmarks")), (
            name
        )


def test_it_installs_in_an_empty_environment_and_every_module_imports(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(wheel)], check=True, capture_output=True)
    names = [f"nnspec.{name[:-3].replace('/', '.')}".removesuffix(".__init__") for name in modules()]
    code = "import importlib\n" + "\n".join(f"importlib.import_module({name!r})" for name in names)
    subprocess.run([python, "-I", "-c", code], check=True, cwd=tmp_path)
    checked = subprocess.run(
        [python, "-I", "-m", "nnspec", "check", str(ROOT / "examples" / "fashion_cnn.nn.yaml")],
        cwd=tmp_path,
        check=False,
    )
    assert checked.returncode == 0
    built = subprocess.run(
        [
            python,
            "-I",
            "-m",
            "nnspec",
            "build",
            str(ROOT / "examples" / "fashion_cnn.nn.yaml"),
            "-o",
            "m.keras",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 3
    assert 'pip install "nnspec[keras]"' in built.stderr
