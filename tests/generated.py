"""Builds and inspects generated modules, and asks the formatter and linter about them."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nnspec
import numpy as np
from differential import assert_close, random_weights, run_keras
from hypothesis import HealthCheck, settings
from nnspec.backends.cases import make_cases
from nnspec.backends.python import build_arguments, emit
from nnspec.compiler.graph import Graph

RULES = "E,W,F,I,B,UP,SIM,C4,PIE,RET"

CALM = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def spec(layers: list[Any], inputs: Mapping[str, Any] | None = None, **sections: Any) -> Graph:
    data = {"nnspec": 1, "name": "net", "inputs": inputs or {"features": [4]}, "layers": layers, **sections}
    return nnspec.loads(json.dumps(data))


def build_body(source: str) -> list[str]:
    """The statements of `build_model`, on one line each, without the docstring."""
    function = next(node for node in ast.parse(source).body if getattr(node, "name", "") == "build_model")
    assert isinstance(function, ast.FunctionDef)
    return [ast.unparse(node) for node in function.body[1:]]


def called(source: str) -> set[str]:
    """What the module calls, by dotted name; `(…)` for the call of a call's result."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return {"(…)" if isinstance(function, ast.Call) else ast.unparse(function) for function in calls}


def assert_clean(
    sources: Iterable[str], folder: Path, rules: str = RULES, ignored: Iterable[str] = ()
) -> None:
    """Asserts that neither `ruff format` nor `ruff check` has anything to say."""
    for number, source in enumerate(sources):
        folder.joinpath(f"module_{number}.py").write_text(source, encoding="utf-8")
    check = ["check", "--select", rules, "--target-version", "py311"]
    check += [f"--ignore={rule}" for rule in ignored]
    for command in (["format", "--diff"], check):
        run = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", str(folder)]
        result = subprocess.run(run, capture_output=True, check=False)
        assert result.returncode == 0, result.stdout.decode() + result.stderr.decode()


def built(
    graph: Graph, folder: Path | None = None, *, flat: bool = False, emitted: Graph | None = None
) -> Any:
    """The model that the generated module builds in a fresh session. With `emitted`, the module is that of the same
    spec's other graph, and gets the arguments of this one."""
    import keras

    keras.utils.clear_session()
    namespace: dict[str, Any] = {"__name__": "generated", "__file__": str((folder or Path()) / "model.py")}
    exec(compile(emit(emitted or graph, flat=flat), "model.py", "exec"), namespace)
    return namespace["build_model"](**(build_arguments(graph) if emitted else {}))


def assert_same_model(
    graph: Graph, folder: Path | None = None, *, flat: bool = False, emitted: Graph | None = None
) -> None:
    """Asserts that the module's model has the live model's layers, and computes the same with its weights."""
    from nnspec.backends.keras import assign, build

    weights, inputs = random_weights(graph), make_cases(graph)[1]
    live, ours = build(graph, weights), built(graph, folder, flat=flat, emitted=emitted)
    assert ours.name == graph.name
    assert described(ours) == described(live)
    assign(ours, graph, weights)
    for output, actual, wanted in zip(
        graph.outputs, run_keras(ours, graph, inputs), run_keras(live, graph, inputs), strict=True
    ):
        assert_close(actual, wanted, f"output {output.name}")


def described(model: Any) -> dict[str, Any]:
    """The layers by name: their classes, configurations and weights."""
    layers = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
    return {
        layer.name: (
            type(layer).__name__,
            without_names(layer.get_config()),
            [(tuple(w.shape), w.dtype) for w in layer.weights],
        )
        for layer in layers
    }


def without_names(config: Any) -> Any:
    """A configuration without the names of what is inside a layer, its activation functions and seeds, which
    are not the same twice; a list for a tuple or an array."""
    if isinstance(config, np.ndarray):
        return config.tolist()
    if isinstance(config, list | tuple):
        return [without_names(value) for value in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "__numpy__":
        return np.asarray(config["config"]["value"], config["config"]["dtype"]).tolist()
    kept = {
        key: value
        for key, value in config.items()
        if key not in ("name", "activation", "build_config", "seed")
    }
    return {key: without_names(value) for key, value in kept.items()}
