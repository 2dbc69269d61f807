"""Attention of several heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from ..fields import OneOrMany, OptionalAxes, PositiveInt, Rate, Seed, many
from ..initializers import GLOROT_UNIFORM, ZEROS, EinsumKernel, Fixed, Initializer, InitializerField
from ..penalties import Constraint, Regularizer
from ..records import doc
from ..schemas import Before
from ..size import Size, product, shape_text
from ..types import Signature, TensorType, WeightSpec
from .base import Layer, LayerError, Port, known, normalize_axes, require_min_rank
from .merge import differ


@dataclass(frozen=True, slots=True)
class Projection:
    """A linear map of an input: the sizes that it takes and those that it gives, which are its bias's."""

    x: TensorType
    taken: tuple[int, ...]
    given: tuple[int, ...]


class MultiHeadAttention(Layer):
    """Attention of several heads: softmax(query · key / sqrt(key_dim)) · value for each, projected together.

    Source: Vaswani et al., "Attention Is All You Need", 2017. Masks that come with query, value and key leave
    padding out; `attention_mask` says for each position of the query which of the value's it sees.
    """

    num_heads: PositiveInt = doc("Number of heads.")
    key_dim: PositiveInt = doc("Size of a head's queries and keys.")
    value_dim: PositiveInt | None = doc("Size of a head's values; by default key_dim.", None)
    dropout: Rate = doc("Part of the attention that training sets to 0.", 0.0)
    use_bias: bool = doc("Whether the projections have biases.", True)
    output_shape: Annotated[tuple[PositiveInt, ...] | None, Before(many), OneOrMany] = doc(
        "Shape of what each position gives; by default the size of the query's last axis.", None
    )
    attention_axes: OptionalAxes = doc(
        "Axes that are attended to; by default all between batch and features.", None
    )
    sliding_window: PositiveInt | None = doc("A position sees others nearer than this; by default all.", None)
    flash_attention: bool | None = doc("Whether a fused kernel is asked for.", None)
    kernel_initializer: InitializerField = doc("How the kernels begin.", GLOROT_UNIFORM)
    bias_initializer: InitializerField = doc("How the biases begin.", ZEROS)
    kernel_regularizer: Regularizer = doc("Penalty on the kernels.", None)
    bias_regularizer: Regularizer = doc("Penalty on the biases.", None)
    activity_regularizer: Regularizer = doc("Penalty on the output.", None)
    kernel_constraint: Constraint = doc("Projection of the kernels after each step.", None)
    bias_constraint: Constraint = doc("Projection of the biases after each step.", None)
    use_gate: bool = doc("Whether a sigmoid of the query gates what the heads give.", False)
    seed: Seed = doc("Seed of the dropout.", None)
    return_attention_scores: bool = doc("Whether the softmax is a second output, `scores`.", False)
    use_causal_mask: bool = doc("Whether a position sees only those up to its own.", False)

    ports: ClassVar[tuple[Port, ...]] = (
        *(Port("query"), Port("value")),
        *(Port("key", optional=True), Port("attention_mask", optional=True)),
    )
    passes_mask: ClassVar[bool] = True
    mask_source: ClassVar[Literal["call", "tensor"] | None] = "tensor"
    takes_masks_off: ClassVar[bool] = True

    @property
    def output_names(self) -> tuple[str, ...]:
        return ("output", "scores") if self.return_attention_scores else ("output",)

    @property
    def head_value_dim(self) -> int:
        return self.value_dim or self.key_dim

    @property
    def fused(self) -> bool:
        """Whether Keras leaves the work to one function, for inputs of rank 3: a position that sees nothing
        then gets the mean of all values, and zeros otherwise."""
        return self.dropout == 0 and not self.return_attention_scores

    def settles(self, ranks: tuple[int, ...]) -> object:
        return ranks[:2]

    def infer(
        self,
        query: TensorType,
        value: TensorType,
        key: TensorType | None = None,
        attention_mask: TensorType | None = None,
    ) -> Signature:
        key = key or value
        axes = self.attended_axes(query)
        self._require_fit(query, value, key, axes)
        self._require_flash_fits()
        self._require_masks_fit([query, value, key], axes)
        if attention_mask is not None:
            self._require_mask_fits(attention_mask, query, value, axes)
        features = self.output_shape or (known(query.shape[-1], "the last axis of the query"),)
        output = TensorType((*query.shape[:-1], *features), self.policy.compute)
        outputs = (output, self.scores(query, value, axes)) if self.return_attention_scores else (output,)
        projections = self.projections(query, value, key, features)
        if self.use_bias:
            self._require_biases_fit(projections)
        weights = tuple(w for name, p in projections.items() for w in self.weights_of(name, p))
        return Signature(outputs, weights, self.macs(query, value, key, axes, features), reach="all")

    def attended_axes(self, query: TensorType) -> tuple[int, ...]:
        """The attended axes, from 0. Raises LayerError for the batch and the features."""
        require_min_rank(query, 3, "MultiHeadAttention")
        inner = tuple(range(1, query.rank - 1))
        if self.attention_axes is None:
            return inner
        axes = normalize_axes(self.attention_axes, query.rank, "attention_axes")
        outside = next((axis for axis in axes if axis not in inner), None)
        if outside is not None:
            message = f"axis {outside} is the {'features' if outside else 'batch'}, and cannot be attended to"
            help = f"choose from {', '.join(map(str, inner))}"
            raise LayerError(message, code="NN201", field="attention_axes", help=help)
        return axes

    def scores(self, query: TensorType, value: TensorType, axes: tuple[int, ...]) -> TensorType:
        """The softmax: axes that are not attended to, heads, the query's attended axes, the value's."""
        rest = [size for axis, size in enumerate(query.shape[:-1]) if axis not in axes]
        attended = [t.shape[axis] for t in (query, value) for axis in axes]
        return TensorType((*rest, self.num_heads, *attended), self.policy.compute)

    def projections(
        self, query: TensorType, value: TensorType, key: TensorType, features: tuple[int, ...]
    ) -> dict[str, Projection]:
        """Each projection in the order of Keras's weights: features to heads, and these to the output."""
        keys, values = (self.num_heads, self.key_dim), (self.num_heads, self.head_value_dim)
        asked = known(query.shape[-1], "the last axis of the query")
        return {
            "query": Projection(query, (asked,), keys),
            "key": Projection(key, (known(key.shape[-1], "the last axis of the key"),), keys),
            **({"gate": Projection(query, (asked,), values)} if self.use_gate else {}),
            "value": Projection(value, (known(value.shape[-1], "the last axis of the value"),), values),
            "attention_output": Projection(query, values, features),
        }

    def weights_of(self, name: str, projection: Projection) -> list[WeightSpec]:
        shape = (*projection.taken, *projection.given)
        kernel = self.weight(f"{name}/kernel", shape, self._begun(len(projection.taken), len(shape)))
        bias = self.weight(f"{name}/bias", projection.given, self.bias_initializer)
        return [kernel, bias] if self.use_bias else [kernel]

    def _begun(self, taken: int, rank: int) -> Initializer:
        """How a kernel begins: Keras counts its fans by the axes that it takes and gives."""
        given = self.kernel_initializer
        if isinstance(given, Fixed):
            return given
        return EinsumKernel(given, tuple(range(taken)), tuple(range(taken, rank)))

    def macs(
        self,
        query: TensorType,
        value: TensorType,
        key: TensorType,
        axes: tuple[int, ...],
        features: tuple[int, ...],
    ) -> Size:
        """Those of the projections and of the two products, for one sample."""
        targets, sources = product(query.shape[1:-1]), product(value.shape[1:-1])
        seen = product(value.shape[axis] for axis in axes)
        sizes, heads = self.head_value_dim, self.num_heads
        gated = sizes if self.use_gate else 0
        ours = (
            query.shape[-1] * (self.key_dim + gated)
            + sizes * product(features)
            + seen * (self.key_dim + sizes)
        )
        theirs = key.shape[-1] * self.key_dim + value.shape[-1] * sizes
        return (ours * targets + theirs * sources) * heads

    def output_mask(self, *inputs: TensorType) -> bool:
        return inputs[0].masked

    def _require_fit(
        self, query: TensorType, value: TensorType, key: TensorType, axes: tuple[int, ...]
    ) -> None:
        if not query.rank == value.rank == key.rank:
            message = f"query {query}, value {value} and key {key} have different numbers of axes"
            raise LayerError(message, code="NN203", help="give them the same number, with Reshape")
        for axis in range(1, query.rank - 1):
            if (example := differ(value.shape[axis], key.shape[axis])) is not None:
                message = f"value {value} and key {key} differ on axis {axis}{example}"
                raise LayerError(
                    message, code="NN203", help="each key belongs to one value: take both from one sequence"
                )
            if axis not in axes and (example := differ(query.shape[axis], value.shape[axis])) is not None:
                message = f"query {query} and value {value} differ on axis {axis}, not attended to{example}"
                raise LayerError(
                    message, code="NN203", help="make the axis equal, or name it in attention_axes"
                )

    def _require_biases_fit(self, projections: dict[str, Projection]) -> None:
        """Raises LayerError where Keras takes a bias of one row, turned by its axis of size 1, for one along
        axis 1: its `add` does wherever that axis has as many positions as the bias has numbers."""
        for name, projection in projections.items():
            sizes = [size for size in projection.given if size > 1]
            if projection.given[-1] == 1 and sizes == [projection.x.shape[1]]:
                message = (
                    f"Keras would add the bias of {name} along axis 1, which has {sizes[0]} positions too"
                )
                help = "write use_bias: false, or choose a size above 1 for what the bias has last"
                raise LayerError(message, code="NN402", field="use_bias", help=help)

    def _require_flash_fits(self) -> None:
        if self.flash_attention:
            message = "Keras has no flash attention on TensorFlow"
            help = "leave flash_attention out: the result is the same"
            raise LayerError(message, code="NN112", field="flash_attention", help=help)

    def _require_masks_fit(self, inputs: list[TensorType], axes: tuple[int, ...]) -> None:
        """Raises LayerError for masks by position where not the first axis alone is attended to: Keras makes
        them of that axis, and they do not fit the scores."""
        if any(t.masked for t in inputs) and inputs[0].rank > 3:
            message = "masks come with inputs of rank 3 only"
            raise LayerError(message, code="NN203", help="give attention_mask, or leave mask_zero out")
        field = next((f for f in ("use_causal_mask", "sliding_window") if getattr(self, f)), None)
        if field and axes != (1,):
            message = f"{field} works along axis 1, and axes {list(axes)} are attended to"
            raise LayerError(message, code="NN203", field=field, help="write attention_axes: 1")

    def _require_mask_fits(
        self, mask: TensorType, query: TensorType, value: TensorType, axes: tuple[int, ...]
    ) -> None:
        """Raises LayerError unless the mask is [batch, attended axes of the query, those of the value].

        Where one axis is attended to, 1 stands for all; where the inputs have rank 3 and no masks, there may
        be a second axis for the heads.
        """
        attended = [t.shape[axis] for t in (query, value) for axis in axes]
        by_head = query.rank == 3 and mask.rank == 4 and not (query.masked or value.masked)
        wanted = [*([self.num_heads] if by_head else []), *attended]
        ones = len(axes) == 1
        fits = len(wanted) == mask.rank - 1 and all(
            (ones and size == 1) or differ(size, want) is None
            for size, want in zip(mask.features, wanted, strict=True)
        )
        if not fits:
            shown = shape_text((mask.batch, *attended))
            message = f"attention_mask {mask} does not fit the attention, which is {shown}"
            raise LayerError(
                message, code="NN203", help=f"give a mask of shape {shown}" + (", or with ones in it" * ones)
            )
