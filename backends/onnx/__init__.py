"""ONNX without TensorFlow."""
