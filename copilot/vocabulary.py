"""The words the copilot knows: what typing errors are mended to, what must never be mended, and short forms spelled out."""

from __future__ import annotations

from functools import cache

from copilot.phrases import listed

# Words a typing error may be mended to: verbs, nouns of commands, moments. Number words are left out on purpose: a guessed amount is money.
MENDABLE: frozenset[str] = listed(
    """
    sell buy close cancel exit liquidate dump trim reduce purchase trail trailing half third quarter percent shares stock position
    positions portfolio summary performance orders order journal news headlines exposure explain example examples tutorial status
    demo quote price stops chart happened happen yesterday today week should would what which where when recommend recommendation
    suggest suggestions suggestion advice profit profits loss losses losing money account balance cash market everything holdings
    holding diversified concentrated heavy sector sectors technology risk target limit resume trading emergency invest protect
    history headline please thanks hello calculate worth buying power return returns benchmark open pending filled dividend
    explanation commands command weights drawdown volatility biggest worst best winners losers overnight review briefing recap
    option options month year stop
    """
)

# Ordinary words: never mended, never read as a company, and a ticker spelled like one needs capitals in a ticker's place, or `$`.
COMMON: frozenset[str] = listed(
    """
    a about above actually add afraid after again all almost alone already also always am an and another any anybody anyone
    anything are around as ask asked at away back bad bags be because been before being bell below best bet better big bill bit
    block board bought boy bring bug but by call came can cannot car care cash cat cell check chose clock clothes clean coffee
    cold come concerned could cut cover day days dead deal did didn difference do does doing dollar dollars done doubt down dry
    each eat either else end enough even ever every everybody everyone evil exact fact fall falls far fast feel fell few find fine
    first fix for fear found from full fun game gap gave get gets getting give given go goes going gold gone good got great green
    grow guess guy had half happy hard has have he hear heard heavy held hell her here hi high him his hit hold holding home hope
    hot how i idea ideas if ill important in into is isn it its job joke joy jump just keep key kill killed kind knew know large
    last late later learn least left less let life light like line list little live long look looks lose lost lot lots love low
    luck lump made make makes man many mat matter may maybe me mean means meaning might mind mine miss missed more morning most
    mother move moved moves much must my name near need never new next nice night no nobody none nor not note nothing now of off
    oh ok okay old on once one only onto open or other our out over own paid pair part past path pay people person pick piece
    place plan play poor post prefer pretty prim prove pull pump push put quick quite rain ran rate rather read real really rest
    right road run safe said same save saw say says see seem seen self send set share she shell short show shy side since sit
    slept small smell smart so sold some somebody someone something soon sorry spell stand start stay still stop sure swell take
    taken takes tail talk tank tanking teach tell than thank that the their them then there these they thing things think this
    those though thought thoughts three through till time tip to together told tomorrow too took top total touch train trick trial
    trip true truth try turn two up upon us use used usual very visit wait walk want wants was watch way we well went were who
    whole whom whose why wide wife will win wise wish with within without won wonder word words work works world worry worse worst
    would write wrong year years yell yes yet you young your zero
    dumb exist exists closet closely closest cancer canal silly sill trip jump bump cult halt hall calf
    step stoop stomp shop chop swop tears dear fear gear hear mouth moth stow spot
    cost costs coin coins net team risky riskier riskiest
    crash crashed crashes drill drills halted mute jobs books breaker ladder ladders
    thirst trails trials basket marker pose posed lass lots boss bass shave spare stack stuck snare noon hewn stature pries prize fits
    """
)

