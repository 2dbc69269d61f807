"""What one step computes in SimpleRNN, LSTM and GRU, and the cells that RNN takes through the steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, LiteralString, NamedTuple

from pydantic_core import PydanticCustomError

from ..activations import SIGMOID, TANH, Activation
from ..fields import PositiveInt, Rate, Seed
from ..initializers import (
    GLOROT_UNIFORM,
    ORTHOGONAL,
    ZEROS,
    Fixed,
    Initializer,
    InitializerField,
    UnitForgetBias,
)
from ..penalties import Constraint, Regularizer
from ..records import doc
from ..schemas import Parsed
from ..size import Size, product
from ..types import TensorType, WeightSpec, is_float
from .base import Layer, LayerError, known, require_representable

# Keras's order of the fields of recurrent layers, which classes cannot keep by themselves where they share some.
_KINDS = ("kernel", "recurrent", "bias")
ORDER = (
    *("cell", "cells", "units", "filters", "kernel_size", "strides", "padding", "data_format"),
    *("dilation_rate", "activation", "recurrent_activation", "use_bias"),
    *(f"{kind}_initializer" for kind in _KINDS),
    "unit_forget_bias",
    *(f"{kind}_regularizer" for kind in _KINDS),
    "activity_regularizer",
    *(f"{kind}_constraint" for kind in _KINDS),
    *("dropout", "recurrent_dropout", "seed", "return_sequences", "return_state", "go_backwards"),
    *("unroll", "zero_output_for_mask", "reset_after", "use_cudnn"),
)

IMPLEMENTATION = {"implementation": "it changes how Keras computes and not what: leave it out"}


class Step(NamedTuple):
    """What one step gives and takes: shapes without the batch, the weights, multiply-accumulates of one sample."""

    output: tuple[Size, ...]
    states: tuple[tuple[Size, ...], ...]
    weights: tuple[WeightSpec, ...]
    macs: Size


class Part(NamedTuple):
    """One of the cells that a step goes through. `prefix` stands before its weights' names."""

    units: Units
    prefix: str = ""


class Ordered(Layer):
    """A layer whose fields stand in ORDER."""

    field_order: ClassVar[tuple[str, ...]] = ORDER


class Weighted(Ordered):
    """What all that weighs inputs and a state has, whether by products or by convolutions."""

    activation: Activation = doc("Applied to what goes into the state.", TANH)
    use_bias: bool = doc("Whether a bias is added.", True)
    kernel_initializer: InitializerField = doc("How the kernel, for the inputs, begins.", GLOROT_UNIFORM)
    recurrent_initializer: InitializerField = doc(
        "How the recurrent kernel, for the state, begins.", ORTHOGONAL
    )
    bias_initializer: InitializerField = doc("How the bias begins.", ZEROS)
    kernel_regularizer: Regularizer = doc("Penalty on the kernel.", None)
    recurrent_regularizer: Regularizer = doc("Penalty on the recurrent kernel.", None)
    bias_regularizer: Regularizer = doc("Penalty on the bias.", None)
    kernel_constraint: Constraint = doc("Projection of the kernel after each step.", None)
    recurrent_constraint: Constraint = doc("Projection of the recurrent kernel after each step.", None)
    bias_constraint: Constraint = doc("Projection of the bias after each step.", None)
    dropout: Rate = doc("Fraction of the inputs left out in training.", 0.0)
    recurrent_dropout: Rate = doc("Fraction of the state left out in training.", 0.0)
    seed: Seed = doc("Seed of what is left out.", None)

    # What the states are called in references, and how many blocks the weights have side by side.
    states: ClassVar[tuple[str, ...]] = ("state",)
    gates: ClassVar[int] = 1

    @property
    def state_names(self) -> tuple[str, ...]:
        return self.states

    @property
    def first_bias(self) -> Initializer:
        return self.bias_initializer

    def require_droppable(self, inputs: TensorType) -> None:
        """Raises LayerError for whole numbers, where Keras would have to leave some of them out."""
        if self.dropout > 0 and not is_float(inputs.dtype):
            message = f"{type(self).__name__} with dropout takes floats, not {inputs.dtype}"
            help = "put Cast: float32 before it, or leave dropout out"
            raise LayerError(message, code="NN202", field="dropout", help=help)


