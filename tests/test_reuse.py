"""Layers that are applied again, with the weights that they have: in Keras, Python, ONNX and files of weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from differential import random_weights
from nnspec.backends import TOLERANCE
from nnspec.backends.cases import make_cases
from nnspec.backends.compare import compare_outputs
from nnspec.backends.keras import assign, build, stored_weights
from nnspec.backends.onnx.emit import checked, to_onnx
from nnspec.backends.paths import Job, Run, run_keras, run_onnx, run_python_all, run_tf2onnx
from nnspec.backends.python import emit
from nnspec.backends.python.names import LONGEST, Scope
from nnspec.cli.show import overview
from nnspec.compiler.cost import weight_bytes
from nnspec.compiler.dump import dump
from nnspec.compiler.pipeline import check
from nnspec.spec.source import Source
from shared_layers import HEAD, LAYERS, SPECS, each, graph_of, job_of, loads, reference
from stores import same

# What tf2onnx 1.17 gets wrong without any reuse: TimeDistributed over a dynamic axis, and Normalization.
TF2ONNX_FAILS = {"attention", "kinds"}


def differing(name: str, run: Run | str) -> list[str]:
    if isinstance(run, str):
        return [run]
    found = compare_outputs(job_of(name), run, reference(name), TOLERANCE)
    return [str(output) for output in found if not output.equal]


# --- every path


def test_flat_code_computes_what_keras_does() -> None:
    jobs = [replace(job_of(name), graph=replace(graph_of(name), origin=None)) for name in SPECS]
    found = {name: differing(name, run) for name, run in zip(SPECS, run_python_all(jobs), strict=True)}
    assert found == {name: [] for name in SPECS}


@each
@pytest.mark.parametrize("opset", [15, 21])
def test_onnx_computes_what_keras_does(name: str, opset: int) -> None:
    assert differing(name, run_onnx(replace(job_of(name), opset=opset))) == []


@pytest.mark.parametrize("name", [name for name in SPECS if name not in TF2ONNX_FAILS])
def test_tf2onnx_computes_what_keras_does(name: str) -> None:
    assert differing(name, run_tf2onnx(job_of(name))) == []


@each
def test_a_layer_s_weights_are_there_once(name: str) -> None:
    graph, weights = graph_of(name), job_of(name).weights
    owners = {node.owner for node in graph.nodes if node.signature.weights}
    assert {key.partition("/")[0] for key in weights} == owners
    assert len(owners) < sum(bool(node.signature.weights) for node in graph.nodes)
    model: Any = build(graph, weights)
    assert model.count_params() == sum(node.parameters for node in graph.nodes)
    assert same(stored_weights(model, graph), weights)
    assert weight_bytes(graph) == sum(value.nbytes for value in weights.values())


@each
def test_onnx_has_every_constant_once(name: str) -> None:
    initializers = checked(to_onnx(graph_of(name), job_of(name).weights)).graph.initializer
    contents = [(tuple(i.dims), i.data_type, i.raw_data) for i in initializers if np.prod(i.dims) > 4]
    assert len(contents) == len(set(contents))
    named = [i.name for i in initializers if not i.name.startswith("constants/")]
    assert {name.partition("/")[0] for name in named} <= {node.owner for node in graph_of(name).nodes}


# --- the node that a layer is named after


UNUSED_OWNER = """
inputs: {a: [4], b: [4], c: [4]}
layers:
  - {Dense: 4, name: early, from: a}
  - {Dense: 3, name: stem}
  - {reuse: stem, name: left, from: b}
  - {reuse: stem, name: right, from: c}
  - {Subtract: , from: [left, right]}
