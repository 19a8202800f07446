"""How much a headline can have moved: whether it tells of something that happened, of what was known, or only fills a page."""

from __future__ import annotations

import re
from decimal import Decimal

EVENT, VAGUE, OLD, IDLE = Decimal(1), Decimal("0.55"), Decimal("0.45"), Decimal("0.3")
TONED = 0.15

_OLD = re.compile(
    r"\b(repeats?|repeated|reiterates?|earlier|previously|already|last year'?s?|as before|as they were|usual|familiar|no new|two views|"
    r"what to watch|had (said|described|set|published|announced|been|voted|agreed|shown)|in line|little change|mixed picture|"
    r"steady|unchanged|"
    r"the same as|as expected|as always|for (the )?(another|third|second) (year|time)|every year|yearly|annual)\b",
    re.I,
)
_IDLE = re.compile(
    r"\b(glossary|explain(s|ed|er)|primer|basics|beginners?|a guide|guide to|how to|tips|quiz|podcasts?|profile|portrait|histor(y|"
    r"ic look)|timeline|museum|"
    r"exhibition|anniversary|celebrat\w+|sponsors?|marathon|volunteers?|charity|food bank|(\w+ )?things to know|what (is|to know|"
    r"history|the pros)|who owns|"
    r"readers? (ask|questions?)|reader questions|should i|is .{1,40} a good|compares? with|chart of the day|in (numbers|charts)|"
    r"week ahead|diary|books?|films?|awards?|"
    r"premieres?|opens? (its )?(doors|gates|new office|visitor)|visitor|conference|forum|fairs?|congress|programmes?|agenda|"
    r"slides|presentation|webcast|"
    r"fireside|to present|head of communications|privacy notice|auditors for another|annual meeting|holds its|publishes its|"
    r"sustainability|"
    r"updates? (its )?(hours|notice|product line)|opening hours|new building|open day|course|university|school|a (talk|look|day|"
    r"visit) (about|at|with)|"
    r"inside the|survey: who|outlooks|trading hours|statistics|ranking|calendar|drill)\b",
    re.I,
)
_EVENT = re.compile(
    r"\b(surpris\w+|unexpected\w*|shock\w*|stun\w*|record|warn\w*|plung\w*|surg\w*|soar\w*|jump\w*|slump\w*|tumbl\w*|sink\w*|sank|"
    r"slid\w*|crash\w*|rall(y|ies|ied)|"
    r"leap\w*|dive\w*|drop\w*|climb\w*|rocket\w*|crater\w*|collaps\w*|spik\w*|boom\w*|roar\w*|slash\w*|cut(s|ting)?|rais\w+|"
    r"lift\w*|hik\w+|boost\w*|beat\w*|tops?|miss\w*|"
    r"blow\w*|undersho\w+|oversho\w+|upgrad\w*|downgrad\w*|probe|investigat\w*|raid\w*|lawsuit|sue[sd]?|charges?|fin(e|ed|es)|"
    r"penalt\w+|ban(s|ned)?|recall\w*|defects?|"
    r"breach\w*|hack\w*|theft|drained|outage|halt\w*|fault|resign\w*|oust\w*|quits?|steps? down|takeover|bid(s|der|ders)?|merg\w+|"
    r"acqui\w+|buyout|stake|activist|"
    r"buyback|payout|dividend (cut|hike|raise)|contract|orders?|deal|supply|approv\w*|clear(s|ed)|reject\w*|patent|trial|ruling|"
    r"court|settle\w*|guidance|"
    r"outlook|forecasts?|estimates|consensus|profits?|earnings|results|short seller|accounting|restat\w+|fire|strike|shortage|"
    r"glut|tariffs?|curbs?|"
    r"levy|tax|cap(s|ped)?|rules?|licen[cs]e\w*|law|loses?|lost|wins?|won|secures?|added to|index|reserves|splits?|disrupt\w*|"
    r"customers?|demand|default\w*)\b",
    re.I,
)


def substance(headline: str, body: str, tone: float) -> Decimal:
    """What a headline can carry, from 0.3 (a page filler) to 1 (an event, or clear in tone); what was known before counts little."""
    if _IDLE.search(headline):
        return IDLE
    if _OLD.search(f"{headline}. {body}"):
        return OLD
    return EVENT if abs(tone) >= TONED or _EVENT.search(headline) else VAGUE
