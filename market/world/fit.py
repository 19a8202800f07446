"""Turns calibration numbers into `model.json`, the parameters of the simulated world: `python -m market.world.fit FOLDER`.

The folder holds `symbols.json`, `market.json`, `daily_corr_2022_2024.csv` and `intraday_profile_5min.csv`. Run by hand when they change.

Each symbol's standardised daily return is a sum of loadings on independent factors and of its own part. The loading on `market` (which is
SPY) is the symbol's correlation with SPY, so its beta comes out as calibrated; the other loadings are fitted to the correlation matrix by
alternating least squares with a small ridge, each factor open only to the symbols listed for it. Symbols outside the matrix get their
loadings by rule. Chosen by hand, because nothing measured them: loadings of BTC, ETH and SOL; drifts (a few percent a year instead of the
three calibrated years, which would double a price every other year); the ridge; which symbols share a factor.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from pathlib import Path
from typing import Any

MODEL = Path(__file__).with_name("model.json")
MEMBERS = {
    "tech": "AAPL ADBE AMD AMZN AVGO CRM GOOGL INTC META MSFT MU NFLX NOW NVDA ORCL PLTR QCOM QQQ SMH SOXL TQQQ TSLA TXN UBER XLK CSCO BAC "
    "GS XLF D UNH DIS EEM V MA CEG NRG LIN ISRG IWM",
    "semis": "AMD AVGO INTC MU NVDA QCOM SMH SOXL TXN QQQ TQQQ XLK EEM CSCO AMZN META NFLX GOOGL MSFT NOW CRM ADBE",
    "software": "ADBE CRM NOW ORCL MSFT PLTR QQQ TQQQ XLK UBER",
    "media": "AMZN GOOGL META NFLX UBER QQQ TQQQ DIS",
    "megacap": "QQQ TQQQ XLK AAPL MSFT GOOGL AMZN META",
    "finance": "BAC GS XLF IWM DIS",
    "payments": "V MA XLF LIN",
    "growth": "IWM PLTR TSLA UBER EEM DIS BAC GS",
    "power": "CEG NRG D",
}
GIVEN = {  # loadings besides `market` of symbols that are not in the matrix, and additions to those that are
    "COIN": {"digital": 0.55, "growth": 0.25},
    "COST": {"staples": 0.45},
    "WMT": {"staples": 0.45},
    "JPM": {"tech": -0.15, "finance": 0.5},
    "XLE": {"energy": 0.85},
    "XOM": {"energy": 0.85},
    "XLV": {"health": 0.6, "tech": -0.15},
    "UNH": {"health": 0.45},
    "ISRG": {"health": 0.1},
}
COINS: dict[str, dict[str, Any]] = {
    "BTC": {"adv": 16_000, "loadings": {"market": 0.5, "digital": 0.4, "coins": 0.7}},
    "ETH": {"adv": 260_000, "loadings": {"market": 0.5, "digital": 0.4, "coins": 0.65}},
    "SOL": {"adv": 4_500_000, "loadings": {"market": 0.45, "digital": 0.4, "coins": 0.6}},
}
TWINS = {"GOOG": ("GOOGL", 1.006)}  # share classes of one company: the same numbers at a fixed ratio
SHARED_OWN = {"GOOG": "GOOGL", "TQQQ": "QQQ", "SOXL": "SMH"}  # whose own part and day's range they share
LEVERAGED = frozenset({"SOXL", "TQQQ"})
RIDGE = 0.02
LEAST_OWN = 0.0015  # an index fund keeps this share of variance to itself
FREE_FLOW = 0.63  # the five-minute volumes are this share of the consolidated ones
OVERNIGHT = {"market": 0.336}
OVERNIGHT_ELSE = 0.33


def loadings(corr: dict[str, dict[str, float]], sweeps: int = 150) -> dict[str, dict[str, float]]:
    """Factor loadings whose products come near a correlation matrix; the loading on `market` is the correlation with SPY."""
    names = [name for name in corr if name != "SPY"]
    columns = {name: [k for k, members in MEMBERS.items() if name in members.split()] for name in names}
    found = {name: {"market": corr[name]["SPY"]} | dict.fromkeys(columns[name], 0.2) for name in names}
    for _ in range(sweeps):
        for name in names:
            own = columns[name]
            if not own:
                continue
            row = found[name]
            others = [(found[o], corr[name][o] - row["market"] * found[o]["market"]) for o in names if o != name]
            matrix = [[sum(o.get(a, 0.0) * o.get(b, 0.0) for o, _ in others) + (RIDGE if a == b else 0.0) for b in own] for a in own]
            solution = _solve(matrix, [sum(o.get(a, 0.0) * target for o, target in others) for a in own])
            size = sum(x * x for x in solution)
            most = 1 - LEAST_OWN - row["market"] ** 2
            scale = min(1.0, (most / size) ** 0.5) if size else 1.0
            row.update(zip(own, (x * scale for x in solution), strict=True))
    for factor in MEMBERS:
        if sum(row.get(factor, 0.0) for row in found.values()) < 0:  # a factor's sign is free: up is good for most of its members
            for row in found.values():
                if factor in row:
                    row[factor] = -row[factor]
    return found | {"SPY": {"market": 1.0}}


def model(folder: Path) -> dict[str, object]:
    """All parameters of the world, from the four calibration files."""
    numbers = json.loads((folder / "symbols.json").read_text())
    market = json.loads((folder / "market.json").read_text())
    with (folder / "daily_corr_2022_2024.csv").open() as file:
        corr = {row.pop("symbol"): {k: float(v) for k, v in row.items()} for row in csv.DictReader(file)}
    with (folder / "intraday_profile_5min.csv").open() as file:
        profile = [(float(row["var_share"]), float(row["vol_share"])) for row in csv.DictReader(file)]
    fitted, symbols = loadings(corr), {}
    spy = numbers["SPY"]["ann_vol"]
    for name in numbers:
        row = _settled(name, numbers, spy)
        found = {"market": row["corr_spy"]} | fitted.get(row["like"], {}) | GIVEN.get(name, {})
        symbols[name] = _equity(name, row, {k: round(v, 4) for k, v in found.items() if abs(v) > 0.005})
    for name, coin in COINS.items():
        row = market[name]
        symbols[name] = {"ref": row["ref"], "vol": row["ann_vol"], "drift": 0.06, "adv": coin["adv"], "df": max(3.0, row["t_df"])}
        symbols[name] |= {"overnight": 0.0, "loadings": coin["loadings"], "own": name}
    return {"variance": [v for v, _ in profile], "volume": [v for _, v in profile], "symbols": symbols}


def _settled(name: str, numbers: dict[str, dict[str, Any]], spy: float) -> dict[str, Any]:
    """A symbol's numbers made comparable: twins share theirs, and half a calm year is carried over to the market's usual volatility.

    Of that half year beta and the symbol's own volatility are kept; total volatility and the correlation with SPY follow from them.
    """
    row = numbers[name] | {"like": name}
    if name in TWINS:
        like, ratio = TWINS[name]
        return numbers[like] | {"like": like, "ref_close": numbers[like]["ref_close"] * ratio, "adv_shares": row["adv_shares"] / FREE_FLOW}
    if row["src"].startswith("5-min"):
        vol = math.hypot(row["beta_spy"] * spy, row["idio_ann_vol"])
        row |= {"ann_vol": round(vol, 4), "corr_spy": row["beta_spy"] * spy / vol, "adv_shares": row["adv_shares"] / FREE_FLOW}
    return row


def _equity(name: str, row: dict[str, Any], found: dict[str, float]) -> dict[str, object]:
    common = sum(v * v * OVERNIGHT.get(k, OVERNIGHT_ELSE) for k, v in found.items())
    rest = 1 - sum(v * v for v in found.values())
    overnight = (row["overnight_var_share"] - common) / rest if rest > 0.01 else OVERNIGHT_ELSE
    return {
        "ref": round(row["ref_close"], 2),
        "vol": row["ann_vol"],
        "drift": 0.0 if name in LEVERAGED else round(min(0.02 + 0.04 * row["beta_spy"], 0.08), 4),
        "adv": round(row["adv_shares"]),
        "df": max(3.0, row["t_df"]),
        "overnight": round(min(max(overnight, 0.05), 0.95), 3),
        "loadings": found,
        "own": SHARED_OWN.get(name, name),
    }


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i in range(len(rows)):
        pivot = max(range(i, len(rows)), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(len(rows)):
            if r != i:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i], strict=True)]
    return [row[-1] / row[i] for i, row in enumerate(rows)]


def main(folder: str) -> None:
    """Write the model beside this module and say how many symbols it has."""
    data = model(Path(folder))
    symbols: Any = data.pop("symbols")
    lines = [f'"{name}":{json.dumps(row, separators=(",", ":"))}' for name, row in symbols.items()]
    head = json.dumps(data, separators=(",", ":"))[:-1]
    MODEL.write_text(head + ',"symbols":{\n' + ",\n".join(lines) + "\n}}\n", encoding="ascii")
    sys.stdout.write(f"{MODEL.name}: {len(symbols)} symbols\n")


if __name__ == "__main__":
    main(sys.argv[1])
