"""What every layer is: its fields, its call arguments, and `infer`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import Any, ClassVar, Literal, NamedTuple, Self

from ..activations import ACTIVATIONS, has_axis
from ..fields import DtypePolicy
from ..initializers import Initializer, inner
from ..named import Named
from ..records import Record, doc
from ..types import Policy, Signature, TensorType, WeightSpec, is_float


class LayerError(Exception):
    """What is wrong with a layer given its inputs. It knows no spans: the driver adds them.

    `field` names the argument at fault, `code` is a key of CODES, `help` says what to do.
    """

    def __init__(self, message: str, *, code: str, field: str | None = None, help: str | None = None) -> None:
        super().__init__(message)
        self.message, self.code, self.field, self.help = message, code, field, help


class Port(NamedTuple):
    """One argument of a layer's call. A port of `many` takes a list of tensors; one that is `spread` too takes them
    as arguments side by side. The tensor of one that is a `flag` is the call's first argument, and
    its name says what is done with it: `layer(x, reverse=True)`."""

    name: str
    many: bool = False
    optional: bool = False
    spread: bool = False
    flag: bool = False


class Layer(Record):
    """A layer of Keras by its own name. Fields are Keras's arguments; meaning is in `infer`."""

    trainable: bool = doc("Whether training changes the weights.", True)
    dtype: DtypePolicy | None = doc(
        "Dtype or mixed policy of computation and weights; by default the file's.", None
    )

    ports: ClassVar[tuple[Port, ...]] = (Port("inputs"),)
    # Whether Keras casts float inputs to the layer's dtype, as it does for layers and not for functions.
    autocast: ClassVar[bool] = True
    # Whether it is a function: without weights and policy, and computing with constants, which have no batch.
    is_function: ClassVar[bool] = False
    # Arguments that Keras has and a spec does not, each with the reason and what to do instead.
    refused: ClassVar[dict[str, str]] = {}
    # Whether a mask on the input may travel on to the output, as Keras's `supports_masking` has it.
    passes_mask: ClassVar[bool] = False
    # Whether the model knows of the mask when it is made, and not only the tensor while the model runs.
    declares_mask: ClassVar[bool] = True
    # Where Keras has the mask from that the result depends on: the `mask` of the call, which a model records when
    # it is made, or the tensor, as it bears one while the model runs. None where the result depends on no mask.
    mask_source: ClassVar[Literal["call", "tensor"] | None] = None
    # Whether the call has an argument for the mask of each port, such as `query_mask`, and not one for all.
    masks_by_port: ClassVar[bool] = False
    # Whether Keras takes the masks off the very tensors that the layer is given.
    takes_masks_off: ClassVar[bool] = False
    # Whether it takes strings, and not numbers alone.
    takes_strings: ClassVar[bool] = False
    # Whether Keras makes layers inside it, which `trainable: false` does not reach.
    makes_layers: ClassVar[bool] = False
    # Whether it can be an item, and not only what another layer holds.
    stands_alone: ClassVar[bool] = True
    # Whether it does to a sequence what it does to each of its steps, as long as its axes count from the last.
    stepwise: ClassVar[bool] = False
    # The fields that stand first in Keras's order, where a shared base would put its own before them.
    leading: ClassVar[tuple[str, ...]] = ()
    # Keras's order of the fields, where shared bases would misplace several.
    field_order: ClassVar[tuple[str, ...]] = ()
    # The rank of what the activations are applied to, where it is not the output's.
    activation_rank: ClassVar[int | None] = None

    @classmethod
    def own_fields(cls) -> list[str]:
        """The fields in Keras's order, without those that every layer has; one of these that the class declares in its
        own way comes last. The first is what `Dense: 10` fills."""
        names = [name for name in cls.fields if name not in Layer.fields]
        names += [name for name, field in Layer.fields.items() if cls.fields[name] is not field]
        names = sorted(names, key=cls.field_order.index) if cls.field_order else names
        return [*cls.leading, *(name for name in names if name not in cls.leading)]

    @classmethod
    def layer_fields(cls) -> list[str]:
        """The fields that hold a layer, for wrappers."""
        return []

    @classmethod
    def layer_lists(cls) -> list[str]:
        """Those of `layer_fields` that may hold a list of layers."""
        return []

    def with_held(self) -> Iterator[Layer]:
        """The layer, and every layer that it holds."""
        yield self
        for field in self.layer_fields():
            held = getattr(self, field)
            for layer in held if isinstance(held, tuple) else (held,):
                if layer is not None:
                    yield from layer.with_held()

    def at_rest(self) -> Self:
        """The layer with no weights that are trained, in it or in what it holds."""
        return self.changed(trainable=False, **self.held_as(Layer.at_rest))

    def held_as(self, change: Callable[[Layer], Layer]) -> dict[str, Any]:
        """The fields that hold layers, with what `change` makes of each layer."""

        def changed(held: Any) -> Any:
            if isinstance(held, tuple):
                return tuple(map(changed, held))
            return change(held) if isinstance(held, Layer) else held

        return {field: changed(getattr(self, field)) for field in self.layer_fields()}

    def nested(self, port: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """The values that go into a port which takes a list, as Keras groups them. Raises ValueError where they
        are grouped and not as many as the groups have."""
        return values

    def nested_outputs(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """What belongs to the outputs, one each, as Keras groups them."""
        return values

    @property
    def output_names(self) -> tuple[str, ...]:
        """What the outputs are called in a reference such as `encoder.state_h`; the first is the default."""
        return ("output",)

    @property
    def activations(self) -> dict[str, Named]:
        """The activations by field."""
        values = {name: getattr(self, name) for name in self.own_fields()}
        return {name: v for name, v in values.items() if isinstance(v, Named) and v.catalogue is ACTIVATIONS}

    @property
    def policy(self) -> Policy:
        return Policy.named(self.dtype or "float32")

    def infer(self, *args: Any, **kwargs: Any) -> Signature:
        """Output types, weights and costs from the types of the inputs, one argument for each port.

        Raises LayerError where the inputs cannot be taken.
        """
        raise NotImplementedError

    @property
    def masked_outputs(self) -> int:
        """How many outputs, from the first, may carry a mask."""
        return 1

    def output_mask(self, *inputs: TensorType) -> bool:
        """Whether those outputs carry a mask that may."""
        return self.passes_mask and any(t.masked for t in inputs)

    def settles(self, ranks: tuple[int, ...]) -> object:
        """What Keras settles when it builds the layer for inputs of these ranks: where the layer is applied again, it
        must be the same. None for nothing."""
        return None

    def completed(self, signature: Signature) -> Layer:
        """The layer with what its inputs settle, where Keras would leave unknown what it is not told."""
        return self

    def weight(
        self, name: str, shape: tuple[int, ...], initializer: Initializer, *, trainable: bool = True
    ) -> WeightSpec:
        """A weight of this layer, in the dtype that its policy stores weights in."""
        return WeightSpec(name, shape, initializer, trainable and self.trainable, self.policy.variable)


def known(size: Any, what: str) -> int:
    """The size as an integer. Raises LayerError where it is dynamic and a weight's shape would depend on it."""
    if isinstance(size, int):
        return size
    raise LayerError(
        f"{what} has the dynamic size {size}, and a weight's shape depends on it",
        code="NN207",
        help="give that axis of the input a number",
    )


def require_rank(x: TensorType, rank: int, name: str, axes: str) -> None:
    """Raises LayerError unless the input has `rank` axes; `axes` names them for the message."""
    if x.rank != rank:
        raise LayerError(
            f"{name} takes an input of rank {rank} [{axes}], not of rank {x.rank}",
            code="NN201",
            help=rank_help(x, rank),
        )


def require_min_rank(x: TensorType, rank: int, name: str) -> None:
    """Raises LayerError unless the input has at least `rank` axes, the batch among them."""
    if x.rank < rank:
        raise LayerError(
            f"{name} takes an input of rank {rank} or more, not of rank {x.rank}",
            code="NN201",
            help=rank_help(x, rank),
        )


def rank_help(x: TensorType, rank: int) -> str:
    """What people usually forget where the rank is off."""
    if x.rank < rank:
        return "put a Reshape before it, or give the input one more axis"
    return "put Flatten, Reshape or a global pooling layer before it"


def normalize_axis(axis: int, rank: int, field: str = "axis") -> int:
    """The axis from 0. Raises LayerError where a tensor of that rank has no such axis."""
    if not -rank <= axis < rank:
        raise LayerError(
            f"axis {axis} is out of range for an input of rank {rank}",
            code="NN201",
            field=field,
            help=f"axes go from {-rank} to {rank - 1}, 0 being the batch",
        )
    return axis % rank


def normalize_axes(axes: tuple[int, ...], rank: int, field: str = "axis") -> tuple[int, ...]:
    """The axes from 0, in the order given. Raises LayerError for none, for one twice, for one not there."""
    found = tuple(normalize_axis(axis, rank, field) for axis in axes)
    if not found:
        raise LayerError(f"{field} names no axis", code="NN104", field=field, help="name at least one axis")
    if len(set(found)) < len(found):
        twice = next(axis for axis in found if found.count(axis) > 1)
        help = f"name each axis once, from 1 to {rank - 1}"
        raise LayerError(f"{field} names axis {twice} twice", code="NN104", field=field, help=help)
    return found


def require_float(x: TensorType, name: str) -> None:
    """Raises LayerError for whole numbers and booleans, which Keras does not cast for this layer."""
    if not is_float(x.dtype):
        help = "put Rescaling: 1 before it, which gives floats"
        raise LayerError(f"{name} takes floats, not {x.dtype}", code="NN202", help=help)


# The greatest finite value of each dtype that layers compute in, float64 aside, which holds every number of a spec.
GREATEST = {"float16": 65504.0, "bfloat16": 3.3895313892515355e38, "float32": 3.4028234663852886e38}


def require_representable(layer: Layer) -> None:
    """Raises LayerError where a number of the layer, or of its activations, is beyond the dtype that it computes
    in, and would be infinite there."""
    dtype = layer.policy.compute
    # What does not cast computes in whatever its input has.
    greatest = GREATEST.get(dtype, inf) if layer.autocast else inf
    for field in layer.own_fields():
        beyond = next((x for x in _floats(getattr(layer, field)) if abs(x) > greatest), None)
        if beyond is not None:
            message = f"{field} holds {beyond:g}, which is beyond the range of {dtype}"
            help = f"write a number of at most {greatest:.5g}, or give the layer another dtype"
            raise LayerError(message, code="NN104", field=field, help=help)


def _floats(value: Any) -> Iterator[float]:
    match value:
        case float():
            yield value
        case tuple():
            for item in value:
                yield from _floats(item)
        case Named() if value.catalogue is ACTIVATIONS:
            for _, item in value.arguments:
                yield from _floats(item)


def check_activations(layer: Layer, signature: Signature) -> None:
    """Raises LayerError where an activation of the layer works along an axis that is not there."""
    check_axes(layer, signature.output.rank if layer.activation_rank is None else layer.activation_rank)


def check_axes(layer: Layer, rank: int) -> None:
    """Raises LayerError where an activation of the layer works along an axis that what it is applied to, of this rank,
    does not have."""
    for field, activation in layer.activations.items():
        if has_axis(activation):
            normalize_axis(activation["axis"], rank, field)


def check_penalties(layer: Layer, signature: Signature) -> None:
    """Raises LayerError where training would fail at a regularizer or constraint: for a weight that is no matrix, or
    along an axis that a weight has not."""
    for field, weight in _penalized(layer, signature):
        given = getattr(layer, field)
        rank = len(weight.shape) if weight else None
        if given is not None and given.name == "OrthogonalRegularizer" and rank != 2:
            what = (
                f"{weight.name}, which is no matrix"
                if weight
                else "an output, whose batch Keras does not know"
            )
            message, help = f"OrthogonalRegularizer cannot penalize {what}", "choose another one, such as l2"
            raise LayerError(message, code="NN203", field=field, help=help)
        if given is not None and weight is not None and "axis" in given.catalogue.entries[given.name]:
            _check_axes(given, weight, field)


def _check_axes(constraint: Named, weight: WeightSpec, field: str) -> None:
    rank = len(weight.shape)
    wrong = next((axis for axis in constraint["axis"] if not -rank <= axis < rank), None)
    if wrong is not None:
        message = f"{constraint.name} goes along axis {wrong}, and {weight.name} has {rank} axes"
        raise LayerError(
            message, code="NN203", field=field, help=f"choose an axis from {-rank} to {rank - 1}"
        )


def _penalized(layer: Layer, signature: Signature) -> Iterator[tuple[str, WeightSpec | None]]:
    """The fields of regularizers and constraints, each with the weights that it is for; None for the output's. Weights
    are told by their initializer, and where several have the same one, by their names."""
    for field in layer.own_fields():
        kind, _, what = field.rpartition("_")
        if what in ("regularizer", "constraint"):
            given = getattr(layer, f"{kind}_initializer", None)
            weights = [weight for weight in signature.weights if inner(weight.initializer) is given]
            named = [weight for weight in weights if weight.name.rpartition("/")[2].startswith(kind)]
            yield from ((field, weight) for weight in (named or weights if kind != "activity" else [None]))
