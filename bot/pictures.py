"""Charts as pictures, for platforms that show some; matplotlib is asked for only then, and where it is not there a chart stays text."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import io
from dataclasses import replace
from typing import Any

from domain.chat import Chart, Reply, Text
from domain.money import money_text

WIDTH, HEIGHT, DPI = 7.2, 4.0, 120
MOST_LABELS = 6
UP, DOWN, INK, GRID = "#1f8a5b", "#c23b3b", "#3a424d", "#dfe3e8"


async def picture(reply: Reply) -> bytes:
    """The first chart of a reply as a PNG of 864 × 480; empty where there is none, or nothing that draws it."""
    chart = next((block for block in reply.blocks if isinstance(block, Chart)), None)
    if chart is None or len(chart.values) < 2 or importlib.util.find_spec("matplotlib") is None:
        return b""
    return await asyncio.to_thread(drawn, chart)


def told(reply: Reply) -> Reply:
    """The reply beside its picture: its charts as what is said of them."""
    return replace(reply, blocks=tuple(Text(b.alternative) if isinstance(b, Chart) else b for b in reply.blocks))


def alternative(reply: Reply) -> str:
    """What the picture of a reply shows, for who does not see it."""
    return next((f"{block.title}: {block.alternative}" for block in reply.blocks if isinstance(block, Chart)), "")


def drawn(chart: Chart) -> bytes:
    """A line from the first value to the last, green where it rose, with its two ends named; the same bytes for the same chart."""
    figures: Any = importlib.import_module("matplotlib.figure")
    figure = figures.Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    values = [float(value) for value in chart.values]
    places = range(len(values))
    colour = UP if values[-1] >= values[0] else DOWN
    axes.plot(places, values, color=colour, linewidth=2)
    axes.fill_between(places, values, min(values), color=colour, alpha=0.08)
    axes.plot(places[-1], values[-1], "o", color=colour)
    axes.annotate(
        money_text(chart.values[-1], chart.unit).replace("$", r"\$"),
        (places[-1], values[-1]),
        xytext=(-6, 8),
        textcoords="offset points",
        ha="right",
        color=colour,
        fontweight="bold",
    )
    step = max(-(-len(values) // MOST_LABELS), 1)
    axes.set_xticks(list(places)[::step], chart.labels[::step])
    axes.set_title(chart.title.replace("$", r"\$"), loc="left", color=INK, fontweight="bold")
    axes.set_ylabel(chart.unit, color=INK)
    axes.grid(axis="y", color=GRID)
    axes.tick_params(colors=INK)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
