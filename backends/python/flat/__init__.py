"""The layers of a graph one by one, as statements of `build_model`."""

from .body import functional, is_line, sequential
from .spelled import spell_nodes, used_presets

__all__ = ["functional", "is_line", "sequential", "spell_nodes", "used_presets"]
