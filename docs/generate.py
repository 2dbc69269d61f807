"""Writes docs/errors.md from the table of codes and the corpus of bad specs, and docs/layers.md from the catalogue:
`python docs/generate.py`.

Run it, and read the difference, after `pytest --update` has changed an answer, or when a code or a layer is added. A
test fails while a file is not what this script would write.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnspec.backends.catalogue import backends_text, entry, example_lines
from nnspec.compiler.pipeline import check
from nnspec.spec.diagnostics import CODES, Diagnostic, SpecError
from nnspec.spec.layers import FAMILIES, REFUSED, find
from nnspec.spec.layers.base import Layer
from nnspec.spec.layers.left_out import INSTEAD, LEFT_OUT, advice
from nnspec.spec.reader import decode
from nnspec.spec.render import to_text

ROOT = Path(__file__).parents[1]
BAD_SPECS = ROOT / "tests" / "corpus" / "err"
PAGE = ROOT / "docs" / "errors.md"
LAYERS_PAGE = ROOT / "docs" / "layers.md"

INTRODUCTION = """\
# Errors

Every finding has a code, a place in the file, and a help that says what to do about it. Below is each code
with the shortest bad spec that gets it, and the answer. A file's errors all come in one run, in the order of
the file, at most 100 of them; what only follows from another error is left unsaid.

Codes from NN001 are about reading a file, from NN101 about what it says, from NN201 about how layers fit
together, from NN301 about weights, from NN401 about backends, from NN501 about verification. NN901 is a fault
of nnspec itself.

This page is written by `python docs/generate.py` from the specs in `tests/corpus/err`.
"""

RENAMED = "Weights are found by the names of layers: was a layer renamed?"

# Codes that no spec by itself can get: what happened, and what to do.
EXPLAINED: dict[str, str] = {
    "NN001": "The file is not there, may not be read, or is a folder, a pipe or a device. Check the path.",
    "NN303": "The file given with `--weights` lacks a weight of the network. The message names it by its "
    f"key, `layer/weight`, and gives its shape. {RENAMED}",
    "NN304": "The file given with `--weights` holds a weight that the network does not have. The message "
    f"names it. {RENAMED}",
    "NN401": "The command needs a package that only some commands need. The help is the line that installs "
    'it, such as `pip install "nnspec[keras]"`.',
    "NN403": "`--opset` is not one that is written. The help gives those that are.",
    "NN404": "The file could not be written; the message has the system's reason. What stood there before "
    "still stands there, whole.",
    "NN405": "A model that was made does not load or run, or tf2onnx's model gives other numbers than Keras "
    "and was not written. In place of tf2onnx, use nnspec's own export; otherwise it is an error in nnspec, "
    "which please report with the spec.",
    "NN406": "A plugin that was asked for with `--plugin` is not installed, fails, or has a layer of a name that is "
    "taken. The help lists those that are installed.",
    "NN407": "`--quantize int8-static` needs inputs to calibrate with, `--calibrate data.npz`; the other ways of "
    "exporting take none.",
    "NN408": "The file given with `--calibrate` does not fit the network's inputs: their names, shapes or dtypes, or "
    "sizes that a layer does not take. The message names the array.",
    "NN501": "Two ways of computing the network give different numbers. The message has the difference, and "
    "the place is the first layer whose output differs.",
    "NN502": "onnxruntime has not the provider that was asked for with `--provider`, cannot start it here, "
    "or lacks memory.",
    "NN901": "Something went wrong inside nnspec. Please report it with the spec.",
}


@dataclass(frozen=True)
class Example:
    """A bad spec, and all that is wrong with it."""

    name: str
    text: str
    findings: tuple[Diagnostic, ...]

    @property
    def weight(self) -> tuple[int, int, str]:
        """How much there is to read."""
        return len(self.findings), len(self.text), self.name


def examples() -> list[Example]:
    """The corpus of bad specs, the shortest first."""
    paths = (path for path in BAD_SPECS.iterdir() if ".nn." in path.name)
    return sorted((example(path) for path in paths), key=lambda e: e.weight)


def example(path: Path) -> Example:
    data = path.read_bytes()
    try:
        findings = check(decode(data, path.name), path.parent).diagnostics
    except SpecError as error:
        findings = error.diagnostics
    return Example(path.name, data.decode(errors="replace"), findings)


def page() -> str:
    """The text of docs/errors.md."""
    known = examples()
    sections = ["\n".join(section(code, title, known)) for code, title in CODES.items()]
    return "\n".join([INTRODUCTION, *sections])


def section(code: str, title: str, known: list[Example]) -> Iterator[str]:
    """The lines about one code: the first example that has it, and what is said of it."""
    yield f"## {code}: {title}\n"
    if code in EXPLAINED:
        yield f"{EXPLAINED[code]}\n"
        return
    shown = next(e for e in known if any(d.code == code for d in e.findings))
    yield f"```{'json' if shown.name.endswith('.json') else 'yaml'}\n{shown.text.rstrip()}\n```\n"
    yield f"```text\n{to_text(d for d in shown.findings if d.code == code)}\n```\n"


# --- docs/layers.md

LAYERS_INTRODUCTION = """\
# Layers and functions

