"""`training` as a call of `model.compile`: data that `keras` runs and `python` writes down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..compiler.graph import Graph
from ..spec.named import Named
from ..spec.training import Metrics, Training
from .application import outputs_by_name
from .calls import KerasCall, argument

UNCHANGED = ("run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss")


def spell_training(graph: Graph) -> KerasCall | None:
    """The call of `model.compile`: the optimizer, and arguments that are not at their default. None without
    `training`.

    What belongs to one of several outputs is spelled by the output's name: Keras has an order of its own for
    them, and takes a list of metrics for one output each, or for all of them, by its length.
    """
    training = graph.training
    if training is None:
        return None
    names = [output.name for output in graph.outputs]
    found = {
        "loss": _losses(training, names),
        "loss_weights": _weights(training, names),
        "metrics": _metrics(training.metrics, names),
        "weighted_metrics": _metrics(training.weighted_metrics, names),
    }
    by_name = outputs_by_name(graph)
    given = [(name, value if by_name else _only(value)) for name, value in found.items() if value]
    changed = [name for name in UNCHANGED if getattr(training, name) != getattr(Training, name)]
    given += [(name, getattr(training, name)) for name in changed]
    return KerasCall("compile", (("optimizer", _optimizer(training.optimizer)), *given))


def _optimizer(optimizer: Named) -> Any:
    """Keras 3.15 does not know Lamb by its name alone."""
    return (
        KerasCall("keras.optimizers.Lamb", optimizer.arguments)
        if optimizer.name == "Lamb"
        else argument(optimizer)
    )


def _losses(training: Training, names: Sequence[str]) -> Any:
    """The losses by output, or one for all of them; Keras wants as many losses as weights."""
    if training.loss_weights is None and not isinstance(training.loss, Mapping | tuple):
        return argument(training.loss)
    return {name: argument(loss) for name, loss in _each(training.loss, names).items()}


def _weights(training: Training, names: Sequence[str]) -> dict[str, float] | None:
    """An output without a weight counts fully."""
    weights = training.loss_weights
    return None if weights is None else dict.fromkeys(names, 1.0) | _each(weights, names)


def _metrics(metrics: Metrics, names: Sequence[str]) -> dict[str, list[Any]]:
    """The metrics by output: a list is that of a single output, or has one for each of several."""
    if not metrics:
        return {}
    if isinstance(metrics, tuple):
        lists = [metrics] if len(names) == 1 else [(metric,) for metric in metrics]
        metrics = dict(zip(names, lists, strict=True))
    return {name: [argument(metric) for metric in found] for name, found in metrics.items()}


def _each(value: Any, names: Sequence[str]) -> dict[str, Any]:
    """One for all outputs, one for each in their order, or by their names: in every case by their names."""
    match value:
        case Mapping():
            return dict(value)
        case tuple():
            return dict(zip(names, value, strict=True))
    return dict.fromkeys(names, value)


def _only(value: Any) -> Any:
    """What belongs to a model's single output, without its name."""
    return next(iter(value.values())) if isinstance(value, dict) else value
