"""The command line: what goes to which stream, exit codes, and what the surroundings may do to it."""

from __future__ import annotations

import io
import json
import os
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nnspec.backends.certificate import PathResult, Report
from nnspec.backends.compare import OutputDifference
from nnspec.backends.paths import Job
from nnspec.cli import options
from nnspec.cli.main import COMMANDS, main
from nnspec.spec.diagnostics import Diagnostic, fail
from nnspec.spec.limits import Limits

GOOD = """\
nnspec: 1
name: net
inputs: {x: [4]}
layers:
  - Dense: {units: 10, activation: relu}
  - Dense: 2
"""
BAD = GOOD.replace("units: 10", "unitz: 10")
UNUSED = GOOD + "  - {Dense: 7, name: vain, from: x}\noutputs: dense_1\n"


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command line in this process."""
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", "__all__")

    def call(*arguments: str | Path, stdin: str = "") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Result(code, out, err)

    yield call
    signal.signal(signal.SIGTERM, before)


def process(*arguments: str | Path, **changes: Any) -> subprocess.CompletedProcess[bytes]:
    """Runs a command line as users do."""
    command = [sys.executable, "-m", "nnspec", *map(str, arguments)]
    return subprocess.run(command, **{"capture_output": True, "timeout": 60, **changes})


def environment(**changes: str | None) -> dict[str, str]:
    """This process's environment with other values; None takes a variable out."""
    return {name: value for name, value in (os.environ | changes).items() if value is not None}


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return written(tmp_path / "good.nn.yaml", GOOD)


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    return written(tmp_path / "bad.nn.yaml", BAD)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


# --- check


def test_a_clean_file(run: Run, good: Path) -> None:
    assert run("check", good) == Result(0, "", "1 file, no errors\n")


def test_findings_are_data(run: Run, good: Path, bad: Path) -> None:
    result = run("check", good, bad)
    assert result.code == 1
    assert result.out.startswith('error[NN101]: Dense has no field "unitz"')
    assert f"{bad}:5:13" in result.out
    assert result.err == "1 error in 2 files\n"


def test_warnings_are_counted_and_do_not_fail(run: Run, tmp_path: Path) -> None:
    result = run("check", written(tmp_path / "unused.nn.yaml", UNUSED))
    assert (result.code, result.err) == (0, "1 warning in 1 file\n")
    assert "warning[NN111]" in result.out


def test_errors_and_warnings_of_several_files(run: Run, tmp_path: Path, bad: Path) -> None:
    unused = written(tmp_path / "unused.nn.yaml", UNUSED)
    assert run("check", bad, unused, bad).err == "2 errors, 1 warning in 3 files\n"


def test_json_lists_findings_and_an_empty_list(run: Run, good: Path, bad: Path) -> None:
    assert json.loads(run("check", "--format", "json", good).out)["diagnostics"] == []
    (finding,) = json.loads(run("check", "--format", "json", bad).out)["diagnostics"]
    assert (finding["code"], finding["file"], finding["line"]) == ("NN101", str(bad), 5)


def test_github_annotations(run: Run, bad: Path) -> None:
    assert run("check", "--format", "github", bad).out.startswith(f"::error file={bad},line=5,col=13")


def test_standard_input(run: Run) -> None:
    assert run("check", "-", stdin=GOOD).code == 0
    assert "<stdin>:5:13" in run("check", "-", stdin=BAD).out


def test_a_missing_file_is_the_environments_and_the_others_are_checked(run: Run, bad: Path) -> None:
    result = run("check", "nowhere.nn.yaml", bad)
    assert result.code == 3
    assert "NN001" in result.out and "NN101" in result.out


