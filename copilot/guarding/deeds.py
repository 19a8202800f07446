"""What no model may say: that something was done, lines that nothing suggests, what will surely come, links, requests for secrets."""

from __future__ import annotations

import re

from copilot.guarding.ground import Ground
from domain.orders import Side

_LINK = re.compile(
    r"(?:https?|ftp|tg|file|data|javascript)\s?:\s?/?/?\S|\bwww\s?\.|\[[^\]]*\]\([^)]*\)|\b[\w-]+(?:\.|\s?\[?dot\]?\s?)(?:com|net|"
    r"org|io|xyz|info|example|co|app|ru|cn|link|me|ly|gg|finance|trade|top)\b(?!\w)|"
    r"\S+@\S+\.\S+|@\w{4,}|t\.me",
    re.I,
)
_SECRET = re.compile(
    r"\b(?:passwords?|passphrase|api[\s-]?keys?|secret(?: key)?s?|seed phrase|private key|tokens?|credentials?|authenticator|"
    r"one[\s-]time code|2fa|totp|"
    r"pairing code|card number|cvv|iban|wallet address|wire|transfer (?:to|the|your)|send (?:me|us|it|your|over|money|funds)|"
    r"log ?ins?\b|bank account|"
    r"contraseña|passwort|mot de passe|密码|密钥)\b|密码|密钥|\bsk-",
    re.I,
)
_DONE = re.compile(
    r"\b(?:i|we|i've|we've|i have|we have|i am|i'm|the (?:bot|copilot|system))\b[^.]{0,30}?\b(?:sold|bought|closed|placed|executed|"
    r"confirmed|cancell?ed|submitted|transferred|"
    r"sent|moved|set|hedged|filled|selling|buying|closing|placing|executing|halted|liquidated|trimmed|opened|raised|lowered)\b"
    r"|\b(?:order|trade|sale|purchase|card|ticket|transaction|transfer)s?\b[^.]{0,25}\b(?:is|are|was|were|has been|have been|got|"
    r"went)\b[^.]{0,15}\b(?:confirmed|placed|executed|"
    r"submitted|sent|filled|done|complete[d]?|through|approved|safe|cancell?ed)\b"
    r"|\b(?:has|have) been (?:sold|bought|closed|liquidated|confirmed|executed|placed|cancell?ed|moved|transferred)\b"
    r"|\b(?:ignore|skip|disregard) (?:the|this|that|your|any|all|previous)\b|\bconfirm(?:ed|s|ing|ation)?\b|\b(?:no|"
    r"without) (?:need to )?(?:confirm\w*|card)\b"
    r"|\b(?:he vendido|he comprado|habe (?:ich )?(?:verkauft|gekauft)|j'ai (?:vendu|acheté)|我已|已(?:卖出|买入|执行|确认))",
    re.I,
)
_RUDE = re.compile(
    r"\b(?:idiots?|morons?|stupid|dumb|pathetic|worthless|shut up|fool(?:s|ish)?|hate you|fuck\w*|shit\w*|bitch\w*|kill yourself|"
    r"loser like you)\b",
    re.I,
)
_FOR_YOU = re.compile(
    r"\b(?:stops?|targets?|orders?|positions?|cards?|shares)\b.{0,30}\b(?:was|were|has been|have been|got|is being|are being)\b.{0,12}\b"
    r"(?:raised|lowered|moved|set|placed|removed|tightened|widened|cancell?ed|trimmed|cut|closed|sold|bought)\b"
    r"|\b(?:sold|bought|closed|trimmed|raised|moved|placed|set|done|handled|arranged|taken care)\b.{0,20}\bfor you\b"
    r"|\b(?:reply|respond|answer|type|text|write|say|press|tap|click|enter)\b.{0,25}\b(?:yes|ok|okay|confirm|code|agree|go)\b",
    re.I,
)
_FORECAST = re.compile(
    r"\b(?:will|'ll|going to|gonna|sure to|bound to|set to|expected to|likely to|poised to|should)\b(?:\s+\w+){0,3}?\s+"
    r"(?:rise|fall|drop|crash|rally|recover|climb|double|go up|go down|gain|lose|outperform|rebound|surge|plunge|soar|moon|jump|"
    r"decline|reach|hit|continue|bounce|come back|turn around|stabili[sz]e|be (?:higher|lower|fine)|end (?:up|down|higher|lower))\b"
    r"|\b(?:guarantee[ds]?|certain(?:ly|ty)?|risk[\s-]free|can(?:no|')t lose|no risk|for sure|definitely|undoubtedly|price target|"
    r"before (?:it|they|the (?:market|price)) (?:crash|fall|drop|rise|rall)\w*|expect \S+ to|surely|without doubt|safe bet)\b"
    r"|\b(?:wird|werden) (?:sicher|steigen|fallen)|\bva à (?:monter|baisser)|\b(?:subirá|bajará|caerá)\b|一定会|必涨|必跌|肯定",
    re.I,
)
_ALWAYS = re.compile(
    r"\b(?:always|never|every time|usually|typically|historically|as a rule|tends? to|often)\b.{0,30}\b"
    r"(?:bounc|ris|fall|recover|rall|drop|gain|los|revert|climb|come back|turn)\w*",
    re.I,
)
_AHEAD = re.compile(
    r"\b(?:tomorrow|next (?:week|month|quarter|year|session)|soon|in the coming|by (?:monday|tuesday|wednesday|thursday|friday|"
    r"year[- ]end))\b",
    re.I,
)
_SCHEDULED = re.compile(
    r"\b(?:reports?|earnings|results|releases?|cpi|inflation|jobs|payrolls|gdp|fomc|fed|prices|opens?|closes?|brings|session|due|"
    r"ahead|calendar)\b",
    re.I,
)
_VERBS = {
    "sell": r"sell(?:ing)?|trim(?:ming)?|reduc(?:e|ing)|clos(?:e|ing)|exit(?:ing)?|cut(?:ting)?|bank(?:ing)?|lighten(?:ing)?|"
    r"dump(?:ing)?|liquidat(?:e|ing)|unload(?:ing)?|get(?:ting)? out|bail(?:ing)?|ditch(?:ing)?|unwind(?:ing)?|walk(?:ing)? away|"
    r"let(?:ting)? go|"
    r"tak(?:e|ing) (?:some |part |half |a third |profits?)|vend\w+|verkauf\w*|vendre|卖",
    "buy": r"buy(?:ing)?|add(?:ing)? (?:to|more)|accumulat(?:e|ing)|increas(?:e|ing)|invest(?:ing)?|hedg(?:e|ing)|deploy(?:ing)?|"
    r"double (?:down|your|up)|load(?:ing)? up|pil(?:e|ing) in(?:to)?|get(?:ting)? in|jump(?:ing)? in|scoop\w*|snap(?:ping)? up|"
    r"go(?:ing)? (?:long|all in)|"
    r"compr\w+|kauf(?:e|en)|acheter|买",
    "stop": r"(?:plac(?:e|ing)|set(?:ting)?|mov(?:e|ing)|put(?:ting)?|rais(?:e|ing)|tighten(?:ing)?|lower(?:ing)?|remov(?:e|ing)|"
    r"cancel(?:ling)?) (?:a |the |your |its |some )?(?:\w+ )?(?:stop|target)s?",
    "hold": r"hold(?:ing)? on|hang(?:ing)? on|stay(?:ing)? (?:put|invested|in)|sit(?:ting)? tight|keep(?:ing)? holding",
    "short": r"short(?:ing)?|go(?:ing)? short|leverag(?:e|ing)|borrow(?:ing)?",
}
_VERB = {name: re.compile(rf"\b(?:{words})\b" if name != "x" else words, re.I) for name, words in _VERBS.items()}
_URGE = re.compile(
    r"\b(?:should|consider|could|may want|might want|recommend|suggest|advise|i'd|i would|would be|let's|need to|have to|must|ought|"
    r"time to|better|worth|"
    r"now|immediately|urgent(?:ly)?|hurry|what can be done|you can|please|deberías|solltest|devriez|应该|建议)\b",
    re.I,
)
_LINE = re.compile(r"#[A-Za-z][^\n`”\"]*")
_COMMAND = re.compile(r"(?<![\w/])/([a-z][a-z_-]+)(?:\s+([\w:-]+))?", re.I)
_BARE = frozenset(
    {
        "why",
        "positions",
        "stops",
        "news",
        "orders",
        "help",
        "scorecard",
        "what-to-do",
        "profit-loss",
        "quote",
        "exposure",
        "performance",
        "watch",
    }
)
_RULE_VERBS = {
    "close": "sell",
    "sell": "sell",
    "take-profits": "sell",
    "close-all": "sell",
    "buy": "buy",
    "stop": "stop",
    "set-stops": "stop",
    "trailing": "stop",
    "target": "stop",
}
_PAST = re.compile(r"\byou (?P<verb>sold|bought|closed|trimmed|added)\b", re.I)
_RUSH = re.compile(
    r"\b(?:immediately|hurry|right away|asap|at once|urgently|before it is too late|sofort|inmediatamente|immédiatement)\b"
    r"|立即|马上",
    re.I,
)
_NOTHING = re.compile(r"\b(?:nothing (?:needs|asks|to do)|no (?:rule|suggestion)|none of (?:my|the) rules)\b", re.I)


