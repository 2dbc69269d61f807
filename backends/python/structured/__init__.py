"""A module that keeps a spec's structure: blocks are functions, repeats loops, params arguments."""

from .module import Module, has_structure
from .reach import Key
from .symbolic import Unwritable
from .translate import DIVISIBLE, MATH, PARTIAL, SHARED

__all__ = ["DIVISIBLE", "MATH", "PARTIAL", "SHARED", "Key", "Module", "Unwritable", "has_structure"]
