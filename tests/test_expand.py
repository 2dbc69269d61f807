"""`nnspec expand`: what it writes is a spec, of the same network, the same each time, and reads back exactly."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nnspec
import pytest
from corpus_files import OK, stem
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from nnspec.backends.spec import expand, needed_files
from nnspec.backends.yaml import WIDTH, entries, flow, string
from nnspec.cli.main import main
from nnspec.compiler.dump import dump
from nnspec.compiler.graph import Graph
from nnspec.compiler.pipeline import check_each
from nnspec.spec.nodes import to_data
from nnspec.spec.reader import read, read_file
from nnspec.spec.source import Source, Span
from nnspec.spec.training import Training
from programs import programs

# Sections of a spec in which nothing is left to resolve.
RESOLVED = ["nnspec", "name", "description", "dtype", "inputs", "dims", "layers", "outputs", "training"]


def graphs_of(path: Path) -> list[Graph]:
    """The network of a file as it stands, and in every variant."""
    found = [checked.graph for checked in check_each(read_file(path), path.parent)]
    graphs = [graph for graph in found if graph is not None]
    assert len(graphs) == len(found)
    return graphs


def bare(training: Training | None) -> Training | None:
    """The section without its place."""
    return training and replace(training, span=Span(Source("", ""), 0, 0))


def check_expanded(graph: Graph, root: Path) -> str:
    """The expanded spec, which is one of an equal network, and its own expansion."""
    text = expand(graph)
    again = nnspec.loads(text, root=root)
    assert dump(again) == dump(graph)
    assert [node.layer for node in again.nodes] == [node.layer for node in graph.nodes]
    assert [node.shares for node in again.nodes] == [node.shares for node in graph.nodes]
    assert again.description == graph.description
    assert bare(again.training) == bare(graph.training)
    assert expand(again) == text
    return text


@pytest.mark.parametrize("path", OK, ids=stem)
def test_every_network_of_the_corpus(path: Path) -> None:
    for graph in graphs_of(path):
        text = check_expanded(graph, path.parent)
        root = read(Source("", text))
        assert [key.value for key, _ in root.entries if key.value not in RESOLVED] == []
        names = [item["name"] for item in to_data(root)["layers"]]  # type: ignore[index]
        assert names == [node.name for node in graph.nodes]


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(programs())
def test_random_programs(program: dict[str, Any]) -> None:
    graphs = [checked.graph for checked in check_each(Source("", json.dumps(program)))]
    assume(all(graphs))
    for graph in graphs:
        assert graph is not None
        check_expanded(graph, Path())


BLOCKS = """
nnspec: 1
name: net
description: "=1 + 1, \\"no\\" #x\\n\\tsecond \\u2028 line"
params: {depth: 2, wide: true}
variants: {flat: {depth: 0}, narrow: {wide: false}}
inputs: {left: [time, 8], right: [time, 8], ids: {shape: [null], dtype: int32}}
dims: {time: {min: 5, max: 512, multiple_of: 4}}
presets: {Seq: {LSTM: {return_sequences: true, return_state: true}}}
blocks:
  encoder:
    inputs: [sequence]
    params: {units: 4}
    layers:
      - Seq: =units
        name: lstm
    outputs: {y: lstm, h: lstm.state_h, c: lstm.state_c}
layers:
  - from: left
    encoder: 6
    name: first
  - reuse: first
    from: right
    name: second
  - LSTM: {units: 6, return_sequences: true}
    from: {sequences: second, initial_state: [first.h, first.c]}
  - repeat: =depth
    as: i
    layers: [{Dense: =8 * (i + 1)}]
  - when: =wide
    layers: [{Dense: {units: 3, dtype: float16}}]
  - parallel: [[{Dense: 2}], []]
    merge: Concatenate
outputs: {joined: previous, first_h: first.h, x: second}
training: {}
"""


def test_everything_at_once() -> None:
    assert check_expanded(nnspec.loads(BLOCKS), Path()) == EXPANDED
    for variant in ("flat", "narrow"):
        check_expanded(nnspec.loads(BLOCKS, variant=variant), Path())


EXPANDED = """\
nnspec: 1
name: net
description: "=1 + 1, \\"no\\" #x\\n\\tsecond \\u2028 line"
inputs: {left: [time, 8], right: [time, 8], ids: {shape: [null], dtype: int32}}
dims: {time: {min: 8, max: 512, multiple_of: 4}}
layers:
  - {LSTM: {units: 6, return_sequences: true, return_state: true}, name: first.lstm, from: left}
  - {reuse: first.lstm, name: second.lstm, from: right}
  - LSTM: {units: 6, return_sequences: true}
    name: lstm
    from: [second.lstm, first.lstm.state_h, first.lstm.state_c]
  - {Dense: 8, name: dense.0}
  - {Dense: 16, name: dense.1}
  - {Dense: {units: 3, dtype: float16}, name: dense_1}
  - {Dense: 2, name: dense_2}
  - {Concatenate: {}, name: concatenate, from: [dense_2, dense_1]}