"""


def test_a_layer_whose_first_output_is_not_used() -> None:
    """The first node that is left has the layer's name, and what only the other needed is gone."""
    found = check(Source("net.nn.yaml", HEAD + UNUSED_OWNER))
    assert [d.message for d in found.diagnostics] == [
        'nothing uses the input "a"',
        'nothing uses the output of "early"',
        'nothing uses the output of "stem"',
    ]
    assert found.graph is not None
    graph = found.graph
    assert [(n.name, n.shares) for n in graph.nodes] == [
        ("stem", None),
        ("right", "stem"),
        ("subtract", None),
    ]
    assert list(graph.weights) == ["stem/kernel", "stem/bias"]
    job = Job(graph, random_weights(graph), make_cases(graph))
    expected = run_keras(job)
    code = run_python_all([replace(job, graph=replace(graph, origin=None))])[0]
    for run in (run_onnx(job), run_tf2onnx(job), code):
        assert isinstance(run, Run)
        assert all(output.equal for output in compare_outputs(job, run, expected, TOLERANCE))


def test_the_output_of_such_a_node_keeps_its_name() -> None:
    graph = loads(UNUSED_OWNER.replace("{Subtract: , from: [left, right]}", "Flatten") + "outputs: [right]")
    assert [(n.name, n.shares) for n in graph.nodes] == [("stem", None)]
    assert [output.name for output in graph.outputs] == ["right"]
    assert list(build(graph).output) == ["right"]


# --- folding


CONV = "{Conv2D: {filters: 2, kernel_size: 2}, name: conv, from: a}"


@pytest.mark.parametrize(
    ("items", "operators"),
    [
        # The same normalization after each: one kernel, with it inside.
        (["{BatchNormalization: , name: bn}", "{reuse: conv, from: b}", "{reuse: bn, name: end}"], 0),
        # Two normalizations would take two kernels.
        (
            [
                "{BatchNormalization: , name: bn}",
                "{reuse: conv, from: b}",
                "{BatchNormalization: , name: end}",
            ],
            2,
        ),
        # So would a use without any.
        (["{BatchNormalization: , name: bn}", "{reuse: conv, name: end, from: b}"], 1),
        # A normalization goes into any number of convolutions.
        (
            [
                "{BatchNormalization: , name: bn}",
                "{Conv2D: {filters: 2, kernel_size: 2}, from: b}",
                "{reuse: bn, name: end}",
            ],
            0,
        ),
        # Where it follows something else too, it stays there.
        (["{BatchNormalization: , name: bn}", "{reuse: bn, name: end}"], 1),
    ],
)
def test_batch_normalization_is_folded_where_one_kernel_serves(items: list[str], operators: int) -> None:
    listed = "\n".join(f"  - {item}" for item in [CONV, *items, "{Add: , from: [bn, end]}"])
    inputs = (
        "{a: [4, 4, 1]}" if not any("from: b" in item for item in items) else "{a: [4, 4, 1], b: [4, 4, 1]}"
    )
    graph = loads(f"inputs: {inputs}\nlayers:\n{listed}\n")
    job = Job(graph, random_weights(graph), make_cases(graph))
    model = checked(to_onnx(graph, job.weights))
    assert [op.op_type for op in model.graph.node].count("BatchNormalization") == operators
    kernels = [i for i in model.graph.initializer if i.name.endswith("kernel")]
    assert len(kernels) == sum(node.kind == "Conv2D" and not node.shares for node in graph.nodes)
    assert all(o.equal for o in compare_outputs(job, run_onnx(job), run_keras(job), TOLERANCE))


# --- code


def test_a_layer_that_is_applied_again_has_a_variable() -> None:
    lines = emit(graph_of("layers"), flat=True).splitlines()
    start = next(i for i, line in enumerate(lines) if "stem_layer = " in line)
    assert [line.strip() for line in lines[start : start + 4]] == [
        'stem_layer = keras.layers.Dense(6, name="stem")',
        "stem = stem_layer(a)",
        "stem_1 = stem_layer(b)",
        "right = stem_layer(stem)",
    ]


