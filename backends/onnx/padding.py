"""TensorFlow's padding written out for ONNX, whose own `auto_pad` differs and fails in places."""

from __future__ import annotations

from collections.abc import Sequence

from ...spec.layers.windows import Spatial
from ...spec.size import Size, ceil_div
from .context import Context
from .layout import Layout, channels_first, logical


def spatial_layout(layer: Spatial) -> Layout:
    """The layout of the layer's input and output with the channels first, as ONNX's windows have it."""
    rank = layer.rank + 2
    return logical(rank) if layer.data_format == "channels_first" else channels_first(rank)


def padded(
    ctx: Context,
    x: str,
    sizes: Sequence[Size],
    spans: Sequence[int],
    strides: Sequence[int],
    padding: str,
    fill: Sequence[str] = (),
) -> tuple[str, list[int]]:
    """A value with the channels first, and the `pads` for windows over it.

    Where these depend on a dynamic size the value is padded at run time, with `fill` or zeros.
    """
    pads = static_pads(sizes, spans, strides, padding)
    if pads is not None:
        return x, pads
    return ctx.op("Pad", x, run_time_pads(ctx, x, spans, strides), *fill), [0] * 2 * len(spans)


def static_pads(
    sizes: Sequence[Size], spans: Sequence[int], strides: Sequence[int], padding: str
) -> list[int] | None:
    """[beginnings, ends] of the spatial axes; None where they depend on a dynamic size.

    `same` adds what the last window lacks, the odd position at the end: TensorFlow's
    max((ceil(size / stride) - 1) * stride + span - size, 0).
    """
    if padding == "valid":
        return [0] * 2 * len(spans)
    if padding == "causal":
        return [*(span - 1 for span in spans), *(0 for _ in spans)]
    totals = [max(n, 0) for n in map(_lacking, sizes, spans, strides) if isinstance(n, int)]
    if len(totals) < len(spans):
        return None
    return [*(n // 2 for n in totals), *(n - n // 2 for n in totals)]


def _lacking(size: Size, span: int, stride: int) -> Size:
    """Positions that the last window is short of, whatever the size where the stride divides it."""
    return (ceil_div(size, stride) - 1) * stride + span - size


def run_time_pads(ctx: Context, x: str, spans: Sequence[int], strides: Sequence[int]) -> str:
    """`same` for sizes that only the run knows: [beginnings, ends] of all axes, int64.

    (ceil(size / stride) - 1) * stride is size - 1 - (size - 1) mod stride, so that the last window lacks
    max(span - 1 - (size - 1) mod stride, 0) positions.
    """
    last = ctx.op("Sub", ctx.op("Shape", x, start=2), ctx.ints([1]))
    behind = ctx.op("Mod", last, ctx.ints(strides))
    lacking = ctx.op("Sub", ctx.ints([span - 1 for span in spans]), behind)
    total = ctx.op("Max", lacking, ctx.ints([0]))
    begin = ctx.op("Div", total, ctx.ints([2]))
    outer = ctx.ints([0, 0])
    return ctx.op("Concat", outer, begin, outer, ctx.op("Sub", total, begin), axis=0)