outputs: {joined: concatenate, first_h: first.lstm.state_h, x: second.lstm}
training: {}
"""


@pytest.mark.parametrize(
    ("layers", "written"),
    [
        ("[{Dense: {units: 4, activation: linear}}]", "{Dense: 4, name: dense}"),
        ("[{ZeroPadding2D: {padding: [[2, 2], [2, 2]]}}]", "{ZeroPadding2D: 2, name: zero_padding2d}"),
        (
            "[{ZeroPadding2D: {padding: [[1, 2], [3, 3]]}}]",
            "{ZeroPadding2D: [[1, 2], 3], name: zero_padding2d}",
        ),
        (
            "[{Conv1D: {filters: 2, kernel_size: [3]}}]",
            "{Conv1D: {filters: 2, kernel_size: 3}, name: conv1d}",
        ),
        (
            "[{Activation: {activation: {relu: {max_value: 6}}}}]",
            "{Activation: {activation: {relu: {max_value: 6.0}}}",
        ),
        ("[{TimeDistributed: {layer: {Dense: 3}}}]", "{TimeDistributed: {layer: {Dense: 3}}"),
        ("[{Bidirectional: {layer: {GRU: {units: 2}}, merge_mode: null}}]", "merge_mode: null}"),
        ("[{Dropout: 0}]", "{Dropout: 0.0, name: dropout}"),
        ("[{LayerNormalization: {epsilon: 1e-7, axis: [1]}}]", "{axis: 1, epsilon: 1e-07}"),
        ("[{Dense: {units: 1, kernel_initializer: {values: [[0.5], [2]]}}}]", "{values: [[0.5], [2]]}"),
        ("[{Dense: {units: 2, dtype: float64}}]", "{units: 2, dtype: float64}"),
        ("[{Dense: {units: 2, trainable: false}}]", "{units: 2, trainable: false}"),
    ],
)
def test_fields_are_written_in_their_shortest_form(layers: str, written: str) -> None:
    shape = "[6, 6, 2]" if "2D" in layers else "[6, 2]"
    text = f"nnspec: 1\nname: n\ninputs: {{x: {shape}}}\nlayers: {layers}\n"
    assert written in check_expanded(nnspec.loads(text), Path())


@pytest.mark.parametrize(
    "training",
    [
        "{}",
        "{optimizer: adam}",
        "{optimizer: {SGD: {learning_rate: {CosineDecay: {initial_learning_rate: 0.1, decay_steps: 10}}}}}",
        "{loss: {Huber: {}}, metrics: [accuracy, {AUC: {name: '=\"=x\"'}}]}",
        "{loss: {Huber: {delta: 2}}, jit_compile: false, weighted_metrics: [mse]}",
        "{loss: mse, metrics: {dense: [mae, {MeanSquaredError: {}}]}, loss_weights: {dense: 0.5}}",
        "{loss: [mse], loss_weights: [2]}",
        "{loss: {dense: null}}",
        '{metrics: [{AUC: {name: "a\\n\'b\\" \\\\ \\u2028 {x}: #y"}}]}',
    ],
)
def test_training_stays_what_it_is(training: str) -> None:
    text = f"nnspec: 1\nname: n\ninputs: {{x: [6]}}\nlayers: [{{Dense: 2}}]\ntraining: {training}\n"
    check_expanded(nnspec.loads(text), Path())


def test_a_network_without_a_layer() -> None:
    text = (
        "nnspec: 1\nname: n\ninputs: {x: [6], y: [2]}\nlayers: [{Dense: 1, from: x}]\noutputs: {a: y, b: x}\n"
    )
    check_expanded(nnspec.loads(text), Path())


def test_an_input_given_as_it_is_needs_another_name() -> None:
    layers = "[{repeat: =depth, layers: [{Dense: 6}]}]"
    text = f"nnspec: 1\nname: n\nparams: {{depth: 0}}\ninputs: {{x: [6]}}\nlayers: {layers}\n"
    with pytest.raises(nnspec.SpecError, match="the network has no layers here") as caught:
        nnspec.loads(text)
    assert caught.value.diagnostics[0].help == "name the output: outputs: {x_out: x}"
    check_expanded(nnspec.loads(text + "outputs: {x_out: x}\n"), Path())


CLASHES = """
nnspec: 1
name: n
inputs: {x: [4, 2]}
blocks:
  stage: {layers: [{Dense: 3}, {LSTM: {units: 2, return_state: true}}], outputs: {a: lstm.state_h}}
  Stage: {layers: [{Dense: 3}]}
layers:
  - Dense: 2
    name: stage.dense
  - Dense: 2
    name: Dense
  - Dense: 2
  - Stage
  - stage
