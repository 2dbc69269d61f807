"""Trains digits_cnn.nn.yaml on scikit-learn's 1,797 handwritten digits, exports the trained weights to ONNX, and
shows that onnxruntime reads the held-out digits as well as Keras does.

    python examples/train_digits.py [FOLDER]

Writes digits_cnn.safetensors and digits_cnn.onnx into FOLDER (by default `out`). Exits 1 where the accuracy is
97 % or less, or differs between the two.
"""

import sys
from pathlib import Path

import keras
import nnspec
import numpy as np
import onnxruntime
from nnspec.backends.keras import stored_weights
from nnspec.backends.weights import save
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SPEC = Path(__file__).with_name("digits_cnn.nn.yaml")


def main(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    digits = load_digits()
    images = digits.images[..., np.newaxis].astype(np.float32)
    train_x, test_x, train_y, test_y = train_test_split(
        images, digits.target, test_size=0.25, random_state=0, stratify=digits.target
    )

    keras.utils.set_random_seed(0)
    graph = nnspec.load(SPEC)
    model = nnspec.build(graph)
    model.fit(train_x, train_y, batch_size=32, epochs=30, verbose=0)

    weights = stored_weights(model, graph)
    save(weights, folder / "digits_cnn.safetensors")
    nnspec.export(graph, folder / "digits_cnn.onnx", weights=weights)

    expected = np.asarray(model(test_x, training=False))
    session = onnxruntime.InferenceSession(folder / "digits_cnn.onnx", providers=["CPUExecutionProvider"])
    (actual,) = session.run(["digit"], {"image": test_x})

    keras_accuracy = float(np.mean(expected.argmax(axis=1) == test_y))
    onnx_accuracy = float(np.mean(actual.argmax(axis=1) == test_y))
    print(f"held-out digits    {len(test_y)}")
    print(f"Keras              {keras_accuracy:.2%}")
    print(f"onnxruntime        {onnx_accuracy:.2%}")
    print(f"largest difference {np.max(np.abs(actual - expected)):.2g}")
    return 0 if keras_accuracy == onnx_accuracy > 0.97 else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("out")))
