"""`nnspec layers`: the catalogue, and all that can be said of one layer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from .options import plugin_option
from .streams import write

if TYPE_CHECKING:
    from ..spec.plugins import Plugins


@click.command("layers")
@click.argument("name", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
@plugin_option
def command(name: str | None, form: str, plugins: tuple[str, ...]) -> None:
    """List the layers and functions that a spec may use, or say all of one of them.

    That is its fields, and an example: inputs that it takes, what comes out, weights, and multiply-accumulates.
    """
    from ..spec.plugins import load

    loaded = load(plugins)
    canonical = None if name is None else known(name, loaded)
    if form == "json":
        from ..backends.catalogue import entry, record

        write(json.dumps(entry(canonical, loaded) if canonical else record(loaded), indent=2) + "\n")
    else:
        write(details(canonical, name or "", loaded) if canonical else catalogue(loaded))


def known(name: str, plugins: Plugins) -> str:
    """The name of a layer by that name or an alias of it. Raises UsageError for an unknown one."""
    layer = plugins.find(name)
    if layer is None:
        raise click.UsageError(unknown(name, plugins))
    return layer.__name__


def unknown(name: str, plugins: Plugins) -> str:
    from ..spec.diagnostics import did_you_mean
    from ..spec.layers import ALIASES, NAMES, REFUSED

    if name in REFUSED:
        return f"a spec has no {name}: {REFUSED[name]}"
    return f'no layer "{name}"; {did_you_mean(name, (*NAMES, *ALIASES, *plugins.layers), "layers")}'


def catalogue(plugins: Plugins) -> str:
    """Every layer by its family, with a line on what it does."""
    from ..spec.layers import FAMILIES
    from ..spec.reference import first_line

    families = {**FAMILIES, **({"plugins": tuple(plugins.layers)} if plugins.layers else {})}
    width = max(len(name) for names in families.values() for name in names)
    lines: list[str] = []
    for family, names in families.items():
        layers = [(name, plugins.find(name)) for name in names]
        lines += ["", family]
        lines += (f"  {name:{width}}  {first_line(layer)}" for name, layer in layers if layer)
    return "\n".join(lines[1:]) + "\n"


def details(canonical: str, name: str, plugins: Plugins) -> str:
    """One layer: its fields in Keras's order, then those of all, and an example."""
    from ..backends.catalogue import entry
    from .tables import table

    found = entry(canonical, plugins)
    alias = f" (Keras's {name} is the same)" if name != canonical else ""
    rows = [(f["name"], f["type"], f["default"] or "required", f["about"]) for f in found["fields"]]
    head = f"{canonical}{alias}: {found['about']}"
    drawn = table(("field", "type", "default", "about"), rows)
    return f"{head}\n\n{drawn}{refusals(found)}\n{facts(found)}"


def refusals(found: dict[str, Any]) -> str:
    """Keras's arguments that a spec cannot give, each with the reason."""
    lines = [f"  {name}: {reason}" for name, reason in found["refused_fields"].items()]
    return "\n".join(("\nnot in a spec:", *lines, "")) if lines else ""


def facts(found: dict[str, Any]) -> str:
    """The example and the backends, a line each."""
    from ..backends.catalogue import backends_text, example_lines

    lines = [*example_lines(found), ("backends", backends_text(found))]
    return "".join(f"{name:9} {text}\n" for name, text in lines)
