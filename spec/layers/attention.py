"""MultiHeadAttention, and GroupQueryAttention, in which heads share their keys and values."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from ..fields import OneOrMany, OptionalAxes, PositiveInt, many
from ..problems import Problem, problem
from ..records import doc
from ..schemas import Before
from ..types import TensorType
from .base import LayerError, Port, normalize_axes, require_min_rank, require_rank
from .headed import Headed, Projection, ports_with
from .merge import differ


class MultiHeadAttention(Headed):
    """Attention of several heads: softmax(query · key / sqrt(key_dim)) · value for each, projected together.

    Source: Vaswani et al., "Attention Is All You Need", 2017. Masks that come with query, value and key leave
    padding out; `attention_mask` says for each position of the query which of the value's it sees.
    """

    num_heads: PositiveInt = doc("Number of heads.")
    key_dim: PositiveInt = doc("Size of a head's queries and keys.")
    value_dim: PositiveInt | None = doc("Size of a head's values; by default key_dim.", None)
    output_shape: Annotated[tuple[PositiveInt, ...] | None, Before(many), OneOrMany] = doc(
        "Shape of what each position gives; by default the size of the query's last axis.", None
    )
    attention_axes: OptionalAxes = doc(
        "Axes that are attended to; by default all between batch and features.", None
    )

    # A query_mask is of no account to Keras: it reads the one that the query bears.
    ports: ClassVar[tuple[Port, ...]] = ports_with("value_mask", "key_mask")
    mask_source: ClassVar[Literal["call", "tensor"] | None] = "tensor"
    takes_masks_off: ClassVar[bool] = True
    leading: ClassVar[tuple[str, ...]] = (
        *("num_heads", "key_dim", "value_dim", "dropout", "use_bias", "output_shape", "attention_axes"),
    )

    @property
    def heads(self) -> int:
        return self.num_heads

    @property
    def shared_heads(self) -> int:
        return self.num_heads

    @property
    def key_size(self) -> int:
        return self.key_dim

    @property
    def value_size(self) -> int:
        return self.value_dim or self.key_dim

    def features(self, query: TensorType) -> tuple[int, ...]:
        return self.output_shape or super().features(query)

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


class GroupQueryAttention(Headed):
    """Attention of several heads in groups, each of which shares its keys and values.

    Source: Ainslie et al., "GQA: Training Generalized Multi-Query Transformer Models from Multi-Head Checkpoints",
    2023. With one head of keys and values it is multi-query attention. Query and value have the same features.
    """

    head_dim: PositiveInt = doc("Size of a head's queries, keys and values.")
    num_query_heads: PositiveInt = doc("Number of heads.")
    num_key_value_heads: PositiveInt = doc("Number of heads of keys and values, a divisor of the other.")

    ports: ClassVar[tuple[Port, ...]] = ports_with("query_mask", "value_mask", "key_mask")
    mask_source: ClassVar[Literal["call", "tensor"] | None] = "call"
    masks_by_port: ClassVar[bool] = True
    leading: ClassVar[tuple[str, ...]] = ("head_dim", "num_query_heads", "num_key_value_heads")

    def problems(self) -> list[Problem]:
        if self.num_query_heads % self.num_key_value_heads == 0:
            return []
        message = f"{self.num_query_heads} heads cannot share {self.num_key_value_heads} evenly"
        context = {"code": "NN206", "help": f"choose a divisor of {self.num_query_heads}"}
        return [problem("heads", "num_key_value_heads", message, context)]

    @property
    def heads(self) -> int:
        return self.num_query_heads

    @property
    def shared_heads(self) -> int:
        return self.num_key_value_heads

    @property
    def key_size(self) -> int:
        return self.head_dim

    @property
    def value_size(self) -> int:
        return self.head_dim

    def attended_axes(self, query: TensorType) -> tuple[int, ...]:
        require_rank(query, 3, "GroupQueryAttention", "batch, positions, features")
        return (1,)

    def projections(self, query: TensorType, value: TensorType, key: TensorType) -> dict[str, Projection]:
        if (example := differ(query.shape[-1], value.shape[-1])) is not None:
            ours, theirs = query.shape[-1], value.shape[-1]
            message = f"query and value have {ours} and {theirs} features, and must have as many{example}"
            raise LayerError(message, code="NN203", help="put a Dense before one of them")
        return super().projections(query, value, key)
