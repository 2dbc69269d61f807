"""The section `training`: what is read, what is refused, and that its catalogues are Keras's."""

from __future__ import annotations

import inspect
from typing import Any

import nnspec
import pytest
from nnspec.spec.diagnostics import Diagnostic
from nnspec.spec.losses import LOSSES
from nnspec.spec.metrics import METRICS
from nnspec.spec.named import Catalogue, Named
from nnspec.spec.optimizers import OPTIMIZERS, SCHEDULES
from nnspec.spec.reader import read
from nnspec.spec.source import Source
from nnspec.spec.training import Training, parse_training

# What takes code or objects, or is a base class.
NOT_DATA = {
    "optimizers": {"LossScaleOptimizer", "MultiOptimizer", "OptimizerMap", "Optimizer"},
    "losses": {"Loss"},
    "metrics": {"Metric", "MeanMetricWrapper", "Mean", "Sum"},
    "optimizers.schedules": {"LearningRateSchedule"},
}
# Values for the arguments that have no default.
NEEDED: dict[str, Any] = {
    "initial_learning_rate": 0.1,
    "decay_steps": 10,
    "first_decay_steps": 10,
    "decay_rate": 0.9,
    "boundaries": [10, 20],
    "values": [0.3, 0.2, 0.1],
    "num_classes": 3,
    "target_class_ids": (0, 2),
    "recall": 0.5,
    "precision": 0.5,
    "specificity": 0.5,
    "sensitivity": 0.5,
}


def section(text: str) -> tuple[Training | None, list[Diagnostic]]:
    found: list[Diagnostic] = []
    body = "".join(f"  {line}\n" for line in text.splitlines())
    root = read(Source("net.nn.yaml", f"training:\n{body}"))
    ((key, node),) = root.entries
    return parse_training(key, node, found.append), found


def taken(text: str) -> Training:
    training, found = section(text)
    assert found == []
    assert training is not None
    return training


def refused(text: str) -> list[tuple[str, str, str | None]]:
    """Code, text under the caret, and help of each diagnostic."""
    training, found = section(text)
    assert training is None
    return [(d.code, d.span.text if d.span else "", d.help) for d in sorted(found, key=lambda d: d.sort_key)]


def test_a_spec_without_the_section_has_no_training():
    graph = nnspec.loads("nnspec: 1\nname: net\ninputs: {x: [4]}\nlayers: [{Dense: 2}]")
    assert graph.training is None


def test_the_section_of_the_language_reference():
    training = taken(
        "optimizer: {Nadam: {learning_rate: 0.002}}\n"
        "loss: sparse_categorical_crossentropy\n"
        "metrics: [accuracy]"
    )
    assert (training.optimizer.name, training.optimizer["learning_rate"]) == ("Nadam", 0.002)
    assert training.loss == "sparse_categorical_crossentropy"
    assert training.metrics == ("accuracy",)
    assert training.fields["loss"].text == "sparse_categorical_crossentropy"


def test_what_is_left_out_is_as_keras_has_it():
    keras = pytest.importorskip("keras")
    defaults = inspect.signature(keras.Model.compile).parameters
    training = taken("loss: mse")
    assert training.optimizer.identifier == defaults["optimizer"].default
    for name in ("loss_weights", "run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss"):
        assert getattr(training, name) == defaults[name].default


def test_one_loss_with_arguments_is_not_taken_for_a_mapping_by_output():
    loss = taken("loss: {Huber: {delta: 2}}").loss
    assert isinstance(loss, Named)
    assert loss["delta"] == 2.0


def test_losses_weights_and_metrics_by_output():
    training = taken(
        "loss: {a: mse, b: {Huber: {delta: 2}}}\n"
        "loss_weights: {a: 1, b: 0.5}\n"
        "metrics: {a: mae, b: [acc, {TopKCategoricalAccuracy: {k: 3}}]}"
    )
    assert isinstance(training.loss, dict)
    assert training.loss["a"] == "mse"
    assert training.loss_weights == {"a": 1.0, "b": 0.5}
    assert isinstance(training.metrics, dict)
    assert training.metrics["a"] == ("mae",)
    assert [m if isinstance(m, str) else m.name for m in training.metrics["b"]] == [
        "acc",
        "TopKCategoricalAccuracy",
    ]
    assert [(name, span.text) for name, span in training.output_keys] == [(n, n) for n in "ababab"]