class Gated(Weighted):
    """What has gates."""

    recurrent_activation: Activation = doc("Applied to the gates.", SIGMOID)


class ForgetGate(Gated):
    """What has the gates of an LSTM: input, forget, cell, output."""

    unit_forget_bias: bool = doc(
        "Whether the forget gate's bias begins with 1; a fixed bias is taken as it is.", True
    )

    states: ClassVar[tuple[str, ...]] = ("state_h", "state_c")
    gates: ClassVar[int] = 4

    @property
    def first_bias(self) -> Initializer:
        plain = self.bias_initializer
        return UnitForgetBias(plain) if self.unit_forget_bias and not isinstance(plain, Fixed) else plain


class Units(Weighted):
    """What computes one step of [batch, features] to [batch, units]."""

    units: PositiveInt = doc("Size of the output's last axis and of each state.")

    activation_rank: ClassVar[int | None] = 2

    @property
    def output_size(self) -> int:
        return self.units

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part(self),)

    @property
    def bias_shape(self) -> tuple[int, ...]:
        return (self.gates * self.units,)

    def step(self, inputs: TensorType) -> Step:
        """What one step of inputs [batch, features] comes to. Raises LayerError for features of unknown number."""
        self.require_droppable(inputs)
        features = known(inputs.shape[-1], "the last axis of the input")
        weights = self.weights(features)
        macs = product(weights[0].shape) + product(weights[1].shape)
        return Step((self.units,), ((self.units,),) * len(self.states), weights, macs)

    def weights(self, features: int) -> tuple[WeightSpec, ...]:
        width = self.gates * self.units
        kernel = self.weight("kernel", (features, width), self.kernel_initializer)
        recurrent = self.weight("recurrent_kernel", (self.units, width), self.recurrent_initializer)
        bias = (self.weight("bias", self.bias_shape, self.first_bias),) if self.use_bias else ()
        return (kernel, recurrent, *bias)

    def nest(self, states: Iterator[Any]) -> Any:
        """The next of the states as Keras groups them for a cell among others: one alone, or several together."""
        own = tuple(next(states) for _ in self.states)
        return own[0] if len(own) == 1 else own


class LSTMUnits(ForgetGate, Units):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997)."""


class GRUUnits(Gated, Units):
    """Gated recurrent unit (Cho et al., 2014); gates: update, reset, candidate."""

    reset_after: bool = doc(
        "Whether the reset gate acts after the recurrent kernel, as in cuDNN, or before.", True
    )

    gates: ClassVar[int] = 3

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """With `reset_after` one bias for the inputs and one for the state."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)


# --- cells


class Cell(Ordered):
    """One step of a recurrent layer, which RNN takes."""

    stands_alone: ClassVar[bool] = False
    refused: ClassVar[dict[str, str]] = IMPLEMENTATION
    # The layer that does the same by itself.
    alone: ClassVar[str] = ""

    def infer(self, inputs: TensorType) -> Any:
        name = type(self).__name__
        layer = f"{self.alone}: …, or " if self.alone else ""
        message = f"{name} is one step of a recurrent layer, and no layer by itself"
        raise LayerError(message, code="NN112", help=f"write {layer}RNN: {{cell: {{{name}: …}}}}")


class SimpleRNNCell(Cell, Units):
    """One step of SimpleRNN."""

    alone: ClassVar[str] = "SimpleRNN"


class LSTMCell(Cell, LSTMUnits):
    """One step of LSTM."""

    alone: ClassVar[str] = "LSTM"


class GRUCell(Cell, GRUUnits):
    """One step of GRU."""

    alone: ClassVar[str] = "GRU"


def parse_cells(value: Any) -> tuple[Cell, ...]:
    """What StackedRNNCells holds. Raises PydanticCustomError for anything else than a list of cells."""
    if not isinstance(value, list | tuple) or not value:
        raise _no_cell("a stack is a list of one cell or more", CELLS_HELP)
    return tuple(require_cell(cell, (number,)) for number, cell in enumerate(value))


