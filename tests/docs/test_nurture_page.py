"""The example of the page on nurture is what the code makes of it."""

import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from leads.agreement import parse_agreement
from leads.lead import Engagement, Score
from models import policy
from models.engaged import engaged_row, with_points
from models.scorer import logit

PAGE = (Path(__file__).parents[2] / "docs" / "nurture.md").read_text()
AGREEMENT = parse_agreement("[goal]\nwithin_days = 90\nvalue = 1000.0\n[form.fields.budget]\nkind = 'money'\n")
AT = datetime(2026, 11, 18, 9, tzinfo=UTC)
DONE = ("pricing_page", "pricing_page", "demo_booked")


def score(events: int, days: int) -> Score:
    done = [Engagement("ld_1", str(number), kind, AT, AT, {}, None) for number, kind in enumerate(DONE[:events])]
    by_form = Score(0.06, logit(0.06), logit(0.06), (), "scorecard", None, None)
    return with_points(by_form, engaged_row(done, AT + timedelta(days=days), AGREEMENT), AGREEMENT)


def test_every_figure_of_the_example_is_computed() -> None:
    rows = [
        re.findall(r"\d+(?:\.\d)?(?= %| \|)", line)
        for line in PAGE.splitlines()
        if line.startswith("| ") and "%" in line
    ]
    assert len(rows) == len(DONE)
    for events, told in enumerate(rows, 1):
        points = sum(one.effect for one in score(events, 0).contributions) * 20 / math.log(2)
        chances = [f"{100 * score(events, days).probability:.1f}" for days in (0, 7, 30)]
        assert told == [f"{points:.0f}", *chances]
    assert policy.band(score(3, 0).probability, AGREEMENT.routing.bands) == "A"
    assert policy.band(0.06, AGREEMENT.routing.bands) == "C"


def test_the_tracks_that_it_shows_are_an_agreement() -> None:
    shown = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    text = "[goal]\nwithin_days = 90\nvalue = 1000.0\n[form.fields.budget]\nkind = 'money'\n" + shown[1]
    assert list(parse_agreement(text).marketing.tracks) == ["large", "warm"]
