"""What a gate refused serves only with a reason, which is told ever after; the way back is the same bytes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leads.agreement import parse_agreement
from leads.ledger import champion, load_bundle, open_ledger, promote, promotions, save_bundle
from models.bundle import pack
from models.champion import serving_scorer
from tests.bundles import past_leads, trained
from tests.conftest import Accord
from tests.serving.conftest import AGREEMENT

REFUSED = {"refused": "On leads from fairs it is 0.04 worse in log loss"}


@pytest.fixture
def ledger(tmp_path: Path, accord: Accord) -> Any:
    opened = open_ledger(f"sqlite:///{tmp_path / 'home' / 'accord.db'}")
    for seed, facts in enumerate([{}, REFUSED, {}], 1):
        save_bundle(opened, pack(trained(AGREEMENT, seed=seed)), facts)
    yield opened
    opened.close()


def test_a_refused_model_serves_only_with_a_reason_that_is_kept_and_told(accord: Accord, ledger: Any) -> None:
    accord("promote", 1)
    said = accord("promote", 2, expect=2).stderr
    assert "A gate refused model 2: On leads from fairs it is 0.04 worse in log loss. Nothing was changed." in said
    assert "accord promote 2 --override" in said
    accord("promote", 2, "--override", "  ", expect=2)
    assert (champion(ledger), len(promotions(ledger))) == (1, 1)
    done = json.loads(accord("promote", 2, "--override", "No fairs\nthis year", "--json").stdout)
    assert (done["model"], done["before"]) == ("conversion/2", 1)
    kept = promotions(ledger)[-1].reason
    assert kept == (
        "promoted by hand all the same: No fairs this year "
        "(A gate refused model 2: On leads from fairs it is 0.04 worse in log loss)"
    )
    words = accord("promote", "--list").stdout
    since = f"{promotions(ledger)[-1].promoted_at:%Y-%m-%d %H:%M} UTC"
    assert f"→ model 2 since {since}, instead of model 1: {kept}" in words
    assert "model 3 waits: `accord promote 3`" in words
    listed = json.loads(accord("promote", "--list", "--json").stdout)
    assert [(one["model"], one["serves"]) for one in listed["promotions"]] == [
        ("conversion/1", False),
        ("conversion/2", True),
    ]
    assert listed["waiting"] == [{"model": "conversion/3", "refused": None}]


def test_what_the_service_gave_up_needs_a_reason_and_no_rollback_leads_to_it(accord: Accord, ledger: Any) -> None:
    promote(ledger, 1, None, "test")
    promote(ledger, 3, 1, "test")
    promote(ledger, 1, 3, "returned by itself: every lead got the same score")
    said = accord("promote", 3, expect=2).stderr
    assert "Model 3 served before and was given up by itself: every lead got the same score." in said
    done = json.loads(accord("rollback", "--json").stdout)
    assert (done["model"], done["before"], champion(ledger)) == (None, 1, None)
    assert "→ the scorecard since" in accord("promote", "--list").stdout
    assert json.loads(accord("promote", "--list", "--json").stdout)["champion"] is None
    assert "none to go back from" in accord("rollback", expect=2).stderr
    accord("promote", 1)
    accord("promote", 3, "--override", "the leads were the same that week")
    assert champion(ledger) == 3


def test_a_promotion_needs_a_number(accord: Accord) -> None:
    assert "accord promote --list" in accord("promote", expect=2).stderr
    assert "No model was trained yet" in accord("promote", "--list").stdout


def test_a_rollback_brings_the_same_bytes_and_the_same_scores(
    accord: Accord, ledger: Any, scores: Callable[[Any], list[float]]
) -> None:
    accord("promote", 1)
    data, before = load_bundle(ledger, 1).data, scores(ledger)
    accord("promote", 3)
    assert scores(ledger) != before
    accord("rollback")
    assert load_bundle(ledger, champion(ledger)).data == data
    assert scores(ledger) == before


@pytest.fixture
def scores() -> Callable[[Any], list[float]]:
    agreement = parse_agreement(AGREEMENT)
    forms = past_leads(50).drop(columns="converted").to_dict("records")

    def of(ledger: Any) -> list[float]:
        """The log-odds of 50 leads by what serves, opened anew."""
        scorer = serving_scorer(ledger, agreement)
        return [scorer.score(form).log_odds for form in forms]

    return of
