"""Layers that number tokens by a vocabulary, or give the tokens of numbers."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic_core import PydanticCustomError

from ..fields import MAX_SIZE, Int, NonNegativeInt, as_tuple, many
from ..problems import Problem, problem
from ..records import doc
from ..schemas import Before, Bounds, Parsed
from ..size import Size
from ..types import Signature, TensorType
from .base import Layer, LayerError, require_rank
from .preprocessing import SPARSE, named_anew, one_hot_shape

Mode: TypeAlias = Literal["int", "one_hot", "multi_hot", "count", "tf_idf"]


def renamed_mode(value: Any) -> Any:
    """Keras's older names."""
    return "tf_idf" if value == "tf-idf" else named_anew(value)


def parse_salt(value: Any) -> tuple[int, ...] | None:
    """One number, or two. Raises PydanticCustomError."""
    numbers = many(value)
    if numbers is None:
        return None
    whole = isinstance(numbers, tuple) and all(type(n) is int and 0 <= n <= MAX_SIZE for n in numbers)
    if not whole or len(numbers) not in (1, 2):
        context = {"code": "NN103", "help": "write one number, or [3, 7]"}
        raise PydanticCustomError("salt", "must be a whole number, or two", context)
    return (numbers[0], numbers[-1])


class Lookup(Layer):
    """What both lookups share. The vocabulary stands in the spec: nothing is read, and nothing is learned.

    Before the tokens come the mask token, where there is one and the output is numbers, and `num_oov_indices` places
    for tokens that the vocabulary does not have.
    """

    max_tokens: Annotated[int, Bounds(ge=2, le=MAX_SIZE)] | None = doc(
        "The most tokens that there may be, those before the vocabulary counted; null for any number.", None
    )
    num_oov_indices: NonNegativeInt = doc(
        "How many numbers stand for tokens that are not in the vocabulary.", 1
    )
    mask_token: Any = doc("The token of padding, which is number 0, or is left out of vectors.", None)
    oov_token: Any = doc("The token that stands for those that are not in the vocabulary.")
    vocabulary: Any = doc("The tokens, in the order of their numbers.")
    idf_weights: Annotated[tuple[float, ...] | None, Before(as_tuple)] = doc(
        "A weight for each token of the vocabulary, for output_mode tf_idf.", None
    )
    invert: bool = doc("Whether numbers go in, and tokens come out.", False)
    output_mode: Annotated[Mode, Before(renamed_mode)] = doc(
        "The token's number, one vector for each token, one for all of a sample, how often each is there, or that "
        "times its weight.",
        "int",
    )
    pad_to_max_tokens: bool = doc("Whether vectors have max_tokens places.", False)
    salt: Annotated[Any, Parsed(parse_salt, words="integer, or a list of two, or null")] = doc(
        "Changes the hashes of unknown tokens.", None
    )

    autocast: ClassVar[bool] = False
    refused: ClassVar[dict[str, str]] = {
        "sparse": SPARSE,
        "trainable": "it has no weights: leave it out",
        "dtype": "a lookup gives int64, and float32 with output_mode: tf_idf",
    }
    # The dtype of tokens.
    token_dtype: ClassVar[str]

    @property
    def mask_start(self) -> int:
        """How many numbers stand for the mask token."""
        return int(self.mask_token is not None and self.output_mode == "int")

    @property
    def token_start(self) -> int:
        """The number of the first token of the vocabulary."""
        return self.mask_start + self.num_oov_indices

    @cached_property
    def tokens(self) -> tuple[Any, ...]:
        """The vocabulary without the special tokens that it may begin with."""
        special = (*(self.mask_token,) * self.mask_start, *(self.oov_token,) * self.num_oov_indices)
        begins = self.vocabulary[: self.token_start] == special
        return self.vocabulary[self.token_start :] if begins else self.vocabulary

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return self.token_start + len(self.tokens)

    @property
    def depth(self) -> int:
        """How many places a vector has."""
        return self.max_tokens if self.pad_to_max_tokens and self.max_tokens else self.size

    @property
    def weights_by_place(self) -> tuple[float, ...]:
        """A weight for each place of a vector: unknown tokens have the mean, places beyond the vocabulary 0."""
        given = self.idf_weights or ()
        before = () if self.tokens != self.vocabulary else (sum(given) / len(given),) * self.token_start
        return (*before, *given, *(0.0,) * (self.depth - len(before) - len(given)))

    def problems(self) -> list[Problem]:
        found = [*self._problems_of_tokens(), *self._problems_of_modes()]
        return [
            problem(field, field, message, {"code": "NN104", "help": help})
            for field, message, help in found[:1]
        ]

    def _problems_of_tokens(self) -> list[tuple[str, str, str]]:
        """(field, what is wrong, what to do) of the vocabulary."""
        tokens, found = self.tokens, []
        twice = [token for token, count in Counter(tokens).items() if count > 1]
        if not tokens:
            found.append(("vocabulary", "the vocabulary has no tokens", "write at least one token"))
        if twice:
            found.append(("vocabulary", f"the vocabulary has {twice[0]!r} twice", "write each token once"))
        reserved = [self.mask_token, *([self.oov_token] if self.invert else [])]
        within = next((token for token in reserved if token is not None and token in tokens), None)
        if within is not None:
            message = f"the vocabulary has {within!r}, which is a special token"
            found.append(("vocabulary", message, "leave special tokens out, or write all of them first"))
        if self.max_tokens is not None and self.size > self.max_tokens:
            message = f"there are {self.size} tokens, with those before the vocabulary"
            found.append(("max_tokens", message, f"allow {self.size}, or leave max_tokens out"))
        return found

    def _problems_of_modes(self) -> list[tuple[str, str, str]]:
        """(field, what is wrong, what to do) of the other fields."""
        found, mode = [], self.output_mode
        if self.invert and mode != "int":
            found.append(("output_mode", f"tokens cannot come out as {mode}", "leave output_mode out"))
        if self.invert and self.oov_token is None:
            found.append(("oov_token", "numbers without a token need one", "give an oov_token"))
        if self.pad_to_max_tokens and self.max_tokens is None:
            found.append(("pad_to_max_tokens", "there is no max_tokens to pad to", "give max_tokens"))
        if (mode == "tf_idf") != (self.idf_weights is not None):
            message = "idf_weights and output_mode tf_idf go together"
            found.append(
                ("output_mode" if mode == "tf_idf" else "idf_weights", message, "give both, or none")
            )
        elif self.idf_weights is not None and len(self.idf_weights) != len(self.vocabulary):
            message = f"there are {len(self.idf_weights)} weights for {len(self.vocabulary)} tokens"
            found.append(("idf_weights", message, "give each token of the vocabulary one weight"))
        return found

    def infer(self, inputs: TensorType) -> Signature:
        self._require_dtype(inputs)
        if self.output_mode == "int":
            return Signature((TensorType(inputs.shape, self.token_dtype if self.invert else "int64"),))
        # What Keras declares to be float32 it counts in int64.
        dtype = "float32" if self.output_mode == "tf_idf" else "int64"
        reach = "point" if self.output_mode == "one_hot" else "all"
        return Signature((TensorType(self._encoded(inputs), dtype),), reach=reach)

    def _encoded(self, inputs: TensorType) -> tuple[Size, ...]:
        if self.output_mode == "one_hot":
            return one_hot_shape(inputs.shape, self.depth)
        require_rank(inputs, 2, f"{type(self).__name__} of output_mode {self.output_mode}", "batch, tokens")
        return (inputs.batch, self.depth)

    def _require_dtype(self, inputs: TensorType) -> None:
        wanted = "int64" if self.invert else self.token_dtype
        if (inputs.dtype == "string") != (wanted == "string"):
            name = type(self).__name__
            message = f"{name} looks {'strings' if wanted == 'string' else 'numbers'} up, not {inputs.dtype}"
            raise LayerError(message, code="NN202", help=f"give the input the dtype {wanted}")