What a spec may name, by Keras's own names: the layers of `keras.layers`, and functions of `keras.ops` such as Mean. A
call gives arguments by name, or only the first of those below as it is: `Dense: 10`. Every layer also takes `trainable`
and `dtype`; where these are listed, it has them in a way of its own.

Below each stands an example, with what comes out of it: the sizes are expressions over those that go in. `nnspec layers
NAME` says the same, and `nnspec layers --format json` says all of it for programs.

This page is written by `python docs/generate.py` from the catalogue.
"""


def layers_page() -> str:
    """The text of docs/layers.md."""
    contents = "\n".join(f"- {family}: {', '.join(map(link, names))}" for family, names in FAMILIES.items())
    parts = ["\n".join(layer_lines(name)) for names in FAMILIES.values() for name in names]
    return "\n".join([LAYERS_INTRODUCTION, contents, "", *parts, "\n".join(refused_lines())])


def link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def layer_lines(name: str) -> Iterator[str]:
    """The lines about one layer."""
    found, layer = entry(name), find(name)
    assert layer is not None
    yield f"## {name}\n"
    yield f"{found['about']}\n"
    if found["aliases"]:
        yield f"Also {', '.join(found['aliases'])}.\n"
    own = [field for field in found["fields"] if is_own(layer, field["name"])]
    if own:
        yield from ("| field | type | default | |", "|---|---|---|---|", *map(field_line, own), "")
    if found["refused_fields"]:
        yield from (
            "Not in a spec:\n",
            *(f"- `{n}`: {reason}" for n, reason in found["refused_fields"].items()),
            "",
        )
    lines = [*example_lines(found), ("backends", backends_text(found))]
    yield from ("```text", *(f"{about:8}  {text}" for about, text in lines), "```\n")


def is_own(layer: type[Layer], field: str) -> bool:
    return field not in Layer.fields or layer.fields[field] is not Layer.fields[field]


def field_line(field: dict[str, Any]) -> str:
    default = "required" if field["default"] is None else f"`{field['default']}`"
    cells = (f"`{field['name']}`", field["type"], default, field["about"])
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def refused_lines() -> Iterator[str]:
    """Names of Keras's that a spec cannot have."""
    yield "## Not in a spec\n"
    yield from (f"- {name}: {reason}" for name, reason in sorted(REFUSED.items()))
    yield "\n## Functions of keras.ops that are no items\n"
    yield from (f"- `{name}`: {advice(name)}" for name in sorted({**INSTEAD, **LEFT_OUT}))
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    LAYERS_PAGE.write_text(layers_page(), encoding="utf-8", newline="\n")
