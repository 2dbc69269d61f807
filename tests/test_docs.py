"""What the documents show is true: snippets check, and code blocks that claim an answer get it."""

from __future__ import annotations

import re
from pathlib import Path

import nnspec
import pytest
from nnspec.compiler.pipeline import check
from nnspec.spec.document import LATER_SECTIONS, SECTIONS
from nnspec.spec.naming import FUNCTIONS
from nnspec.spec.nodes import to_data
from nnspec.spec.params import LongForm
from nnspec.spec.parse_items import FORMS, OWNERS, SIBLINGS
from nnspec.spec.reader import read
from nnspec.spec.source import Source

ROOT = Path(__file__).parent.parent
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets(name: str, language: str) -> list[str]:
    return [
        text for kind, text in FENCE.findall((ROOT / name).read_text(encoding="utf-8")) if kind == language
    ]


LANGUAGE = snippets("docs/language.md", "yaml")
# A snippet that other ones include begins with its path.
PATH = re.compile(r"# (\S+\.nn\.yaml)\n")


@pytest.mark.parametrize("text", LANGUAGE, ids=lambda text: text.split("name: ")[1].split()[0])
def test_each_snippet_of_the_language_reference_is_a_spec_without_a_finding(
    text: str, tmp_path: Path
) -> None:
    for path, other in ((match[1], other) for other in LANGUAGE if (match := PATH.match(other))):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(other)
    checked = check(Source(str(tmp_path / "snippet.nn.yaml"), text), tmp_path)
    assert not checked.diagnostics
    assert checked.graph is not None or "layers" not in loads(text)


def loads(text: str) -> dict[str, object]:
    """The sections of a spec."""
    sections = to_data(read(Source("snippet.nn.yaml", text)))
    assert isinstance(sections, dict)
    return sections


def test_the_reference_names_every_section() -> None:
    text = (ROOT / "docs/language.md").read_text(encoding="utf-8")
    words = {*SECTIONS, *LATER_SECTIONS, *FORMS, *OWNERS, *SIBLINGS, *FUNCTIONS, *LongForm.fields}
    assert {word for word in words if f"`{word}`" not in text and f"`{word}(" not in text} == set()


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