# Short forms and chat spelling.
SPELLED_OUT: dict[str, str] = {
    "u": "you",
    "ur": "your",
    "r": "are",
    "y": "why",
    "pls": "please",
    "plz": "please",
    "plss": "please",
    "shud": "should",
    "wut": "what",
    "wat": "what",
    "wot": "what",
    "waht": "what",
    "wht": "what",
    "2day": "today",
    "tday": "today",
    "yday": "yesterday",
    "ystd": "yesterday",
    "hapend": "happened",
    "hapnd": "happened",
    "thx": "thanks",
    "ty": "thanks",
    "tx": "thanks",
    "im": "i am",
    "whats": "what is",
    "wheres": "where is",
    "hows": "how is",
    "whys": "why is",
    "whos": "who is",
    "whyd": "why did",
    "howd": "how did",
    "whatd": "what did",
    "sl": "stop loss",
    "tp": "take profit",
    "lmt": "limit",
    "mnth": "month",
    "wk": "week",
    "wanna": "want to",
    "gonna": "going to",
    "gotta": "got to",
    "gimme": "give me",
    "lemme": "let me",
    "lets": "let us",
    "dont": "do not",
    "doesnt": "does not",
    "didnt": "did not",
    "wont": "will not",
    "cant": "can not",
    "shouldnt": "should not",
    "wouldnt": "would not",
    "isnt": "is not",
    "havent": "have not",
    "cannot": "can not",
    "ain't": "is not",
    "can't": "can not",
    "won't": "will not",
    "shan't": "shall not",
    "shrs": "shares",
    "shr": "share",
    "pct": "percent",
    "mkt": "market",
    "acct": "account",
    "pos": "position",
    "qty": "quantity",
    "pf": "portfolio",
    "hodl": "hold",
    "stoploss": "stop loss",
    "takeprofit": "take profit",
}
CONTRACTED: dict[str, str] = {"n't": " not", "'s": " is", "'re": " are", "'m": " am", "'ve": " have", "'d": " would", "'ll": " will"}

_MIN_MENDED = 4  # `sel` is mended too, see THREE
_THREE: dict[str, str] = {
    "sel": "sell",
    "stp": "stop",
    "sll": "sell",
    "byu": "buy",
    "bui": "buy",
    "cls": "close",
    "buyy": "buy",
    "haf": "half",
    "hlf": "half",
}


@cache
def _deletions() -> dict[str, tuple[str, ...]]:
    """Every word with one letter left out → the words it may come from."""
    found: dict[str, list[str]] = {}
    for word in sorted(MENDABLE):
        for form in shortened(word):
            found.setdefault(form, []).append(word)
    return {form: tuple(words) for form, words in found.items()}


def shortened(word: str) -> set[str]:
    """The word and every form of it with one letter left out."""
    return {word} | {word[:i] + word[i + 1 :] for i in range(len(word))}


def close_to(left: str, right: str) -> bool:
    """True when one insertion, deletion, change or swap of neighbours turns one into the other."""
    if left == right:
        return True
    if abs(len(left) - len(right)) > 1:
        return False
    if len(left) > len(right):
        left, right = right, left
    i = 0
    while i < len(left) and left[i] == right[i]:
        i += 1
    if len(left) < len(right):
        return left[i:] == right[i + 1 :]
    return left[i + 1 :] == right[i + 1 :] or (left[i : i + 2] == right[i : i + 2][::-1] and left[i + 2 :] == right[i + 2 :])


def _inflected(word: str) -> bool:
    """True for `sells`, `closing`, `buyer`: right as they are, and no instruction."""
    for ending in ("s", "es", "d", "ed", "ing", "er", "ers", "r", "rs", "or", "ors", "ning", "ped", "ping", "led", "ling", "med", "ming"):
        stem = word.removesuffix(ending)
        if stem != word and (ending != "d" or stem.endswith("e")) and (stem in MENDABLE or stem + "e" in MENDABLE or stem in COMMON):
            return True
    return False


def mended(word: str) -> str | None:
    """The known word a lower-case word was probably meant to be, or None where there is none or several."""
    if word in _THREE:
        return _THREE[word]
    if len(word) < _MIN_MENDED or word in COMMON or word in MENDABLE or _inflected(word):
        return None
    deletions = _deletions()
    found = {known for form in shortened(word) for known in deletions.get(form, ()) if known[0] == word[0] or known[1:2] == word[:1]}
    near = sorted(known for known in found if close_to(word, known))
    return near[0] if near and all(n.startswith(near[0]) for n in near) else None
