"""The corpus: specs that are right or wrong, each with what nnspec makes of it beside it."""

from __future__ import annotations

from pathlib import Path

from nnspec.compiler.pipeline import Checked, check
from nnspec.spec.reader import decode

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tests" / "corpus"
SPEC = ".nn."


def specs(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if SPEC in path.name)


def stem(path: Path) -> str:
    """`stem` of `stem.nn.yaml`."""
    return path.name.partition(SPEC)[0]


def is_library(path: Path) -> bool:
    """Whether a file has blocks and presets only, and no network of its own."""
    return "\nlayers:" not in path.read_text(encoding="utf-8")


SHARED = specs(ROOT / "examples" / "shared")
EXAMPLES = [*specs(ROOT / "examples"), *(path for path in SHARED if not is_library(path))]
LIBRARIES = [path for path in SHARED if is_library(path)]
OK = [*EXAMPLES, *specs(CORPUS / "ok")]
ERR = specs(CORPUS / "err")


def golden(path: Path, suffix: str) -> Path:
    """Where an ok case's golden is: beside the spec, and for examples in a folder of its own."""
    folder = path.parent if path.is_relative_to(CORPUS) else CORPUS / path.parent.relative_to(ROOT)
    return folder / (stem(path) + suffix)


def check_file(path: Path) -> Checked:
    """What the front end makes of a file, under its name in the repository, wherever the tests run."""
    source = decode(path.read_bytes(), path.relative_to(ROOT).as_posix())
    return check(source, path.parent)
