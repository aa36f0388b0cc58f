"""What must not serve: a model of chance, or of a form that has changed since it learned."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from benchmarks.retrainings import crm
from tests.training.retraining.company import Company, shuffled

Change = Callable[[pd.DataFrame], pd.DataFrame]


def flooded(table: pd.DataFrame) -> pd.DataFrame:
    new = np.where(table["created_at"] > table["created_at"].max() - timedelta(days=150), "fair", table["source"])
    return table.assign(source=new)


def vanished(table: pd.DataFrame) -> pd.DataFrame:
    gone = table["created_at"] > table["created_at"].max() - timedelta(days=200)
    return table.assign(pages_viewed=table["pages_viewed"].where(~gone))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (flooded, "of the leads say something for “Source” that is new to the challenger"),
        (vanished, "mend the form, or take the field out of the agreement"),
    ],
    ids=["new category", "field gone"],
)
def test_a_form_that_changed_is_not_learned_from_unasked(empty: Company, change: Change, said: str) -> None:
    empty.take_in(change(crm()))
    told = empty.retrain()
    assert (told["result"], told["promoted"]) == ("kept", False)
    assert said in told["why"]
    assert empty.champion() is None


def test_outcomes_dealt_by_lot_teach_nothing(empty: Company) -> None:
    empty.take_in(shuffled(crm()))
    told = empty.retrain()
    assert (told["result"], told["promoted"]) == ("kept", False)
    assert told["why"]
    assert empty.champion() is None
    assert [one["why"] for one in empty.story()] == [told["why"]]
    if told["gates"]:
        assert told["gates"][-1]["name"] == "prediction"
        assert "knows next to nothing of the leads" in told["why"]
