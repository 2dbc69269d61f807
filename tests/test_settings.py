"""Values of params and variants, from the command line and from a program."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Any

import nnspec
import numpy as np
import pytest
from nnspec.cli.main import main
from nnspec.compiler.given import from_values, from_words
from nnspec.spec.limits import DEFAULTS, Limits
from nnspec.spec.nodes import to_data

SPEC = """\
nnspec: 1
name: net
params:
  width: {type: float, default: 1.0, min: 0.1}
  act: relu
  sizes: [4, 5]
  scale: =2 * width
variants:
  tiny: {width: 0.25, sizes: []}
  broken: {width: 0.3}
inputs: {x: [4]}
layers:
  - Dense: {units: =32 * width + 16 * scale, activation: =act}
  - repeat: =sizes
    as: n
    layers: [{Dense: =n}]
"""
SOUND = SPEC.replace("  broken: {width: 0.3}\n", "")


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "net.nn.yaml"
    path.write_text(SPEC)
    return path


def units(graph: nnspec.Graph) -> list[int]:
    return [node.layer.units for node in graph.nodes]  # type: ignore[attr-defined]


# --- values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", 0.1),
        ("1e-3", 1e-3),
        ("010", 10),
        ("true", True),
        ("no", "no"),
        ("relu", "relu"),
        ("'64'", "64"),
        ("[1, 2]", [1, 2]),
        ("[[1, same], [2, valid]]", [[1, "same"], [2, "valid"]]),
        ("=2 * 8", "=2 * 8"),
        ("a=b", "a=b"),
        ("", None),
        ("null", None),
        ("&a 1", 1),
    ],
)
def test_a_value_is_read_as_in_a_spec(text: str, value: object) -> None:
    (setting,) = from_words([("a", text)]).values
    found = to_data(setting.value)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("!!python/object/apply:os.system [ls]", "NN006"),
        ("*a", "NN006"),
        ("&a [*a]", "NN006"),
        ("{<<: 1}", "NN006"),
        ("1\n---\n2", "NN006"),
        ("[1", "NN004"),
        ("a\x1b]0;b", "NN004"),
        ("a\0b", "NN004"),
        ("a\udcffb", "NN004"),
        ("9" * 5000, "NN003"),
        ("1e999", "NN003"),
        ("[" * 100_000, "NN003"),
        ("#fff", "NN103"),
    ],
    ids=lambda text: ascii(text)[:12],
)
def test_a_hostile_value_has_one_answer_at_its_place(text: str, code: str) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        from_words([("a", text)])
    first = caught.value.diagnostics[0]
    assert first.code == code
    assert first.span is not None and first.span.source.name == "--set a"
    assert "\x1b" not in str(caught.value)


def test_all_that_is_wrong_with_several_values_is_told() -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        from_words([("a", "!x 1"), ("b", "2"), ("c", "*y")])
    assert {d.span.source.name for d in caught.value.diagnostics if d.span} == {"--set a", "--set c"}


def test_limits_hold_for_values_too() -> None:
    with pytest.raises(nnspec.SpecError, match="the limit is 3"):
        from_words([("a", "[1, 2, 3]")], limits=Limits(nodes=3))


class Kind(enum.StrEnum):
    ONE = "one"


class Odd:
    def __repr__(self) -> str:
        raise RuntimeError


def endless() -> list[Any]:
    own: list[Any] = []
    own.append(own)
    return own


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"a": 1}, "NN103"),
        (Odd(), "NN103"),
        (np.float64(0.5), "NN103"),
        (np.int64(3), "NN103"),
        (np.ones(3), "NN103"),
        ([1, {2}], "NN103"),
        (b"relu", "NN103"),
        (Kind.ONE, "NN103"),
        (float("nan"), "NN104"),
        ([1.0, float("-inf")], "NN104"),
        (10**5000, "NN003"),
        (2**63, "NN003"),
        (endless(), "NN003"),
        ("\ud800", "NN004"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_value_of_a_param_is_an_error_of_the_caller(value: object, code: str) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        nnspec.loads(SPEC, params={"width": value})
    assert [d.code for d in caught.value.diagnostics] == [code]
    str(caught.value).encode()


def test_plain_values_keep_their_types() -> None:
    values: dict[str, object] = {"a": 1, "b": 1.0, "c": True, "d": None, "e": "1", "f": (1, [2.5])}
    found = {str(s.name.value): to_data(s.value) for s in from_values(values).values}
    assert repr(found) == repr({**values, "f": [1, [2.5]]})


# --- the library


def test_variants_and_params_of_a_file(spec: Path) -> None:
    assert units(nnspec.load(spec)) == [64, 4, 5]
    assert units(nnspec.load(spec, variant="tiny")) == [16]
    assert units(nnspec.load(spec, variant="tiny", params={"sizes": [7]})) == [16, 7]
    assert units(nnspec.load(spec, params={"width": "=1 / 4", "sizes": ()})) == [16]
    assert units(nnspec.loads(SPEC, params={"width": 2})) == [128, 4, 5]


def test_a_graph_knows_what_it_was_made_with() -> None:
    origin = nnspec.loads(SPEC, variant="tiny", params={"act": "tanh"}).origin
    assert origin is not None and origin.variant == "tiny"
    values = {name: binding and binding.value for name, binding in origin.params.items()}
    assert values == {"width": 0.25, "act": "tanh", "sizes": [], "scale": 0.5}


def test_check_goes_through_every_variant_unless_something_is_set(spec: Path) -> None:
    (found,) = nnspec.check(spec).diagnostics
    assert found.code == "NN103" and found.notes[-1].message == "in the variant broken"
    assert nnspec.check(spec, params={}).diagnostics == (found,)
    assert nnspec.check(spec, variant="tiny").diagnostics == ()
    assert nnspec.check(spec, params={"width": 0.5}).diagnostics == ()


@pytest.mark.parametrize(
    ("settings", "code", "help"),
    [
        ({"variant": "tiyn"}, "NN101", 'did you mean "tiny"?'),
        ({"variant": ""}, "NN101", "known variants: broken, tiny"),
        ({"params": {"widht": 1.0}}, "NN101", 'did you mean "width"?'),
        ({"params": {"x'); import os #": 1.0}}, "NN101", None),
        ({"params": {"width": "wide"}}, "NN103", "write a number"),
        ({"params": {"width": 0.05}}, "NN104", None),
        ({"params": {"width": "=1 +"}}, "NN114", None),
        ({"params": {"width": "=scale"}}, "NN116", None),
    ],
)
def test_settings_that_a_file_does_not_have(settings: dict[str, Any], code: str, help: str | None) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        nnspec.loads(SPEC, **settings)
    (found,) = caught.value.diagnostics
    assert found.code == code and help in (None, found.help)


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf"])
def test_a_param_is_finite_wherever_its_value_is_from(value: str) -> None:
    with pytest.raises(nnspec.SpecError, match="width must be finite"):
        nnspec.loads(SPEC.replace("width: 0.25", f"width: {value}"), variant="tiny")
    with pytest.raises(nnspec.SpecError, match="width must be finite"):
        nnspec.loads(SPEC.replace("default: 1.0", f"default: {value}"))


# --- the command line


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def test_set_and_variant(capsys: pytest.CaptureFixture[str], spec: Path) -> None:
    assert run(capsys, "check", spec)[0] == 1
    assert run(capsys, "check", spec, "--variant", "tiny")[0] == 0
    shown = run(capsys, "show", spec, "--variant", "tiny", "--set", "sizes=[3]", "--set", "act=tanh")[1]
    assert "float32[batch, 16]" in shown and "float32[batch, 3]" in shown
    code, out, err = run(capsys, "show", spec, "--set", "width==1 / 4", "--set", "sizes=[]")
    assert (code, err) == (0, "") and "float32[batch, 16]" in out and "dense_1" not in out


def test_a_bad_value_is_shown_on_the_command_line(capsys: pytest.CaptureFixture[str], spec: Path) -> None:
    code, out, _ = run(capsys, "check", spec, "--set", "width=wide")
    assert code == 1
    assert out.startswith(
        'error[NN103]: width must be a number, not the string "wide"\n --> --set width:1:1\n'
    )
    assert "1 | wide\n" in out
    code, out, _ = run(capsys, "check", spec, "--set", "width=0.3")
    assert code == 1 and "with width = 0.3 (--set width:1), from --set" in out


def test_a_finding_about_the_command_line_is_told_once(
    capsys: pytest.CaptureFixture[str], spec: Path
) -> None:
    other = spec.with_name("other.nn.yaml")
    other.write_text(SOUND)
    code, out, err = run(capsys, "check", spec, other, "--set", "width=!x")
    assert (code, err) == (1, "1 error in 2 files\n") and out.count("NN006") == 1


@pytest.mark.parametrize("words", [("--set", "width"), ("--set", "=1"), ("--set", "a=1", "--set", "a=2")])
def test_assignments_that_are_none(
    capsys: pytest.CaptureFixture[str], spec: Path, words: tuple[str, ...]
) -> None:
    code, out, err = run(capsys, "check", spec, *words)
    assert (code, out) == (2, "") and "Invalid value for '--set'" in err


LIBRARY = "nnspec: 1\nname: parts\nblocks:\n  stage: {layers: [{Dense: 3}]}\n"


@pytest.mark.parametrize("command", ["show", "emit", "expand", "verify"])
def test_a_library_checks_and_is_no_network(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    path = tmp_path / "parts.nn.yaml"
    path.write_text(LIBRARY)
    assert run(capsys, "check", path) == (0, "", "1 file, no errors\n")
    code, out, err = run(capsys, command, path)
    assert (code, out) == (1, "")
    assert "the file has blocks and presets, and no network of its own" in err


def test_a_default_depth_is_that_of_a_file() -> None:
    deep: Any = 1
    for _ in range(DEFAULTS.depth):
        deep = [deep]
    from_values({"a": deep})
