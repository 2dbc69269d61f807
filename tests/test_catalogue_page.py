"""What is said of each layer: its example goes through the front end and comes out as it says."""

from __future__ import annotations

import json

import pytest
from nnspec.backends.catalogue import backends_text, entry, example_lines, network
from nnspec.cli.main import main
from nnspec.compiler.examples import example
from nnspec.spec.layers import ALIASES, NAMES, REFUSED, find
from nnspec.spec.reference import fields


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_has_an_example_that_a_spec_can_hold(name: str) -> None:
    found = example(find(name))  # type: ignore[arg-type]
    assert found is not None, "compiler/examples.py finds no fields and inputs that go together"
    node = next(node for node in network(found).nodes if node.layer == found.layer)
    given = [str(type_) for type_ in node.signature.outputs]
    assert given == [output["type"] for output in entry(name)["example"]["outputs"]]
    assert [w.shape for w in node.weights] == [w.shape for w in found.signature.weights]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_of_a_layer_is_said_in_words(name: str) -> None:
    for field in fields(find(name)):  # type: ignore[arg-type]
        assert field.about.endswith((".", ":")) and field.type
        assert "typing." not in field.type and "<" not in field.type
    said = entry(name)
    assert said["least_opset"] == 15 or isinstance(said["backends"]["onnx"], str)
    assert dict(example_lines(said))["gives"] and backends_text(said).startswith("Keras, Python")


def test_a_known_one_word_for_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layers", "Convolution2D"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("Conv2D (Keras's Convolution2D is the same): 2-D convolution")
    assert text.endswith(
        "example   Conv2D: {filters: 4, kernel_size: 3}\n"
        "takes     float32[batch, height, width, 8]\n"
        "gives     float32[batch, height - 2, width - 2, 4]\n"
        "weights   kernel [3, 3, 8, 4], bias [4]\n"
        "MACs      288*height*width - 576*height - 576*width + 1152 for one sample\n"
        "backends  Keras, Python, ONNX from opset 15\n"
    )


def test_the_catalogue_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layers", "--format", "json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [layer["name"] for layer in record["layers"]] == list(NAMES)
    assert {alias for layer in record["layers"] for alias in layer["aliases"]} == set(ALIASES)
    assert record["refused"] == REFUSED
    assert main(["layers", "MaxPool2D", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == entry("MaxPooling2D")
