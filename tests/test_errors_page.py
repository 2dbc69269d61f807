"""docs/errors.md and docs/layers.md are what docs/generate.py writes, and errors.md has every code."""

from __future__ import annotations

import runpy

from corpus_files import ROOT
from nnspec.spec.diagnostics import CODES

GENERATOR = runpy.run_path(str(ROOT / "docs" / "generate.py"))


def test_the_page_of_errors_is_current() -> None:
    written = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert written == GENERATOR["page"](), "run python docs/generate.py"


def test_the_page_of_layers_is_current() -> None:
    written = (ROOT / "docs" / "layers.md").read_text(encoding="utf-8")
    assert written == GENERATOR["layers_page"](), "run python docs/generate.py"


def test_a_code_has_an_example_or_cannot_have_one() -> None:
    seen = {d.code for example in GENERATOR["examples"]() for d in example.findings}
    explained = set(GENERATOR["EXPLAINED"])
    assert seen | explained == set(CODES)
    assert not seen & explained
