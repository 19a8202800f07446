"""Sectors: what people type finds the sector they mean."""

from __future__ import annotations

import pytest

from market import sectors


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("tech", sectors.TECHNOLOGY),
        ("Tech stocks", sectors.TECHNOLOGY),
        ("BANKS", sectors.FINANCIALS),
        ("health-care", sectors.HEALTH),
        ("the moon", None),
        ("", None),
        ("oil sector", sectors.ENERGY),
        ("crypto", sectors.CRYPTO),
    ],
)
def test_finding_by_word(said: str, meant: str | None) -> None:
    assert sectors.find(said) == meant


def test_every_sector_is_found_by_its_own_name_and_has_a_fund_that_stands_for_it() -> None:
    for sector in sectors.SECTORS:
        assert sectors.find(sector) == sector
        assert sectors.ETF_OF[sector]


def test_a_sentence_names_sectors_in_order_and_the_longest_name_wins() -> None:
    assert sectors.mentioned("Am I too heavy in tech and social media, or in banks?") == (
        sectors.TECHNOLOGY,
        sectors.COMMUNICATION,
        sectors.FINANCIALS,
    )
    assert sectors.mentioned("how is my money") == ()


def test_a_symbol_is_no_word() -> None:
    assert sectors.mentioned("$TECH and #gas") == ()


def test_a_theme_touches_sectors() -> None:
    assert sectors.touched("OPEC agrees to cut supply") == (sectors.ENERGY,)
    assert sectors.touched("Fed holds; banks gain")[0] == sectors.FINANCIALS
    assert sectors.REAL_ESTATE in sectors.touched("Fed holds; banks gain")
