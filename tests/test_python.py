"""Generated Python: as the formatter leaves it and as people write it, and the same model as the live one."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nnspec
import numpy as np
import pytest
from differential import assert_close
from generated import CALM, assert_clean, assert_same_model, build_body, built, called, spec
from hypothesis import given
from hypothesis import strategies as st
from nnspec.backends.calls import spell
from nnspec.backends.python import emit, needed_files
from nnspec.backends.python.names import AutomaticNames
from nnspec.compiler.graph import Graph
from nnspec.spec.layers import NAMES, find
from nnspec.spec.named import snake_case

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted(ROOT.glob("examples/*.nn.yaml"))
CORPUS = sorted(ROOT.glob("tests/corpus/ok/*.nn.*"))

IMPORTED = {"functools", "pathlib", "keras", "numpy"}


# The files that people have


@pytest.mark.parametrize("path", [*EXAMPLES, *CORPUS], ids=lambda path: path.name)
def test_files_are_clean_and_build_the_live_model(path: Path, tmp_path: Path) -> None:
    graph = nnspec.load(path)
    forms = {emit(graph): False, emit(graph, flat=True): True}
    assert_clean(forms, tmp_path)
    for flat in forms.values():
        assert_same_model(graph, path.parent, flat=flat)


def test_the_first_example_reads_as_written_by_hand() -> None:
    source = emit(nnspec.load(ROOT / "examples" / "fashion_cnn.nn.yaml"))
    assert "DefaultConv2D = partial(\n    keras.layers.Conv2D,\n    kernel_size=3,\n" in source
    assert '        DefaultConv2D(64, kernel_size=7, name="stem"),\n' in source
    assert "            DefaultConv2D(128),\n            DefaultConv2D(128),\n" in source
    assert "def build_model() -> keras.Sequential:\n" in source
    assert "nnspec" not in source
    assert source.endswith('\n\nif __name__ == "__main__":\n    build_model().summary()\n')


# The form of the model


def test_a_line_is_sequential() -> None:
    source = emit(spec([{"Dense": 3}, {"Dense": 2, "name": "last"}]))
    assert build_body(source) == [
        "return keras.Sequential([keras.Input(shape=(4,), name='features'), keras.layers.Dense(3), "
        "keras.layers.Dense(2, name='last')], name='net')"
    ]


@pytest.mark.parametrize(
    ("layers", "sections"),
    [
        ([{"Dense": 3}], {"outputs": {"y": "previous"}}),
        ([{"Dense": 3, "name": "a"}, "Identity"], {"outputs": ["a", "identity"]}),
        ([{"Dense": 4, "name": "a"}, {"Add": None, "from": ["features", "a"]}], {}),
        ([{"Add": None, "from": ["features", "features"]}], {}),
        ([{"Reshape": [4, 1]}, {"Mean": {"axis": 1}}], {}),
        ([{"Reshape": [4, 1]}, {"LSTM": {"units": 2, "return_state": True}}], {}),
        ([{"Dense": 3, "from": "features"}], {"inputs": {"features": [4], "more": [2]}}),
    ],
)
def test_anything_else_is_functional(layers: list[Any], sections: Mapping[str, Any]) -> None:
    source = emit(spec(layers, **sections))
    assert "-> keras.Model:" in source
    assert "keras.Sequential" not in called(source)


def test_variables_are_the_specs_names_and_x_between_them() -> None:
    layers = [
        {"Dense": 4},
        {"Dense": 4},
        {"Dense": 4, "name": "stem"},
        {"Dense": 4},
        {"Dense": 4},
        {"Add": None, "from": ["stem", "dense_2", "previous"]},
    ]
    assert build_body(emit(spec(layers)))[1:] == [
        "x = keras.layers.Dense(4)(features)",
        "x = keras.layers.Dense(4)(x)",
        "stem = keras.layers.Dense(4, name='stem')(x)",
        "dense_2 = keras.layers.Dense(4)(stem)",
        "x = keras.layers.Dense(4)(dense_2)",
        "x = keras.layers.Add()([stem, dense_2, x])",
        "return keras.Model(inputs=features, outputs=x, name='net')",
    ]


def test_variables_never_hide_what_the_module_needs(tmp_path: Path) -> None:
    names = ["keras", "np", "partial", "model", "build_model", "x", "l", "max", "HERE"]
    layers = [{"Dense": 4, "name": name} for name in names]
    graph = spec(
        [*layers, {"Preset": 4}],
        presets={"Preset": {"Dense": {"use_bias": False}}},
        outputs=[*names, "previous"],
    )
    source = emit(graph)
    stored = {
        n.id for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    assert stored.isdisjoint({"keras", "np", "partial", "build_model", "max", "l"})
    assert_clean([source], tmp_path)
    assert_same_model(graph)


def test_several_outputs_are_unpacked() -> None:
    layers = [
        {"LSTM": {"units": 2, "return_state": True, "return_sequences": True}, "name": "encoder"},
        {
            "LSTM": 2,
            "from": {"sequences": "encoder", "initial_state": ["encoder.state_h", "encoder.state_c"]},
        },
        {"LSTM": {"units": 2, "return_state": True}, "from": "encoder"},
    ]
    source = emit(spec(layers, {"series": ["time", 3]}, outputs=["lstm", "lstm_1.state_c"]))
    assert build_body(source)[1:4] == [
        "encoder, encoder_state_h, encoder_state_c = "
        "keras.layers.LSTM(2, return_sequences=True, return_state=True, name='encoder')(series)",
        "lstm = keras.layers.LSTM(2)(encoder, initial_state=[encoder_state_h, encoder_state_c])",
        "_, _, lstm_1_state_c = keras.layers.LSTM(2, return_state=True)(encoder)",
    ]


def test_long_names_are_cut_in_variables(tmp_path: Path) -> None:
    name = "e" * 100
    graph = spec(
        [{"LSTM": {"units": 2, "return_state": True}, "name": name}],
        {"series": ["time", 3]},
        outputs=[f"{name}.state_c"],
    )
    source = emit(graph)
    assert f"_, _, {'e' * 32}_ = keras.layers.LSTM(" in source
    assert_clean([source], tmp_path)
    assert_same_model(graph)


def test_too_many_outputs_to_unpack_are_picked_one_by_one() -> None:
    layers = [
        {"Bidirectional": {"layer": {"LSTM": {"units": 2, "return_state": True}}}, "name": "encoder"},
        {"Add": None, "from": ["encoder.forward_h", "encoder.backward_h"]},
    ]
    graph = spec(layers, {"series": ["time", 3]}, outputs=["add", "encoder"])
    assert build_body(emit(graph))[1:6] == [
        "encoder_outputs = keras.layers.Bidirectional(keras.layers.LSTM(2, return_state=True), "
        "name='encoder')(series)",
        "encoder = encoder_outputs[0]",
        "encoder_forward_h = encoder_outputs[1]",
        "encoder_backward_h = encoder_outputs[3]",
        "x = keras.layers.Add()([encoder_forward_h, encoder_backward_h])",
    ]
    assert_same_model(graph)


# Presets


PRESETS = {"Hidden": {"Dense": {"activation": "relu", "use_bias": False, "kernel_regularizer": "l2"}}}


def test_presets_state_only_what_they_leave_open_or_override() -> None:
    layers = [
        {"Hidden": 4},
        {"Hidden": {"units": 4, "activation": "relu"}},
        {"Hidden": {"units": 4, "activation": "linear", "use_bias": True, "kernel_regularizer": None}},
    ]
    source = emit(spec(layers, presets=PRESETS))
    assert "Hidden = partial(" in source
    lines = [line.strip() for line in source.splitlines()]
    assert lines.count("Hidden(4),") == 2
    [(sequential,)] = [[line] for line in build_body(source)]
    assert "Hidden(4, activation='linear', use_bias=True, kernel_regularizer=None)" in sequential


def test_a_preset_that_fills_the_first_argument_in_takes_it_by_keyword() -> None:
    source = emit(spec([{"Ten": None}, {"Ten": 20}], presets={"Ten": {"Dense": 10}}))
    assert "Ten = partial(keras.layers.Dense, units=10)" in source
    assert "Ten(), Ten(units=20)" in build_body(source)[0]


def test_presets_share_no_initializer_and_no_layer() -> None:
    preset = {
        "Dense": {"kernel_initializer": {"HeNormal": {"seed": 1}}, "activation": {"relu": {"max_value": 6.0}}}
    }
    graph = spec([{"Hidden": 4}, {"Hidden": 4}], presets={"Hidden": preset})
    assert "partial" not in emit(graph)
    assert emit(graph).count("keras.initializers.HeNormal(seed=1)") == 2
    assert_same_model(graph)


def test_presets_of_functions() -> None:
    graph = spec([{"Reshape": [2, 2]}, {"Steps": None}], presets={"Steps": {"Mean": {"axis": 1}}})
    assert "Steps = partial(keras.ops.mean, axis=1)" in emit(graph)
    assert_same_model(graph)


# Names


def test_names_are_stated_where_a_fresh_session_would_give_others() -> None:
    layers = [
        {"TimeDistributed": {"layer": {"Dense": 4}}},
        {"Dense": 4},
        {"Bidirectional": {"layer": {"LSTM": {"units": 2, "return_sequences": True}}}},
        {"LSTM": {"units": 4, "return_sequences": True}},
        {"MultiHeadAttention": {"num_heads": 2, "key_dim": 2}, "from": ["previous", "previous"]},
        "Softmax",
        {"Dropout": 0.5},
        {"Dense": {"units": 4, "activation": {"leaky_relu": {"negative_slope": 0.5}}}, "name": "dense_1"},
        "LeakyReLU",
        {"Dense": 4},
    ]
    graph = spec(layers, {"series": ["time", 3]})
    source = emit(graph)
    for name in ("dense", "lstm", "softmax", "dropout", "leaky_re_lu", "dense_1", "dense_2"):
        assert f'name="{name}"' in source
    for name in ("time_distributed", "bidirectional", "multi_head_attention"):
        assert f'name="{name}"' not in source
    assert_same_model(graph)


def test_every_layer_counts_as_keras_counts() -> None:
    """Each layer of the corpus and the examples, built in a fresh session, moves Keras's counters as ours. Networks of
    many layers have the same ones over and over."""
    graphs = {path: nnspec.load(path) for path in [*EXAMPLES, *CORPUS]}
    for path, graph in graphs.items():
        if len(graph.nodes) > 60:
            continue
        names = AutomaticNames()
        for node in graph.nodes:
            spelling = spell(node.layer)
            if spelling.constructor is None:
                names.count_function(spelling.first)
            elif node.shares is None:
                names.needs_stating(spelling.constructor, node.name, node.named)
        built(graph, path.parent, flat=True)
        counted = keras_counts()
        # Functions count too, and Keras's layers call some of their own accord; nothing is named after them.
        kinds = [snake_case(name) for name in NAMES if not (cls := find(name)) or not cls.is_function]
        assert {k: counted.get(k, 0) for k in kinds} == {k: names.counts[k] for k in kinds}, path.name


def keras_counts() -> Mapping[str, int]:
    from keras.src.backend.common import global_state

    return global_state.get_global_attribute("object_name_uids") or {}


# Fixed weights


def test_values_stand_in_the_code_and_files_beside_it(tmp_path: Path) -> None:
    np.save(tmp_path / "bias.npy", np.array([1.0, -2.0]))
    tmp_path.joinpath("deep").mkdir()
    np.save(tmp_path / "deep" / f"{'k' * 60}.npy", np.ones((2, 2), np.float32))
    layers = [
        {"Dense": {"units": 2, "kernel_initializer": {"values": [[1, 2], [3.5, 4], [5, 6], [7, 1e-7]]}}},
        {
            "Dense": {
                "units": 2,
                "kernel_initializer": {"file": f"deep/{'k' * 60}.npy"},
                "bias_initializer": {"file": "bias.npy"},
                "trainable": False,
            }
        },
    ]
    data = {"nnspec": 1, "name": "net", "inputs": {"features": [4]}, "layers": layers}
    graph = nnspec.loads(json.dumps(data), root=tmp_path)
    source = emit(graph)
    assert "keras.initializers.Constant([[1, 2], [3.5, 4], [5, 6], [7, 1e-07]])" in ast.unparse(
        ast.parse(source)
    )
    assert 'np.load(HERE / "bias.npy")' in source
    assert needed_files(graph) == ("bias.npy", f"deep/{'k' * 60}.npy")
    model = built(graph, tmp_path)
    assert model.layers[1].bias.numpy().tolist() == [1.0, -2.0]
    assert model.layers[1].trainable is False
    assert model.layers[0].kernel.numpy()[1].tolist() == [3.5, 4.0]
    model.save(tmp_path / "model.keras")
    assert_clean([source], tmp_path)


# Training


def test_training_is_compiled_in() -> None:
    layers = [{"Dense": 2, "name": "a", "from": "features"}, {"Dense": 3, "name": "b", "from": "features"}]
    training = {
        "optimizer": {
            "SGD": {
                "learning_rate": {
                    "ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 100, "decay_rate": 0.9}
                },
                "momentum": 0.9,
            }
        },
        "loss": ["mse", {"Huber": {"delta": 2.0}}],
        "loss_weights": {"b": 0.5},
        "metrics": {"a": ["mae"]},
        "jit_compile": False,
    }
    graph = spec(layers, outputs=["a", "b"], training=training)
    body = build_body(emit(graph))
    assert body[-2] == (
        "model.compile(optimizer=keras.optimizers.SGD(learning_rate=keras.optimizers.schedules.ExponentialDecay("
        "initial_learning_rate=0.1, decay_steps=100, decay_rate=0.9), momentum=0.9), "
        "loss={'a': 'mse', 'b': keras.losses.Huber(delta=2.0)}, loss_weights={'a': 1.0, 'b': 0.5}, "
        "metrics={'a': ['mae']}, jit_compile=False)"
    )
    model = built(graph)
    x, targets = np.ones((8, 4), "float32"), {"a": np.zeros((8, 2)), "b": np.zeros((8, 3))}
    history = model.fit(x, targets, epochs=1, verbose=0).history
    assert {"loss", "a_loss", "b_loss", "a_mae"} <= set(history)


def test_training_of_one_output_needs_no_names() -> None:
    training = {
        "optimizer": "adam",
        "loss": {"y": "mse"},
        "loss_weights": {"y": 2.0},
        "metrics": {"y": ["mae"]},
    }
    graph = spec([{"Dense": 2, "name": "y"}], training=training)
    assert build_body(emit(graph))[-2] == (
        "model.compile(optimizer='adam', loss='mse', loss_weights=2.0, metrics=['mae'])"
    )
    built(graph).fit(np.ones((8, 4), "float32"), np.zeros((8, 2)), epochs=1, verbose=0)


def test_a_function_with_arguments_is_one_that_keras_can_save(tmp_path: Path) -> None:
    import keras

    graph = spec(
        [{"Dense": {"units": 3, "activation": {"gelu": {"approximate": True}}}}, {"Activation": "gelu"}]
    )
    source = emit(graph)
    assert_clean([source], tmp_path)
    assert "def gelu(x: keras.KerasTensor) -> keras.KerasTensor:" in source
    model = built(graph)
    model.save(tmp_path / "model.keras")
    x = np.linspace(-2, 2, 12, dtype="float32").reshape(3, 4)
    loaded: Any = keras.models.load_model(tmp_path / "model.keras")
    assert_close(np.asarray(loaded(x)), np.asarray(model(x)))
    assert_same_model(graph)


# Random networks


@st.composite
def networks(draw: st.DrawFn) -> Graph:
    """A small network over vectors of four: layers in a line, sums and concatenations of earlier ones, two
    presets, names that clash with Keras's own."""
    names = draw(
        st.lists(st.sampled_from(["dense", "x", "add", "stem", "model", "d" * 60, "dense_1"]), unique=True)
    )
    presets = {
        "Hidden": {"Dense": {"activation": "relu", "use_bias": False}},
        "Four": {"Dense": {"units": 4}},
    }
    layers: list[dict[str, Any]] = []
    known = ["features"]
    for number in range(draw(st.integers(1, 7))):
        form = draw(st.sampled_from(["Dense", "Hidden", "Four", "Identity", "Add", "Concatenate"]))
        item: dict[str, Any] = {form: None}
        if form in ("Dense", "Hidden"):
            item[form] = {"units": 4, "activation": draw(st.sampled_from(["tanh", "relu", "linear"]))}
        if form in ("Add", "Concatenate"):
            item["from"] = [draw(st.sampled_from(known)), draw(st.sampled_from(known))]
        elif number:
            item["from"] = draw(st.sampled_from(["previous", known[-1]]))
        if names and draw(st.booleans()):
            item["name"] = names.pop()
        layers.append(item)
        if form == "Concatenate":
            layers.append({"Four": None, **({"name": names.pop()} if names and draw(st.booleans()) else {})})
        if "name" in layers[-1]:
            known.append(layers[-1]["name"])
    outputs = draw(st.sampled_from(["previous", {"result": "previous"}, ["previous", *known[1:2]]]))
    return spec(layers, presets=presets, outputs=outputs)


