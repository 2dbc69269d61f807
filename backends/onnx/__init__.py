"""ONNX without TensorFlow."""

DEFAULT_OPSET = 21
OPSETS = range(15, 25)
