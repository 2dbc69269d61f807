"""The store of weights: a dictionary from `layer/weight`, as `Graph.weights` has its keys, to arrays."""

from .draw import initialize
from .load import load
from .save import save
from .stored import Weights

__all__ = ["Weights", "initialize", "load", "save"]
