"""What the owners are told of who may do what: somebody asked, was let in, changed or taken out, or tried codes."""

from __future__ import annotations

from types import MappingProxyType

from commands.slash.sheet import who_text
from domain.chat import Button, Buttons, Reply, Text, Tone
from domain.events import AccessMoved
from domain.people import AccessMove, Role, Sight

KINDS = MappingProxyType(
    {
        AccessMove.ASKED: "access-asked",
        AccessMove.ADMITTED: "access-changed",
        AccessMove.CHANGED: "access-changed",
        AccessMove.REMOVED: "access-changed",
        AccessMove.LOCKED: "access-locked",
        AccessMove.FACTOR_ON: "access-changed",
        AccessMove.FACTOR_OFF: "access-changed",
        AccessMove.UNREACHABLE: "access-unreachable",
        AccessMove.GROUP: "access-changed",
    }
)
"""The kind of alert of each move."""

SEES = MappingProxyType({"": "is shown nothing", Sight.WORDS: "is shown answers without their figures", Sight.FIGURES: "is shown figures"})
"""What a group is shown, in words."""


def access_moved(event: AccessMoved) -> Reply:
    """A move of somebody's access, with the line that answers it."""
    about = described(event.person, event.name)
    by = who_text(event.who)
    match event.move:
        case AccessMove.ASKED:
            lead, then = f"{about} wrote to the bot and has no role here.", f"To let them ask: `/people admit {event.person} viewer`"
            row = (Button("Let in as viewer", f"/people admit {event.person} viewer"), Button("People", "/people"))
            return _reply(lead, then, row)
        case AccessMove.ADMITTED:
            lead = f"{about} is in, as {_a(event.role)}; let in by {by}."
        case AccessMove.CHANGED:
            lead = f"{about} is {_a(event.role)} now; changed by {by}."
        case AccessMove.GROUP:
            return _reply(
                f"The group {event.person} {SEES[event.name]} now; set by {by}.",
                "`/group` lists what groups are shown.",
                (Button("People", "/people"),),
            )
        case AccessMove.REMOVED:
            lead = f"{about} has no role here any more; taken out by {by}."
            return _reply(lead, "Cards of theirs that wait can be answered by an owner only.", (Button("People", "/people"),))
        case AccessMove.FACTOR_ON | AccessMove.FACTOR_OFF:
            has = "a second factor now" if event.move is AccessMove.FACTOR_ON else "no second factor any more"
            then = "If that was not them, take them out and pull the emergency stop."
            return _reply(f"{about} has {has}.", then, (Button("People", "/people"),))
        case AccessMove.UNREACHABLE:
            lead = f"{about} cannot be reached any more: they blocked the bot, or their chat is gone. Alerts for them wait."
            return _reply(lead, f"If that is for good: `/people remove {event.person}`", (Button("People", "/people"),))
        case AccessMove.LOCKED:
            lead = f"{about} typed three wrong codes and is not listened to for ten minutes."
            return _reply(lead, "A code that waits stays valid; `/pair` puts another in its place.", (Button("People", "/people"),))
    return _reply(lead, f"To take them out: `/people remove {event.person}`", (Button("People", "/people"),))


def described(person: str, name: str) -> str:
    """A person as owners see them: the name the platform gives, and the id that counts."""
    return f"{name} ({person})" if name else person


def _a(role: Role | None) -> str:
    return "nobody" if role is None else f"an {role}" if role is Role.OWNER else f"a {role}"


def _reply(lead: str, then: str, buttons: tuple[Button, ...]) -> Reply:
    return Reply((Text(lead, Tone.WARNING), Text(then), Buttons(buttons)))