def test_a_layer_that_keras_would_name_so_is_not_named() -> None:
    graph = loads("inputs: {a: [4]}\nlayers: [{Dense: 4}, {reuse: dense}, {Dense: 4}]\n")
    code = emit(graph, flat=True)
    assert "dense_layer = keras.layers.Dense(4)\n    x = dense_layer(a)\n    x = dense_layer(x)\n" in code
    # The second application took the name `dense_1` of a value, and no layer has it.
    assert 'keras.layers.Dense(4, name="dense_2")(x)' in code


def test_variables_out_of_paths() -> None:
    scope = Scope()
    assert scope.name("stage_2.conv2d.0") == "stage_2_conv2d_0"
    assert scope.name("stage_2_conv2d.0") == "stage_2_conv2d_0_"
    assert [scope.name("stage_2.conv2d_0") for _ in range(3)] == [f"stage_2_conv2d_0_{n}" for n in (2, 3, 4)]
    assert scope.name("blocks.Conv") == "blocks_Conv"
    long = scope.name("encoder_of_images.residual_stage.3.batch_normalization.10")
    assert (long, len(long) <= LONGEST) == ("batch_normalization_10", True)
    assert scope.name("x." + "y" * 100 + ".7") == ("y" * 100)[:LONGEST]
    assert scope.name("encoder_of_all_the_images.lstm.0_state_h") == "lstm_0_state_h"


# --- names with dots


DOTS = """
inputs: {a: [4]}
blocks:
  head: {params: {units: }, layers: [{Dense: {units: =units}}]}
layers:
  - {repeat: 2, layers: [{head: {units: 3}, from: a}]}
outputs: [head.0, head.1]
training: {optimizer: sgd, loss: {head.0.dense: mse, head.1.dense: mae}, loss_weights: {head.0.dense: 3.0}}
"""


def test_losses_go_to_outputs_with_dots_in_their_names() -> None:
    graph = loads(DOTS.replace("[head.0, head.1]", "{head.0.dense: head.0, head.1.dense: head.1}"))
    model: Any = build(graph)
    assert list(model.output) == ["head.0.dense", "head.1.dense"]
    x = np.ones((2, 4), np.float32)
    y = {name: np.zeros((2, 3), np.float32) for name in model.output}
    first, second = (np.asarray(model(x)[name]) for name in model.output)
    result = model.evaluate(x, y, verbose=0, return_dict=True)
    assert result["loss"] == pytest.approx(3 * np.mean(first**2) + np.mean(np.abs(second)), rel=1e-5)
    model.fit(x, y, verbose=0)


# --- what people see


def test_show_says_whose_layer_it_is() -> None:
    lines = {line.split()[0]: line.split() for line in overview(graph_of("layers")).splitlines() if line}
    assert lines["stem"][1:] == ["Dense", "float32[batch,", "6]", "42", "36"]
    assert lines["stem_1"][1:] == ["Dense", "of", "stem", "float32[batch,", "6]", "36"]
    assert lines["parameters"][1] == "42"


def test_dump_says_whose_layer_it_is() -> None:
    assert "stem_1 = Dense(b) -> float32[batch, 6] | shares stem | macs 36\n" in dump(graph_of("layers"))


def test_a_name_that_is_counted_is_not_given_twice() -> None:
    graph = loads("inputs: {a: [4]}\nlayers: [{Dense: 4}, {reuse: dense}, {reuse: dense_1}, {Dense: 4}]\n")
    assert [node.name for node in graph.nodes] == ["dense", "dense_1", "dense_1_1", "dense_2"]


def test_a_shared_layer_trains_on_all_its_inputs() -> None:
    graph = loads(LAYERS + "training: {optimizer: sgd, loss: mse}\n")
    model: Any = build(graph)
    before = stored_weights(model, graph)
    x = {i.name: np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32) for i in graph.inputs}
    model.fit(x, np.ones((4, 6), np.float32), verbose=0)
    after = stored_weights(model, graph)
    assert not np.array_equal(before["stem/kernel"], after["stem/kernel"])
    assign(model, graph, before)
    assert same(stored_weights(model, graph), before)
