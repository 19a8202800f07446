"""The lines below the input of a phone, for those who like to tap."""

from __future__ import annotations

from typing import Literal

from commands.context import Ctx
from commands.registry import command
from domain.chat import Keys, Reply, Text, Tone

ROWS = (("/positions", "/profit-loss", "/stops"), ("/what-happened", "/what-to-do", "/orders"), ("/news", "/status", "/help"))
HAVE_THEM = frozenset({"telegram"})


@command("System", examples=("/keyboard on", "/keyboard off"))
async def keyboard(ctx: Ctx, what: Literal["on", "off"] = "on") -> Reply:
    """Lines to tap that stay below the input, on platforms that have such: `on` shows them, `off` takes them away."""
    if ctx.origin.platform not in HAVE_THEM:
        return Reply((Text(f"There is no place for such lines on this platform ({ctx.origin.platform}); Telegram has one.", Tone.LEAD),))
    if what == "off":
        return Reply((Text("The lines below the input are gone. `/keyboard on` brings them back.", Tone.LEAD), Keys(())))
    return Reply((Text("Tap a line below instead of typing it. `/keyboard off` takes them away.", Tone.LEAD), Keys(ROWS)))