def test_an_error_of_ours_is_one_finding(run: Run, good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr("nnspec.compiler.pipeline.check", broken)
    result = run("check", good, good)
    assert result.code == 3
    assert result.out.count("error[NN901]: this is an error in nnspec: KeyError: 'lost'") == 2
    assert "Traceback" not in result.out + result.err
    monkeypatch.setenv("NNSPEC_TRACEBACK", "1")
    assert "Traceback" in run("check", good).err


# --- usage


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("chek", "x"),
        ("check", "--format", "xml", "x"),
        ("check", "--max-depth", "257", "x"),
        ("check", "--root", "/nowhere", "x"),
        ("layers", "Dnse"),
        ("build", "x"),
        ("export", "x", "-o", "x.nn.yaml"),
        ("verify", "x", "--tolerance", "nan"),
        ("verify", "x.nn.json", "--certificate", "x.nn.json"),
        ("verify", "x", "--provider", "tpu"),
        ("verify", "x", "--seed", "-1"),
        ("emit", "x", "--check", "x.py", "-o", "x.py"),
        ("expand", "x", "-o", "x.yaml"),
    ],
)
def test_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert "Error:" in result.err


def test_unknown_words_have_suggestions(run: Run) -> None:
    assert 'did you mean "check"?' in run("chek").err
    assert 'did you mean "Dense"?' in run("layers", "Dnse").err
    assert "a spec carries no code" in run("layers", "Lambda").err


def test_names_of_files_are_inert_in_every_message(run: Run, good: Path, tmp_path: Path) -> None:
    target = tmp_path / "\x1b[31m\nred.onnx"
    assert "\\x1b[31m\\nred.onnx" in run("export", good, "-o", target).err
    assert target.exists()
    for words in (("check", good, "--root", tmp_path / "\x1b]0;x"), ("layers", "\x1b]0;x\a")):
        assert "\x1b" not in run(*words).err


def test_help_of_every_command(run: Run) -> None:
    assert all(name in run("--help").out for name in COMMANDS)
    for name in COMMANDS:
        result = run(name, "--help")
        assert result.code == 0 and result.out.startswith(f"Usage: nnspec {name}")


def test_version(run: Run) -> None:
    assert run("--version").out == "nnspec 0.1.0\n"


# --- limits and roots


def test_every_limit_has_an_option_that_its_error_names(run: Run, tmp_path: Path) -> None:
    assert set(options.LIMITS) == set(Limits.__slots__)
    small = {"file_bytes": 20, "depth": 1, "nodes": 5, "layers": 1, "bytes": 100}
    for name, value in small.items():
        option = f"--max-{name.replace('_', '-')}"
        result = run("check", option, str(value), written(tmp_path / f"{name}.nn.yaml", GOOD))
        assert result.code == 1 and "NN003" in result.out and f"raise the limit with {option} N" in result.out
        assert run("check", option, str(value * 1000 if name != "depth" else 64), "-", stdin=GOOD).code == 0


def test_the_greatest_depth_is_no_traceback(run: Run) -> None:
    deep = GOOD.replace("units: 10", f"units: {'[' * 240}{']' * 240}")
    result = run("check", "--max-depth", "256", "-", stdin=deep)
    assert result.code == 1 and "NN901" not in result.out


def test_files_come_from_the_root(run: Run, tmp_path: Path) -> None:
    import numpy as np

    (tmp_path / "weights").mkdir()
    np.save(tmp_path / "weights" / "kernel.npy", np.ones((10, 2), "float32"))
    text = GOOD.replace("Dense: 2", "Dense: {units: 2, kernel_initializer: {file: kernel.npy}}")
    spec = written(tmp_path / "fixed.nn.yaml", text)
    assert run("check", spec).code == 1
    assert run("check", spec, "--root", tmp_path / "weights").code == 0


# --- show and layers


def test_show_as_json(run: Run) -> None:
    spec = GOOD.replace("[4]", "[time, null, 4]")
    record = json.loads(run("show", "--format", "json", "-", stdin=spec).out)
    assert record == {
        "name": "net",
        "parameters": {"trainable": 72, "non_trainable": 0},
        "macs": record["macs"],
        "inputs": {"x": {"shape": ["batch", "time", None, 4], "dtype": "float32"}},
        "outputs": {"dense_1": {"shape": ["batch", "time", None, 2], "dtype": "float32"}},
        "layers": record["layers"],
    }
    assert record["layers"][0] == {
        "name": "dense",
        "type": "Dense",
        "shares": None,
        "line": 5,
        "inputs": ["x"],
        "outputs": [{"shape": ["batch", "time", None, 10], "dtype": "float32"}],
        "parameters": 50,
        "macs": record["layers"][0]["macs"],
        "receptive_field": None,
    }
    assert isinstance(record["macs"], str) and "time" in record["macs"]


