"""Sectors as people name them: the eleven GICS sectors, the words for them, the ETFs that stand for them, and themes that touch several."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

TECHNOLOGY = "Information Technology"
FINANCIALS = "Financials"
HEALTH = "Health Care"
DISCRETIONARY = "Consumer Discretionary"
STAPLES = "Consumer Staples"
COMMUNICATION = "Communication Services"
INDUSTRIALS = "Industrials"
ENERGY = "Energy"
UTILITIES = "Utilities"
MATERIALS = "Materials"
REAL_ESTATE = "Real Estate"
BROAD = "Broad market"
CRYPTO = "Crypto"
UNKNOWN = "Unknown"

SECTORS = (
    TECHNOLOGY,
    FINANCIALS,
    HEALTH,
    DISCRETIONARY,
    STAPLES,
    COMMUNICATION,
    INDUSTRIALS,
    ENERGY,
    UTILITIES,
    MATERIALS,
    REAL_ESTATE,
)

SHORT: Mapping[str, str] = MappingProxyType(
    {TECHNOLOGY: "Technology", DISCRETIONARY: "Discretionary", STAPLES: "Staples", COMMUNICATION: "Communication"}
)
"""What the long ones are called in a table on a phone; the others are short enough."""

ETF_OF: Mapping[str, str] = MappingProxyType(
    {
        TECHNOLOGY: "XLK",
        FINANCIALS: "XLF",
        HEALTH: "XLV",
        DISCRETIONARY: "XLY",
        STAPLES: "XLP",
        COMMUNICATION: "XLC",
        INDUSTRIALS: "XLI",
        ENERGY: "XLE",
        UTILITIES: "XLU",
        MATERIALS: "XLB",
        REAL_ESTATE: "XLRE",
        BROAD: "SPY",
    }
)
"""The usual fund of each sector; a market may not have it."""

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        word.strip(): sector
        for sector, words in {
            TECHNOLOGY: "information technology, technology, technologies, tech, techs, it sector, software, hardware, semis, "
            "semiconductors, semiconductor, chips, chip stocks, chipmakers, chip makers, cloud",
            FINANCIALS: "financials, financial, finance, banks, bank, banking, insurers, insurance, brokers, payments",
            HEALTH: "health care, healthcare, health, pharma, pharmaceuticals, biotech, biotechs, medical, medtech, drugmakers, "
            "drug makers, health insurers, health insurer, hospitals",
            DISCRETIONARY: "consumer discretionary, discretionary, retail, retailers, autos, "
            "carmakers, car makers, travel, restaurants, luxury",
            STAPLES: "consumer staples, staples, groceries, grocers, food, beverages, tobacco, defensives",
            COMMUNICATION: "communication services, communication, communications, telecom, telecoms, telecommunications, "
            "media, social media, streaming",
            INDUSTRIALS: "industrials, industrial, airlines, aerospace, defense, defence, railways, railroads, machinery, transport",
            ENERGY: "energy, oil, oil stocks, gas, oil and gas, drillers, refiners",
            UTILITIES: "utilities, utility, power companies, electric companies",
            MATERIALS: "materials, basic materials, mining, miners, chemicals, metals, steel",
            REAL_ESTATE: "real estate, realestate, reit, reits, property, landlords",
            BROAD: "broad market, index funds, index, indices, indexes, etfs",
            CRYPTO: "crypto, cryptos, cryptocurrency, cryptocurrencies, coins, digital assets",
        }.items()
        for word in words.split(",")
    }
)

_THEMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "rates": (FINANCIALS, REAL_ESTATE, UTILITIES, TECHNOLOGY),
        "fed": (FINANCIALS, REAL_ESTATE, UTILITIES, TECHNOLOGY),
        "fomc": (FINANCIALS, REAL_ESTATE, UTILITIES, TECHNOLOGY),
        "yields": (FINANCIALS, REAL_ESTATE, UTILITIES, TECHNOLOGY),
        "inflation": (STAPLES, DISCRETIONARY, REAL_ESTATE, ENERGY),
        "cpi": (STAPLES, DISCRETIONARY, REAL_ESTATE),
        "jobs": (DISCRETIONARY, INDUSTRIALS, FINANCIALS),
        "payrolls": (DISCRETIONARY, INDUSTRIALS, FINANCIALS),
        "gdp": (INDUSTRIALS, DISCRETIONARY, FINANCIALS),
        "crude": (ENERGY, INDUSTRIALS),
        "opec": (ENERGY,),
        "tariffs": (TECHNOLOGY, DISCRETIONARY, INDUSTRIALS, MATERIALS),
        "trade war": (TECHNOLOGY, DISCRETIONARY, INDUSTRIALS, MATERIALS),
        "china": (TECHNOLOGY, DISCRETIONARY, MATERIALS),
        "ai": (TECHNOLOGY, COMMUNICATION, UTILITIES),
        "artificial intelligence": (TECHNOLOGY, COMMUNICATION, UTILITIES),
        "data centers": (TECHNOLOGY, UTILITIES, REAL_ESTATE),
        "electric vehicles": (DISCRETIONARY, MATERIALS),
        "drug prices": (HEALTH,),
        "antitrust": (COMMUNICATION, TECHNOLOGY),
        "bitcoin": (CRYPTO, FINANCIALS),
        "housing": (REAL_ESTATE, DISCRETIONARY, FINANCIALS),
    }
)


def find(text: str) -> str | None:
    """The sector a word or phrase names (`tech`, `banks`, `Health Care`), in any case, or None."""
    words = " ".join(text.lower().replace("-", " ").split())
    for ending in ("", " stocks", " sector", " shares", " companies", " names"):
        bare = words.removesuffix(ending) if ending else words
        if bare in _WORDS:
            return _WORDS[bare]
    return None


def mentioned(text: str) -> Sequence[str]:
    """Every sector a sentence names, in the order of its words; the longest name wins where two overlap."""
    return tuple(dict.fromkeys(_WORDS[m] for m in _matches(_WORDS, text)))


def touched(text: str) -> Sequence[str]:
    """The sectors that a headline's theme usually moves (`OPEC`, `tariffs`, `rate`), and those it names, without repeats."""
    by_theme = [s for m in _matches(_THEMES, text) for s in _THEMES[m]]
    return tuple(dict.fromkeys([*mentioned(text), *by_theme]))


def _matches(names: Mapping[str, object], text: str) -> list[str]:
    pattern = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.findall(rf"(?<![\w$#]){'(' + pattern + ')'}(?!\w)", text.lower().replace("-", " "))