@CALM
@given(networks())
def test_random_networks(tmp_path_factory: pytest.TempPathFactory, graph: Graph) -> None:
    assert_clean([emit(graph)], tmp_path_factory.mktemp("network"))
    assert_same_model(graph)


# The module by itself


def test_the_module_runs_as_a_script_and_prints_the_summary(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(emit(nnspec.load(ROOT / "examples" / "fashion_cnn.nn.yaml")), encoding="utf-8")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run(
        [sys.executable, path], capture_output=True, check=True, env=environment, cwd=tmp_path
    )
    assert "1,413,834" in result.stdout.decode()


def test_the_same_bytes_under_any_hash_seed_and_without_keras(tmp_path: Path) -> None:
    script = (
        "import sys, nnspec\n"
        f"sources = [nnspec.emit(nnspec.load(p)) for p in {[str(path) for path in EXAMPLES]}]\n"
        "assert not {'keras', 'tensorflow', 'onnx', 'ruff'} & set(sys.modules)\n"
        "sys.stdout.buffer.write('\\n'.join(sources).encode())"
    )
    environments = [{**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C"} for seed in ("1", "2")]
    runs = [
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, check=True, env=env, cwd=tmp_path
        ).stdout
        for env in environments
    ]
    assert runs[0] == runs[1]
    assert runs[0].decode() == "\n".join(emit(nnspec.load(path)) for path in EXAMPLES)


def test_imports_only_what_it_uses() -> None:
    for path in EXAMPLES:
        tree = ast.parse(emit(nnspec.load(path)))
        imported = {a.name for n in tree.body if isinstance(n, ast.Import) for a in n.names}
        imported |= {n.module for n in tree.body if isinstance(n, ast.ImportFrom) and n.module}
        assert imported <= IMPORTED
