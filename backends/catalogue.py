"""All that can be said of each layer and function: for `nnspec layers`, for docs/layers.md, and for programs."""

from __future__ import annotations

from typing import Any

from ..compiler.examples import Example, example
from ..compiler.graph import Graph
from ..compiler.pipeline import compile_source
from ..spec.diagnostics import SpecError
from ..spec.layers import ALIASES, FAMILIES, NAMES, REFUSED
from ..spec.layers.base import Layer
from ..spec.plugins import NONE, Plugins, row_of
from ..spec.reference import about, fields
from ..spec.source import Source
from ..spec.types import TensorType
from .onnx import OPSETS
from .spec import DEFAULT_DTYPE, call
from .yaml import entries, flow


def record(plugins: Plugins = NONE) -> dict[str, Any]:
    """The catalogue as data for JSON."""
    return {
        "layers": [entry(name, plugins) for name in (*NAMES, *plugins.layers)],
        "refused": dict(sorted(REFUSED.items())),
    }


def entry(name: str, plugins: Plugins = NONE) -> dict[str, Any]:
    """What can be said of one layer. `least_opset` and all under `example` are those of an example: fields that the
    layer takes, inputs that go with them, and what comes out. Where none is known, they are None."""
    layer = plugins.find(name)
    assert layer is not None
    found = example(layer)
    return {
        "name": layer.__name__,
        "kind": "function" if layer.is_function else "layer",
        "family": family(layer.__name__),
        "aliases": sorted(alias for alias, known in ALIASES.items() if known == layer.__name__),
        "about": about(layer),
        "fields": [field._asdict() for field in fields(layer)],
        "refused_fields": dict(layer.refused),
        "inputs": [port._asdict() for port in layer.ports],
        "passes_mask": layer.passes_mask,
        "example": found and _example(found),
        "backends": _backends(layer, found),
        "least_opset": found and _least_opset(found, plugins),
    }


def family(name: str) -> str | None:
    """The family of a layer of nnspec's own."""
    return next((family for family, names in FAMILIES.items() if name in names), None)


def _example(found: Example) -> dict[str, Any]:
    signature = found.signature
    return {
        "item": item(found),
        "inputs": [{"port": port, "type": str(type_)} for port, type_ in found.inputs],
        "outputs": [
            {"name": name, "type": str(type_)}
            for name, type_ in zip(found.layer.output_names, signature.outputs, strict=True)
        ],
        "weights": [
            {"name": w.name, "shape": list(w.shape), "trainable": w.trainable} for w in signature.weights
        ],
        "macs": signature.macs if isinstance(signature.macs, int) else str(signature.macs),
    }


def item(found: Example) -> str:
    """The example as an item of a spec: `Dense: 4`."""
    ((name, given),) = call(found.layer, DEFAULT_DTYPE).items()
    return f"{name}: {flow(given)}" if given != {} else name


def _backends(layer: type[Layer], found: Example | None) -> dict[str, bool | str]:
    """Whether each backend has the layer, or the reason why it has not."""
    from .onnx.lowerings import UNSUPPORTED

    own = row_of(found.layer) if found else None
    reason = own.onnx if own else UNSUPPORTED.get(layer.__name__)
    return {"keras": True, "python": True, "onnx": reason if isinstance(reason, str) else True}


def _least_opset(found: Example, plugins: Plugins) -> int | None:
    """The first opset from which on the example can be written; None where it cannot be."""
    from .onnx.emit import checked, to_onnx
    from .weights import initialize

    graph = network(found, plugins)
    weights, least = initialize(graph), None
    for opset in reversed(OPSETS):
        try:
            checked(to_onnx(graph, weights, opset))
        except SpecError:
            break
        least = opset
    return least


def network(found: Example, plugins: Plugins = NONE) -> Graph:
    """The example as a network of its own. What comes out as a constant is compared with an input."""
    given = {f"x{number}": type_ for number, (_, type_) in enumerate(found.inputs)}
    made = (
        {**call(found.layer, DEFAULT_DTYPE), "from": list(given)}
        if given
        else call(found.layer, DEFAULT_DTYPE)
    )
    items = [{"Ones": list(type_.shape), "name": name} for name, type_ in given.items() if type_.is_constant]
    items.append(made)
    inputs = {name: type_ for name, type_ in given.items() if not type_.is_constant}
    if found.signature.output.is_constant:
        inputs["y"] = found.signature.output
        items.append({"Equal": {}, "from": ["y", "previous"]})
    declared = {name: _declared(type_) for name, type_ in inputs.items()}
    text = "\n".join(entries({"nnspec": 1, "name": "net", "inputs": declared, "layers": items}))
    return compile_source(Source("<example>", text), plugins=plugins)


def _declared(type_: TensorType) -> dict[str, Any]:
    """An input of a type, as a spec declares it."""
    sizes = [size if isinstance(size, int) else str(size) for size in type_.features]
    return {"shape": sizes, "dtype": type_.dtype}


# --- in words


def example_lines(entry: dict[str, Any]) -> list[tuple[str, str]]:
    """The example of a layer: what each line is about, and what it says."""
    found = entry["example"]
    if found is None:
        return []
    weights = [
        f"{w['name']} {w['shape']}{'' if w['trainable'] else ' (not trained)'}" for w in found["weights"]
    ]
    several = len(found["outputs"]) > 1
    outputs = [f"{o['name']}: {o['type']}" if several else o["type"] for o in found["outputs"]]
    return [
        ("example", found["item"]),
        ("takes", _inputs_text(entry)),
        ("gives", ", ".join(outputs)),
        ("weights", ", ".join(weights) or "none"),
        ("MACs", f"{found['macs']} for one sample" if found["macs"] else "none"),
    ]


def _inputs_text(entry: dict[str, Any]) -> str:
    """The example's inputs, and the ports that it leaves open."""
    given = [(i["port"], i["type"]) for i in entry["example"]["inputs"]]
    taken = {port for port, _ in given}
    left = [port["name"] for port in entry["inputs"] if port["optional"] and port["name"] not in taken]
    texts = [f"{port}: {type_}" if len(given) > 1 or left else type_ for port, type_ in given]
    texts += [f"{name} if given" for name in left]
    return ", ".join(texts) or "nothing: it is a constant"


def backends_text(entry: dict[str, Any]) -> str:
    """`Keras, Python, ONNX from opset 15`."""
    onnx = entry["backends"]["onnx"]
    if onnx is not True:
        return f"Keras, Python; not ONNX: {onnx}"
    return (
        f"Keras, Python, ONNX from opset {entry['least_opset']}"
        if entry["least_opset"]
        else "Keras, Python, ONNX"
    )