class IntegerLookup(Lookup):
    """Gives whole numbers of any size numbers from 0, by a vocabulary."""

    mask_token: Int | None
    oov_token: Int | None = doc("The number that stands for those that are not in the vocabulary.", -1)
    vocabulary: Annotated[tuple[Int, ...], Before(as_tuple)]
    vocabulary_dtype: Literal["int64"] = doc("The dtype of the vocabulary.", "int64")
    oov_method: Literal["floormod", "farmhash"] = doc(
        "How unknown numbers are spread over several places: by their remainder, or by a hash.", "floormod"
    )

    leading: ClassVar[tuple[str, ...]] = (
        *("max_tokens", "num_oov_indices", "mask_token", "oov_token", "vocabulary", "vocabulary_dtype"),
        *("idf_weights", "invert", "output_mode", "pad_to_max_tokens", "oov_method"),
    )
    token_dtype: ClassVar[str] = "int64"

    def _problems_of_modes(self) -> list[tuple[str, str, str]]:
        found = super()._problems_of_modes()
        if self.salt is not None and self.oov_method != "farmhash":
            found.append(("salt", "only hashes have a salt", "leave it out, or set oov_method: farmhash"))
        return found


class StringLookup(Lookup):
    """Gives strings numbers from 0, by a vocabulary."""

    mask_token: str | None
    oov_token: str | None = doc("The string that stands for those that are not in the vocabulary.", "[UNK]")
    vocabulary: Annotated[tuple[str, ...], Before(as_tuple)]
    encoding: Literal["utf-8"] = doc("The encoding of strings.", "utf-8")

    leading: ClassVar[tuple[str, ...]] = (
        *("max_tokens", "num_oov_indices", "mask_token", "oov_token", "vocabulary", "idf_weights", "invert"),
        *("output_mode", "pad_to_max_tokens", "encoding"),
    )
    takes_strings: ClassVar[bool] = True
    token_dtype: ClassVar[str] = "string"
