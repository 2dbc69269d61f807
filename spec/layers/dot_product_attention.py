"""DotProductAttention: the function that layers of attention with heads leave their work to."""

from __future__ import annotations

import math
from typing import ClassVar

from ..fields import Float
from ..promotion import result_type
from ..records import doc
from ..size import Size, product, shape_text
from ..types import Signature, TensorType
from .base import LayerError, Port, known, require_float, require_rank
from .functions import Function
from .merge import differ

NAME = "DotProductAttention"


class DotProductAttention(Function, op="dot_product_attention"):
    """softmax(query · key · scale + bias) · value for each head, of [batch, positions, heads, size].

    A head of key and value may serve several of the query's. `mask` is true where a position of the query sees one of
    the key's; mask and bias are [batch, heads, positions, positions], with 1 for an axis that does not matter.
    """

    scale: Float | None = doc(
        "What the products are multiplied by; by default 1 / sqrt(size of a head).", None
    )
    is_causal: bool = doc("Whether a position sees only those up to its own.", False)

    ports: ClassVar[tuple[Port, ...]] = (
        *(Port("query"), Port("key"), Port("value")),
        *(Port("bias", optional=True), Port("mask", optional=True)),
    )
    refused: ClassVar[dict[str, str]] = {
        **Function.refused,
        "flash_attention": "Keras has no flash attention on TensorFlow, and the result is the same: leave it out",
        "attn_logits_soft_cap": "Keras has it on TPUs alone: leave it out",
    }

    def infer(
        self,
        query: TensorType,
        key: TensorType,
        value: TensorType,
        bias: TensorType | None = None,
        mask: TensorType | None = None,
    ) -> Signature:
        for x in (query, key, value):
            require_rank(x, 4, NAME, "batch, positions, heads, size")
            require_float(x, NAME)
            if x.is_constant:
                help = "give query, key and value of a batch, which only bias and mask may lack"
                raise LayerError(f"{NAME} takes batches, not the constant {x}", code="NN201", help=help)
        self._require_fit(query, key, value)
        self._require_heads_fit(query, key)
        scores = (query.batch, query.shape[2], query.shape[1], key.shape[1])
        for name, x in (("bias", bias), ("mask", mask)):
            if x is not None:
                _require_spreads(name, x, scores)
        if mask is not None and mask.dtype != "bool":
            message = f"the mask is {mask}, and must be of booleans"
            raise LayerError(
                message, code="NN202", help="put Cast: bool before it, or give what is added as bias"
            )
        self.factor(query)
        output = TensorType(query.shape, result_type(x.dtype for x in (query, key, value)))
        return Signature((output,), macs=2 * product(scores[1:]) * query.shape[3], reach="all")

    def factor(self, query: TensorType) -> float:
        """What the products are multiplied by. Raises LayerError where that depends on a dynamic size."""
        return 1 / math.sqrt(known(query.shape[3], "a head")) if self.scale is None else self.scale

    def _require_fit(self, query: TensorType, key: TensorType, value: TensorType) -> None:
        """Raises LayerError where sizes differ. Keras runs values of another size, and declares the query's."""
        pairs = [(query, key, 3), (query, value, 3), (key, value, 1), (key, value, 2)]
        for one, other, axis in pairs:
            if (example := differ(one.shape[axis], other.shape[axis])) is not None:
                message = f"query {query}, key {key} and value {value} do not meet on axis {axis}{example}"
                help = "query, key and value have one size of a head; key and value one number of positions and heads"
                raise LayerError(message, code="NN203", help=help)

    def _require_heads_fit(self, query: TensorType, key: TensorType) -> None:
        ours, theirs = query.shape[2], key.shape[2]
        if ours == theirs:
            return
        if not (isinstance(ours, int) and isinstance(theirs, int)):
            message = f"query and key have {ours} and {theirs} heads, which are not known to be as many"
            raise LayerError(message, code="NN207", help="give both axes numbers, or the same name")
        if ours % theirs or theirs == 1:
            message = f"{theirs} heads of the key cannot serve {ours} of the query"
            help = "give the key as many, or a divisor above 1: here Keras cannot let one serve all"
            raise LayerError(message, code="NN206", help=help)


def _require_spreads(name: str, x: TensorType, scores: tuple[Size, ...]) -> None:
    """Raises LayerError unless a bias or mask spreads over the scores, and leaves their shape as it is."""
    own = x.shape if x.is_constant else x.features
    wanted = scores if x.is_constant else scores[1:]
    fits = len(own) <= 4 if x.is_constant else x.rank == 4
    aligned = wanted[max(len(wanted) - len(own), 0) :]
    if not fits or any(n != 1 and differ(n, size) is not None for n, size in zip(own, aligned, strict=False)):
        message = f"the {name} {x} does not spread over the scores, which are {shape_text(scores)}"
        raise LayerError(
            message, code="NN203", help="write 1 for an axis that does not matter, as in [1, time, time]"
        )
