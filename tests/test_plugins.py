"""Layers of plugins: used where they are asked for, and only there; by every path, as nnspec's own are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nnspec
import numpy as np
import pytest
from differential import compare, layer_settings
from hypothesis import given
from hypothesis import strategies as st
from nnspec.cli.main import COMMANDS
from nnspec.spec.plugins import Plugins, load
from plugin_packages import EXAMPLE, install_example, write_package

SPEC = EXAMPLE / "convnext.nn.yaml"
NAME = "layer-scale"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_example(tmp_path_factory.mktemp("plugin"))


def path_with(folder: Path) -> str:
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


@pytest.fixture
def example(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's package on the path of this process, and of those that it starts."""
    monkeypatch.syspath_prepend(str(installed))
    monkeypatch.setenv("PYTHONPATH", path_with(installed))


def network(layers: str, more: str = "") -> str:
    return f"nnspec: 1\nname: net\ninputs: {{x: [5, 4]}}\n{more}\nlayers: {layers}\n"


def error_of(plugins: Iterable[str], text: str = network("[Identity]")) -> Any:
    with pytest.raises(nnspec.SpecError) as found:
        nnspec.loads(text, plugins=plugins)
    return found.value.diagnostics[0]


# --- the example, end to end


def run(installed: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": path_with(installed)}
    command = [sys.executable, "-m", "nnspec", *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_the_example_goes_through_every_command(installed: Path, tmp_path: Path) -> None:
    def nn(command: str, *more: str) -> str:
        result = run(installed, command, str(SPEC), "--plugin", NAME, *more, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        return result.stdout

    assert "LayerScale" in nn("show")
    assert "LayerScale" in nn("expand")
    assert "import layer_scale.layers\n" in nn("emit")
    assert nn("check") == ""
    nn("export", "-o", "net.onnx")
    assert "equal" in nn("compile", "-o", "out", "--set", "depth=2")
    assert {"convnext.py", "convnext.onnx", "convnext.keras"} <= {
        p.name for p in (tmp_path / "out").iterdir()
    }


def test_a_graph_needs_the_option_no_more(example: None) -> None:
    graph = nnspec.load(SPEC, plugins=[NAME])
    report = nnspec.verify(graph)
    assert report.equal
    assert all(path.equal for path in report.paths if path.name in ("python", "flat", "onnx"))
    again = nnspec.loads(nnspec.expand(graph), plugins=[NAME])
    assert [node.layer for node in again.nodes] == [node.layer for node in graph.nodes]


def test_a_saved_model_is_loaded_again(example: None, tmp_path: Path) -> None:
    import keras
    from nnspec.backends.keras import save

    model = nnspec.build(nnspec.loads(network("[LayerScale: 0.5]"), plugins=[NAME]))
    save(model, tmp_path / "net.keras")
    loaded: Any = keras.models.load_model(tmp_path / "net.keras")
    x = np.ones((2, 5, 4), "float32")
    np.testing.assert_array_equal(np.asarray(loaded(x)), x / 2)


def test_the_folder_of_compile_spec_and_check_take_plugins(example: None, tmp_path: Path) -> None:
    assert nnspec.check(SPEC, plugins=[NAME]).diagnostics == ()
    assert nnspec.check(SPEC).graph is None
    assert nnspec.compile(SPEC, tmp_path, plugins=[NAME], params={"depth": 1}).report.equal


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "layers"])
def test_every_command_that_reads_specs_takes_plugins(command: str, tmp_path: Path) -> None:
    from nnspec.cli.main import main

    file = tmp_path / "net.nn.yaml"
    file.write_text(network("[Identity]"))
    output = ["-o", str(tmp_path / "made.onnx")] if command in ("build", "compile", "export") else []
    output = ["-o", str(tmp_path / "made.keras")] if command == "build" else output
    assert main([command, str(file), *output, "--plugin", "nowhere"]) == 2


def test_the_plugin_of_the_document_is_one() -> None:
    text = (EXAMPLE.parents[1] / "docs" / "plugins.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(text.partition("```python\n")[2].partition("```")[0], names)
    assert [row.name for row in names["PLUGIN"].layers] == ["LayerScale"]


# --- a plugin's layers are layers


@given(
    st.data(),
    st.integers(1, 3),
    st.sampled_from(["float32", "float64"]),
    st.sampled_from([15, 18, 21, 24]),
)
@layer_settings
def test_layer_scale_is_keras(data: Any, rank: int, dtype: str, opset: int) -> None:
    shape = data.draw(st.lists(st.integers(1, 4) | st.just("axis"), min_size=rank - 1, max_size=rank - 1))
    number = data.draw(st.floats(-2, 2))
    text = f"nnspec: 1\nname: net\ndtype: {dtype}\ninputs: {{x: {[*shape, 3]}}}\nlayers: [LayerScale: {number}]\n"
    compare(nnspec.loads(text, plugins=[NAME]), opset=opset)


test_layer_scale_is_keras = pytest.mark.usefixtures("example")(test_layer_scale_is_keras)


@pytest.mark.parametrize(
    "layers",
    [
        "[{TimeDistributed: {layer: {LayerScale: 0.5}}}]",
        "[Masking, LayerScale, {GRU: 3}]"
        if "Masking" in nnspec.spec.layers.NAMES
        else "[LayerScale, {GRU: 3}]",
        "[{LayerScale: {init_value: 0.3, dtype: float64, trainable: false}}]",
        "[{LayerScale: 0.1, name: a}, {reuse: a}, {StochasticDepth: {rate: 0.2, seed: 3}}]",
    ],
)
def test_it_stands_wherever_a_layer_can(layers: str, example: None) -> None:
    compare(nnspec.loads(network(layers), plugins=[NAME]))


def test_presets_and_included_files_have_it(example: None, tmp_path: Path) -> None:
    tmp_path.joinpath("part.nn.yaml").write_text(
        "nnspec: 1\nname: part\npresets: {Small: {LayerScale: 0.25}}\n"
        "blocks: {twice: {params: {by: 0.5}, layers: [Small, {LayerScale: =by}]}}\n"
    )
    more = "include: {part: part.nn.yaml}\npresets: {Scale: {LayerScale: {init_value: 3}}}"
    text = network("[part.Small, Scale, {part.twice: {by: 0.1}}]", more)
    graph = nnspec.loads(text, root=tmp_path, plugins=[NAME])
    assert nnspec.verify(graph, paths=["python", "flat", "onnx"], root=tmp_path).equal


def test_nothing_in_the_code_hides_the_module(example: None) -> None:
    more = "blocks: {layer_scale: {params: {by: 2}, layers: [{LayerScale: =by}]}}"
    graph = nnspec.loads(network("[{layer_scale: {}, name: layer_scale}]", more), plugins=[NAME])
    assert nnspec.verify(graph, paths=["python", "flat", "onnx"]).equal
    flat = nnspec.loads(network("[{LayerScale: 2}, {LayerScale: 3}]"), plugins=[NAME])
    assert nnspec.verify(flat, paths=["python", "flat", "onnx"]).equal


def test_what_is_wrong_with_a_field_is_told_at_its_place(example: None) -> None:
    found = error_of([NAME], network("[{StochasticDepth: 1.5}]"))
    assert (found.code, found.span.text) == ("NN104", "1.5")
    assert error_of([NAME], network("[{LayerScale: {init_valu: 1}}]")).help == 'did you mean "init_value"?'
    assert error_of([NAME], network("[LayerScal]")).help == 'did you mean "LayerScale"?'


@pytest.mark.parametrize(
    "section", ["presets: {LayerScale: {Dense: 3}}", "blocks: {LayerScale: {layers: [Identity]}}"]
)
def test_nothing_else_has_a_plugins_name(section: str, example: None) -> None:
    assert error_of([NAME], network("[Identity]", section)).code == "NN106"


# --- only where it is asked for


def test_a_spec_brings_no_plugin_in(installed: Path, tmp_path: Path) -> None:
    result = run(installed, "check", str(SPEC), cwd=tmp_path)
    assert result.returncode == 1
    assert "is it of a plugin? --plugin takes the name of one: layer-scale" in result.stderr + result.stdout


def test_checking_without_plugins_looks_for_none(installed: Path, tmp_path: Path) -> None:
    file = tmp_path / "net.nn.yaml"
    file.write_text(network("[Identity]"))
    code = (
        "import sys; from nnspec.cli.main import main; main(['check', sys.argv[1]]);"
        "assert not {'layer_scale', 'importlib.metadata'} & sys.modules.keys()"
    )
    path = os.pathsep.join([str(installed), *filter(None, [os.environ.get("PYTHONPATH")])])
    subprocess.run(
        [sys.executable, "-c", code, str(file)], env={**os.environ, "PYTHONPATH": path}, check=True
    )


def test_loads_at_the_same_time_do_not_see_each_others(example: None) -> None:
    text = network("[LayerScale, LayerScale, Identity]")

    def tried(number: int) -> bool:
        try:
            nnspec.loads(text, plugins=[NAME] if number % 2 else [])
        except nnspec.SpecError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(tried, range(100))) == [bool(number % 2) for number in range(100)]


# --- plugins that cannot be used


def test_an_unknown_plugin_gets_the_list(example: None) -> None:
    found = error_of(["layerscale"])
    assert (found.code, found.message) == ("NN406", 'there is no plugin "layerscale"')
    assert found.help == "installed plugins: layer-scale"


def test_without_any_it_says_so() -> None:
    assert error_of(["any"]).help == "no installed package has an entry point in nnspec.layers"


LAYER = """
    from nnspec.plugins import Layer, Plugin, PluginLayer, Signature
    class Own(Layer):
        def infer(self, inputs):
            return Signature((inputs,))
"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 / 0", "importing it raises ZeroDivisionError"),
        ("raise SystemExit(3)", "importing it raises SystemExit: 3"),
        ("import nowhere_at_all", "importing it raises ModuleNotFoundError"),
        ("", "importing it raises AttributeError"),
        ("PLUGIN = 3", "it is of the type int"),
        (f"{LAYER}\n    PLUGIN = Plugin((Own,))", "is not a PluginLayer"),
        (f"{LAYER}\n    PLUGIN = Plugin((PluginLayer(int, 'a.b', 'no'),))", "is not a PluginLayer"),
        (
            f"{LAYER}\n    PLUGIN = Plugin((PluginLayer(Own, 'Own', 'no'),))",
            "neither a function nor a dotted name",
        ),
        (f"{LAYER}\n    PLUGIN = Plugin((PluginLayer(Own, 'a.Own', 3),))", "neither a function nor a reason"),
        (
            f"{LAYER}\n    own = type('own', (Own,), {{}})\n    PLUGIN = Plugin((PluginLayer(own, 'a.b', 'no'),))",
            "capital",
        ),
        *(
            (
                f"{LAYER}\n    Own.__name__ = '{name}'\n    PLUGIN = Plugin((PluginLayer(Own, 'a.b', 'no'),))",
                "one of Keras's",
            )
            for name in ("Dense", "MaxPool2D", "Lambda")
        ),
    ],
)
def test_a_plugin_that_cannot_be_used(
    text: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = f"bad_{abs(hash(text))}"
    monkeypatch.syspath_prepend(str(write_package(tmp_path, package, {"bad": f"{package}:PLUGIN"}, text)))
    found = error_of(["bad"])
    assert found.code == "NN406" and reason in found.message


def test_two_plugins_cannot_have_one_layer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{LAYER}\n    PLUGIN = Plugin((PluginLayer(Own, 'a.Own', 'it cannot'),))"
    write_package(tmp_path, "one_of_two", {"one": "one_of_two:PLUGIN", "twin": "one_of_two:PLUGIN"}, text)
    write_package(tmp_path, "two_of_two", {"two": "two_of_two:PLUGIN", "one": "two_of_two:PLUGIN"}, text)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "2 installed packages have one of that name" in error_of(["one"]).message
    assert load(["two"]).layers.keys() == {"Own"}
    assert "one of the plugin" in error_of(["two", "twin"]).message
    assert load([]) == Plugins()


def test_what_a_plugins_layer_raises_is_the_plugins_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
        from nnspec.plugins import KerasCall, Layer, Plugin, PluginLayer, Signature, Spelling
        class Faulty(Layer):
            def infer(self, inputs):
                return 1 // 0
        class Halfway(Layer):
            def infer(self, inputs):
                return Signature((inputs,))
        class NoOnnx(Halfway):
            pass
        def lower(ctx, layer, inputs):
            raise KeyError("oh")
        def spell(layer):
            return Spelling(None, function=KerasCall("keras.ops.negative"))
        PLUGIN = Plugin((
            PluginLayer(Faulty, "faulty_plugin.Faulty", lower),
            PluginLayer(Halfway, "faulty_plugin.Nothing", lower),
            PluginLayer(NoOnnx, spell, "it has no operator"),
        ))
    """
    write_package(tmp_path, "faulty_plugin", {"faulty": "faulty_plugin:PLUGIN"}, text)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = error_of(["faulty"], network("[Faulty]"))
    assert found.code == "NN406" and "Faulty raises ZeroDivisionError" in found.message
    halfway = nnspec.loads(network("[Halfway]"), plugins=["faulty"])
    with pytest.raises(nnspec.SpecError, match="Halfway raises KeyError"):
        nnspec.export(halfway, tmp_path / "net.onnx")
    with pytest.raises(nnspec.SpecError, match="Halfway raises AttributeError"):
        nnspec.build(halfway)
    other = nnspec.loads(network("[NoOnnx]"), plugins=["faulty"])
    with pytest.raises(nnspec.SpecError, match="NoOnnx cannot be exported to ONNX: it has no operator"):
        nnspec.export(other, tmp_path / "net.onnx")
    assert "keras.ops.negative(x)" in nnspec.emit(other)
