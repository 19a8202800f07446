"""The platform's own calls: one bot, its errors in the words of this house, and never more than it takes."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from html import escape
from typing import Any

from telegram import (
    Bot,
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputMediaPhoto,
    InputTextMessageContent,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
    User,
)
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.adapters.telegram.render import Keyboard, Page
from bot.adapters.telegram.updates import ALLOWED
from bot.cutting import cut, units
from bot.limits import TELEGRAM, Pace
from commands.glance import Glance
from domain.chat import CommandSpec, Manner
from domain.errors import Busy, ChatGone, SetupError
from domain.ports import Clock

POLL = 25  # seconds the platform holds a request for updates open
PAGE = 100
CALLS = 4  # updates that the platform brings at one time
METHOD = "GetUpdates"  # methods are read without case; the library warns of those it has a call for
TWICE_EVERY = 30.0  # seconds to leave to another program that polls with the same token
SAME = "message is not modified"
GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
UNREAD = "can't parse entities"
NO_TEXT = "there is no text in the message to edit"
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
NO_REPLY = "message to be replied not found"
LONGEST_NAME = 32
FRESH_FOR = 10  # seconds

AT_ONCE = 4
"""Messages on their way at one time: enough for the pace, and about as many may be shown twice when the program is killed."""

LONGEST_HELP = 256

log = logging.getLogger(__name__)

os.environ.setdefault("PTB_TIMEDELTA", "true")  # the library's own switch; without it every 429 comes with a deprecation warning


class Api:
    """A bot at the platform, or at a server that speaks its protocol. `open` first; `close` lets go."""

    def __init__(self, token: str, base: str, clock: Clock) -> None:
        self._bot = Bot(token, base_url=base, request=HTTPXRequest(connection_pool_size=64, read_timeout=10.0))
        self.pace = Pace(TELEGRAM, clock, AT_ONCE)

    @property
    def bot(self) -> User:
        """The bot as the platform knows it, once it is open."""
        return self._bot.bot

    async def open(self) -> None:
        """Say hello. Raises SetupError for a token that the platform does not know."""
        try:
            await self._bot.initialize()
        except InvalidToken:
            raise SetupError(
                "Telegram does not know this token; BotFather shows it again with /token."
            ) from None  # its words hold the token

    async def close(self) -> None:
        """Let go of the connections."""
        await self._bot.shutdown()

    async def updates(self, offset: int | None) -> Sequence[Mapping[str, Any]]:
        """What came since, at most a hundred, as the platform wrote it; asking with an offset says that everything before it is safe.

        The library's own call reads all of them or none: one that it cannot read would hold up every other for ever.
        Raises Busy where it wants a pause or another program asks with the same token, TelegramError where it does not answer.
        """
        try:
            wanted = {"offset": offset, "limit": PAGE, "timeout": POLL, "allowed_updates": ALLOWED}
            asked = {name: value for name, value in wanted.items() if value is not None}
            found = await self._bot.do_api_request(METHOD, api_kwargs=asked, read_timeout=POLL + 10.0)
        except Conflict as error:
            raise Busy(TWICE_EVERY) from error
        except RetryAfter as error:
            raise Busy(_seconds(error)) from error
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    async def call_at(self, address: str, secret: str) -> None:
        """Have the platform bring updates to an address, each with the secret."""
        await self._bot.set_webhook(address, secret_token=secret, allowed_updates=list(ALLOWED), max_connections=CALLS)

    async def call_nowhere(self) -> None:
        """Have the platform wait until updates are fetched; what waits stays."""
        await self._bot.delete_webhook(drop_pending_updates=False)

    async def send(self, chat: str, page: Page, manner: Manner) -> str:
        """Show a page, under a message where that is still there; returns the new message's id. Raises Busy, ChatGone or TelegramError."""
        reply = ReplyParameters(int(manner.under), allow_sending_without_reply=True) if manner.under else None
        fields: dict[str, Any] = {
            **_where(chat),
            "disable_notification": manner.silent,
            "reply_parameters": reply,
            "reply_markup": _markup(page.keyboard) if page.keys is None else _keys(page.keys),
        }
        async with self.pace.turn(_number(chat), urgent=manner.urgent, group=manner.group):
            try:
                return await self._sent(page, fields)
            except TelegramError as error:
                raise self._said(error) from error

    async def _sent(self, page: Page, fields: Mapping[str, Any]) -> str:
        try:
            return await self._put(page.html, page, fields, parse_mode="HTML")
        except BadRequest as error:
            if UNREAD not in str(error).lower():
                raise
            log.warning("a page was not read as HTML and goes without markup: %s", error)
            return await self._put(page.text, page, fields)

    async def _put(self, text: str, page: Page, fields: Mapping[str, Any], **how: Any) -> str:
        if page.picture:
            sent = await self._bot.send_photo(photo=page.picture, caption=text, **fields, **how)
        else:
            sent = await self._bot.send_message(text=text, link_preview_options=NO_PREVIEW, **fields, **how)
        return str(sent.message_id)

    async def edit(self, chat: str, message: str, page: Page) -> bool:
        """Replace what a message shows, True also where it shows that already; False where it is not there any more. Raises as `send`."""
        fields: dict[str, Any] = {
            **_where(chat, topic=False),
            "message_id": int(message),
            "reply_markup": _markup(page.keyboard),
        }
        async with self.pace.turn(_number(chat)):
            try:
                await self._replaced(page, fields)
            except BadRequest as error:
                if any(word in str(error).lower() for word in GONE):
                    return False
                if SAME not in str(error).lower():
                    raise self._said(error) from error
            except TelegramError as error:
                raise self._said(error) from error
        return True

    async def _replaced(self, page: Page, fields: Mapping[str, Any]) -> None:
        """A picture takes the place of whatever was there; words alone that of words, or they stand under the picture that stays."""
        if page.picture:
            await self._bot.edit_message_media(media=InputMediaPhoto(page.picture, caption=page.html, parse_mode="HTML"), **fields)
            return
        try:
            await self._bot.edit_message_text(text=page.html, parse_mode="HTML", link_preview_options=NO_PREVIEW, **fields)
        except BadRequest as error:
            if NO_TEXT not in str(error).lower():
                raise
            short = page.html if units(page.text) <= TELEGRAM.caption else escape(next(iter(cut(page.text, TELEGRAM.caption))), quote=False)
            await self._bot.edit_message_caption(caption=short, parse_mode="HTML", **fields)

    async def delete(self, chat: str, message: str) -> bool:
        """Take a message away; False where the platform does not allow it."""
        try:
            return bool(await self._bot.delete_message(**_where(chat, topic=False), message_id=int(message)))
        except TelegramError as error:
            log.info("message %s in %s stays: %s", message, chat, error)
            return False

    async def acknowledge(self, tap: str) -> None:
        """Take the hour-glass from a tapped button; too late is no trouble."""
        try:
            await self._bot.answer_callback_query(tap)
        except TelegramError as error:
            log.info("a tap was not acknowledged: %s", error)

    async def offer(self, question: str, found: Sequence[Glance]) -> None:
        """Answer an inline question, for this person and for some seconds."""
        results = [
            InlineQueryResultArticle(one.symbol, one.title, InputTextMessageContent(one.text, link_preview_options=NO_PREVIEW))
            for one in found
        ]
        await self._bot.answer_inline_query(question, results, cache_time=FRESH_FOR, is_personal=True)

    async def typing(self, chat: str) -> None:
        """Show that an answer is being worked out."""
        try:
            await self._bot.send_chat_action(**_where(chat), action="typing")
        except TelegramError as error:
            log.info("no typing sign in %s: %s", chat, error)

    async def react(self, chat: str, message: str) -> None:
        """A thumb under a message; where the group allows none there is none."""
        try:
            await self._bot.set_message_reaction(**_where(chat, topic=False), message_id=int(message), reaction="👌")
        except TelegramError as error:
            log.info("no reaction in %s: %s", chat, error)

    async def menu(self, commands: Sequence[CommandSpec], chat: str | None = None) -> None:
        """Make the commands known, to everybody or in one chat: at most a hundred, hyphens as underscores, for the platform takes none."""
        listed = [BotCommand(menu_name(spec.name), spec.help.rstrip(".")[:LONGEST_HELP]) for spec in commands if spec.sigil == "/"]
        scope = None if chat is None else {"type": "chat", "chat_id": int(chat)}
        await self._bot.set_my_commands(listed[: TELEGRAM.commands], api_kwargs={"scope": scope} if scope else None)

    def _said(self, error: TelegramError) -> Exception:
        """An error of the library in the words of this house."""
        if isinstance(error, RetryAfter):
            self.pace.pause(_seconds(error))
            return Busy(_seconds(error))
        if isinstance(error, ChatMigrated):
            return ChatGone(f"the group has the number {error.new_chat_id} now", now=str(error.new_chat_id))
        if isinstance(error, Forbidden) or "chat not found" in str(error).lower():
            return ChatGone(str(error))
        return error


def _number(chat: str) -> str:
    """The chat of a topic, whose limits are the chat's."""
    return chat.partition("/")[0]


def _where(chat: str, *, topic: bool = True) -> dict[str, Any]:
    """A chat as the platform names it; a topic of a forum is written `chat/topic` here."""
    number, _, thread = chat.partition("/")
    return {"chat_id": int(number)} | ({"message_thread_id": int(thread)} if thread and topic else {})


def menu_name(name: str) -> str:
    """A command's name as the platform takes it."""
    return name.replace("-", "_")[:LONGEST_NAME]


def _seconds(error: RetryAfter) -> float:
    after = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)


def _markup(keyboard: Keyboard) -> InlineKeyboardMarkup | None:
    rows = [[InlineKeyboardButton(b.label, callback_data=b.payload) for b in row] for row in keyboard if row]
    return InlineKeyboardMarkup(rows) if rows else None


def _keys(rows: Sequence[Sequence[str]]) -> ReplyKeyboardMarkup | ReplyKeyboardRemove:
    return ReplyKeyboardMarkup(rows, resize_keyboard=True, is_persistent=True) if rows else ReplyKeyboardRemove()
