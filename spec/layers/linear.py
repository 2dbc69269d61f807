"""Functions of `keras.ops` that multiply tensors and sum the products along axes."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Annotated, Any, ClassVar

from pydantic_core import PydanticCustomError

from ..promotion import as_float, result_type
from ..records import doc
from ..schemas import After, Parsed
from ..size import Size, product, shape_text
from ..types import Signature, TensorType
from .base import LayerError, Port, normalize_axes
from .functions import Function
from .merge import differ
from .subscripts import Subscript, Terms, check_subscripts, elided, parse_subscripts, told_shape

# There is a letter for each axis.
MOST_AXES = 26


class Contraction(Function):
    """What functions share that sum products of elements. Multiply-accumulates are those of loops over all letters."""

    ports: ClassVar[tuple[Port, ...]] = (Port("x1"), Port("x2"))

    @property
    def kind(self) -> str:
        return type(self).__name__

    def infer(self, x1: TensorType, x2: TensorType) -> Signature:
        return self.contracted((x1, x2))

    def contracted(self, operands: Sequence[TensorType]) -> Signature:
        """The signature for these operands. Raises LayerError where sizes differ, or samples would be mixed."""
        if (most := max(x.rank for x in operands)) > MOST_AXES:
            message = f"{self.kind} takes tensors of up to {MOST_AXES} axes, not of {most}"
            raise LayerError(message, code="NN201", help="put Reshape before it")
        terms, dtype = self.terms(operands), self.output_dtype(operands)
        sizes = self._sizes(operands, terms)
        batch = self._batch_letter(operands, terms)
        output = TensorType(tuple(sizes[letter] for letter in terms.output if letter), dtype)
        loops = product(size for letter, size in sizes.items() if letter != batch)
        return Signature((output,), macs=loops * (len(operands) - 1), reach="all")

    def terms(self, operands: Sequence[TensorType]) -> Terms:
        """Which axes go together. Raises LayerError for operands of too few axes."""
        raise NotImplementedError

    def output_dtype(self, operands: Sequence[TensorType]) -> str:
        """The dtype of the result. Raises LayerError where Keras has none."""
        return result_type(x.dtype for x in operands)

    def computes_in(self, operands: Sequence[TensorType]) -> str:
        """The dtype in which Keras multiplies and adds: float32 for integers."""
        return as_float(result_type(x.dtype for x in operands))

    def _sizes(self, operands: Sequence[TensorType], terms: Terms) -> dict[str, Size]:
        """The size that each letter stands for."""
        found: dict[str, Size] = {}
        for x, letters in zip(operands, terms.operands, strict=True):
            for axis, letter in enumerate(letters):
                if letter is None:
                    continue
                size = found.setdefault(letter, x.shape[axis])
                if (example := differ(size, x.shape[axis])) is not None:
                    shapes = " and ".join(shape_text(t.shape) for t in operands)
                    message = (
                        f"{self.kind} of {shapes}: the sizes {size} and {x.shape[axis]} do not meet{example}"
                    )
                    raise LayerError(
                        message, code="NN203", help="make the sizes equal that are to be multiplied"
                    )
        return found

    def _batch_letter(self, operands: Sequence[TensorType], terms: Terms) -> str | None:
        """The letter of the batch, None where all operands are constants. Raises LayerError where the batch would not
        stay the first axis, and by itself."""
        batched = [letters for x, letters in zip(operands, terms.operands, strict=True) if not x.is_constant]
        if not batched:
            return None
        letter = batched[0][0]
        alone = all(letters[0] == letter and letters.count(letter) == 1 for letters in batched)
        if not alone or terms.output[:1] != (letter,):
            shapes = " and ".join(shape_text(x.shape) for x in operands)
            message = f"{self.kind} of {shapes} would not leave the batch alone, and the output's first axis"
            raise LayerError(message, code="NN201", help=self.advice())
        return letter

    def advice(self) -> str:
        """What to do where the batch would not stay first."""
        return "use Einsum, with one letter for the batch of all inputs, the output's first: abc,acd->abd"


class MatMul(Contraction, op="matmul"):
    """Matrix products of the last two axes; those before go together, and are repeated where one input has size 1."""

    def terms(self, operands: Sequence[TensorType]) -> Terms:
        require_axes(self.kind, operands)
        first, second = operands
        rows, columns = first.rank > 1, second.rank > 1
        left = Subscript("", "ij", True) if rows else Subscript("j")
        right = Subscript("", "jk", True) if columns else Subscript("j")
        return elided([left, right], Subscript("", "i" * rows + "k" * columns, True), operands)

    def output_dtype(self, operands: Sequence[TensorType]) -> str:
        if any(x.dtype != "int8" for x in operands):
            return super().output_dtype(operands)
        if any(x.rank == 1 for x in operands):
            message = "Keras says int32 of a product of int8 with a vector, and gives int8"
            raise LayerError(message, code="NN202", help="put Cast: int32 before both inputs")
        return "int32"

    def computes_in(self, operands: Sequence[TensorType]) -> str:
        return "int32" if all(x.dtype == "int8" for x in operands) else super().computes_in(operands)

    def advice(self) -> str:
        return f"give both inputs the same number of axes; or {super().advice()}"


class Inner(Contraction, op="inner"):
    """Products of the first input's last axis with the second's, one of which is a constant."""

    def terms(self, operands: Sequence[TensorType]) -> Terms:
        require_axes(self.kind, operands)
        return paired(operands, [(x.rank - 1,) for x in operands])


def parse_axes(value: Any) -> int | tuple[tuple[int, ...], tuple[int, ...]]:
    """How many axes, or which of both inputs. Raises PydanticCustomError."""
    match value:
        case int() if not isinstance(value, bool) and 0 <= value <= MOST_AXES:
            return value
        case [list() | tuple() as first, list() | tuple() as second]:
            if len(first) == len(second) and all(type(axis) is int for axis in (*first, *second)):
                return tuple(first), tuple(second)
    message = "must be a number of axes, or a list for each input, of equal lengths"
    help = "write axes: 1, or axes: [[1], [0]]"
    raise PydanticCustomError("axes", message, {"code": "NN103", "help": help})


class Tensordot(Contraction, op="tensordot"):
    """Products summed over some axes of both inputs; the other axes of the first stand before those of the second."""

    axes: Annotated[Any, Parsed(parse_axes)] = doc(
        "How many: the last of the first input and the first of the second. Or which, a list for each.", 2
    )

    def terms(self, operands: Sequence[TensorType]) -> Terms:
        first, second = operands
        if not isinstance(self.axes, int):
            pair = [
                normalize_axes(axes, x.rank, "axes") if axes else ()
                for axes, x in zip(self.axes, operands, strict=True)
            ]
            return paired(operands, pair)
        if self.axes > min(first.rank, second.rank):
            message = (
                f"the inputs have {first.rank} and {second.rank} axes, and {self.axes} are to be summed over"
            )
            raise LayerError(message, code="NN201", field="axes", help="write a smaller number")
        last = tuple(range(first.rank - self.axes, first.rank))
        return paired(operands, [last, tuple(range(self.axes))])

    def computes_in(self, operands: Sequence[TensorType]) -> str:
        dtype = result_type(x.dtype for x in operands)
        return dtype if dtype in ("int32", "int64") else super().computes_in(operands)


class Einsum(Contraction, op="einsum"):
    """Sums of products of any number of inputs, by Einstein's convention: `Einsum: abc,acd->abd`."""

    subscripts: Annotated[str, After(check_subscripts)] = doc(
        "A letter for each axis of the inputs and the output: letters that the output lacks are summed over."
    )

    ports: ClassVar[tuple[Port, ...]] = (Port("operands", many=True, spread=True),)

    def infer(self, operands: Sequence[TensorType]) -> Signature:  # type: ignore[override]
        signature = self.contracted(operands)
        told = told_shape(*parse_subscripts(self.subscripts), operands)
        if told != [size if isinstance(size, int) else None for size in signature.output.shape]:
            message = f"Keras lines up the axes of {self.subscripts} from the last one on, and comes to another shape"
            help = "write letters in place of ..., or ... first in the output"
            raise LayerError(message, code="NN201", field="subscripts", help=help)
        return signature

    def terms(self, operands: Sequence[TensorType]) -> Terms:
        given, output = parse_subscripts(self.subscripts)
        if len(given) != len(operands):
            message = f"subscripts are for {len(given)} inputs, and there are {len(operands)}"
            help = "write the axes of each input, with commas between"
            raise LayerError(message, code="NN201", field="subscripts", help=help)
        for subscript, x in zip(given, operands, strict=True):
            self._check(subscript, x, output)
        return elided(given, output, operands)

    def output_dtype(self, operands: Sequence[TensorType]) -> str:
        dtype = super().output_dtype(operands)
        if dtype == "bool":
            raise LayerError("Einsum takes numbers, not bool", code="NN202", help="put Cast: int32 before it")
        return "int32" if all(x.dtype == "int8" for x in operands) else dtype

    def _check(self, subscript: Subscript, x: TensorType, output: Subscript) -> None:
        letters = len(subscript.letters)
        if x.rank < letters or (x.rank > letters and not subscript.elided):
            message = f'"{subscript}" names {letters} axes, and {shape_text(x.shape)} has {x.rank}'
            help = "write a letter for each axis, or ... for those that stay"
            raise LayerError(message, code="NN201", field="subscripts", help=help)
        if x.rank > letters and not output.elided:
            message = f"the output has no place for the axes that ... stands for in {subscript}"
            help = "write ... in the output too, or letters for the axes"
            raise LayerError(message, code="NN104", field="subscripts", help=help)


def paired(operands: Sequence[TensorType], axes: Sequence[tuple[int, ...]]) -> Terms:
    """The terms of two operands, one's axes summed with the other's in their order."""
    letters = iter(ascii_lowercase + ascii_uppercase)
    first, second = (dict[int, str](), dict[int, str]())
    for a, b in zip(*axes, strict=True):
        first[a] = second[b] = next(letters)
    summed = set(first.values())
    terms = tuple(
        tuple(named.get(axis) or next(letters) for axis in range(x.rank))
        for named, x in zip((first, second), operands, strict=True)
    )
    return Terms(terms, tuple(letter for term in terms for letter in term if letter not in summed))


def require_axes(kind: str, operands: Sequence[TensorType]) -> None:
    """Raises LayerError for an operand without axes."""
    if any(x.rank == 0 for x in operands):
        help = "to multiply by a number, use Multiply or Rescaling"
        raise LayerError(f"{kind} takes vectors and matrices, not numbers", code="NN201", help=help)