def forbidden(sentence: str) -> str:
    """Why a sentence may not be said whatever the facts are; empty where it may."""
    for pattern, why in (
        (_LINK, "passes on a link"),
        (_SECRET, "speaks of secrets or transfers"),
        (_DONE, "says that something was done or confirmed"),
        (_FOR_YOU, "says that something was done or wants an answer"),
        (_FORECAST, "promises what nobody knows"),
        (_ALWAYS, "promises what nobody knows"),
        (_RUSH, "rushes its reader"),
        (_RUDE, "is no way to speak to anybody"),
    ):
        if pattern.search(sentence):
            return why
    return "speaks of what is to come" if _AHEAD.search(sentence) and not _SCHEDULED.search(sentence) else ""


def typed_rightly(ground: Ground, sentence: str) -> str:
    """Why a line to type in the sentence was not suggested; empty where each was."""
    for match in _LINE.finditer(sentence):
        text = match.group().lower()
        if not any(text.startswith(line) and not text[len(line) : len(line) + 2].strip('`”".,;:!?) ').strip() for line in ground.lines):
            return "gives a line that nothing suggests"
    for match in _COMMAND.finditer(sentence):
        if match[1].lower().replace("_", "-") not in _BARE and f"/{match[1]}" not in ground.words:
            return "gives a command that nothing suggests"
    return ""


