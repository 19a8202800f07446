"""`ask` for people: the answer on standard output, a refusal on standard error."""

from app import ask
from tests.journeys.chat import NOW


def test_an_answer_goes_to_standard_output_and_a_refusal_to_standard_error(home, capsys):
    assert ask.main("/positions", False, now=NOW) == 0
    written = capsys.readouterr()
    assert written.out.startswith("13 positions worth $")
    assert written.err == ""
    assert ask.main("#AAPL closs", False, now=NOW) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert "closs" in written.err
    assert ask.main("#buy TSLA 5000", False, now=NOW) == 2
    written = capsys.readouterr()
    assert written.out.startswith("Denied: #buy TSLA 5000"), "a denied card is still a card"


def test_a_line_that_cannot_be_printed_is_answered(asked):
    done = asked("sell \ud800 apple", now=NOW)
    assert done.code == 2
    assert done.json["error"]["code"] == "hidden_character"
