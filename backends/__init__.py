"""From a graph to something that runs."""

# Greatest difference from Keras that counts as equal, times the greatest magnitude where that is above 1.
TOLERANCE = 1e-5
# What onnxruntime runs on, by the names that it has there. The first is the default.
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
