"""SimpleRNN, LSTM and GRU: layers that carry a state from step to step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

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
from ..schemas import Before
from ..size import Size, product
from ..types import Signature, TensorType, WeightSpec
from .base import Layer, LayerError, Port, known


def anywhere(use_cudnn: Any) -> Any:
    """Raises PydanticCustomError for true, with which Keras fails on a machine without cuDNN."""
    if use_cudnn is True:
        context = {"code": "NN112", "help": "write use_cudnn: auto, which takes cuDNN wherever it can"}
        raise PydanticCustomError("use_cudnn", "true cannot be computed on every machine", context)
    return use_cudnn


UseCudnn: TypeAlias = Annotated[Literal["auto", False], Before(anywhere)]


class Recurrent(Layer):
    """What SimpleRNN, LSTM and GRU share: they take [batch, time, features], step by step."""

    units: PositiveInt = doc("Size of the output's last axis and of each state.")
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
    activity_regularizer: Regularizer = doc("Penalty on the output.", None)
    kernel_constraint: Constraint = doc("Projection of the kernel after each step.", None)
    recurrent_constraint: Constraint = doc("Projection of the recurrent kernel after each step.", None)
    bias_constraint: Constraint = doc("Projection of the bias after each step.", None)
    dropout: Rate = doc("Fraction of the inputs left out in training.", 0.0)
    recurrent_dropout: Rate = doc("Fraction of the state left out in training.", 0.0)
    seed: Seed = doc("Seed of what is left out.", None)
    return_sequences: bool = doc(
        "Whether the output has every step, [batch, time, units], or the last one.", False
    )
    return_state: bool = doc("Whether the last states are outputs too.", False)
    go_backwards: bool = doc("Whether the steps are taken, and given, from the last to the first.", False)
    unroll: bool = doc("Whether Keras writes the steps out one by one; their number must be known.", False)
    zero_output_for_mask: bool = doc("Whether a masked step gives zeros and not the output before it.", False)

    ports: ClassVar[tuple[Port, ...]] = (Port("sequences"), Port("initial_state", many=True, optional=True))
    refused: ClassVar[dict[str, str]] = {
        "stateful": "a network depends on its inputs alone: use return_state and initial_state",
        "implementation": "it changes how Keras computes and not what: leave it out",
    }
    mask_source: ClassVar[Literal["call", "tensor"] | None] = "call"
    activation_rank: ClassVar[int | None] = 2
    # The outputs of return_state, and how many blocks of `units` the weights have side by side.
    states: ClassVar[tuple[str, ...]] = ("state",)
    gates: ClassVar[int] = 1

    @property
    def output_names(self) -> tuple[str, ...]:
        return ("output", *self.states) if self.return_state else ("output",)

    @property
    def bias_shape(self) -> tuple[int, ...]:
        return (self.gates * self.units,)

    @property
    def first_bias(self) -> Initializer:
        return self.bias_initializer

    def infer(self, sequences: TensorType, initial_state: Sequence[TensorType] = ()) -> Signature:
        self._require_rank(sequences)
        features = known(sequences.shape[-1], "the last axis of the input")
        self._require_unrollable(sequences.shape[1], sequences.masked and not initial_state)
        self._require_states_fit(initial_state)
        batch, time, _ = sequences.shape
        state = TensorType((batch, self.units), self.policy.compute)
        output = state.with_shape(batch, time, self.units) if self.return_sequences else state
        states = (state,) * len(self.states) if self.return_state else ()
        weights = self.weights(features)
        macs = product(weights[0].shape) + product(weights[1].shape)
        return Signature((output, *states), weights, time * macs, "all")

    def weights(self, features: int) -> tuple[WeightSpec, ...]:
        width = self.gates * self.units
        kernel = self.weight("kernel", (features, width), self.kernel_initializer)
        recurrent = self.weight("recurrent_kernel", (self.units, width), self.recurrent_initializer)
        bias = (self.weight("bias", self.bias_shape, self.first_bias),) if self.use_bias else ()
        return (kernel, recurrent, *bias)

    def output_mask(self, *inputs: TensorType) -> bool:
        return self.return_sequences and inputs[0].masked

    def _require_rank(self, sequences: TensorType) -> None:
        """Raises LayerError unless the input is [batch, time, features]."""
        if sequences.rank == 3:
            return
        name = type(self).__name__
        message = f"{name} takes an input of rank 3 [batch, time, features], not of rank {sequences.rank}"
        few = "give the recurrent layer before it return_sequences: true, or the input a time axis"
        many = f"write TimeDistributed: {{layer: {{{name}: …}}}}, or put Reshape before it"
        raise LayerError(message, code="NN201", help=few if sequences.rank < 3 else many)

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

    def _require_states_fit(self, initial_state: Sequence[TensorType]) -> None:
        """Raises LayerError unless there is one [batch, units] for each state, or none at all."""
        if not initial_state:
            return
        count, name = len(self.states), type(self).__name__
        if len(initial_state) != count:
            message = (
                f"{name} starts from {count} state{'s' if count > 1 else ''}, not from {len(initial_state)}"
            )
            raise LayerError(message, code="NN201", help=f"give initial_state: {' and '.join(self.states)}")
        for state in initial_state:
            size = state.shape[-1]
            if state.rank != 2 or (isinstance(size, int) and size != self.units):
                message = f"a state of {name} is [batch, {self.units}], not {state}"
                raise LayerError(message, code="NN203", help=f"give states of {self.units} units")


class SimpleRNN(Recurrent):
    """The state is the output: `activation(inputs · kernel + state · recurrent_kernel + bias)`."""


class Gated(Recurrent):
    """What LSTM and GRU share beyond: gates, and a kernel of their own in cuDNN."""

    recurrent_activation: Activation = doc("Applied to the gates.", SIGMOID)
    use_cudnn: UseCudnn = doc("Whether Keras computes with cuDNN where it can, or never.", "auto")

    leading: ClassVar[tuple[str, ...]] = ("units", "activation", "recurrent_activation")


class LSTM(Gated):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997); gates: input, forget, cell, output."""

    unit_forget_bias: bool = doc(
        "Whether the forget gate's bias begins with 1; a fixed bias is taken as it is.", True
    )

    states: ClassVar[tuple[str, ...]] = ("state_h", "state_c")
    gates: ClassVar[int] = 4

    @property
    def first_bias(self) -> Initializer:
        plain = self.bias_initializer
        return UnitForgetBias(plain) if self.unit_forget_bias and not isinstance(plain, Fixed) else plain


class GRU(Gated):
    """Gated recurrent unit (Cho et al., 2014); gates: update, reset, candidate."""

    reset_after: bool = doc(
        "Whether the reset gate acts after the recurrent kernel, as in cuDNN, or before.", True
    )

    gates: ClassVar[int] = 3

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """With `reset_after` one bias for the inputs and one for the state."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)
