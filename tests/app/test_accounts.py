"""Opening accounts: the step a book trades in, and orders placed once."""

from datetime import UTC, datetime
from decimal import Decimal

from app.accounts import lots
from domain.clock import ManualClock
from domain.ledger import Entry, EntryKind
from domain.orders import Side
from market.hub import Hub
from market.sources.unpriced import Unpriced, unknown_share
from tests.journeys.chat import chat

AT = datetime(2025, 3, 3, 15, tzinfo=UTC)


def bought(symbol: str, quantity: str) -> Entry:
    return Entry(f"{symbol}{quantity}", "mine", AT, EntryKind.TRADE, Decimal(-1), symbol, Side.BUY, Decimal(quantity), Decimal(1))


def test_a_book_with_fractions_trades_in_its_finest_fraction():
    entries = [bought("AAPL", "10.5"), bought("AAPL", "0.1250"), bought("MSFT", "20"), bought("XOM", "100.00")]
    assert lots(entries) == {"AAPL": Decimal("0.001")}
    assert lots([Entry("d", "mine", AT, EntryKind.DEPOSIT, Decimal("10.55"))]) == {}


def test_the_hub_takes_the_finer_of_two_steps():
    known = {"ZZZ": unknown_share("ZZZ")}
    source = Unpriced(known, ())
    hub = Hub(source, ManualClock(AT), {"ZZZ": Decimal("0.001"), "NONE": Decimal("0.1")})
    assert hub.require("ZZZ").lot == known["ZZZ"].lot
    finer = Hub(source, ManualClock(AT), {"ZZZ": Decimal("1E-9")})
    assert finer.require("ZZZ").lot == Decimal("1E-9")
    assert "NONE" not in hub.instruments()


async def test_a_fraction_of_a_share_can_be_closed(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("date,symbol,side,quantity,price,fees\n2025-01-06,AAPL,buy,10.5,230,0\n")
    async with chat(tmp_path, book=file, simulated=True, now=datetime(2025, 3, 5, 15, 30, tzinfo=UTC)) as reader:
        await reader.turn("#AAPL close")
        assert (await reader.turn("yes")).released
        assert await reader.held("AAPL") == 0
        assert await reader.whole()
