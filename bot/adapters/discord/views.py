"""The library's objects for what is shown: embeds, rows of buttons, and windows that ask for one text."""

from __future__ import annotations

import io
from typing import Any

import discord

from bot.adapters.discord.render import PRICE, WORD, Page, asked_for

PICTURE = "chart.png"
STYLES = {"confirm": discord.ButtonStyle.success, "cancel": discord.ButtonStyle.secondary, "word": discord.ButtonStyle.danger}


def embed(page: Page) -> discord.Embed | None:
    """What a page says besides its text; None where that is all."""
    if not page.size and not page.picture:
        return None
    made = discord.Embed(description=page.description or None, colour=page.colour)
    for one in page.fields:
        made.add_field(name=one.name, value=one.value, inline=one.inline)
    if page.picture:
        made.set_image(url=f"attachment://{PICTURE}")
    return made


def files(page: Page) -> list[discord.File]:
    """The picture of a page, with what it shows in words."""
    return [discord.File(io.BytesIO(page.picture), PICTURE, description=page.alternative)] if page.picture else []


def shown(page: Page) -> dict[str, Any]:
    """A page as the library's calls take it that show a new message."""
    made = {"content": page.text or None, "embed": embed(page), "view": buttons(page), "files": files(page)}
    return {name: value for name, value in made.items() if value or name == "content"}


def instead(page: Page) -> dict[str, Any]:
    """A page as the library's calls take it that replace what a message shows."""
    return {"content": page.text or None, "embed": embed(page), "view": buttons(page), "attachments": files(page)}


def buttons(page: Page) -> discord.ui.View:
    """The buttons of a page. The library is not to keep them: what a tap means stands in its payload, also after a restart."""
    view = discord.ui.View(timeout=None)
    for number, row in enumerate(page.buttons):
        for one in row:
            style = STYLES.get(one.payload.partition(":")[0], discord.ButtonStyle.primary)
            view.add_item(discord.ui.Button(label=one.label, custom_id=one.payload, style=style, row=number))
    view.stop()
    return view


def window(payload: str) -> discord.ui.Modal:
    """The window that a button opens which asks for something first."""
    price = payload.startswith(PRICE)
    label = "Limit price" if price else asked_for(payload.removeprefix(WORD).partition(":")[0])
    made = discord.ui.Modal(title="Limit price" if price else "Confirm", custom_id=payload, timeout=None)
    made.add_item(discord.ui.Label(text=label, component=discord.ui.TextInput(custom_id="text", max_length=40)))
    made.stop()
    return made


def payload(interaction: discord.Interaction) -> str:
    """What a tapped button, or the one that opened a window, says."""
    data: Any = interaction.data or {}
    return str(data.get("custom_id", ""))


def entered(interaction: discord.Interaction) -> tuple[str, str]:
    """What was written into a window, after the payload of the button that opened it."""
    data: Any = interaction.data or {}
    return payload(interaction), "".join(_texts(data.get("components", ())))


def _texts(components: Any) -> list[str]:
    found: list[str] = []
    for one in components if isinstance(components, list | tuple) else ():
        if isinstance(one, dict):
            if isinstance(value := one.get("value"), str):
                found.append(value)
            found += _texts([one["component"]] if "component" in one else one.get("components", ()))
    return found
