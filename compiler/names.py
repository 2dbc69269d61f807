"""The name of every layer: its own, or the one that Keras would give it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ..spec.diagnostics import Diagnostic, Note
from ..spec.document import Document
from ..spec.items import Item
from ..spec.layers import canonical
from ..spec.locate import Report
from ..spec.named import snake_case
from ..spec.source import Span

# Each name in use by its lower case, and where it is first given.
Taken = dict[str, tuple[str, Span]]


def layer_names(document: Document, report: Report) -> list[str]:
    """Each item's own name, or Keras's for a layer without one: `dense`, then `dense_1`."""
    taken: Taken = {}
    for i in document.inputs:
        _take(i.name, i.span, taken, report)
    for item in document.items:
        if item.name:
            _take(str(item.name.value), item.name.span, taken, report)
    layers = {name: call.name for name, call in document.presets if call}
    counts: Counter[str] = Counter()
    return [
        str(item.name.value) if item.name else _next_name(item, layers, taken, counts)
        for item in document.items
    ]


def _take(name: str, span: Span, taken: Taken, report: Report) -> None:
    twin, first = taken.setdefault(name.lower(), (name, span))
    if first is span:
        return
    message = (
        f'the name "{name}" is taken'
        if twin == name
        else f'the name "{name}" differs from "{twin}" by case only'
    )
    note = Note(f'"{twin}" is first named here', first)
    report(Diagnostic("NN107", message, span, (note,), help="give one of them another name"))


def _next_name(item: Item, layers: Mapping[str, str], taken: Taken, counts: Counter[str]) -> str:
    word = item.call.name if item.call else ""
    base = snake_case(canonical(layers.get(word, word)) or "layer")
    while True:
        name = f"{base}_{counts[base]}" if counts[base] else base
        counts[base] += 1
        if name not in taken:
            return name
