"""Options of the whole suite."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update", action="store_true", help="rewrite the corpus's goldens; read every line of the diff"
    )


class Goldens:
    """Texts that are kept beside the corpus; with `--update` they are written instead of compared."""

    def __init__(self, update: bool) -> None:
        self.update = update

    def compare(self, path: Path, text: str) -> None:
        if self.update:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        assert path.exists(), f"{path.name} is missing: write it with pytest --update, and read it"
        assert text == path.read_text(encoding="utf-8"), f"{path.name} differs"


@pytest.fixture(scope="session")
def goldens(request: pytest.FixtureRequest) -> Goldens:
    return Goldens(bool(request.config.getoption("--update")))