def test_one_output_by_name_may_have_a_loss_with_arguments():
    training = taken("loss: {mask: {Dice: {reduction: sum}}}")
    assert isinstance(training.loss, dict)
    assert training.loss["mask"]["reduction"] == "sum"


def test_losses_in_the_order_of_the_outputs():
    training = taken("loss: [mse, null, ce]\nloss_weights: [1, 1, 0.2]")
    assert training.loss == ("mse", None, "ce")
    assert training.loss_weights == (1.0, 1.0, 0.2)
    assert isinstance(training.loss_weights[0], float)


def test_a_learning_rate_may_be_a_schedule():
    decay = "{ExponentialDecay: {initial_learning_rate: 0.1, decay_steps: 100, decay_rate: 0.9}}"
    optimizer = taken(f"optimizer: {{SGD: {{learning_rate: {decay}}}}}").optimizer
    rate = optimizer["learning_rate"]
    assert (rate.name, rate["decay_steps"], rate["staircase"]) == ("ExponentialDecay", 100, False)


@pytest.mark.parametrize(
    ("text", "code", "under", "help"),
    [
        ("optimizer: Nadm", "NN113", "Nadm", 'did you mean "Nadam"?'),
        ("optimizer: {admw: {epsilon: 1}}", "NN113", "admw", 'did you mean "adamw"?'),
        ("optimizer: 3", "NN103", "3", None),
        ("optimizer: {SGD: {momentumm: 0.9}}", "NN101", "momentumm", 'did you mean "momentum"?'),
        ("optimizer: {SGD: {momentum: 1.5}}", "NN104", "1.5", "write a number that is at most 1"),
        ("optimizer: {SGD: 0.1}", "NN103", "{SGD: 0.1}", "write {SGD: {argument: value}}"),
        (
            "optimizer: {Adam: {learning_rate: '0.1'}}",
            "NN103",
            "'0.1'",
            "remove the quotes: learning_rate: 0.1",
        ),
        ("optimizer: {Adam: {learning_rate: ExponentialDecai}}", "NN113", "ExponentialDecai", None),
        (
            "optimizer: {Adam: {clipnorm: 1, clipvalue: 1}}",
            "NN104",
            "{Adam: {clipnorm: 1, clipvalue: 1}}",
            None,
        ),
        ("los: mse", "NN101", "los", 'did you mean "loss"?'),
        ("loss: {Hubber: {delta: 1}}", "NN113", "Hubber", 'did you mean "Huber"?'),
        ("loss: {a: mse, b: {Hubber: {delta: 1}}}", "NN113", "Hubber", 'did you mean "Huber"?'),
        ("loss: [mse, msee]", "NN113", "msee", 'did you mean "mse"?'),
        ("loss: {Huber: {delta: -1}}", "NN104", "-1", "write a number that is greater than 0"),
        ("loss_weights: {a: 1, b: '2'}", "NN103", "'2'", "remove the quotes: b: 2"),
        ("loss_weights: true", "NN103", "true", None),
        ("metrics: accuracy", "NN103", "accuracy", None),
        ("metrics: {Precision: {thresholds: 0.5}}", "NN103", "{Precision: {thresholds: 0.5}}", None),
        ("metrics: [MeanIoU]", "NN102", "MeanIoU", "write {MeanIoU: {num_classes: …}}"),
        ("metrics: [acc, {Precision: {thresholds: [0.5, 2]}}]", "NN104", "2", None),
        ("metrics: [{IoU: {num_classes: 2, target_class_ids: [2]}}]", "NN104", None, "classes count from 0"),
        ("jit_compile: 1", "NN103", "1", "write auto"),
        ("steps_per_execution: 0", "NN104", "0", None),
    ],
)
def test_an_error_is_found_at_its_place(text: str, code: str, under: str | None, help: str | None):
    ((found_code, found_under, found_help),) = refused(text)
    assert found_code == code
    assert under is None or found_under == under
    assert help is None or found_help == help


