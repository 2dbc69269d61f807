"""Every name of `keras.layers` and `keras.ops` is one that a spec can have, or is told why not."""

from __future__ import annotations

import inspect
from types import ModuleType

import keras
import nnspec
import pytest
from nnspec.spec.layers import ALIASES, NAMES, REFUSED, canonical, find
from nnspec.spec.layers.functions import Function
from nnspec.spec.layers.left_out import INSTEAD, LEFT_OUT, advice

SPEC = "nnspec: 1\nname: net\ninputs: {x: [4]}\nlayers:\n  - %s\n"


def layers_of_keras() -> list[str]:
    found = (n for n, v in vars(keras.layers).items() if inspect.isclass(v) and issubclass(v, keras.Layer))
    return sorted([*found, "Input"])


def functions_of_keras() -> list[str]:
    found = [*functions_in(keras.ops), *(f"image.{name}" for name in functions_in(keras.ops.image))]
    for module in (keras.ops.linalg, keras.ops.nn, keras.ops.numpy):
        assert set(functions_in(module)) <= set(found)
    return sorted(found)


def functions_in(module: ModuleType) -> list[str]:
    return [n for n, v in vars(module).items() if not n.startswith("_") and not isinstance(v, ModuleType)]


def functions() -> dict[str, type[Function]]:
    """The functions of the catalogue by their names in `keras.ops`."""
    classes = (find(name) for name in NAMES)
    return {cls.op: cls for cls in classes if cls is not None and issubclass(cls, Function)}


@pytest.mark.parametrize("name", layers_of_keras())
def test_layer_is_there_or_refused(name: str) -> None:
    assert (canonical(name) is not None) != (name in REFUSED)


@pytest.mark.parametrize("name", functions_of_keras())
def test_function_is_there_or_refused(name: str) -> None:
    places = [name in functions(), name in INSTEAD, name in LEFT_OUT]
    assert places.count(True) == 1, f"{name}: {places}"


def test_no_name_is_one_that_keras_does_not_have() -> None:
    layers, ops = layers_of_keras(), functions_of_keras()
    own = [name for name in NAMES if (cls := find(name)) and not cls.is_function]
    assert {*own, *ALIASES, *REFUSED} - {*layers} == set()
    assert {*functions(), *INSTEAD, *LEFT_OUT} - {*ops} == set()


def test_the_name_of_a_function_is_its_name_in_keras_in_camel_case() -> None:
    plain = {cls.__name__: op.rpartition(".")[2].replace("_", "") for op, cls in functions().items()}
    odd = {name: op for name, op in plain.items() if name.lower() != op}
    # `array` and `convert_to_tensor` are one in Keras, and neither says what it is in a network.
    assert odd == {"Constant": "converttotensor"}


@pytest.mark.parametrize("name", ["softmax_", "Cholesky", "while_loop", "WhileLoop", "amax", "relu"])
def test_a_name_of_keras_that_is_no_item_is_told_what_to_do(name: str) -> None:
    with pytest.raises(nnspec.SpecError) as caught:
        nnspec.loads(SPEC % name)
    (found,) = caught.value.diagnostics
    assert found.help == advice(name) or (found.help or "").startswith("did you mean")


def test_what_is_named_instead_is_in_the_catalogue() -> None:
    words = (word.strip("{},:") for text in INSTEAD.values() for word in text.split())
    assert {word for word in words if word[:1].isupper() and canonical(word) is None} == set()


def test_an_alias_is_the_layer_that_keras_has_under_it() -> None:
    assert {a: getattr(keras.layers, a).__name__ for a in ALIASES} == ALIASES
