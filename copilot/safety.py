"""Which command tells about what stands guard: limits, breaker, automation, exits, alerts, jobs, the books, drills. Each only looks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from copilot.meaning import Call

# The first that is found wins. A word that is asked about as a word ("what is a mandate?") is the glossary's.
_TERM = re.compile(
    r"^(please )?(what (is|are|does) (a|an|the term)\b|explain (a|an|what)\b|define\b|meaning of\b)|\bmean$|"
    r"^what (is|are) (the |my )?(breaker|kill switch|ladder|expected shortfall)s?$"
)
_NONE: Mapping[str, str] = {}
_TABLE: tuple[tuple[str, Mapping[str, str], str], ...] = (
    ("emergency-exit", _NONE, r"\bemergency exits?\b|\b(when|if) (a|my|the|one) stops? (at the broker )?(fails?|goes missing|is lost)\b"),
    (
        "drill",
        {"what": "broker-down 10m"},
        r"\bif\b.*\bbroker\b.*\b(down|away|gone|offline|unreachable|dies|fails?|disconnects?|crashes)\b",
    ),
    (
        "drill",
        _NONE,
        r"\b(fire )?drills?\b|\bstress[ -]?test\w*\b|\b(rehearse|simulate|practi[cs]e|test) (a|an|the) \w*\s?(crash|gap|fall|day)\b",
    ),
    ("mandates", _NONE, r"\bmandates?\b|\bwhat (have|did|do) i (signed?|allow(ed)?|permit(ted)?)\b"),
    (
        "automation",
        _NONE,
        r"\b(automations?|automated|automatic (trading|actions?|orders?)|auto ?(pilot|trading)|manual[ -]only)\b|"
        r"\b(act|trade|do|sell|buy|anything)\b.*\b(on your own|by yourself|without (me|asking|my (ok|consent|permission|confirmation)))\b",
    ),
    (
        "breaker",
        _NONE,
        r"\bbreaker\b|\bwhy\b.*\b(halt(ed)?|blocked|suspended|frozen)\b|\bwhy\b.*\b(can|may|could) (i not|not i) (buy|trade|open)\b|"
        r"\bkill switch\b.*\b(on|off|pulled|active|released)\b|\bwhy (did|have) (you|it) stop(ped)? trading\b|"
        r"\b(is|are|was|did) (trading|you|everything|anything|something|we|it|i)\b.*\b(halt|halted|suspended|frozen)\b",
    ),
    (
        "risk-limits",
        _NONE,
        r"\b(risk|loss|position|sector|exposure|drawdown|account|trading|what|which|my|any|the|all|over|near) limits?\b"
        r"(?! ?(orders?|price|buy|sell|on|[0-9$]))|\blimits? (are|is) (set|in force)\b",
    ),
    (
        "exits",
        _NONE,
        r"\b(my|the|any|which|what|list|show|all|active|pending) (\w+ )?exits\b|\bexits? (rules?|are|is|do i)\b|\btime exits?\b|"
        r"\b(what|which|any|my|show|list|have)\b.*\b(trailing stops?|ladders?|break-?even stops?)\b(?!.*\b(should|at|by)\b)",
    ),
    (
        "watch",
        _NONE,
        r"\bpositions?\b.*\b(health|healthy|ok|okay|fine|all right|alright|safe)\b|"
        r"\bhealth of\b|\b(keep(ing)? an eye|watching|monitor\w*)\b",
    ),
    (
        "alerts",
        {"what": "recent"},
        r"\b(what|which|last|latest|recent|show|list|any) (\w+ )?(alerts|notifications|pushes)\b.*\b(get|got|come|came|sent|today|"
        r"yesterday|missed|miss)\b|\b(last|latest|recent) (alerts?|notifications?|pushes)\b",
    ),
    (
        "alerts",
        {"what": "digest"},
        r"\bdigest\b|\bwhat (did|have|has) you (do|done|sent?)\b.*\b(today|away|asleep|gone|out|night|offline|slept)\b",
    ),
    (
        "alerts",
        _NONE,
        r"\b(alerts|notifications|pushes|quiet hours)\b|\b(un)?mute\b|\bsnooze\b|\bbe quiet\b|\b(too many|fewer|less) (messages|pings)\b|"
        r"\bstop (sending|messaging|pinging|notifying|bothering|texting|spamming)\b",
    ),
    (
        "reconcile",
        _NONE,
        r"\breconcil\w*\b|\b(books?|records?|broker|you)\b.*\b(agrees?|match(es)?|differ(s|ent)?|in sync|correct|disagrees?)\b.*"
        r"\b(broker|books?|records?)\b|\b(are|is) (the|my|your) books? (right|correct|in order|ok|okay|fine)\b",
    ),
    ("orphans", _NONE, r"\borphan(s|ed)?\b|\b(foreign|unknown|strange) orders?\b"),
    (
        "jobs",
        _NONE,
        r"\b(scheduled|running|nightly|which|what|the|any) jobs?\b|\bjobs (are|is|run|ran|running)\b|\bback[ -]?ups?\b|"
        r"\bwhat runs by itself\b",
    ),
    (
        "risk-analysis",
        _NONE,
        r"\brisk (analysis|report|score|scores|metrics|breakdown)\b|\b(expected shortfall|tail risk|cvar|marginal var)\b",
    ),
)
RULES = tuple((command, given, re.compile(pattern)) for command, given, pattern in _TABLE)


def safety_of(words: str, symbol: str | None = None) -> Call | None:
    """The command that shows it, or None. None of these calls changes anything: a switch is shown with its button, never thrown."""
    if _TERM.search(words):
        return None
    for command, given, pattern in RULES:
        if pattern.search(words):
            named = {"symbol": symbol} if symbol is not None and command in ("exits", "watch") else {}
            return Call(command, {**given, **named})
    return None
