"""The live model: the spec's names, training compiled in, and a file that loads again."""

from __future__ import annotations

from pathlib import Path

import nnspec
import numpy as np
import pytest
from nnspec.backends.keras import build, save, stored_weights
from nnspec.backends.weights import initialize
from nnspec.spec.optimizers import OPTIMIZERS

ONE_OUTPUT = """
nnspec: 1
name: one
inputs: {features: [4]}
layers:
  - Dense: {units: 3, activation: relu}
    name: hidden
  - Dense: 2
    name: answer
training: {optimizer: {Nadam: {learning_rate: 0.01}}, loss: mse, metrics: [mae]}
"""

TWO_OUTPUTS = """
nnspec: 1
name: two
inputs: {left: [4], right: [4]}
layers:
  - Dense: 3
    name: a
    from: left
  - Dense: 2
    name: b
    from: right
outputs: {first: a, second: b}
training: {optimizer: sgd, loss: {first: mse, second: mae}, loss_weights: {first: 2.0}}
"""


def test_layers_inputs_and_outputs_have_the_specs_names() -> None:
    model = build(nnspec.loads(TWO_OUTPUTS))
    assert [layer.name for layer in model.layers if layer.weights] == ["a", "b"]
    assert [tensor.name for tensor in model.inputs] == ["left", "right"]
    assert sorted(model.output) == ["first", "second"]
    assert model.name == "two"


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    graph = nnspec.loads(ONE_OUTPUT)
    first, again, other = (stored_weights(build(graph, seed=seed), graph) for seed in (0, 0, 1))
    assert list(first) == list(graph.weights)
    for key, value in initialize(graph, 0).items():
        np.testing.assert_array_equal(first[key], value)
        np.testing.assert_array_equal(again[key], value)
    assert not np.array_equal(first["hidden/kernel"], other["hidden/kernel"])


def test_training_is_compiled_in_and_trains() -> None:
    model = build(nnspec.loads(ONE_OUTPUT))
    assert type(model.optimizer).__name__ == "Nadam"
    assert float(model.optimizer.learning_rate.numpy()) == pytest.approx(0.01)
    x, y = np.ones((8, 4), np.float32), np.zeros((8, 2), np.float32)
    before = model.evaluate(x, y, verbose=0, return_dict=True)
    model.fit(x, y, epochs=20, verbose=0)
    assert model.evaluate(x, y, verbose=0, return_dict=True)["loss"] < before["loss"]
    assert {"loss", "mae"} <= set(before)


def test_losses_go_to_outputs_by_name() -> None:
    model = build(nnspec.loads(TWO_OUTPUTS))
    x = {"left": np.ones((2, 4), np.float32), "right": np.ones((2, 4), np.float32)}
    y = {"first": np.zeros((2, 3), np.float32), "second": np.zeros((2, 2), np.float32)}
    first, second = (np.asarray(model(x)[name]) for name in ("first", "second"))
    result = model.evaluate(x, y, verbose=0, return_dict=True)
    assert result["loss"] == pytest.approx(2 * np.mean(first**2) + np.mean(np.abs(second)), rel=1e-5)


def test_a_saved_model_computes_the_same_when_it_is_loaded(tmp_path: Path) -> None:
    import keras

    model = build(nnspec.loads(ONE_OUTPUT))
    save(model, tmp_path / "one.keras")
    loaded = keras.models.load_model(tmp_path / "one.keras")
    x = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    np.testing.assert_array_equal(np.asarray(loaded(x)), np.asarray(model(x)))
    assert [path.name for path in tmp_path.iterdir()] == ["one.keras"]


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS.entries))
def test_every_optimizer_compiles_by_its_bare_name(optimizer: str) -> None:
    text = ONE_OUTPUT.replace("{Nadam: {learning_rate: 0.01}}", optimizer)
    assert type(build(nnspec.loads(text)).optimizer).__name__ == optimizer
