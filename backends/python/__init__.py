"""From a graph to the Python module that an engineer would have written. It needs Keras, and not nnspec."""

from .module import build_arguments, emit, needed_files

__all__ = ["build_arguments", "emit", "needed_files"]