def test_show_as_a_table(run: Run, good: Path) -> None:
    lines = run("show", good).out.splitlines()
    assert lines[0] == "net"
    assert lines[2].split() == ["layer", "type", "output", "parameters", "MACs", "field"]
    assert lines[4].split() == ["dense", "Dense", "float32[batch,", "10]", "50", "40"]
    assert "parameters   72 (72 trainable, 0 not)" in lines


def test_a_description_is_inert(run: Run) -> None:
    spec = GOOD + 'description: "\\e]0;owned\\a [bold]x[/nope]"\n'
    out = run("show", "-", stdin=spec).out
    assert "\x1b" not in out and "\a" not in out and "[bold]x[/nope]" in out


def test_errors_of_other_commands_go_to_stderr(run: Run, bad: Path) -> None:
    for command in ("show", "emit"):
        result = run(command, bad)
        assert (result.code, result.out) == (1, "") and "error[NN101]" in result.err


def test_warnings_of_other_commands_go_to_stderr(run: Run) -> None:
    result = run("show", "-", stdin=UNUSED)
    assert result.code == 0 and "warning[NN111]" in result.err and "NN111" not in result.out


def test_the_catalogue(run: Run) -> None:
    lines = run("layers").out.splitlines()
    assert lines[0] == "core"
    assert any(line.split()[:3] == ["Dense", "Fully", "connected"] for line in lines)


def test_the_fields_of_a_layer(run: Run) -> None:
    lines = run("layers", "Dense").out.splitlines()
    assert lines[3].split("  ")[0] == "units" and "integer, at least 1" in lines[3] and "required" in lines[3]
    assert any(line.startswith("kernel_initializer") and "glorot_uniform" in line for line in lines)


def test_short_forms_are_told(run: Run) -> None:
    lines = run("layers", "Conv2D").out.splitlines()
    assert any(line.startswith("strides") and "integer, or one for each axis" in line for line in lines)


# --- emit, and what others write


def test_emitted_code_is_the_same_on_stdout_and_in_a_file(run: Run, good: Path, tmp_path: Path) -> None:
    printed = run("emit", good).out
    result = run("emit", good, "-o", tmp_path / "net.py")
    assert result == Result(0, "", f"wrote {tmp_path / 'net.py'}\n")
    assert (tmp_path / "net.py").read_bytes().decode() == printed
    compile(printed, "net.py", "exec")


def test_code_travels_with_the_files_that_it_reads(run: Run, tmp_path: Path) -> None:
    import numpy as np

    (tmp_path / "data").mkdir()
    np.save(tmp_path / "data" / "kernel.npy", np.ones((10, 2), "float32"))
    text = GOOD.replace("Dense: 2", "Dense: {units: 2, kernel_initializer: {file: data/kernel.npy}}")
    spec, target = written(tmp_path / "net.nn.yaml", text), tmp_path / "out" / "net.py"
    assert "data/kernel.npy" in run("emit", spec).err
    (tmp_path / "out").mkdir()
    assert run("emit", spec, "-o", target).code == 0
    assert (tmp_path / "out/data/kernel.npy").read_bytes() == (tmp_path / "data/kernel.npy").read_bytes()


def test_code_is_held_to_its_spec(run: Run, good: Path, tmp_path: Path) -> None:
    kept = tmp_path / "net.py"
    missing = run("emit", good, "--check", kept)
    assert (missing.code, missing.out) == (1, "")
    assert missing.err == f'there is no file "{kept}"; this would write it: nnspec emit {good} -o {kept}\n'
    run("emit", good, "-o", kept)
    assert run("emit", good, "--check", kept) == Result(0, "", "")
    before = kept.read_text()
    kept.write_text(before.replace("10", "11"))
    found = run("emit", good, "--check", kept)
    assert (found.code, found.err) == (1, "") and kept.read_text() != before
    lines = found.out.splitlines()
    assert lines[:2] == [f"--- {kept}", f"+++ {kept} as the spec has it"]
    assert [line[0] for line in lines[3:] if line[0] in "+-"] == ["-", "+"]
    assert run("emit", good, "--check", tmp_path).code == 2


