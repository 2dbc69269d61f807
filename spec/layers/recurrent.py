"""Layers that carry a state from step to step: SimpleRNN, LSTM and GRU, and RNN over cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic_core import PydanticCustomError

from ..penalties import Regularizer
from ..records import doc
from ..schemas import Before, Parsed
from ..size import Size
from ..types import Signature, TensorType
from .base import Layer, LayerError, Port, check_axes
from .cells import (
    IMPLEMENTATION,
    Cell,
    GRUUnits,
    LSTMUnits,
    Ordered,
    Part,
    StackedRNNCells,
    Step,
    Units,
    held_step,
    parse_cells,
    prefixed,
    require_cell,
)


def anywhere(use_cudnn: Any) -> Any:
    """Raises PydanticCustomError for true, with which Keras fails on a machine without cuDNN."""
    if use_cudnn is True:
        context = {"code": "NN112", "help": "write use_cudnn: auto, which takes cuDNN wherever it can"}
        raise PydanticCustomError("use_cudnn", "true cannot be computed on every machine", context)
    return use_cudnn


UseCudnn: TypeAlias = Annotated[Literal["auto", False], Before(anywhere)]

STATEFUL = {"stateful": "a network depends on its inputs alone: use return_state and initial_state"}


class Recurrent(Ordered):
    """What recurrent layers share: they take [batch, time, …] step by step."""

    activity_regularizer: Regularizer = doc("Penalty on the output.", None)
    return_sequences: bool = doc(
        "Whether the output has every step, [batch, time, …], or the last one.", False
    )
    return_state: bool = doc("Whether the last states are outputs too.", False)
    go_backwards: bool = doc("Whether the steps are taken, and given, from the last to the first.", False)
    unroll: bool = doc("Whether Keras writes the steps out one by one; their number must be known.", False)
    zero_output_for_mask: bool = doc("Whether a masked step gives zeros and not the output before it.", False)

    ports: ClassVar[tuple[Port, ...]] = (Port("sequences"), Port("initial_state", many=True, optional=True))
    refused: ClassVar[dict[str, str]] = {**STATEFUL, **IMPLEMENTATION}
    mask_source: ClassVar[Literal["call", "tensor"] | None] = "call"

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of the input's axes, for messages."""
        return ("batch", "time", "features")

    @property
    def state_names(self) -> tuple[str, ...]:
        """What the states are called in references."""
        raise NotImplementedError

    @property
    def output_size(self) -> int:
        """The number of features of the output."""
        raise NotImplementedError

    @property
    def parts(self) -> tuple[Part, ...]:
        """The cells that a step goes through, one after another; none where a step is no product."""
        return ()

    def step(self, inputs: TensorType) -> Step:
        """What one step of inputs [batch, …] comes to. Raises LayerError."""
        raise NotImplementedError

    @property
    def output_names(self) -> tuple[str, ...]:
        return ("output", *self.state_names) if self.return_state else ("output",)

    def infer(self, sequences: TensorType, initial_state: Sequence[TensorType] = ()) -> Signature:
        self._require_rank(sequences)
        self._require_unrollable(sequences.shape[1], sequences.masked and not initial_state)
        batch, time, *_ = sequences.shape
        step = self.step_of(sequences)
        self._require_states_fit(initial_state, step.states)
        steps = (time,) if self.return_sequences else ()
        shapes = [(*steps, *step.output), *(step.states if self.return_state else ())]
        outputs = tuple(TensorType((batch, *shape), self.policy.compute) for shape in shapes)
        return Signature(outputs, step.weights, time * step.macs, "all")

    def step_of(self, sequences: TensorType) -> Step:
        """What one step of the sequences comes to."""
        batch, _, *rest = sequences.shape
        return self.step(sequences.with_shape(batch, *rest))

    def output_mask(self, *inputs: TensorType) -> bool:
        return self.return_sequences and inputs[0].masked

    def _require_rank(self, sequences: TensorType) -> None:
        """Raises LayerError unless the input has the axes that it should."""
        wanted = len(self.axes)
        if sequences.rank == wanted:
            return
        name, axes = type(self).__name__, ", ".join(self.axes)
        message = f"{name} takes an input of rank {wanted} [{axes}], not of rank {sequences.rank}"
        few = "give the recurrent layer before it return_sequences: true, or the input a time axis"
        many = f"write TimeDistributed: {{layer: {{{name}: …}}}}, or put Reshape before it"
        raise LayerError(message, code="NN201", help=few if sequences.rank < wanted else many)

    def _require_unrollable(self, time: Size, masked: bool) -> None:
        """Raises LayerError where Keras cannot unroll the steps, or does so wrongly."""
        if not self.unroll:
            return
        if not isinstance(time, int):
            message = f"unroll needs to know the number of steps, which is {time}"
            raise LayerError(
                message, code="NN207", field="unroll", help="leave unroll out, or give that axis a number"
            )
        # Keras 3.15 lays the mask over the reversed output without reversing it.
        if masked and self.go_backwards and self.return_sequences and self.zero_output_for_mask:
            message = "unrolled and backwards, Keras masks the wrong steps where masked ones are zeros"
            raise LayerError(
                message, code="NN112", field="unroll", help="leave unroll out: the result is the same"
            )

    def _require_states_fit(
        self, initial_state: Sequence[TensorType], wanted: tuple[tuple[Size, ...], ...]
    ) -> None:
        """Raises LayerError unless there is one of the right shape for each state, or none at all."""
        if not initial_state:
            return
        count, name = len(wanted), type(self).__name__
        if len(initial_state) != count:
            message = (
                f"{name} starts from {count} state{'s' if count > 1 else ''}, not from {len(initial_state)}"
            )
            names = " and ".join(self.state_names)
            raise LayerError(message, code="NN201", help=f"give initial_state: {names}")
        for state, sizes in zip(initial_state, wanted, strict=True):
            if not _may_be(state, sizes):
                shape = ", ".join(map(str, ("batch", *sizes)))
                message = f"a state of {name} is [{shape}], not {state}"
                raise LayerError(message, code="NN203", help=f"give a state of shape [{shape}]")


