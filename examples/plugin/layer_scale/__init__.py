"""LayerScale and StochasticDepth for Keras, with a plugin that gives them to nnspec."""
