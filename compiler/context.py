"""Where items are expanded, and what can be applied again there."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from ..spec.blocks import Block
from ..spec.items import Call, Item
from .maker import Made, Maker
from .names import LocalNames
from .provenance import Bindings, Frame, why_of
from .scope import Scope
from .unit import Unit


class LayerUse(NamedTuple):
    """A layer that stands somewhere, for being applied again. `owner` is the name under which it has its weights."""

    made: Made
    owner: str


class BlockUse(NamedTuple):
    """A block with values of its params, for being applied again. `prefix` is what its layers' names begin with."""

    maker: Maker
    block: Block
    params: Bindings
    prefix: str


Applied: TypeAlias = LayerUse | BlockUse


class Context(NamedTuple):
    """Where items are expanded: the names and values that they see, and the way to them.

    `prefix` stands before the names of layers here, `turns` behind them. Where a block is applied again, `owners` is
    the prefix of its first application, which has the weights. `depth` counts what the items are inside of.
    """

    maker: Maker
    names: LocalNames
    scope: Scope
    bindings: Bindings
    prefix: str = ""
    turns: tuple[int, ...] = ()
    frame: Frame | None = None
    owners: str | None = None
    depth: int = 0

    def local_name(self, item: Item) -> str:
        return self.names.get(id(item), "layer")

    def full_name(self, item: Item) -> str:
        """The name of an item's layer or block, with all that it is in."""
        return self._named(self.prefix, item)

    def owner_name(self, item: Item) -> str | None:
        """The name of the same item where its block is first applied; None where that is here."""
        return None if self.owners is None else self._named(self.owners, item)

    def _named(self, prefix: str, item: Item) -> str:
        name = prefix + self.local_name(item)
        return ".".join((name, *map(str, self.turns))) if self.turns else name

    def frame_of(self, call: Call, params: Bindings, unit: Unit) -> Frame:
        """The way into a block that is called here; that into another file besides."""
        above = self.frame
        if unit is not self.maker.unit:
            owner = call.name.partition(".")[0]
            include = next(i for i in self.maker.unit.document.includes if i.name == owner)
            above = Frame(f'"{owner}" is included here', include.span, above)
        return Frame(
            f'in block "{call.name}"', call.span, above, why_of(call, self.bindings), params, ", called here"
        )