def _may_be(state: TensorType, sizes: tuple[Size, ...]) -> bool:
    """Whether a state has these sizes, or may have them where its own are dynamic."""
    if len(state.features) != len(sizes):
        return False
    return all(not isinstance(a, int) or a == b for a, b in zip(state.features, sizes, strict=True))


class SimpleRNN(Units, Recurrent):
    """The state is the output: `activation(inputs · kernel + state · recurrent_kernel + bias)`."""


class CuDNN(Layer):
    """What has a kernel of its own in cuDNN."""

    use_cudnn: UseCudnn = doc("Whether Keras computes with cuDNN where it can, or never.", "auto")


class LSTM(CuDNN, LSTMUnits, Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997); gates: input, forget, cell, output."""


class GRU(CuDNN, GRUUnits, Recurrent):
    """Gated recurrent unit (Cho et al., 2014); gates: update, reset, candidate."""


# --- over cells


def parse_cell(value: Any) -> Cell | tuple[Cell, ...]:
    """What RNN holds: a cell, or a list of cells that it stacks. Raises PydanticCustomError for anything else."""
    return parse_cells(value) if isinstance(value, list | tuple) else require_cell(value)


class RNN(Recurrent):
    """Takes a cell through the steps; of a list of cells each takes what the one before it gives."""

    cell: Annotated[Any, Parsed(parse_cell)] = doc("The cell, or a list of cells to stack.")

    refused: ClassVar[dict[str, str]] = STATEFUL

    @classmethod
    def layer_fields(cls) -> list[str]:
        return ["cell"]

    @classmethod
    def layer_lists(cls) -> list[str]:
        return ["cell"]

    @property
    def one_cell(self) -> Any:
        """The cell, a list of them as the stack that Keras makes of it, in the layer's own dtype."""
        return (
            StackedRNNCells(cells=self.cell, dtype=self.dtype) if isinstance(self.cell, tuple) else self.cell
        )

    @property
    def state_names(self) -> tuple[str, ...]:
        return self.one_cell.state_names

    @property
    def output_size(self) -> int:
        return self.one_cell.output_size

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.one_cell.parts

    def step(self, inputs: TensorType) -> Step:
        try:
            step = held_step(self.one_cell, inputs, self)
            for part in self.parts:
                check_axes(part.units, 2)
        except LayerError as error:
            raise LayerError(error.message, code=error.code, field="cell", help=error.help) from None
        return step._replace(weights=prefixed(step.weights, "", self.trainable))

    def infer(self, sequences: TensorType, initial_state: Sequence[TensorType] = ()) -> Signature:
        self._require_rank(sequences)
        self._require_stackable(sequences.shape[1], sequences.masked and not initial_state)
        return super().infer(sequences, initial_state)

    def nested(self, port: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """The states of stacked cells are grouped by cell. Raises ValueError where there are not as many."""
        cell = self.one_cell
        if not values or not isinstance(cell, StackedRNNCells):
            return values
        if len(values) != len(self.state_names):
            raise ValueError(f"{len(values)} states")
        return cell.nest(iter(values))

    def nested_outputs(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        output, *states = values
        return (output, *self.nested("initial_state", tuple(states)))

    def _require_stackable(self, time: Size, masked: bool) -> None:
        """Raises LayerError for stacks that Keras 3.15 cannot run."""
        cell = self.one_cell
        if not isinstance(cell, StackedRNNCells):
            return
        if masked and not self.unroll and cell.has_stack_of_one:
            message = "Keras cannot take a mask through a stack of one cell"
            raise LayerError(
                message, code="NN112", field="cell", help="hold the cell itself, without the list"
            )
        if self.unroll and not masked and time != 1 and cell.loses_states:
            message = "unrolled, Keras confuses the states of a stack of one cell"
            raise LayerError(
                message, code="NN112", field="unroll", help="leave unroll out: the result is the same"
            )
        if self.return_state and cell.has_deep_states:
            message = "Keras cannot return several states of a cell in a stack within a stack"
            raise LayerError(
                message, code="NN112", field="return_state", help="make one list of all the cells"
            )