def without_lines(sentence: str) -> str:
    """The sentence with its `#` lines blanked: they were looked at whole."""
    return _LINE.sub(lambda m: " " * len(m.group()), sentence)


def traded_rightly(ground: Ground, sentence: str) -> str:
    """Why a trade that the sentence says the reader made is none of the span's; empty where it is one."""
    for match in _PAST.finditer(sentence):
        side = Side.BUY if match["verb"].lower() in ("bought", "added") else Side.SELL
        named = ground.mentioned(sentence[match.end() :])
        trades = (*ground.brief.trades, *ground.brief.recent)
        made = {t.symbol for t in trades if t.side is side}
        bought = {t.symbol for t in trades}
        if not made and not re.match(r"\s+(?:nothing|no)\b", sentence[match.end() :], re.I):
            return "speaks of a trade that was not made"
        if not named <= bought or (named and not named & made):
            return "speaks of a trade that was not made"
    return ""


def urged_rightly(ground: Ground, sentence: str) -> str:
    """Why advice in the sentence is none of the rules'; empty where a suggestion or an offered line is behind it, or it gives none."""
    verbs = [name for name, pattern in _VERB.items() if pattern.search(sentence)]
    imperative = any(re.match(rf"(?:{words})\b", sentence, re.I) for words in _VERBS.values())
    if not verbs or not (_URGE.search(sentence) or imperative) or _NOTHING.search(sentence):
        return ""
    allowed: dict[str, set[str]] = {}
    for line in ground.lines:
        words = line.lstrip("#").split()
        verb = next((_RULE_VERBS[w] for w in words if w in _RULE_VERBS), "")
        whose = next((w.upper() for w in words if w.upper() in ground.symbols), "")
        allowed.setdefault(verb, set()).add(whose)
    named = ground.mentioned(without_lines(sentence)) & ground.symbols
    for verb in verbs:
        if verb not in allowed:
            return "urges what no rule suggests"
        if named and not named <= allowed[verb] and "" not in allowed[verb]:
            return "urges what no rule suggests"
    return ""
