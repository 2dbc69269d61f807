"""What the documents show is true: snippets check, and code blocks that claim an answer get it."""

from __future__ import annotations

import re
from pathlib import Path

import nnspec
import pytest

ROOT = Path(__file__).parent.parent
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets(name: str, language: str) -> list[str]:
    return [
        text for kind, text in FENCE.findall((ROOT / name).read_text(encoding="utf-8")) if kind == language
    ]


@pytest.mark.parametrize(
    "text", snippets("docs/language.md", "yaml"), ids=lambda text: text.split("name: ")[1].split()[0]
)
def test_each_snippet_of_the_language_reference_is_a_spec_without_a_finding(text: str) -> None:
    graph = nnspec.loads(text)
    assert graph.nodes
    assert not graph.warnings


def test_the_reference_names_every_section() -> None:
    from nnspec.spec.document import LATER_SECTIONS, SECTIONS
    from nnspec.spec.parse_items import FORMS

    text = (ROOT / "docs/language.md").read_text(encoding="utf-8")
    for word in (*SECTIONS, *LATER_SECTIONS, *FORMS):
        assert f"`{word}`" in text, word


def test_the_readme_shows_the_answer_that_its_mistake_gets() -> None:
    (shown,) = snippets("README.md", "text")
    spec = (
        "nnspec: 1\nname: forecast\ninputs: {series: [time, 1]}\nlayers:\n"
        "  - LSTM: {units: 20, return_sequence: true}\n"
    )
    with pytest.raises(nnspec.SpecError) as caught:
        nnspec.loads(spec, name="forecast.nn.yaml")
    assert str(caught.value).strip() == shown.strip()


def test_the_readmes_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    (code,) = snippets("README.md", "python")
    exec(compile(code, "README.md", "exec"), {})
    assert (tmp_path / "fashion_cnn.onnx").stat().st_size > 5_000_000