def test_any_bytes_are_compared_and_shown_inert(run: Run, good: Path, tmp_path: Path) -> None:
    kept = tmp_path / "net.py"
    run("emit", good, "-o", kept)
    code = kept.read_bytes()
    for held in (b"", b"\x1b]0;x\a\xff\0", code.replace(b"\n", b"\r\n"), code[:-1], code + b"\n"):
        kept.write_bytes(held)
        found = run("emit", good, "--check", kept)
        assert found.code == 1 and found.out.startswith("--- ") and "\x1b" not in found.out
    kept.write_bytes(code[:-1])
    assert "\\ No newline at end of file\n" in run("emit", good, "--check", kept).out


def test_flat_code_is_another_form_where_there_is_structure(run: Run, good: Path, tmp_path: Path) -> None:
    assert run("emit", good, "--flat") == run("emit", good)
    spec = written(tmp_path / "net.nn.yaml", VARIANTS)
    kept = run("emit", spec).out
    assert "def build_model(units: int = 10" in kept
    assert "def build_model(units: int = 3" in run("emit", spec, "--variant", "tiny").out
    flat = run("emit", spec, "--flat", "--variant", "tiny").out
    assert "def build_model()" in flat and "Dense(3" in flat
    written(tmp_path / "net.py", flat)
    assert run("emit", spec, "--check", tmp_path / "net.py").code == 1
    tiny = ("emit", spec, "--flat", "--variant", "tiny", "--set", "act='tanh'")
    assert run(*tiny[:-2], "--check", tmp_path / "net.py").code == 0
    (command,) = run(*tiny, "--check", tmp_path / "new.py").err.splitlines()
    assert run(*shlex.split(command.partition(": nnspec ")[2])).code == 0
    assert run(*tiny, "--check", tmp_path / "new.py") == Result(0, "", "")


def test_a_target_that_cannot_be_written(run: Run, good: Path, tmp_path: Path) -> None:
    result = run("emit", good, "-o", tmp_path / "nowhere" / "net.py")
    assert result.code == 3 and "error[NN404]" in result.err and "no such file or directory" in result.err


def test_export_is_an_onnx_model_without_tensorflow(good: Path, tmp_path: Path) -> None:
    import onnx

    target = tmp_path / "net.onnx"
    assert process("export", good, "-o", target, "--opset", "17").returncode == 0
    model = onnx.load(target)
    assert model.opset_import[0].version == 17 and [o.name for o in model.graph.output] == ["dense_1"]


@pytest.mark.parametrize("via", ["native", "tf2onnx"])
def test_an_opset_that_is_not_offered_is_usage(run: Run, good: Path, tmp_path: Path, via: str) -> None:
    result = run("export", good, "-o", tmp_path / "net.onnx", "--opset", "99", "--via", via)
    assert result.code == 2 and "error[NN403]" in result.err
    assert not (tmp_path / "net.onnx").exists()


