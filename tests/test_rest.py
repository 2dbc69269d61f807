"""`trainable: false` reaches all weights of a layer, those of what it holds among them, or is refused."""

from __future__ import annotations

from typing import Any

import pytest
from differential import spec
from nnspec.backends.keras import build
from nnspec.spec.diagnostics import SpecError

HOLDING = [
    ("TimeDistributed", "layer", {"Dense": {"units": 2}}),
    ("TimeDistributed", "layer", {"TimeDistributed": {"layer": {"Dense": {"units": 2}}}}),
    ("Bidirectional", "layer", {"GRU": {"units": 2}}),
    ("SpectralNormalization", "layer", {"Dense": {"units": 2}}),
    ("RNN", "cell", {"StackedRNNCells": {"cells": [{"GRUCell": {"units": 2}}, {"LSTMCell": {"units": 2}}]}}),
]


@pytest.mark.parametrize(("wrapper", "field", "held"), HOLDING)
def test_what_holds_a_layer_may_rest_with_it(wrapper: str, field: str, held: dict[str, Any]) -> None:
    item = {wrapper: {field: held, "trainable": False}}
    graph = spec(item, {"x": [4, 3, 5]} if "TimeDistributed" in held else {"x": [4, 3]})
    model = build(graph)
    assert graph.parameters(trainable=True) == 0 < graph.parameters(trainable=False)
    assert model.trainable_weights == [] != model.weights


def test_a_held_layer_may_rest() -> None:
    held = {"Dense": {"units": 2, "trainable": False}}
    graph = spec({"TimeDistributed": {"layer": held}}, {"x": [4, 3]})
    assert graph.parameters(trainable=True) == 0
    assert build(graph).trainable_weights == []


def test_layers_that_keras_makes_would_not_rest() -> None:
    attention = {"MultiHeadAttention": {"num_heads": 1, "key_dim": 2, "trainable": False}}
    with pytest.raises(SpecError) as caught:
        spec(attention, {"x": [4, 3]}, from_=["x", "x"])
    (found,) = caught.value.diagnostics
    assert found.code == "NN112" and "would train their weights all the same" in found.message
