"""What is told of a name that is no layer: what it is instead, or what may have been meant."""

from __future__ import annotations

from ..spec.diagnostics import Diagnostic, did_you_mean, listed, nearest
from ..spec.items import Call
from ..spec.layers import NAMES, REFUSED
from ..spec.layers.left_out import advice
from ..spec.nodes import shorten
from .unit import Unit


def unknown_layer(call: Call, unit: Unit) -> Diagnostic:
    """The diagnostic for a call of what is no layer or preset, where one must stand."""
    name, owner = call.name, call.name.partition(".")[0]
    if name in REFUSED:
        return Diagnostic("NN112", f"{name} cannot stand in a spec", call.span, help=REFUSED[name])
    if unit.find_block(name) is not None:
        message = f'"{name}" is a block, and a layer must stand here'
        return Diagnostic("NN105", message, call.span, help="call the block as an item of `layers`")
    if (included := unit.includes.get(owner)) is not None:
        return _not_in_file(call, included)
    if (instead := advice(name)) is not None:
        message = f"{shorten(name)} is a function of keras.ops, and no item"
        return Diagnostic("NN105", message, call.span, help=instead)
    return Diagnostic("NN105", _message(name), call.span, help=_guess(name, unit))


def _not_in_file(call: Call, included: Unit) -> Diagnostic:
    """For what an included file does not have."""
    owner, dot, _ = call.name.partition(".")
    known = [f"{owner}.{name}" for name in (*included.blocks, *included.presets)]
    if dot:
        help = did_you_mean(call.name, known, f"names in {owner}")
        return Diagnostic("NN105", _message(call.name), call.span, help=help)
    message = f'"{shorten(owner)}" has blocks and presets, and no network of its own'
    return Diagnostic("NN105", message, call.span, help=f"name one of {listed(known)}")


def _message(name: str) -> str:
    return f'there is no layer, preset or block "{shorten(name)}"'


def _guess(name: str, unit: Unit) -> str:
    near = nearest(name, [*NAMES, *unit.callables])
    help = f'did you mean "{near}"?' if near else "`nnspec layers` lists the layers and functions there are"
    if "." not in name and (unused := unit.plugins.unused):
        help += f"; or is it of a plugin? --plugin takes the name of one: {listed(unused)}"
    return help
