"""From a graph to something that runs."""

# Greatest difference from Keras that counts as equal, times the greatest magnitude where that is above 1.
TOLERANCE = 1e-5
# What onnxruntime runs on, by the names that it has there. The first is the default.
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
# Greatest difference of a model in another dtype from the spec's own that is near enough, by dtype, to be multiplied
# likewise: some ten times what numbers at 1 are apart, as differences add up from layer to layer.
NEAR = {"float16": 1e-2, "bfloat16": 8e-2, "float32": 1e-5, "float64": 1e-5}
NEAR_QUANTIZED = 0.1
