"""EinsumDense: a fully connected layer along any axes, by an equation."""

from __future__ import annotations

import re
from functools import cache
from string import ascii_letters
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic_core import PydanticCustomError

from ..activations import LINEAR, Activation
from ..fields import OneOrMany, OptionalCount, many
from ..initializers import GLOROT_UNIFORM, ZEROS, EinsumKernel, Fixed, Initializer, InitializerField
from ..penalties import Constraint, Regularizer
from ..problems import Problem, problem
from ..records import doc
from ..schemas import After, Before
from ..size import Size, product
from ..types import Reach, Signature, TensorType
from .base import Layer, LayerError, known
from .core import FINE_TUNING

FORMS = "write it like abc,cd->abd, ...ab,bc->...ac or ab...,bc->ac..., a letter for each axis"

# Where the axes are that an equation does not name, and how it is written then.
PATTERNS: dict[Literal["", "left", "right"], str] = {
    "": r"([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)",
    "left": r"\.\.\.([a-zA-Z]+),([a-zA-Z]+)->\.\.\.([a-zA-Z]+)",
    "right": r"([a-zA-Z]{2,})\.\.\.,([a-zA-Z]+)->([a-zA-Z]+)\.\.\.",
}


class Equation(NamedTuple):
    """The letters of the axes of the input, the kernel and the output, and on which side further ones are."""

    inputs: str
    kernel: str
    output: str
    elided: Literal["", "left", "right"] = ""


class Terms(NamedTuple):
    """A letter for every axis of the input, the kernel and the output."""

    inputs: str
    kernel: str
    output: str


@cache
def parse_equation(text: str) -> Equation:
    """Raises ValueError for what is in none of the forms."""
    for side, pattern in PATTERNS.items():
        if match := re.fullmatch(pattern, text):
            inputs, kernel, output = match.groups()
            return Equation(inputs, kernel, output, side)
    raise ValueError


def check_equation(text: str) -> str:
    try:
        equation = parse_equation(text)
    except ValueError:
        raise _wrong("not in a form that EinsumDense takes", FORMS) from None
    for part in equation[:3]:
        if len(set(part)) < len(part):
            raise _wrong("two axes of one tensor have the same letter", "give each axis a letter of its own")
    for letter in equation.kernel:
        if letter not in equation.inputs + equation.output:
            help = "name that axis in the input, to sum over it, or in the output"
            raise _wrong(f"the axis {letter} is the kernel's alone", help)
    for letter in equation.output:
        if letter not in equation.inputs + equation.kernel:
            raise _wrong(f"the axis {letter} is the output's alone", "name that axis in the kernel too")
    return text


def _wrong(message: str, help: str) -> PydanticCustomError:
    return PydanticCustomError("equation", "{message}", {"message": message, "code": "NN104", "help": help})


