"""Runs generated modules on given inputs, in a process of its own: `python run_modules.py FOLDER`.

The folder holds, for each job, `N/model.py`, `N/job.json` and `N/data.npz`, and gets `N/result.npz` or `N/error.txt`.
Stands alone: neither this file nor what it runs imports nnspec.
"""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np


def main(folder):
    for path in sorted(Path(folder).iterdir(), key=lambda p: int(p.name)):
        try:
            np.savez(path / "result.npz", **run(path))
        except Exception as error:
            path.joinpath("error.txt").write_text(f"{type(error).__name__}: {error}", encoding="utf-8")


def run(path):
    """Builds the module's model, gives its layers their weights by name, and calls it on each case."""
    import keras

    keras.utils.clear_session()
    job = json.loads(path.joinpath("job.json").read_text(encoding="utf-8"))
    with np.load(path / "data.npz", allow_pickle=False) as stored:
        data = {name: restored(array) for name, array in stored.items()}
    model = load(path / "model.py").build_model(**job["arguments"])
    for layer, weights in job["layers"]:
        owner = model.get_layer(layer)
        owner.set_weights([data[f"weight:{layer}/{name}"] for name in weights])
        # Normalization computes with what it makes of its weights when they are complete.
        getattr(owner, "finalize_state", lambda: None)()
    if "probes" in job:
        found = tensors(model, job["probes"])
        model, job["outputs"] = keras.Model(model.inputs, found), list(found)
    results = {}
    for number in range(job["cases"]):
        inputs = [data[f"input:{number}:{name}"] for name in job["inputs"]]
        output = model(inputs[0] if len(inputs) == 1 else inputs, training=False)
        outputs = output if isinstance(output, dict) else {job["outputs"][0]: output}
        results.update({f"{number}:{name}": as_array(outputs[name]) for name in job["outputs"]})
    return results


def as_array(value):
    """A tensor as it can be saved: text as str."""
    array = np.asarray(value)
    if array.dtype != object:
        return array
    return np.array([word.decode() for word in array.reshape(-1)], dtype="U").reshape(array.shape)


def tensors(model, probes):
    """What layers give, each by a name of its own; left out where there is no such layer, or none single output."""
    found = {}
    for name, (layer, index) in probes.items():
        try:
            output = model.get_layer(layer).output
        except (AttributeError, ValueError):
            continue
        found[name] = output[index] if isinstance(output, list | tuple) else output
    return found


def restored(array):
    """An array as it was saved: a .npz file has no name for bfloat16, and gives its bytes."""
    if array.dtype != "V2":
        return array
    import ml_dtypes

    return array.view(ml_dtypes.bfloat16)


def load(path):
    spec = importlib.util.spec_from_file_location("model", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main(sys.argv[1])
