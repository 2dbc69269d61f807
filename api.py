"""The library: each function takes a graph, or gives one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .compiler.given import from_values
from .compiler.graph import Graph
from .compiler.pipeline import Checked, compile_source
from .compiler.pipeline import check as check_source
from .spec.plugins import load as load_plugins
from .spec.reader import decode, read_file
from .spec.source import Source

if TYPE_CHECKING:
    import keras

    from .backends.export import Exported
    from .backends.weights import Weights


def load(
    path: str | Path,
    *,
    root: str | Path | None = None,
    variant: str | None = None,
    params: Mapping[str, Any] | None = None,
    plugins: Iterable[str] = (),
) -> Graph:
    """The typed graph of a spec file. Raises SpecError, with every diagnostic, where there is an error.

    `root` is the folder that files named in the spec are read from, by default the spec's own. `variant` names one of
    the spec's, and `params` gives values to its params, over those of the variant: numbers, strings, booleans, None,
    and lists of these; a string that begins with `=` is an expression. `plugins` names those whose layers the spec may
    use: loading one runs its code.
    """
    settings, loaded = from_values(params or {}, variant), load_plugins(plugins)
    folder = Path(root) if root else Path(path).parent
    return compile_source(read_file(path), folder, settings=settings, plugins=loaded)


def loads(
    text: str | bytes,
    *,
    name: str = "<string>",
    root: str | Path = ".",
    variant: str | None = None,
    params: Mapping[str, Any] | None = None,
    plugins: Iterable[str] = (),
) -> Graph:
    """The typed graph of a spec's text, as `load` gives it. Raises SpecError where there is an error."""
    source = decode(text, name) if isinstance(text, bytes) else Source(name, text)
    settings, loaded = from_values(params or {}, variant), load_plugins(plugins)
    return compile_source(source, Path(root), settings=settings, plugins=loaded)


def check(
    path: str | Path,
    *,
    root: str | Path | None = None,
    variant: str | None = None,
    params: Mapping[str, Any] | None = None,
    plugins: Iterable[str] = (),
) -> Checked:
    """The graph of a spec file, or None, with the diagnostics. Raises SpecError for a file that cannot be read, for
    values that no param can have, and for a plugin that cannot be used.

    With neither `variant` nor `params`, the diagnostics are those of the file as it stands and in all its variants.
    """
    settings = from_values(params or {}, variant) if params or variant is not None else None
    folder = Path(root) if root else Path(path).parent
    return check_source(read_file(path), folder, settings=settings, plugins=load_plugins(plugins))


def expand(graph: Graph) -> str:
    """The network as a spec with everything resolved, which `loads` makes an equal graph of."""
    from .backends.spec import expand as expand_graph

    return expand_graph(graph)


def build(graph: Graph, weights: Weights | None = None, seed: int = 0) -> keras.Model:
    """A live Keras model with the given weights, or with weights initialised from `seed`."""
    from .backends.keras import build as build_keras

    return build_keras(graph, weights, seed)


def emit(graph: Graph, *, flat: bool = False) -> str:
    """Python source of a module with `build_model()`, which needs Keras and nothing of nnspec.

    The spec's params are its arguments, with the graph's values as defaults; `flat` gives the layers one by one.
    """
    from .backends.python import emit as emit_python

    return emit_python(graph, flat=flat)


def export(
    graph: Graph,
    path: str | Path,
    *,
    weights: Weights | None = None,
    seed: int = 0,
    opset: int | None = None,
    inputs: str = "declared",
    outputs: str = "declared",
    dtype: str | None = None,
    quantize: str | None = None,
    calibrate: str | Path | None = None,
    tolerance: float | None = None,
) -> Exported:
    """Writes an ONNX model, whole or not at all. Raises SpecError for what ONNX cannot express.

    With `inputs` or `outputs` as "nchw" images go in, or come out, with the channels behind the batch. With a `dtype`
    layers that have none of their own compute in that one. `quantize` is "int8", or "int8-static" with `calibrate` as a
    `.npz` file of inputs. A model in other numbers than the spec's is written only where it differs from the spec's own
    by at most `tolerance`, and the differences are in the result.
    """
    from .backends.export import Numbers, export_graph
    from .backends.onnx import Form
    from .backends.weights import initialize

    given = initialize(graph, seed) if weights is None else weights
    numbers = Numbers(dtype, quantize, Path(calibrate) if calibrate is not None else None, tolerance)
    return export_graph(graph, path, given, opset, Form(inputs, outputs), numbers, seed=seed)


def verify(graph: Graph, *, inputs: str = "declared", outputs: str = "declared", **options: Any) -> Any:
    """Runs the graph by every path with the same weights and compares; see `nnspec.backends.verify.verify`. `inputs`
    and `outputs` are those of `export`."""
    from .backends.onnx import Form
    from .backends.verify import verify as verify_paths

    return verify_paths(graph, form=Form(inputs, outputs), **options)


def compile(path: str | Path, folder: str | Path, **options: Any) -> Any:
    """Everything that `nnspec compile` writes, into a folder; see `nnspec.backends.artifacts.compile_spec`."""
    from .backends.artifacts import compile_spec

    return compile_spec(path, folder, **options)
