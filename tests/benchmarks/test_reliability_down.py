"""Small forms of the parts `down`, `ssrf`, `bots` and `replays` of `python -m benchmarks.reliability`."""

from benchmarks.reliability import bots, down, replays, ssrf
from benchmarks.reliability.report import Run


def test_every_form_is_answered_while_everything_around_is_down() -> None:
    report = down.measure(requests=100, rounds=1, seed=41)
    assert report.missed(timed=False) == [], report.figures


def test_decisions_are_made_again_exactly() -> None:
    report = replays.measure(decisions=120, champions=1, seed=42)
    assert report.missed(timed=False) == [], report.figures


def test_bots_wait_in_quarantine_and_people_do_not() -> None:
    report = bots.measure(bots=2_000, people=200, seed=43)
    assert report.missed(timed=False) == [], report.figures


def test_no_hostile_url_leads_inside() -> None:
    report = ssrf.run(Run(long=False, seed=44))
    assert report.missed(timed=False) == [], report.figures