class EinsumDense(Layer):
    """Fully connected layer along any axes, which an equation names: `activation(einsum(inputs, kernel) + bias)`.

    Letters of the input that are not in the output are summed over; those that the output shares with the kernel
    alone are new axes. `...` stands for any further axes, on the left or on the right.
    """

    equation: Annotated[str, After(check_equation)] = doc(
        "Axes of the input, of the kernel and of the output: abc,cd->abd."
    )
    output_shape: Annotated[tuple[OptionalCount, ...], Before(many), OneOrMany] = doc(
        "Sizes of the output's axes without the batch and those of `...`; null for one that is the input's."
    )
    activation: Activation = doc("Applied to the output.", LINEAR)
    bias_axes: str | None = doc(
        "The axes of the output that a bias runs over; by default there is none.", None
    )
    kernel_initializer: InitializerField = doc("How the kernel begins.", GLOROT_UNIFORM)
    bias_initializer: InitializerField = doc("How the bias begins.", ZEROS)
    kernel_regularizer: Regularizer = doc("Penalty on the kernel.", None)
    bias_regularizer: Regularizer = doc("Penalty on the bias.", None)
    kernel_constraint: Constraint = doc("Projection of the kernel after each step.", None)
    bias_constraint: Constraint = doc("Projection of the bias after each step.", None)

    refused: ClassVar[dict[str, str]] = {
        **FINE_TUNING,
        "gptq_unpacked_column_size": "quantization belongs to deployment: call quantize() on the built model",
    }

    @property
    def parsed(self) -> Equation:
        return parse_equation(self.equation)

    def problems(self) -> list[Problem]:
        if self.bias_axes is None:
            return []
        output = self.parsed.output
        odd = next((letter for letter in self.bias_axes if letter not in output), None)
        if odd is None and self.bias_axes:
            return []
        message = f"the output {output} has no axis {odd}" if odd else "bias_axes names no axis"
        context = {"code": "NN104", "help": f"choose from {', '.join(output)}, or leave bias_axes out"}
        return [problem("bias_axes", "bias_axes", message, context)]

    def settles(self, ranks: tuple[int, ...]) -> object:
        return ranks

    def terms(self, rank: int) -> Terms:
        """The letters where the input has that rank. Raises LayerError where it cannot."""
        inputs, kernel, output, side = self.parsed
        further = rank - len(inputs)
        spare = [letter for letter in ascii_letters if letter not in self.equation]
        if further if not side else further < 0 or further > len(spare):
            more = " or more" if side else ""
            message = f"the equation names {len(inputs)} axes of the input, which has {rank}"
            help = f"give it an input of rank {len(inputs)}{more}, or name every axis, the batch too"
            raise LayerError(message, code="NN201", field="equation", help=help)
        rest = "".join(spare[:further])
        if side == "left":
            return Terms(rest + inputs, kernel, rest + output)
        return Terms(inputs + rest, kernel, output + rest)

    def infer(self, inputs: TensorType) -> Signature:
        terms = self.terms(inputs.rank)
        self._require_batch(terms)
        sizes = self.sizes(terms, inputs)
        kernel = tuple(known(sizes[letter], f"axis {letter} of the kernel") for letter in terms.kernel)
        weights = [self.weight("kernel", kernel, self._begun(terms))]
        if self.bias_axes is not None:
            weights.append(self.weight("bias", self.bias_shape(terms, sizes), self.bias_initializer))
            self._require_bias_fits(terms, sizes)
        output = TensorType(tuple(sizes[letter] for letter in terms.output), self.policy.compute)
        macs = product(size for letter, size in sizes.items() if letter != terms.inputs[0])
        return Signature((output,), tuple(weights), macs, _reach(terms))

    def sizes(self, terms: Terms, inputs: TensorType) -> dict[str, Size]:
        """The size of each axis by its letter. Raises LayerError where output_shape has other ones."""
        sizes: dict[str, Size] = dict(zip(terms.inputs, inputs.shape, strict=True))
        letters = self.parsed.output.removeprefix(terms.inputs[0])
        if len(letters) != len(self.output_shape):
            message = (
                f"output_shape {list(self.output_shape)} is not one size for each of {', '.join(letters)}"
            )
            help = "leave the batch out, and what ... stands for; write null for a dynamic axis"
            raise LayerError(message, code="NN203", field="output_shape", help=help)
        for letter, wanted in zip(letters, self.output_shape, strict=True):
            if wanted is None and letter in terms.kernel:
                known(sizes.get(letter, 0), f"axis {letter} of the kernel")
                message = f"axis {letter} of the output is the kernel's too, and has no size in output_shape"
                raise LayerError(message, code="NN207", field="output_shape", help="give it a number")
            given = sizes.setdefault(letter, wanted or 0)
            if wanted is not None and given != wanted:
                message = f"axis {letter} is {given} in the input, and {wanted} in output_shape"
                help = f"write {given if isinstance(given, int) else 'null'} in its place"
                raise LayerError(message, code="NN203", field="output_shape", help=help)
        return sizes

    def completed(self, signature: Signature) -> EinsumDense:
        """With known sizes in place of null: Keras passes on what is said here, and not what the input has. Several
        axes for `...` on the left are named, since Keras would declare them in reverse order."""
        shape, count = _seen(signature.output.shape), len(self.output_shape)
        inputs, _, output, side = self.parsed
        further = len(shape) - len(output)
        if side == "left" and shape[1:further] != shape[1:further][::-1]:
            terms = self.terms(len(inputs) + further)
            equation = f"{terms.inputs},{terms.kernel}->{terms.output}"
            return self.changed(equation=equation, output_shape=shape[1:])
        own = shape[1 : 1 + count] if side == "right" else shape[len(shape) - count :]
        return self if own == self.output_shape else self.changed(output_shape=own)

    def bias_shape(self, terms: Terms, sizes: dict[str, Size]) -> tuple[int, ...]:
        """The bias has the output's axes from the first of bias_axes on, 1 for those that it does not run over."""
        letters = self.bias_axes or ""
        first = min(terms.output.index(letter) for letter in letters)
        return tuple(
            known(sizes[letter], f"axis {letter} of the bias") if letter in letters else 1
            for letter in terms.output[first:]
        )

    def must_differ(self, terms: Terms, sizes: dict[str, Size]) -> list[tuple[Size, int]]:
        """Sizes of axes, and what they must not be: Keras's `add` takes a bias along one axis alone for one along the
        last axis, or axis 1, wherever the output has as many positions there."""
        if self.bias_axes is None:
            return []
        shape = self.bias_shape(terms, sizes)
        rank = len(terms.output)
        along = [(axis, size) for axis, size in enumerate(shape, rank - len(shape)) if size > 1]
        if len(along) != 1 or along[0][0] == rank - 1:
            return []
        axis, size = along[0]
        mistaken = [rank - 1] if axis == 1 else [rank - 1, 1]
        return [(sizes[terms.output[other]], size) for other in mistaken]

    def _begun(self, terms: Terms) -> Initializer:
        """How the kernel begins: Keras counts its fans by the axes that are summed over, and those that are not."""
        given = self.kernel_initializer
        if isinstance(given, Fixed):
            return given
        kept = tuple(axis for axis, letter in enumerate(terms.kernel) if letter in terms.output)
        summed = tuple(axis for axis in range(len(terms.kernel)) if axis not in kept)
        return EinsumKernel(given, summed, kept)

    def _require_batch(self, terms: Terms) -> None:
        batch = terms.inputs[0]
        if terms.output[0] != batch or batch in terms.kernel:
            message = f"axis {batch} of the input is the batch, and must be the output's first, and not the kernel's"
            help = "begin the input and the output with the same letter, or with ..."
            raise LayerError(message, code="NN201", field="equation", help=help)

    def _require_bias_fits(self, terms: Terms, sizes: dict[str, Size]) -> None:
        for size, number in self.must_differ(terms, sizes):
            if size == number:
                message = f"Keras would add the bias of {number} numbers along another axis of the same size"
                help = f'name the last axis in bias_axes too: "{self.bias_axes}{terms.output[-1]}"'
                raise LayerError(message, code="NN402", field="bias_axes", help=help)


def _seen(shape: tuple[Size, ...]) -> tuple[int | None, ...]:
    """The shape as Keras has it."""
    return tuple(size if isinstance(size, int) else None for size in shape)


def _reach(terms: Terms) -> Reach:
    """An output position sees its own where only the last axis is summed over, and the others keep their order."""
    return "point" if terms.output.startswith(terms.inputs[:-1]) else "all"
