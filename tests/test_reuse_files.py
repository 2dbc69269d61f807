"""Weights of layers that are applied again, in files of every kind; which layer of Keras's is which."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from differential import assert_close
from nnspec.backends.keras import build
from nnspec.backends.weights import load, save
from nnspec.backends.weights.keras_files import keras_order
from nnspec.compiler.graph import Graph
from shared_layers import each, graph_of, job_of, loads, reference
from stores import same


@each
@pytest.mark.parametrize("suffix", [".npz", ".safetensors", ".weights.h5", ".keras"])
def test_weights_come_back_from_every_kind_of_file(name: str, suffix: str, tmp_path: Path) -> None:
    graph, weights = graph_of(name), job_of(name).weights
    path = tmp_path / f"w{suffix}"
    match suffix:
        case ".keras":
            build(graph, weights).save(path)
        case ".weights.h5":
            build(graph, weights).save_weights(path)
        case _:
            save(weights, path)
    assert same(load(path, graph), weights)


@each
def test_keras_loads_the_model_that_it_saved(name: str, tmp_path: Path) -> None:
    import keras

    job = job_of(name)
    build(job.graph, job.weights).save(tmp_path / "m.keras")
    model: Any = keras.models.load_model(tmp_path / "m.keras")
    given = [job.cases[0][i.name] for i in job.graph.inputs]
    result = model(given[0] if len(given) == 1 else given, training=False)
    results = result if isinstance(result, dict) else {job.graph.outputs[0].name: result}
    for output, expected in zip(job.graph.outputs, reference(name).outputs[0], strict=True):
        assert_close(np.asarray(results[output.name]), expected, output.name)


def renamed(graph: Graph) -> Graph:
    """The graph under names that none of its own files has."""
    own = {node.name: f"my_{node.name}" for node in graph.nodes}

    def values(things: Iterable[Any]) -> tuple[Any, ...]:
        return tuple(
            thing._replace(value=replace(thing.value, node=own.get(thing.value.node, thing.value.node)))
            for thing in things
        )

    nodes = tuple(
        node._replace(
            name=own[node.name],
            arguments=values(node.arguments),
            shares=own[node.shares] if node.shares else None,
        )
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes, outputs=values(graph.outputs))


@each
def test_layers_are_found_in_a_file_with_other_names(name: str, tmp_path: Path) -> None:
    graph, weights = graph_of(name), job_of(name).weights
    build(graph, weights).save_weights(tmp_path / "w.weights.h5")
    found = load(tmp_path / "w.weights.h5", renamed(graph))
    assert [found[key].tobytes() for key in found] == [weights[key].tobytes() for key in weights]


def in_keras(graph: Graph) -> list[str]:
    layers = build(graph).layers
    return [layer.name for layer in layers if type(layer).__name__ != "InputLayer"]


@each
def test_layers_are_in_keras_s_order(name: str) -> None:
    graph = graph_of(name)
    listed = in_keras(graph)
    assert [node.name for node in keras_order(graph) if node.name in listed] == listed


@pytest.mark.parametrize("seed", range(25))
def test_layers_of_random_networks_are_in_keras_s_order(seed: int) -> None:
    graph = a_network(random.Random(seed))
    assert [node.name for node in keras_order(graph)] == in_keras(graph)


def a_network(rng: random.Random) -> Graph:
    """Twelve layers, new ones and old ones again, on any of the values before them."""
    values, layers, items = ["a", "b"], list[str](), list[Mapping[str, Any]]()
    for number in range(12):
        name = f"n{number}"
        kind = rng.choice(["new", "again", "merge"]) if layers else "new"
        if kind == "merge":
            items.append({"Add": None, "name": name, "from": rng.sample(values, 2)})
        else:
            made = {"Dense": 3} if kind == "new" else {"reuse": rng.choice(layers)}
            items.append({**made, "name": name, "from": rng.choice(values[-4:])})
            layers.append(name)
        values.append(name)
    # Keras walks through a dictionary of outputs by the order of their names.
    outputs = sorted(rng.sample(values[4:], rng.randint(1, 3)))
    return loads(f"inputs: {{a: [3], b: [3]}}\nlayers: {items}\noutputs: {outputs}".replace("None", ""))
