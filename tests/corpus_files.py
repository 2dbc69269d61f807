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


EXAMPLES = specs(ROOT / "examples")
OK = [*EXAMPLES, *specs(CORPUS / "ok")]
ERR = specs(CORPUS / "err")


def golden(path: Path, suffix: str) -> Path:
    """Where an ok case's golden is: beside the spec, and for examples in a folder of its own."""
    folder = path.parent if path.parent.parent == CORPUS else CORPUS / path.parent.name
    return folder / (stem(path) + suffix)


def check_file(path: Path) -> Checked:
    """What the front end makes of a file, under its name in the repository, wherever the tests run."""
    source = decode(path.read_bytes(), path.relative_to(ROOT).as_posix())
    return check(source, path.parent)