"""


def test_names_that_nobody_gave_meet_no_others() -> None:
    graph = nnspec.loads(CLASHES)
    names = [node.name for node in graph.nodes]
    assert names == ["stage.dense", "Dense", "dense_1", "Stage_1.dense", "stage_2.dense", "stage_2.lstm"]
    assert [output.name for output in graph.outputs] == ["stage_2.lstm_1"]
    check_expanded(graph, Path())


# --- YAML


def read_back(text: str) -> Any:
    return to_data(read(Source("", text)))


ODD = [
    *(
        "",
        "no",
        "On",
        "null",
        "~",
        "true",
        "1e3",
        "010",
        "0x1F",
        ".inf",
        "1:30",
        "2024-01-01",
        "-",
        "- a",
        "a: b",
    ),
    *(
        "a #b",
        " a",
        "a ",
        "---",
        "...",
        "a,b",
        "[a]",
        "{a",
        "'",
        '"',
        "\\",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`",
        "?",
    ),
    *(
        ":",
        "a:",
        "<<",
        "\ufeff",
        "\x85",
        "\xa0",
        "\u2028",
        "\x7f",
        "\x1b]0;x\a",
        "\0",
        "日本",
        "\U0001f600",
        "x" * 300,
    ),
]
texts = st.text(max_size=30) | st.sampled_from(ODD)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    scalars | texts.filter(lambda text: not text.startswith("=")),
    lambda inner: st.lists(inner, max_size=40) | st.dictionaries(texts, inner, max_size=6),
    max_leaves=60,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(texts, values, min_size=1, max_size=5))
def test_yaml_reads_back_as_what_was_written(data: dict[str, Any]) -> None:
    text = "\n".join(entries(data)) + "\n"
    assert repr(read_back(text)) == repr(data)
    assert repr(read_back(f"a: {flow(data)}")) == repr({"a": data})


@settings(max_examples=100, deadline=None)
@given(texts.map("={}".format))
def test_a_string_that_looks_like_an_expression_is_told_apart(text: str) -> None:
    """In quotes it would be one all the same, except where nothing is evaluated."""
    assert read_back(f"a: {string(text)}") == {"a": text}
    spec = f"nnspec: 1\nname: n\nparams:\n  a: {flow(text)}\ninputs: {{x: [1]}}\nlayers: [{{Dense: 1}}]\n"
    origin = nnspec.loads(spec).origin
    assert origin is not None and origin.params["a"] is not None
    assert origin.params["a"].value == text


def test_lines_are_no_longer_than_they_need_be() -> None:
    data = {"a": list(range(1000)), "b": {f"key_{i}": "word " * i + "end" for i in range(30)}}
    lines = entries({"c": [data, data]})
    assert max(len(line) for line in lines if "word" not in line) <= WIDTH
    assert read_back("\n".join(lines)) == {"c": [data, data]}


# --- the command


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    import numpy as np

    (tmp_path / "data").mkdir()
    np.save(tmp_path / "data" / "kernel.npy", np.ones((3, 2), "float32"))
    (tmp_path / "data" / "parts.nn.yaml").write_text(
        "nnspec: 1\nname: parts\npresets: {Fixed: {Dense: {units: 2, kernel_initializer: {file: kernel.npy}}}}\n"
    )
    path = tmp_path / "net.nn.yaml"
    path.write_text(
        "nnspec: 1\nname: net\ninclude: {parts: data/parts.nn.yaml}\nparams: {units: 3}\nvariants: {big: {units: 3}}\n"
        "inputs: {x: [4]}\nlayers: [{Dense: =units}, parts.Fixed]\n"
    )
    return path


def test_it_is_printed_or_written_with_its_files(
    capsys: pytest.CaptureFixture[str], spec: Path, tmp_path: Path
) -> None:
    code, out, err = run(capsys, "expand", spec)
    assert (code, err) == (0, "the spec reads data/kernel.npy, which must lie beside it\n")
    assert "kernel_initializer: {file: data/kernel.npy}" in out
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "flat.nn.yaml"
    code, nothing, err = run(capsys, "expand", spec, "-o", target)
    assert (code, nothing) == (0, "") and target.read_bytes() == out.encode()
    assert err == f"wrote {target}\nwrote {tmp_path / 'out/data/kernel.npy'}\n"
    assert run(capsys, "check", target)[0] == 0
    beside = run(capsys, "expand", spec, "-o", tmp_path / "flat.nn.yaml")
    assert beside[2] == f"wrote {tmp_path / 'flat.nn.yaml'}\n"
    assert needed_files(nnspec.load(spec)) == ("data/kernel.npy",)


def test_settings_are_resolved(capsys: pytest.CaptureFixture[str], spec: Path) -> None:
    code, out, err = run(capsys, "expand", spec, "--set", "units=5")
    assert (code, out) == (1, "") and "NN302" in err
    assert "{Dense: 3, name: dense}" in run(capsys, "expand", spec, "--variant", "big")[1]


def test_no_file_of_the_spec_is_overwritten(
    capsys: pytest.CaptureFixture[str], spec: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.nn.yaml"
    link.symlink_to(spec)
    before = spec.read_bytes()
    for target in (spec, link, tmp_path / "data" / "parts.nn.yaml"):
        code, out, err = run(capsys, "expand", spec, "-o", target)
        assert (code, out) == (2, "") and "choose another file" in err
    assert spec.read_bytes() == before
    assert run(capsys, "expand", spec, "-o", tmp_path / "net.yaml")[0] == 2
