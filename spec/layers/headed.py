"""What layers of attention with several heads share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ..fields import PositiveInt, Rate, Seed
from ..initializers import GLOROT_UNIFORM, ZEROS, EinsumKernel, Fixed, Initializer, InitializerField
from ..penalties import Constraint, Regularizer
from ..records import doc
from ..size import Size, product, shape_text
from ..types import Signature, TensorType, WeightSpec
from .base import Layer, LayerError, Port, known
from .merge import differ

# The ports of masks by position, in the order of the inputs that they are for.
MASKS = ("query_mask", "value_mask", "key_mask")


@dataclass(frozen=True, slots=True)
class Projection:
    """A linear map of an input: the sizes that it takes and those that it gives, which are its bias's."""

    x: TensorType
    taken: tuple[int, ...]
    given: tuple[int, ...]


class Headed(Layer):
    """Attention of several heads: softmax(query · key / sqrt(size of a key)) · value for each, projected together.

    Masks that come with query, value and key leave padding out, or masks that are inputs in their place;
    `attention_mask` says for each position of the query which of the value's it sees.
    """

    dropout: Rate = doc("Part of the attention that training sets to 0.", 0.0)
    use_bias: bool = doc("Whether the projections have biases.", True)
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

    passes_mask: ClassVar[bool] = True
    makes_layers: ClassVar[bool] = True

    @property
    def heads(self) -> int:
        """The number of heads of the query, and so of the output."""
        raise NotImplementedError

    @property
    def shared_heads(self) -> int:
        """The number of heads of key and value, each of which serves as many of the query's."""
        raise NotImplementedError

    @property
    def key_size(self) -> int:
        """The size of a head's queries and keys."""
        raise NotImplementedError

    @property
    def value_size(self) -> int:
        """The size of a head's values."""
        raise NotImplementedError

    @property
    def output_names(self) -> tuple[str, ...]:
        return ("output", "scores") if self.return_attention_scores else ("output",)

    @property
    def fused(self) -> bool:
        """Whether Keras leaves the work to one function, for inputs of rank 3: a position that sees nothing
        then gets the mean of all values, and zeros otherwise."""
        return self.dropout == 0 and not self.return_attention_scores

    def settles(self, ranks: tuple[int, ...]) -> object:
        return ranks[:2]

    def attended_axes(self, query: TensorType) -> tuple[int, ...]:
        """The attended axes, from 0. Raises LayerError for a query that has none."""
        raise NotImplementedError

    def features(self, query: TensorType) -> tuple[int, ...]:
        """The shape of what each position gives."""
        return (known(query.shape[-1], "the last axis of the query"),)

    def infer(
        self,
        query: TensorType,
        value: TensorType,
        key: TensorType | None = None,
        attention_mask: TensorType | None = None,
        **masks: TensorType,
    ) -> Signature:
        """`masks` are those of query, value and key by their ports, which take the place of the tensors' own."""
        key = key or value
        axes = self.attended_axes(query)
        self._require_fit(query, value, key, axes)
        self._require_flash_fits()
        self._require_masks_fit([query, value, key], masks, axes)
        if attention_mask is not None:
            alone = not (masks or query.masked or value.masked or key.masked)
            self._require_mask_fits(attention_mask, query, value, axes, by_head=alone)
        features = self.features(query)
        output = TensorType((*query.shape[:-1], *features), self.policy.compute)
        outputs = (output, self.scores(query, value, axes)) if self.return_attention_scores else (output,)
        projections = self.projections(query, value, key)
        self._require_biases_fit(projections)
        weights = tuple(w for name, p in projections.items() for w in self.weights_of(name, p))
        return Signature(outputs, weights, self.macs(query, value, key, axes, features), reach="all")

    def scores(self, query: TensorType, value: TensorType, axes: tuple[int, ...]) -> TensorType:
        """The softmax: axes that are not attended to, heads, the query's attended axes, the value's."""
        rest = [size for axis, size in enumerate(query.shape[:-1]) if axis not in axes]
        attended = [t.shape[axis] for t in (query, value) for axis in axes]
        return TensorType((*rest, self.heads, *attended), self.policy.compute)

    def projections(self, query: TensorType, value: TensorType, key: TensorType) -> dict[str, Projection]:
        """Each projection in the order of Keras's weights: features to heads, and these to the output."""
        gates = (self.heads, self.value_size)
        asked = known(query.shape[-1], "the last axis of the query")
        told = known(key.shape[-1], "the last axis of the key")
        given = known(value.shape[-1], "the last axis of the value")
        return {
            "query": Projection(query, (asked,), (self.heads, self.key_size)),
            "key": Projection(key, (told,), (self.shared_heads, self.key_size)),
            **({"gate": Projection(query, (asked,), gates)} if self.use_gate else {}),
            "value": Projection(value, (given,), (self.shared_heads, self.value_size)),
            "attention_output": Projection(query, gates, self.features(query)),
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
        gated = self.value_size if self.use_gate else 0
        ours = (
            query.shape[-1] * (self.key_size + gated)
            + self.value_size * product(features)
            + seen * (self.key_size + self.value_size)
        )
        theirs = key.shape[-1] * self.key_size + value.shape[-1] * self.value_size
        return ours * targets * self.heads + theirs * sources * self.shared_heads

    def output_mask(self, *inputs: TensorType) -> bool:
        return inputs[0].masked

    def mistaken_biases(self, projections: dict[str, Projection]) -> Iterator[tuple[str, Size, int]]:
        """Projections with a number of positions that must not be that of their bias's numbers: Keras's `add` takes a
        bias of one row, turned by its axis of size 1, for one along axis 1 wherever that has as many positions."""
        for name, projection in projections.items() if self.use_bias else ():
            sizes = [size for size in projection.given if size > 1]
            if projection.given[-1] == 1 and len(sizes) == 1:
                yield name, projection.x.shape[1], sizes[0]

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
        for name, positions, numbers in self.mistaken_biases(projections):
            if positions == numbers:
                message = (
                    f"Keras would add the bias of {name} along axis 1, which has {numbers} positions too"
                )
                help = "write use_bias: false, or choose a size above 1 for what the bias has last"
                raise LayerError(message, code="NN402", field="use_bias", help=help)

    def _require_flash_fits(self) -> None:
        if self.flash_attention:
            message = "Keras has no flash attention on TensorFlow"
            help = "leave flash_attention out: the result is the same"
            raise LayerError(message, code="NN112", field="flash_attention", help=help)

    def _require_masks_fit(
        self, inputs: list[TensorType], masks: dict[str, TensorType], axes: tuple[int, ...]
    ) -> None:
        """Raises LayerError for masks by position where not the first axis alone is attended to: Keras makes
        them of that axis, and they do not fit the scores."""
        if (masks or any(t.masked for t in inputs)) and inputs[0].rank > 3:
            message = "masks come with inputs of rank 3 only"
            raise LayerError(message, code="NN203", help="give attention_mask, or leave mask_zero out")
        for port, mask in masks.items():
            wanted = inputs[MASKS.index(port)].shape[:-1]
            if mask.rank != 2 or differ(mask.shape[1], wanted[1]) is not None:
                message = (
                    f"{port} {mask} does not fit the {port[:-5]}, which has positions {shape_text(wanted)}"
                )
                raise LayerError(message, code="NN203", help="give a number for each position")
        field = next((f for f in ("use_causal_mask", "sliding_window") if getattr(self, f)), None)
        if field and axes != (1,):
            message = f"{field} works along axis 1, and axes {list(axes)} are attended to"
            raise LayerError(message, code="NN203", field=field, help="write attention_axes: 1")

    def _require_mask_fits(
        self,
        mask: TensorType,
        query: TensorType,
        value: TensorType,
        axes: tuple[int, ...],
        *,
        by_head: bool,
    ) -> None:
        """Raises LayerError unless the mask is [batch, attended axes of the query, those of the value].

        Where one axis is attended to, 1 stands for all; where the inputs have rank 3 and there are no masks by
        position, there may be a second axis for the heads.
        """
        attended = [t.shape[axis] for t in (query, value) for axis in axes]
        heads = [self.heads] if by_head and query.rank == 3 and mask.rank == 4 else []
        wanted = [*heads, *attended]
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


def ports_with(*masks: str) -> tuple[Port, ...]:
    """Query and value, perhaps a key, and the masks by these names and for each position of the query."""
    optional = ("key", *masks, "attention_mask")
    return (Port("query"), Port("value"), *(Port(name, optional=True) for name in optional))