def test_a_wrong_model_of_tf2onnx_is_refused(
    run: Run, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np
    from nnspec.backends import artifacts
    from nnspec.backends.paths import Run as Computed

    def answers(value: float) -> Callable[..., Any]:
        return lambda *_: [[np.full((2, 2), value, "float32")]]

    monkeypatch.setattr(artifacts, "make_cases", lambda graph: ({"x": np.ones((2, 4), "float32")},))
    monkeypatch.setattr(artifacts, "to_onnx_via_keras", lambda *_: b"model")
    monkeypatch.setattr(artifacts, "run_keras", lambda _: Computed(answers(1.0)()))
    monkeypatch.setattr(artifacts, "first_difference", lambda *_: None)
    target = tmp_path / "net.onnx"
    monkeypatch.setattr(artifacts, "run_model", answers(1.5))
    result = run("export", good, "-o", target, "--via", "tf2onnx")
    assert result.code == 1 and "error[NN405]" in result.err and "differs from Keras by 0.5" in result.err
    assert not target.exists()
    monkeypatch.setattr(artifacts, "run_model", answers(1.0))
    assert run("export", good, "-o", target, "--via", "tf2onnx").code == 0
    assert target.read_bytes() == b"model"


def test_a_missing_package_names_its_extra(
    run: Run, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise fail("NN401", "keras is not installed", help='pip install "nnspec[keras]"')

    monkeypatch.setattr("nnspec.backends.keras.build", missing)
    result = run("build", good, "-o", tmp_path / "net.keras")
    assert result.code == 3 and 'pip install "nnspec[keras]"' in result.err


def test_memory_that_runs_out_is_a_diagnostic(
    run: Run, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("nnspec.backends.keras.build", greedy)
    result = run("build", good, "-o", tmp_path / "net.keras")
    assert result.code == 3 and "error[NN502]: there is not enough memory" in result.err


# --- verify and compile


def report(graph: Any, *, equal: bool = True) -> Report:
    """A report that says what it is told to."""
    finding = Diagnostic("NN501", "onnx differs from Keras by 0.5 in output dense_1")
    figures = OutputDifference("dense_1", 1e-7 if equal else 0.5, 2e-7, equal)
    onnx = PathResult("onnx", (figures,), "00", () if equal else (finding,))
    return Report(graph, Job(graph, {}, ()), (onnx, PathResult("tf2onnx")), 1e-5)


@pytest.mark.parametrize("equal", [True, False])
def test_verify_tells_the_differences(
    run: Run, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, equal: bool
) -> None:
    given: dict[str, Any] = {}

    def verified(weighed: Any, **options: Any) -> Any:
        given.update(options)
        return tuple(report(graph, equal=equal) for graph, _ in weighed)

    monkeypatch.setattr("nnspec.backends.verify.verify_all", verified)
    certificate = tmp_path / "certificate.json"
    result = run("verify", good, "--seed", "7", "--opset", "18", "--certificate", certificate)
    assert result.code == (0 if equal else 1)
    assert result.out.splitlines()[1].split() == (
        ["onnx", "equal", "1e-07", "2e-07"] if equal else ["onnx", "NOT", "EQUAL", "0.5", "2e-07"]
    )
    assert result.out.splitlines()[2].split() == ["tf2onnx", "NOT", "EQUAL", "-", "-"]
    assert ("error[NN501]" in result.err) is not equal
    record = json.loads(certificate.read_text())
    assert record["equal"] is equal
    assert [(setting["variant"], setting["params"]) for setting in record["settings"]] == [(None, {})]
    assert (given["seed"], given["opset"], given["provider"], given["root"]) == (7, 18, "cpu", tmp_path)


VARIANTS = GOOD.replace(
    "inputs:", "params: {units: 10, act: relu}\nvariants: {tiny: {units: 3}}\ninputs:"
).replace("{units: 10, activation: relu}", "{units: =units, activation: =act}")


def verified_settings(
    run: Run, monkeypatch: pytest.MonkeyPatch, *words: str | Path
) -> tuple[Result, list[dict[str, Any]], dict[str, Any] | None]:
    """What a command verifies: its result, the params of each graph, and those that the code is written with."""
    seen: list[dict[str, Any]] = []
    written: list[dict[str, Any] | None] = []

    def verified(weighed: Any, *, written: Any, **_: Any) -> Any:
        reports = tuple(report(graph) for graph, _ in weighed)
        seen.extend(one.params for one in reports)
        defaults.append(written and report(written).params)
        return reports

    defaults = written
    monkeypatch.setattr("nnspec.backends.verify.verify_all", verified)
    return run("verify", *words), seen, defaults[0] if defaults else None


def test_verify_goes_through_the_variants(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = written(tmp_path / "net.nn.yaml", VARIANTS)
    plain, tiny = {"units": 10, "act": "relu"}, {"units": 3, "act": "relu"}
    result, seen, defaults = verified_settings(run, monkeypatch, spec)
    assert (result.code, seen, defaults) == (0, [plain, tiny], plain)
    heads = [
        line
        for line in result.out.splitlines()
        if line and line.split()[0] not in ("path", "onnx", "tf2onnx")
    ]
    assert heads == ["as it stands", "variant tiny: units = 3"]
    result, seen, defaults = verified_settings(
        run, monkeypatch, spec, "--variant", "tiny", "--set", "act=tanh"
    )
    assert (seen, defaults) == ([{"units": 3, "act": "tanh"}], plain)
    assert result.out.startswith('variant tiny: units = 3, act = "tanh"\n')
    result, seen, defaults = verified_settings(run, monkeypatch, spec, "--set", "units=4")
    assert (seen, defaults) == ([{"units": 4, "act": "relu"}], plain)
    assert result.out.startswith("as set: units = 4\n")


def test_verify_leaves_out_defaults_that_are_not_there(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = written(tmp_path / "net.nn.yaml", VARIANTS.replace("units: 10,", "units: null,"))
    result, seen, defaults = verified_settings(run, monkeypatch, spec)
    assert (result.code, seen, defaults) == (0, [{"units": 3, "act": "relu"}], None)
    assert result.out.startswith("variant tiny: units = 3\n")


def test_weights_are_those_of_one_setting(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    spec = written(tmp_path / "net.nn.yaml", VARIANTS)
    shapes = {"dense/kernel": (4, 3), "dense/bias": (3,), "dense_1/kernel": (3, 2), "dense_1/bias": (2,)}
    weights: dict[str, Any] = {key: np.ones(shape, "float32") for key, shape in shapes.items()}
    np.savez(tmp_path / "tiny.npz", **weights)
    words = (spec, "--weights", tmp_path / "tiny.npz")
    assert verified_settings(run, monkeypatch, *words)[0].code == 1
    result, seen, _ = verified_settings(run, monkeypatch, *words, "--variant", "tiny")
    assert (result.code, seen) == (0, [{"units": 3, "act": "relu"}])


def test_compile_refuses_to_write_what_is_not_equal(
    run: Run, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnspec.backends.artifacts.verify", lambda graph, **_: report(graph, equal=False))
    monkeypatch.setattr("nnspec.backends.artifacts.require", lambda _: None)
    result = run("compile", good, "-o", tmp_path / "out")
    assert result.code == 1 and "NN501" in result.err and "not equal: onnx, tf2onnx" in result.out
    assert not (tmp_path / "out").exists()


def test_compile_writes_everything(tmp_path: Path) -> None:
    folder = tmp_path / "mit Leerzeichen – и юникод"
    folder.mkdir()
    spec = written(folder / "good.nn.yaml", GOOD)
    done = process("compile", spec, "-o", folder / "out", env=environment(HOME=None), timeout=300)
    assert (done.returncode, done.stderr) == (0, b"")
    suffixes = (".py", ".onnx", ".keras", ".safetensors", ".certificate.json")
    assert sorted(os.listdir(folder / "out")) == sorted(f"net{suffix}" for suffix in suffixes)
    assert json.loads((folder / "out/net.certificate.json").read_text())["equal"] is True
    assert "equal to Keras within 1e-05: python, onnx, tf2onnx" in done.stdout.decode()


# --- what the surroundings do


def test_a_closed_pipe_is_quiet() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "nnspec", "layers"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout and child.stderr
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_device_is_told(good: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = process("emit", good, stdout=full, capture_output=False, stderr=subprocess.PIPE)
    assert done.returncode == 3
    assert done.stderr == b"error[NN404]: cannot write standard output: no space left on device\n"


def test_a_file_beyond_the_size_limit_leaves_the_old_one(good: Path, tmp_path: Path) -> None:
    target = written(tmp_path / "net.py", "old")
    done = process(
        "emit",
        good,
        "-o",
        target,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
    )
    assert done.returncode == 3 and b"file too large" in done.stderr
    assert target.read_text() == "old" and sorted(os.listdir(tmp_path)) == ["good.nn.yaml", "net.py"]


# Says so between writing the temporary file and putting it in its place, and goes no further: it ends by a signal, or
# with the test. A shell lets what runs in its background ignore interrupts, and a process hands that on.
STOPPED = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
test = os.getppid()
def stop(*_):
    print("written", flush=True)
    while os.getppid() == test:
        time.sleep(0.05)
os.replace = stop
from nnspec.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_leave_no_temporary(good: Path, tmp_path: Path, number: signal.Signals, code: int) -> None:
    target = written(tmp_path / "net.py", "old")
    command = [sys.executable, "-c", STOPPED, "emit", str(good), "-o", str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout and child.stderr
        assert child.stdout.readline() == b"written\n"
        assert len(os.listdir(tmp_path)) == 3
        child.send_signal(number)
        assert child.stderr.read() == b""
    assert child.returncode == code
    assert target.read_text() == "old" and sorted(os.listdir(tmp_path)) == ["good.nn.yaml", "net.py"]


@pytest.mark.parametrize(
    "changes",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"HOME": None},
        {"HOME": "/nowhere"},
    ],
)
def test_any_locale_and_home(tmp_path: Path, changes: dict[str, str | None]) -> None:
    folder = tmp_path / "mit Leerzeichen"
    folder.mkdir()
    spec = written(folder / "ünïcode.nn.yaml", BAD)
    done = process("check", spec, env=environment(**changes))
    assert done.returncode == 1 and b"Traceback" not in done.stderr
    assert b"error[NN101]" in done.stdout and b"mit Leerzeichen" in done.stdout


def test_code_has_the_same_bytes_in_any_locale(tmp_path: Path) -> None:
    spec = written(tmp_path / "net.nn.yaml", GOOD + "description: Größe – сеть\n")
    plain = process("emit", spec)
    ascii_only = process("emit", spec, env=environment(PYTHONIOENCODING="ascii", LC_ALL="C"))
    assert plain.returncode == 0 and plain.stdout == ascii_only.stdout
    assert "Größe – сеть".encode() in plain.stdout


def terminal(*arguments: str | Path, **changes: str | None) -> bytes:
    """What the command shows on a terminal."""
    pty = pytest.importorskip("pty")
    outer, inner = pty.openpty()
    env = environment(TERM="xterm", **changes)
    process(*arguments, env=env, capture_output=False, stdout=inner, stderr=inner, stdin=subprocess.DEVNULL)
    os.close(inner)
    shown = b""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            shown += os.read(outer, 65536)
        except OSError:  # The other end is closed, and all that was written has been read.
            break
    os.close(outer)
    return shown


def test_colour_is_for_terminals_that_want_it(bad: Path, good: Path) -> None:
    assert b"\x1b[" in terminal("check", bad, NO_COLOR=None)
    assert b"\x1b[" not in terminal("check", bad, NO_COLOR="1")
    assert b"\x1b[" not in process("check", bad, env=environment(NO_COLOR=None)).stdout
    assert b"\x1b[" in terminal("show", good, NO_COLOR=None)
    assert b"\x1b[" not in terminal("show", good, NO_COLOR="1")


def test_a_closed_standard_output(good: Path) -> None:
    done = process("emit", good, preexec_fn=lambda: os.close(1), stdout=None, capture_output=False, stderr=-1)
    assert done.returncode == 3 and b"standard output" in done.stderr


def test_onnxruntime_leaves_no_file_behind(good: Path, tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    done = process("export", good, "-o", tmp_path / "net.onnx", env=environment(TMPDIR=str(folder)))
    code = "import sys, nnspec.backends.runtime as r; r.run_model(open(sys.argv[1], 'rb').read(), (), ())"
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "net.onnx")],
        env=environment(TMPDIR=str(folder)),
        check=False,
    )
    assert (done.returncode, ran.returncode) == (0, 0)
    assert not list(folder.iterdir())
