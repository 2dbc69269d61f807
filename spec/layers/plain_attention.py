"""Attention without heads and projections: Attention and AdditiveAttention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from ..fields import Rate, Seed
from ..initializers import GLOROT_UNIFORM, ONES
from ..records import doc
from ..size import Size, product, shape_text
from ..types import Signature, TensorType, WeightSpec
from .base import Layer, LayerError, Port, known, require_float, require_min_rank
from .merge import differ


class PlainAttention(Layer):
    """What Attention and AdditiveAttention share: softmax(scores of query and key) · value.

    The inputs are query and value, and a key if that is not the value. Masks that come with query and value leave
    padding out: the query's positions give zeros, the value's do not count.
    """

    dropout: Rate = doc("Part of the attention that training sets to 0.", 0.0)
    seed: Seed = doc("Seed of the dropout.", None)
    return_attention_scores: bool = doc("Whether the softmax is a second output, `scores`.", False)
    use_causal_mask: bool = doc("Whether a position sees only those up to its own.", False)

    ports: ClassVar[tuple[Port, ...]] = (Port("inputs", many=True), Port("mask", many=True, optional=True))
    passes_mask: ClassVar[bool] = True
    mask_source: ClassVar[Literal["call", "tensor"] | None] = "call"

    @property
    def output_names(self) -> tuple[str, ...]:
        return ("output", "scores") if self.return_attention_scores else ("output",)

    def infer(self, inputs: Sequence[TensorType], mask: Sequence[TensorType] = ()) -> Signature:
        query, value, key = self.parts(inputs)
        self._require_fit(query, value, key)
        self._require_features_fit(query, key)
        self._require_masks_fit(inputs, mask)
        scores = TensorType((*query.shape[:-1], key.shape[-2]), self.policy.compute)
        output = TensorType((*query.shape[:-1], value.shape[-1]), self.policy.compute)
        outputs = (output, scores) if self.return_attention_scores else (output,)
        each = self.macs_of_a_score(query, key) + value.shape[-1]
        return Signature(outputs, self.scales(query), product(scores.features) * each, reach="all")

    def parts(self, inputs: Sequence[TensorType]) -> tuple[TensorType, TensorType, TensorType]:
        """Query, value and key. Raises LayerError for another number of inputs, and what is no sequence of floats."""
        name = type(self).__name__
        if len(inputs) not in (2, 3):
            help = "name them: from: [query, value], or [query, value, key]"
            raise LayerError(f"{name} takes two inputs or three, not {len(inputs)}", code="NN201", help=help)
        for x in inputs:
            require_min_rank(x, 3, name)
            require_float(x, name)
        return inputs[0], inputs[1], inputs[-1] if len(inputs) == 3 else inputs[1]

    def scales(self, query: TensorType) -> tuple[WeightSpec, ...]:
        """The weights, for a query of that type."""
        raise NotImplementedError

    def macs_of_a_score(self, query: TensorType, key: TensorType) -> Size:
        """Multiply-accumulates for one position of the query and one of the key."""
        raise NotImplementedError

    def output_mask(self, *inputs: TensorType) -> bool:
        """Masks that are inputs take the place of those that come with the tensors."""
        return inputs[0].masked or len(inputs) > 3

    def _require_fit(self, query: TensorType, value: TensorType, key: TensorType) -> None:
        if not query.rank == value.rank == key.rank:
            message = f"query {query}, value {value} and key {key} have different numbers of axes"
            raise LayerError(message, code="NN203", help="give them the same number, with Reshape")
        if (example := differ(value.shape[-2], key.shape[-2])) is not None:
            message = f"value {value} and key {key} have different numbers of positions{example}"
            help = "each key belongs to one value: take both from one sequence"
            raise LayerError(message, code="NN203", help=help)
        for axis in range(1, query.rank - 2):
            for size in (value.shape[axis], key.shape[axis]):
                if size != 1 and (example := differ(query.shape[axis], size)) is not None:
                    message = f"query {query}, value {value} and key {key} differ on axis {axis}{example}"
                    raise LayerError(message, code="NN203", help="make the axis equal, or 1 in value and key")

    def _require_features_fit(self, query: TensorType, key: TensorType) -> None:
        """Raises LayerError unless scores of the two can be computed."""
        raise NotImplementedError

    def _require_masks_fit(self, inputs: Sequence[TensorType], masks: Sequence[TensorType]) -> None:
        if not masks and not any(x.masked for x in inputs[:2]):
            return
        if inputs[0].rank > 3:
            message = "masks go with inputs of rank 3 only"
            raise LayerError(
                message, code="NN203", help="leave the masks out, or make two axes one with Reshape"
            )
        if len(masks) not in (0, 2, 3):
            help = "name one for the query and one for the value: mask: [seen, known]"
            raise LayerError(f"there are two masks, or three, and not {len(masks)}", code="NN201", help=help)
        for mask, wanted in zip(masks, self._shapes_of_masks(inputs, masks), strict=False):
            clash = mask.rank != len(wanted) or any(map(_clash, mask.shape, wanted))
            if mask.dtype != "bool" or clash:
                message = f"the mask {mask} is not bool{shape_text(wanted)}"
                raise LayerError(message, code="NN203", help="give a boolean for each position")

    def _shapes_of_masks(
        self, inputs: Sequence[TensorType], masks: Sequence[TensorType]
    ) -> list[tuple[Size, ...]]:
        """What the masks of query and value must be: the value's may have a row for each position of the query, where
        there is no causal mask. Keras makes nothing of a third."""
        query, value = (x.shape[:-1] for x in inputs[:2])
        by_row = masks[1].rank == 3 and not self.use_causal_mask if masks else False
        return [query, (*query, value[-1]) if by_row else value]


def _clash(size: Size, wanted: Size) -> bool:
    return differ(size, wanted) is not None


class Attention(PlainAttention):
    """Attention by the products of query and key: softmax(query · keyᵀ) · value, in which nothing is divided.

    Source: Luong et al., "Effective Approaches to Attention-based Neural Machine Translation", 2015.
    """

    use_scale: bool = doc("Whether scores are multiplied by a number that is learned.", False)
    score_mode: Literal["dot", "concat"] = doc(
        "Whether a score is the product of query and key, or the sum of tanh(query + key) times a learned number.",
        "dot",
    )

    leading: ClassVar[tuple[str, ...]] = ("use_scale", "score_mode")

    def scales(self, query: TensorType) -> tuple[WeightSpec, ...]:
        scale = (self.weight("scale", (), ONES),) if self.use_scale else ()
        return (
            (*scale, self.weight("concat_score_weight", (), ONES)) if self.score_mode == "concat" else scale
        )

    def macs_of_a_score(self, query: TensorType, key: TensorType) -> Size:
        return query.shape[-1] if self.score_mode == "dot" else 0

    def _require_features_fit(self, query: TensorType, key: TensorType) -> None:
        _require_same_features(query, key, broadcast=self.score_mode == "concat")


class AdditiveAttention(PlainAttention):
    """Attention by the sum of tanh(query + key) over the features, each weighed by a number that is learned.

    Source: Bahdanau et al., "Neural Machine Translation by Jointly Learning to Align and Translate", 2015.
    """

    use_scale: bool = doc("Whether each feature is weighed.", True)

    leading: ClassVar[tuple[str, ...]] = ("use_scale",)

    def scales(self, query: TensorType) -> tuple[WeightSpec, ...]:
        if not self.use_scale:
            return ()
        features = known(query.shape[-1], "the last axis of the query")
        return (self.weight("scale", (features,), GLOROT_UNIFORM),)

    def macs_of_a_score(self, query: TensorType, key: TensorType) -> Size:
        return (query if query.shape[-1] != 1 else key).shape[-1] if self.use_scale else 0

    def _require_features_fit(self, query: TensorType, key: TensorType) -> None:
        _require_same_features(query, key, broadcast=True)


def _require_same_features(query: TensorType, key: TensorType, *, broadcast: bool) -> None:
    """Raises LayerError unless query and key have as many features, or one of them has one if `broadcast`."""
    ours, theirs = query.shape[-1], key.shape[-1]
    if broadcast and 1 in (ours, theirs):
        return
    if (example := differ(ours, theirs)) is not None:
        message = f"query and key have {ours} and {theirs} features{example}"
        help = "put a Dense before one of them, or use MultiHeadAttention, which projects both"
        raise LayerError(message, code="NN203", help=help)
