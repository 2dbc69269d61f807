"""Dense, Embedding, Masking, and layers that only pass or name what they are given."""

from __future__ import annotations

from typing import ClassVar

from ..activations import LINEAR, Activation
from ..fields import Float, PositiveFloat, PositiveInt
from ..initializers import GLOROT_UNIFORM, UNIFORM, ZEROS, InitializerField
from ..penalties import Constraint, Regularizer
from ..promotion import result_type
from ..records import doc
from ..types import FloatName, Signature, TensorType, WeightSpec
from .base import Layer, LayerError, Port, known, require_float, require_min_rank

FINE_TUNING = {
    "lora_rank": "adapters belong to fine-tuning: call enable_lora() on the built layer",
    "lora_alpha": "adapters belong to fine-tuning: call enable_lora() on the built layer",
    "quantization_config": "quantization belongs to deployment: call quantize() on the built model",
}


class Dense(Layer):
    """Fully connected layer over the last axis: `activation(inputs · kernel + bias)`."""

    units: PositiveInt = doc("Size of the output's last axis.")
    activation: Activation = doc("Applied to the output.", LINEAR)
    use_bias: bool = doc("Whether a bias is added.", True)
    kernel_initializer: InitializerField = doc("How the kernel begins.", GLOROT_UNIFORM)
    bias_initializer: InitializerField = doc("How the bias begins.", ZEROS)
    kernel_regularizer: Regularizer = doc("Penalty on the kernel.", None)
    bias_regularizer: Regularizer = doc("Penalty on the bias.", None)
    activity_regularizer: Regularizer = doc("Penalty on the output.", None)
    kernel_constraint: Constraint = doc("Projection of the kernel after each step.", None)
    bias_constraint: Constraint = doc("Projection of the bias after each step.", None)

    passes_mask: ClassVar[bool] = True
    stepwise: ClassVar[bool] = True
    refused: ClassVar[dict[str, str]] = FINE_TUNING

    def infer(self, inputs: TensorType) -> Signature:
        require_min_rank(inputs, 2, "Dense")
        features = known(inputs.shape[-1], "the last axis of the input")
        output = TensorType((*inputs.shape[:-1], self.units), self.policy.compute)
        weights = [self.weight("kernel", (features, self.units), self.kernel_initializer)]
        if self.use_bias:
            weights.append(self.weight("bias", (self.units,), self.bias_initializer))
        return Signature((output,), tuple(weights), output.size_per_sample * features)


class Identity(Layer):
    """Gives its input unchanged."""

    passes_mask: ClassVar[bool] = True
    stepwise: ClassVar[bool] = True

    def infer(self, inputs: TensorType) -> Signature:
        return Signature((inputs,))


class Embedding(Layer):
    """Turns whole numbers from 0 to `input_dim - 1` into vectors."""

    input_dim: PositiveInt = doc("Size of the vocabulary.")
    output_dim: PositiveInt = doc("Size of a vector.")
    embeddings_initializer: InitializerField = doc("How the vectors begin.", UNIFORM)
    embeddings_regularizer: Regularizer = doc("Penalty on the vectors.", None)
    embeddings_constraint: Constraint = doc("Projection of the vectors after each step.", None)
    mask_zero: bool = doc("Whether the number 0 is padding, which layers that know masks leave out.", False)

    autocast: ClassVar[bool] = False
    refused: ClassVar[dict[str, str]] = {
        **FINE_TUNING,
        "weights": "values are fixed with embeddings_initializer: {file: table.npy}",
    }

    def infer(self, inputs: TensorType) -> Signature:
        output = TensorType((*inputs.shape, self.output_dim), self.policy.compute)
        table = self.weight("embeddings", (self.input_dim, self.output_dim), self.embeddings_initializer)
        return Signature((output,), (table,))

    def output_mask(self, *inputs: TensorType) -> bool:
        return self.mask_zero


class ReversibleEmbedding(Embedding):
    """Turns whole numbers into vectors, and vectors into a score for each number where it is applied in reverse.

    Source: Press and Wolf, "Using the Output Embedding to Improve Language Models", 2017. Vectors go into the port
    `reverse`: `reuse: tokens` with `from: {reverse: hidden}`.
    """

    tie_weights: bool = doc("Whether both directions have one table.", True)
    reverse_dtype: FloatName | None = doc("The dtype of the scores; by default that of the vectors.", None)
    logit_soft_cap: PositiveFloat | None = doc(
        "A bound that the scores come near to: cap · tanh(x / cap).", None
    )

    ports: ClassVar[tuple[Port, ...]] = (
        Port("inputs", optional=True),
        Port("reverse", optional=True, flag=True),
    )
    declares_mask: ClassVar[bool] = False
    leading: ClassVar[tuple[str, ...]] = ("input_dim", "output_dim", "tie_weights")

    def infer(self, inputs: TensorType | None = None, reverse: TensorType | None = None) -> Signature:
        if inputs is not None and reverse is None:
            return self._vectors(inputs)
        if reverse is not None and inputs is None:
            return self._scores(reverse)
        message = "ReversibleEmbedding is applied one way at a time, to inputs or to reverse"
        raise LayerError(message, code="NN201", help="apply it again: reuse: …, with from: {reverse: …}")

    def _vectors(self, inputs: TensorType) -> Signature:
        signature = super().infer(inputs)
        return signature._replace(weights=(*signature.weights, *self._reverse_table()))

    def _reverse_table(self) -> tuple[WeightSpec, ...]:
        if self.tie_weights:
            return ()
        shape = (self.output_dim, self.input_dim)
        return (self.weight("reverse_embeddings", shape, self.embeddings_initializer),)

    def _scores(self, vectors: TensorType) -> Signature:
        require_min_rank(vectors, 2, "ReversibleEmbedding")
        features = known(vectors.shape[-1], "the last axis of the input")
        if features != self.output_dim:
            message = f"its vectors have the size {self.output_dim}, and those to reverse {features}"
            raise LayerError(message, code="NN203", help=f"put a Dense: {self.output_dim} before it")
        output = TensorType((*vectors.shape[:-1], self.input_dim), self.scores_in(vectors.dtype))
        table = self.weight("embeddings", (self.input_dim, self.output_dim), self.embeddings_initializer)
        weights = (table, *self._reverse_table())
        return Signature((output,), weights, output.size_per_sample * features)

    def scores_in(self, dtype: str) -> str:
        """The dtype of the scores of vectors of this one: the table is cast to the layer's, the vectors are not."""
        return self.reverse_dtype or result_type((dtype, self.policy.compute))

    def output_mask(self, *inputs: TensorType) -> bool:
        return self.mask_zero and bool(inputs)


class Masking(Layer):
    """Masks the steps whose features all are `mask_value`, and makes these features zeros."""

    mask_value: Float = doc("What all features of a masked step are.", 0.0)

    def infer(self, inputs: TensorType) -> Signature:
        # Of whole numbers Keras makes whole numbers, and declares floats.
        require_float(inputs, "Masking")
        require_min_rank(inputs, 2, "Masking")
        return Signature((inputs,))

    def output_mask(self, *inputs: TensorType) -> bool:
        return True
