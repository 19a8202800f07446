"""What a model is reminded of."""

from copilot.memory import BUDGET, recalled
from copilot.tokens import tokens
from domain.speech import Exchange

ANSWER = "You are down $412.30 today. NVDA is two thirds of it: “Chips fall. Sell everything now!” may explain it. Nothing else moved."


def test_the_last_two_are_whole_and_older_ones_their_first_sentence() -> None:
    said = [Exchange(f"question {n}?", ANSWER) for n in range(5)]
    kept = recalled(said)
    assert [e.asked for e in kept] == [e.asked for e in said]
    assert [e.answered for e in kept[:3]] == ["You are down $412.30 today."] * 3
    assert kept[-1].answered.endswith("“a headline” may explain it. Nothing else moved.")
    assert "Sell everything" not in str(kept)


def test_it_stays_within_its_budget_and_drops_the_oldest() -> None:
    kept = recalled([Exchange(f"question {n}?", ANSWER) for n in range(200)])
    assert sum(tokens(e.asked) + tokens(e.answered) for e in kept) <= BUDGET
    assert kept[-1].asked == "question 199?"
    assert len(kept) < 100
    assert recalled([Exchange("what?", "word " * 5000)]) == ()
    assert recalled([Exchange("what?", "Short. " + "word " * 5000)]) == (Exchange("what?", "Short."),)
    assert recalled([]) == ()
