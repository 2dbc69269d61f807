"""The section `training`: what goes into `model.compile`, under Keras's own names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic_core import PydanticCustomError

from . import nodes
from .diagnostics import Diagnostic
from .fields import Float, PositiveInt
from .locate import Report, validate
from .losses import LOSSES, Loss
from .metrics import METRICS, Metric
from .named import Catalogue, Named
from .nodes import describe
from .optimizers import RMSPROP, Optimizer
from .records import Record, doc
from .schemas import Parsed, validator
from .source import Span

T = TypeVar("T")

# One for all outputs, one for each in their order, or by the outputs' names.
PerOutput: TypeAlias = T | tuple[T, ...] | Mapping[str, T]

Losses: TypeAlias = PerOutput[Named | str | None]
Weights: TypeAlias = PerOutput[float]
Metrics: TypeAlias = tuple[Named | str, ...] | Mapping[str, tuple[Named | str, ...]]


@dataclass(frozen=True)
class Training:
    """The arguments of `model.compile`, with Keras's defaults.

    A loss or metric is a string where the spec has a bare name, because Keras chooses what `accuracy` is once
    it sees the shapes. `output_keys` are keys that must be names of outputs, `fields` the arguments' places.
    """

    span: Span
    optimizer: Named = RMSPROP
    loss: Losses = None
    loss_weights: Weights | None = None
    metrics: Metrics = ()
    weighted_metrics: Metrics = ()
    run_eagerly: bool = False
    steps_per_execution: int = 1
    jit_compile: bool | Literal["auto"] = "auto"
    auto_scale_loss: bool = True
    output_keys: tuple[tuple[str, Span], ...] = field(default=(), compare=False)
    fields: Mapping[str, Span] = field(default_factory=dict, compare=False)


def parse_losses(value: Any) -> Losses:
    """The loss of all outputs, or of each. Raises PydanticCustomError or ValidationError."""
    match value:
        case list():
            return tuple(_checked("losses", value))
        case dict() if not _is_one(value, LOSSES):
            return _checked("losses by output", value)
    return _checked("loss", value)


def parse_loss_weights(value: Any) -> Weights:
    """The weight of the loss of all outputs, or of each. Raises ValidationError."""
    match value:
        case list():
            return tuple(_checked("weights", value))
        case dict():
            return _checked("weights by output", value)
    return _checked("weight", value)


def parse_metrics(value: Any) -> Metrics:
    """The metrics of all outputs, or of each. Raises PydanticCustomError or ValidationError."""
    match value:
        case list():
            return tuple(_checked("metrics", value))
        case dict() if not _is_one(value, METRICS):
            return _checked("metrics by output", value)
    context = {"code": "NN103", "help": "write metrics: [accuracy], or metrics: {probabilities: [accuracy]}"}
    raise PydanticCustomError("metrics_type", "must be a list, or a mapping by the names of outputs", context)


def parse_output_metrics(value: Any) -> tuple[Named | str, ...]:
    """The metrics of one output, or its only one. Raises PydanticCustomError or ValidationError."""
    return tuple(_checked("metrics", value)) if isinstance(value, list) else (_checked("metric", value),)


def _is_one(value: dict[str, Any], catalogue: Catalogue) -> bool:
    """Whether the mapping is `{Huber: {delta: 2}}` rather than `{an_output: huber}`."""
    if len(value) != 1:
        return False
    (name, inner) = next(iter(value.items()))
    if name in catalogue:
        return inner is None or isinstance(inner, dict)
    return isinstance(inner, dict) and not _is_call(inner)


def _is_call(value: dict[str, Any]) -> bool:
    """Whether the mapping has the form `{Name: {argument: value}}`."""
    return len(value) == 1 and all(inner is None or isinstance(inner, dict) for inner in value.values())


# An output may have no loss.
OptionalLoss: TypeAlias = Loss | None

FORMS: dict[str, Any] = {
    "loss": OptionalLoss,
    "losses": list[OptionalLoss],
    "losses by output": dict[str, OptionalLoss],
    "weight": Float,
    "weights": list[Float],
    "weights by output": dict[str, Float],
    "metric": Metric,
    "metrics": list[Metric],
    "metrics by output": dict[str, Annotated[Any, Parsed(parse_output_metrics)]],
}


def _checked(form: str, value: Any) -> Any:
    return validator(FORMS[form]).validate_python(value)


def parse_jit(value: Any) -> Any:
    """`auto`, true or false: a Literal would take 1 for true."""
    if isinstance(value, bool) or value == "auto":
        return value
    context = {"code": "NN103", "help": "write auto"}
    raise PydanticCustomError("jit_compile", "must be true, false or auto", context)


LossesField: TypeAlias = Annotated[Any, Parsed(parse_losses)]
WeightsField: TypeAlias = Annotated[Any, Parsed(parse_loss_weights)]
MetricsField: TypeAlias = Annotated[Any, Parsed(parse_metrics)]
JitField: TypeAlias = Annotated[Any, Parsed(parse_jit)]


class Section(Record):
    """The section as it is written."""

    optimizer: Optimizer = doc("How the weights are changed.", RMSPROP)
    loss: LossesField = doc("What is made small: one loss, or one for each output.", None)
    loss_weights: WeightsField = doc("How much each output's loss counts.", None)
    metrics: MetricsField = doc("What is measured besides the loss.", ())
    weighted_metrics: MetricsField = doc("What is measured with the samples' weights.", ())
    run_eagerly: bool = doc("Whether steps run as Python, to be debugged.", False)
    steps_per_execution: PositiveInt = doc("Batches in one call of the compiled step.", 1)
    jit_compile: JitField = doc("Whether XLA compiles the step.", "auto")
    auto_scale_loss: bool = doc("Whether float16 losses are scaled.", True)


def parse_training(key: nodes.Scalar, node: nodes.Node, report: Report) -> Training | None:
    """The section `training`, which stands at its key; None where what is wrong with it was reported."""
    if not isinstance(node, nodes.Mapping):
        help = "write training: {optimizer: Adam, loss: mse}"
        report(Diagnostic("NN103", f"training is a mapping, not {describe(node)}", node.span, help=help))
        return None
    section = validate(Section, node, key.span, report, title="training")
    if section is None:
        return None
    values = {name: getattr(section, name) for name in Section.fields}
    spans = {str(name.value): value.span for name, value in node.entries}
    return Training(key.span, **values, output_keys=_output_keys(node, values), fields=spans)


def _output_keys(node: nodes.Mapping, values: Mapping[str, Any]) -> tuple[tuple[str, Span], ...]:
    """The keys of the arguments that are given by output."""
    by_output = [value for name, value in node.entries if isinstance(values[str(name.value)], Mapping)]
    mappings = [value for value in by_output if isinstance(value, nodes.Mapping)]
    return tuple((str(key.value), key.span) for mapping in mappings for key, _ in mapping.entries)