def require_cell(value: Any, at: tuple[int, ...] = ()) -> Cell:
    """The cell. Raises PydanticCustomError for any other layer; `at` is its place inside the field's value."""
    if isinstance(value, Cell):
        return value
    name = type(value).__name__
    step = next((cell.__name__ for cell in (SimpleRNNCell, LSTMCell, GRUCell) if cell.alone == name), None)
    help = f"write {step} in place of {name}" if step else "take SimpleRNNCell, LSTMCell or GRUCell"
    raise _no_cell("a cell computes one step, and {name} is none", help, at=at, name=name)


CELLS_HELP = "write [{LSTMCell: 20}, {GRUCell: 10}]"


def _no_cell(message: LiteralString, help: str, **context: Any) -> PydanticCustomError:
    return PydanticCustomError("held_layer", message, {**context, "code": "NN112", "help": help})


class StackedRNNCells(Cell):
    """Cells of which each takes what the one before it gives, at every step."""

    cells: Annotated[Any, Parsed(parse_cells)] = doc("The cells, the first for the inputs.")

    refused: ClassVar[dict[str, str]] = {}

    @classmethod
    def layer_fields(cls) -> list[str]:
        return ["cells"]

    @classmethod
    def layer_lists(cls) -> list[str]:
        return ["cells"]

    @property
    def state_names(self) -> tuple[str, ...]:
        """`state_0_h`, `state_0_c`, … for an LSTMCell, else `state_0`."""
        return tuple(
            f"state_{number}{name.removeprefix('state')}"
            for number, cell in enumerate(self.cells)
            for name in cell.state_names
        )

    @property
    def output_size(self) -> int:
        return self.cells[-1].output_size

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(
            Part(part.units, f"cells/{number}/{part.prefix}")
            for number, cell in enumerate(self.cells)
            for part in cell.parts
        )

    @property
    def has_stack_of_one(self) -> bool:
        """Whether it, or a stack in it, has a single cell."""
        return len(self.cells) == 1 or any(cell.has_stack_of_one for cell in self.stacks)

    @property
    def loses_states(self) -> bool:
        """Whether Keras takes the list of a cell's states for the states of a stack of that one cell, which it does
        where it has taken a step and nothing restores the grouping."""
        lone = len(self.cells) == 1 and len(self.cells[0].state_names) > 1
        return lone or any(cell.loses_states for cell in self.stacks)

    @property
    def has_deep_states(self) -> bool:
        """Whether a stack among its cells has a cell with several states, or another stack."""
        deep = (cell for stack in self.stacks for cell in stack.cells)
        return any(len(cell.state_names) > 1 or isinstance(cell, StackedRNNCells) for cell in deep)

    @property
    def stacks(self) -> tuple[StackedRNNCells, ...]:
        """The stacks among its cells."""
        return tuple(cell for cell in self.cells if isinstance(cell, StackedRNNCells))

    def step(self, inputs: TensorType) -> Step:
        steps: list[Step] = []
        for number, cell in enumerate(self.cells):
            step = held_step(cell, inputs, self)
            steps.append(step._replace(weights=prefixed(step.weights, f"cells/{number}/", self.trainable)))
            inputs = TensorType((inputs.batch, *step.output), self.policy.compute)
        states = tuple(state for step in steps for state in step.states)
        weights = tuple(weight for step in steps for weight in step.weights)
        return Step(steps[-1].output, states, weights, sum(step.macs for step in steps))

    def nest(self, states: Iterator[Any]) -> Any:
        return tuple(cell.nest(states) for cell in self.cells)


def held_step(cell: Any, inputs: TensorType, holder: Layer) -> Step:
    """What a step of a held cell comes to. Raises LayerError where cell and holder compute in different dtypes, and
    for what is wrong with the cell itself."""
    own, inner = holder.policy.compute, cell.policy.compute
    if own != inner:
        message = f"{type(holder).__name__} computes in {own}, and the {type(cell).__name__} in it in {inner}"
        raise LayerError(message, code="NN202", help="give both the same dtype")
    require_representable(cell)
    return cell.step(inputs)


def prefixed(weights: tuple[WeightSpec, ...], prefix: str, trainable: bool) -> tuple[WeightSpec, ...]:
    """A held cell's weights as its holder's: they are trained where both are."""
    return tuple(w._replace(name=prefix + w.name, trainable=w.trainable and trainable) for w in weights)
