"""How a value lies in memory. Keras's convolutions are channels-last and ONNX's channels-first, recurrent layers
are batch-major and time-major; a value stays as its producer left it until a consumer asks for another form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from ...spec.size import Size
from ...spec.types import TensorType

# Physical axis i holds the logical axis layout[i].
Layout: TypeAlias = tuple[int, ...]

TIME_MAJOR: Layout = (1, 0, 2)


def logical(rank: int) -> Layout:
    """The order that the spec speaks of."""
    return tuple(range(rank))


def channels_first(rank: int) -> Layout:
    """The last logical axis moved behind the batch: (0, 3, 1, 2) for images."""
    return (0, rank - 1, *range(1, rank - 1))


def closed_up(axes: Sequence[int]) -> tuple[int, ...]:
    """Axes of which some are gone, numbered anew from 0 in their order."""
    numbers = {axis: number for number, axis in enumerate(sorted(axes))}
    return tuple(numbers[axis] for axis in axes)


@dataclass(frozen=True)
class Flattened:
    """What Flatten left of a value of that shape (without the batch) when it lay in another layout: the elements
    of a sample are in the layout's order. Dense takes it by reordering its kernel's rows."""

    shape: tuple[int, ...]
    layout: Layout

    def order(self) -> np.ndarray:
        """For each physical position, the logical one."""
        index = np.arange(int(np.prod(self.shape))).reshape(self.shape)
        return index.transpose([axis - 1 for axis in self.layout[1:]]).reshape(-1)


@dataclass
class Tensor:
    """A value of the model: its logical type, and the names of the forms in which it exists so far.

    `mask` names a boolean tensor [batch, time] where a Keras mask travels with it.
    """

    type: TensorType
    forms: dict[Layout | Flattened, str] = field(default_factory=dict)
    mask: str | None = None

    @property
    def rank(self) -> int:
        return self.type.rank

    @property
    def shape(self) -> tuple[Size, ...]:
        return self.type.shape

    @property
    def layout(self) -> Layout:
        """A layout in which the value exists; the logical one where it exists in none, or in that one too."""
        plain = [form for form in self.forms if isinstance(form, tuple)]
        return logical(self.rank) if not plain or logical(self.rank) in plain else plain[0]

    @property
    def features_last(self) -> Layout:
        """The layout in which to take the value where its last axis must lie last: as it lies, if it does."""
        return self.layout if self.layout[-1] == self.rank - 1 else logical(self.rank)

    @property
    def flattened(self) -> tuple[str, Flattened] | None:
        """The name and the flattened form, where the value exists in no other."""
        match list(self.forms.items()):
            case [(Flattened() as form, name)]:
                return name, form
        return None

    @property
    def as_is(self) -> tuple[str, Layout | Flattened]:
        """The value's name and form as it lies, for what works element by element."""
        return self.flattened or (self.forms[self.layout], self.layout)


def axes_of(form: Layout | Flattened) -> Layout:
    """The logical axis that each physical one holds; a flattened form has the batch and one more."""
    return form if isinstance(form, tuple) else logical(2)


def laid_out(array: np.ndarray, form: Layout | Flattened) -> np.ndarray:
    """A constant for element-wise work on a value that lies in `form`: `array` has all logical axes, 1 where the
    value is the same all along one. Leading axes of 1 are left out."""
    if isinstance(form, tuple):
        moved = array.transpose(form)
    else:
        moved = array[..., form.order()] if array.shape[-1] > 1 else array
    first = next((i for i, size in enumerate(moved.shape) if size > 1), moved.ndim - 1)
    return moved.reshape(moved.shape[first:])
