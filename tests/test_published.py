"""The examples that are published networks are those: weight by weight, and in what they compute."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nnspec
import numpy as np
import pytest
from differential import random_weights
from nnspec.compiler.graph import Graph, Value
from nnspec.spec.size import evaluate, symbols

EXAMPLES = Path(__file__).parent.parent / "examples"
TOLERANCE = 1e-5

# Networks that take long to build are built where the environment asks for more examples.
if_asked = pytest.mark.skipif("NNSPEC_EXAMPLES" not in os.environ, reason="NNSPEC_EXAMPLES is not set")


def load(name: str, **settings: Any) -> Graph:
    return nnspec.load(EXAMPLES / f"{name}.nn.yaml", **settings)


def count(graph: Graph) -> int:
    return graph.parameters(trainable=True) + graph.parameters(trainable=False)


# --- numbers of parameters


@pytest.mark.parametrize(
    ("variant", "trainable", "not_trainable"),
    [
        # As torchvision's reference has them, whose convolutions have no bias.
        ("resnet18", 11_689_512, 9_600),
        ("resnet34", 21_797_672, 17_024),
        # As keras.applications has them, whose convolutions have one.
        ("resnet50", 25_583_592, 53_120),
        ("resnet101", 44_601_832, 105_344),
        ("resnet152", 60_268_520, 151_424),
    ],
)
def test_resnet_has_the_published_parameters(variant: str, trainable: int, not_trainable: int) -> None:
    graph = load("resnet", variant=variant)
    assert graph.parameters(trainable=True) == trainable
    assert graph.parameters(trainable=False) == not_trainable


def test_resnet_18_is_what_the_file_describes_by_itself() -> None:
    assert load("resnet").weights == load("resnet", variant="resnet18").weights


def test_resnet_is_shorter_than_90_lines() -> None:
    assert len((EXAMPLES / "resnet.nn.yaml").read_text(encoding="utf-8").splitlines()) < 90


# --- the same as keras.applications


def in_order(layer: Any) -> tuple[list[int], bool]:
    """Where a layer of keras.applications' ResNet stands: conv2_block1_0_conv, conv2_block1_0_bn, …, predictions."""
    numbers = [int(digits) for digits in re.findall(r"\d+", layer.name)]
    return numbers or [99], layer.name.endswith("bn")


def resnet_of_keras(depth: int, size: int = 64) -> tuple[Any, list[Any]]:
    """The network, and its layers with weights from the first to the last."""
    import keras

    make = getattr(keras.applications, f"ResNet{depth}")
    model = make(weights=None, input_shape=(size, size, 3))
    return model, sorted((layer for layer in model.layers if layer.weights), key=in_order)


def mobilenet_of_keras(alpha: float, size: int = 64) -> tuple[Any, list[Any]]:
    import keras

    model = keras.applications.MobileNetV2(weights=None, alpha=alpha, input_shape=(size, size, 3))
    return model, [layer for layer in model.layers if layer.weights]


def assert_same_weights(graph: Graph, model: Any, layers: Sequence[Any]) -> None:
    """Whether layer by layer the weights have the same shapes, and are as many."""
    ours = [weight.shape for weight in graph.weights.values()]
    assert ours == [tuple(weight.shape) for layer in layers for weight in layer.weights]
    assert count(graph) == model.count_params()


def assert_same_outputs(graph: Graph, model: Any, layers: Sequence[Any], size: int) -> None:
    """Whether with the same weights the features and probabilities of images are the same."""
    weights = random_weights(graph)
    theirs = (weight for layer in layers for weight in layer.weights)
    for value, variable in zip(weights.values(), theirs, strict=True):
        variable.assign(value)
    images = np.random.default_rng(1).normal(size=(2, size, size, 3)).astype(np.float32)
    ours = nnspec.build(graph, weights)
    found, wanted = features_and_probabilities(ours, images), features_and_probabilities(model, images)
    for actual, expected in zip(found, wanted, strict=True):
        assert len(np.unique(expected)) > expected.size // 3
        np.testing.assert_allclose(actual, expected, rtol=0, atol=TOLERANCE * float(np.abs(expected).max()))


def features_and_probabilities(model: Any, images: np.ndarray) -> list[np.ndarray]:
    import keras

    outputs = [model.layers[-2].output, model.layers[-1].output]
    return [np.asarray(output) for output in keras.Model(model.inputs, outputs)([images], training=False)]


def test_resnet_50_is_that_of_keras() -> None:
    graph, (model, layers) = load("resnet", variant="resnet50"), resnet_of_keras(50)
    assert count(graph) == 25_636_712
    assert_same_weights(graph, model, layers)
    assert_same_outputs(graph, model, layers, 64)


@if_asked
@pytest.mark.parametrize("depth", [101, 152])
def test_deeper_resnets_have_the_weights_that_keras_has(depth: int) -> None:
    assert_same_weights(load("resnet", variant=f"resnet{depth}"), *resnet_of_keras(depth))


@pytest.mark.parametrize(
    ("alpha", "parameters"),
    [(0.5, 1_987_224), (0.75, 2_663_064), (1.0, 3_538_984), (1.3, 5_431_048), (1.4, 6_156_712)],
)
def test_mobilenet_v2_has_the_weights_that_keras_has(alpha: float, parameters: int) -> None:
    graph = load("mobilenet_v2", params={"alpha": alpha})
    assert count(graph) == parameters
    assert_same_weights(graph, *mobilenet_of_keras(alpha))


@pytest.mark.parametrize("size", [64, 75])  # even sizes are padded on one side only
def test_mobilenet_v2_is_that_of_keras(size: int) -> None:
    graph, (model, layers) = load("mobilenet_v2", variant="small"), mobilenet_of_keras(0.35, size)
    assert count(graph) == 1_691_208
    assert_same_weights(graph, model, layers)
    assert_same_outputs(graph, model, layers, size)


# --- as the papers have them


def shape_at(graph: Graph, name: str, side: int) -> tuple[int, ...]:
    """The shape of a layer's output, without the batch, for an image of that height and width."""
    features = graph.types[Value(name)].features
    sizes = dict.fromkeys(symbols(features), side)
    return tuple(evaluate(size, sizes) for size in features)


def test_googlenet_has_the_modules_of_the_papers_table_1() -> None:
    graph = load("inception")
    modules = [node.name for node in graph.nodes if node.kind == "Concatenate"]
    assert [shape_at(graph, name, 224) for name in modules] == [
        *[(28, 28, 256), (28, 28, 480)],
        *[(14, 14, 512)] * 3,
        *[(14, 14, 528), (14, 14, 832)],
        *[(7, 7, 832), (7, 7, 1024)],
    ]
    # That of its authors' table is for the module without biases, in units of 1024: 159K.
    first = [node for node in graph.nodes if node.name.startswith("module.0.0.")]
    kernels = sum(
        weight.size for node in first for weight in node.signature.weights if weight.name == "kernel"
    )
    assert kernels // 1024 == 159
    assert count(graph) == 6_998_552


def test_unet_has_the_23_convolutions_of_the_paper() -> None:
    graph = load("unet", variant="published")
    layers = [node for node in graph.nodes if node.kind in ("Conv2D", "Conv2DTranspose")]
    assert len(layers) == 23
    assert shape_at(graph, "bottom.conv2d_1", 512) == (32, 32, 1024)