def test_all_errors_come_in_one_run():
    found = refused(
        "optimizer:\n"
        "  SGD:\n"
        "    learning_rate: {ExponentialDecay: {initial_learning_rate: 0.1, decay_steps: 0, decay_rat: 1}}\n"
        "    nesterov: 1\n"
        "loss: [mse, 3]\n"
        "metrics: [acuracy]"
    )
    assert [(code, under) for code, under, _ in found] == [
        ("NN104", "0"),
        ("NN101", "decay_rat"),
        ("NN103", "1"),
        ("NN103", "3"),
        ("NN113", "acuracy"),
    ]


def test_the_section_is_a_mapping():
    found: list[Diagnostic] = []
    ((key, node),) = read(Source("net.nn.yaml", "training: mse")).entries
    assert parse_training(key, node, found.append) is None
    assert [(d.code, d.message) for d in found] == [("NN103", 'training is a mapping, not the string "mse"')]


def keras_classes(module: str) -> dict[str, type]:
    keras = pytest.importorskip("keras")
    inside = keras
    for part in module.split("."):
        inside = getattr(inside, part)
    names = {name for name in dir(inside) if inspect.isclass(getattr(inside, name))}
    return {name: getattr(inside, name) for name in names - NOT_DATA[module]}


CATALOGUES = {c.module.removeprefix("keras."): c for c in (OPTIMIZERS, LOSSES, METRICS, SCHEDULES)}


@pytest.mark.parametrize("module", CATALOGUES)
def test_a_catalogue_is_all_that_keras_has(module: str):
    chosen = {"accuracy", "crossentropy"}
    assert set(CATALOGUES[module].entries) - chosen == set(keras_classes(module))


@pytest.mark.parametrize("module", CATALOGUES)
def test_arguments_and_defaults_are_keras_s(module: str):
    for name, cls in keras_classes(module).items():
        parameters = inspect.signature(cls.__init__).parameters
        named = [p for p in parameters.values() if p.name != "self" and p.kind is not p.VAR_KEYWORD]
        expected = {p.name: ... if p.default is p.empty else p.default for p in named}
        got = {key: default for key, (_, default) in CATALOGUES[module].entries[name].items()}
        assert got == expected, name


@pytest.mark.parametrize("module", CATALOGUES)
def test_keras_takes_what_the_catalogue_makes(module: str):
    for name, cls in keras_classes(module).items():
        named = CATALOGUES[module].parse({name: needed(CATALOGUES[module], name)})
        assert isinstance(cls(**dict(named.arguments)), cls)


def needed(catalogue: Catalogue, name: str) -> dict[str, Any]:
    return {key: NEEDED[key] for key, (_, default) in catalogue.entries[name].items() if default is ...}


def test_keras_takes_every_bare_name_that_is_kept():
    from keras import losses, metrics, optimizers

    for word in (*LOSSES.aliases, *(LOSSES.spell(name) for name in LOSSES.entries), *LOSSES.entries):
        kept = taken(f"loss: {word}").loss
        assert isinstance(kept, Named) or kept in ("ce", "crossentropy") or losses.get(kept)
    free = [name for name in METRICS.entries if not needed(METRICS, name)]
    for word in (*METRICS.aliases, *(METRICS.spell(name) for name in free), *free):
        (kept,) = taken(f"metrics: [{word}]").metrics
        assert kept in ("acc", "accuracy") or metrics.get(kept)
    for name in OPTIMIZERS.entries.keys() - {"Lamb"}:  # which Keras forgot to list
        assert type(optimizers.get(OPTIMIZERS.named(name).identifier)).__name__ == name
