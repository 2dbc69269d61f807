"""What goldens do not show of params, blocks, repeats and includes: what is left unsaid, what is said once, and which
names stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from corpus_files import OK, check_file, stem
from nnspec.compiler.given import from_values
from nnspec.compiler.graph import Graph
from nnspec.compiler.pipeline import check
from nnspec.compiler.settings import Settings
from nnspec.spec.diagnostics import Diagnostic
from nnspec.spec.render import to_text
from nnspec.spec.source import Source

HEAD = "nnspec: 1\nname: net\ninputs: {x: [4], y: [4]}\n"
BOTH = "  - Add:\n    from: [x, y]\n"


def found(text: str, settings: Settings | None = None) -> tuple[Diagnostic, ...]:
    return check(Source("net.nn.yaml", text), Path("."), settings=settings).diagnostics


def graph(text: str, settings: Settings | None = None) -> Graph:
    checked = check(Source("net.nn.yaml", text), Path("."), settings=settings)
    assert checked.graph is not None, to_text(checked.diagnostics)
    return checked.graph


def names(text: str, settings: Settings | None = None) -> list[str]:
    return [node.name for node in graph(text, settings).nodes]


def spec(layers: str, sections: str = "") -> str:
    return f"{HEAD}{sections}layers:\n{BOTH}{layers}"


# --- what nothing uses


@pytest.mark.parametrize(
    "text",
    [
        spec("  - Dense: =a\n", "params: {a: 1}\n"),
        spec("  - Dense: =b\n", "params: {a: 1, b: =a}\n"),
        spec("  - Dense: 3\n", "params: {a: 4}\n").replace("x: [4]", "x: [=a]"),
        spec("  - Wide\n", "params: {a: 1}\npresets: {Wide: {Dense: {units: =a}}}\n"),
        spec("  - TimeDistributed: {layer: {Dense: =a}}\n", "params: {a: 1}\n").replace("[4]", "[2, 4]"),
        spec("  - TimeDistributed: {layer: Wide}\n", "presets: {Wide: {Dense: 1}}\n").replace(
            "[4]", "[2, 4]"
        ),
        spec("  - Wide\n", "presets: {Wide: Narrow, Narrow: {Dense: 1}}\n"),
        spec("  - Dense: 3\n") + "params: {a: mse}\ntraining: {loss: =a}\n",
        spec("  - repeat: =a\n    layers: [{Dense: 3}]\n", "params: {a: 1}\n"),
        spec("  - when: =a\n    layers: [{Dense: 3}]\n", "params: {a: false}\n"),
        spec(
            "  - when: false\n    layers: [{Dense: =a}, b]\n",
            "params: {a: 1}\nblocks: {b: {layers: [ReLU]}}\n",
        ),
        spec(
            "  - repeat: 2\n    layers: [{Dense: 3, name: s}]\n  - {Dense: 3, from: 's[=a]'}\n",
            "params: {a: 1}\n",
        ),
        spec("  - b: 3\n", "blocks: {b: {params: {u: , v: =u}, layers: [{Dense: =v}]}}\n"),
        spec("  - b\n", "blocks: {b: {layers: [c]}, c: {layers: [ReLU]}}\n"),
        # A library is for others to use, but its params are its own.
        "nnspec: 1\nname: library\npresets: {P: {Dense: 3}}\nblocks: {b: {layers: [ReLU]}}\n",
    ],
)
def test_what_is_used_somewhere_gets_no_warning(text: str) -> None:
    assert found(text) == ()


def test_a_param_that_nothing_uses_is_told_of_in_a_library_too() -> None:
    text = "nnspec: 1\nname: library\nparams: {a: 1}\nblocks: {b: {params: {u: 1}, layers: [ReLU]}}\n"
    assert [(d.code, d.severity, d.message) for d in found(text)] == [
        ("NN118", "warning", 'nothing uses the param "a"'),
        ("NN118", "warning", 'nothing uses the param "u"'),
    ]


def test_nothing_is_said_of_what_an_included_file_does_not_use(tmp_path: Path) -> None:
    part = "nnspec: 1\nname: part\nparams: {a: 1}\nblocks: {b: {layers: [ReLU]}, c: {layers: [ReLU]}}\n"
    (tmp_path / "part.nn.yaml").write_text(part)
    text = spec("  - part.b\n", "include: {part: part.nn.yaml}\n")
    assert check(Source(str(tmp_path / "net.nn.yaml"), text), tmp_path).diagnostics == ()


@pytest.mark.parametrize(
    "text",
    [
        # in another call, in another turn
        spec(
            "  - b\n  - {b: , name: second}\n  - {Dense: 3, from: second.q}\n",
            "blocks: {b: {layers: [{Dense: 3, name: p}, {Dense: 2, from: input, name: q}], outputs: [p, q]}}\n",
        ),
        spec("  - repeat: 3\n    layers: [{Dense: 4, name: s}]\n  - {Add: , from: [s.0, x]}\n"),
        # by what is left out with these params: a way of a condition, a repeat without a turn
        spec("  - {Dense: 4, name: s}\n  - when: false\n    layers: [{Add: , from: [s, x]}]\n    from: x\n"),
        spec("  - when: false\n    layers: [ReLU]\n    else: [{Dense: 3, from: x}]\n"),
        spec(
            "  - {Dense: 4, name: s}\n  - {Dense: 4, from: x}\n  - repeat: 0\n    layers: [{Add: , from: [s, x]}]\n"
        ),
    ],
)
def test_a_layer_that_is_used_at_times_is_no_unused_one(text: str) -> None:
    assert [d for d in found(text) if d.span is None or d.span.line > 4] == []


def test_a_layer_of_a_block_that_nothing_uses_is_told_of_once() -> None:
    text = spec("  - b\n" * 3, "blocks: {b: {layers: [{Dense: 3}, {Dense: 4, from: input}]}}\n")
    (only,) = found(text)
    assert (only.code, only.message) == ("NN111", 'nothing uses the output of "b.dense"')


# --- what is wrong is told once, with the way to it


BROKEN = "blocks: {b: {params: {n: 3}, layers: [{Dense: =n / 2}, {Dense: -1}, {Dense: =m}]}}\n"


@pytest.mark.parametrize("calls", [0, 1, 5])
def test_what_is_wrong_in_a_block_is_told_once_however_often_it_is_called(calls: int) -> None:
    diagnostics = found(spec("  - b\n" * calls + "  - Dense: 3\n", BROKEN))
    assert [d.code for d in diagnostics] == ["NN103", "NN104", "NN108"] if calls else ["NN104", "NN108"]


def test_the_way_shown_is_that_of_the_first_call() -> None:
    diagnostics = found(spec("  - b\n  - b\n", BROKEN))
    lines = {
        note.span.line for d in diagnostics for note in d.notes if note.span and "called" in note.message
    }
    assert lines == {8}


def test_a_name_that_means_nothing_needs_no_way_to_it() -> None:
    (only,) = found(spec("  - b: 3\n", "blocks: {b: {params: {n: }, layers: [{Dense: =m}]}}\n"))
    assert (only.code, only.notes) == ("NN108", ())


def test_the_value_of_a_name_is_told_once() -> None:
    (only,) = found(spec("  - b: 2.5\n", "blocks: {b: {params: {n: }, layers: [{Dense: =n}]}}\n"))
    assert [note.message for note in only.notes] == ['in block "b" with n = 2.5, called here']


def test_a_call_with_many_params_shows_some_of_them() -> None:
    params = ", ".join(f"p{i}: {i}" for i in range(20))
    (only,) = found(spec("  - b\n", f"blocks: {{b: {{params: {{{params}}}, layers: [Dnse]}}}}\n"))
    assert only.notes[0].message.endswith("p7 = 7, …, called here")


def test_a_variant_repeats_nothing_that_is_wrong_without_it() -> None:
    text = spec("  - Dense: =n\n  - Dense: -1\n", "params: {n: 1}\nvariants: {a: {n: 0}, b: {n: 0}}\n")
    diagnostics = found(text)
    assert [d.code for d in diagnostics] == ["NN104", "NN104"]
    assert [note.message for note in diagnostics[0].notes][-1] == "in the variant a"
    assert diagnostics[1].notes == ()


# --- names of layers


REPEATED = "blocks: {b: {params: {n: 1}, layers: [{repeat: =n, layers: [{Dense: 3}]}, ReLU]}}\n"


def test_a_file_whose_variants_set_every_param_needs_no_defaults() -> None:
    text = spec(
        "  - Dense: =units\n", "params: {units: }\nvariants: {narrow: {units: 3}, wide: {units: 5}}\n"
    )
    assert graph(text).nodes[-1].signature.output.shape[-1] == 3
    (lacking,) = found(text, Settings())
    assert "units has no value" in lacking.message


def test_names_do_not_depend_on_params() -> None:
    text = spec("  - when: =deep\n    layers: [{Dense: 3}]\n  - Dense: 3\n", "params: {deep: true}\n")
    assert names(text) == ["add", "dense", "dense_1"]
    assert names(text, from_values({"deep": False})) == ["add", "dense_1"]


def test_names_stay_where_something_is_added_elsewhere() -> None:
    before = names(spec("  - b\n  - {b: {n: 2}, name: last}\n", REPEATED))
    more = REPEATED.replace("{b:", "{c: {layers: [{Dense: 3}, {Dense: 3}]}, b:")
    after = names(spec("  - b\n  - c\n  - {b: {n: 3}, name: last}\n", more))
    assert before == ["add", "b.dense.0", "b.re_lu", "last.dense.0", "last.dense.1", "last.re_lu"]
    assert [name for name in after if name in before] == before


def test_all_names_of_a_network_differ() -> None:
    for path in OK:
        checked = check_file(path)
        assert checked.graph is not None
        every = [*(i.name for i in checked.graph.inputs), *(node.name for node in checked.graph.nodes)]
        assert len({name.lower() for name in every}) == len(every), stem(path)


# --- settings


def test_a_value_that_is_set_counts_before_a_variant_and_that_before_the_default() -> None:
    text = spec("  - Dense: =a + 10 * b\n", "params: {a: 1, b: 1}\nvariants: {v: {a: 2, b: 2}}\n")

    def units(settings: Settings) -> object:
        return graph(text, settings).nodes[-1].signature.output.shape[-1]

    assert units(Settings()) == 11
    assert units(Settings(variant="v")) == 22
    assert units(from_values({"a": 3}, "v")) == 23


@pytest.mark.parametrize("path", [path for path in OK if "variants:" in path.read_text()], ids=stem)
def test_every_variant_of_a_case_is_a_network(path: Path) -> None:
    default = check_file(path).graph
    assert default is not None and default.origin is not None
    for variant in default.origin.unit.document.variants:
        source = Source(str(path), path.read_text())
        assert check(source, path.parent, settings=Settings(variant=variant.name)).graph is not None
