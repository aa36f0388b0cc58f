"""What the simulated company's CRM hands over, and how a gate's verdict is told."""

from pathlib import Path

import pandas as pd
import pytest

from leads.table import read_table
from training.demo.learning import ASKED, FORGOTTEN_DAYS, exports, gate_line, outcome
from training.demo.senders import simulated_company
from training.gates.verdict import NEEDED


def test_the_first_export_lacks_the_newest_conversions_and_nothing_else_and_they_come_later(tmp_path: Path) -> None:
    simulated_company(tmp_path / "history.csv")
    made, truth = exports(tmp_path, tmp_path / "history.csv"), read_table(tmp_path / "history.csv")
    told, late = read_table(made.leads), read_table(made.forgotten)
    won, converted = pd.to_datetime(truth["won_date"], utc=True), truth["converted"] == "1"
    since = pd.to_datetime(truth["created_at"], utc=True).max() - pd.Timedelta(days=FORGOTTEN_DAYS)
    assert ((told["converted"] == "1") == (converted & (won <= since))).all()
    assert told["won_date"].notna().sum() == (converted & (won <= since)).sum()
    assert sorted(late["person"]) == sorted(truth["email"][converted & (won > since)])
    assert made.conversions == len(late) > 100
    assert (told["email"].fillna("") == truth["email"].fillna("")).all()


@pytest.mark.parametrize(
    ("gate", "ending"),
    [
        ({"name": "calibration", "passed": True, "judged": True}, "Do as many convert as it promises? yes"),
        ({"name": "value", "passed": True, "judged": False}, "Would its routes earn no less? too little to tell"),
        ({"name": "data", "passed": False, "judged": True}, "come from the future? NO"),
    ],
)
def test_each_gate_is_one_line_with_its_question_and_the_answer(gate: dict[str, object], ending: str) -> None:
    assert gate_line(gate).endswith(ending)


def test_every_gate_has_a_question() -> None:
    assert ASKED.keys() == {*NEEDED["new recipe"], "refit"}


def test_a_refusal_gives_the_gates_own_reason() -> None:
    told = {"promoted": False, "why": "The champion stays. It expected 97 conversions, 20 came."}
    assert outcome(told) == "Refused. It expected 97 conversions, 20 came."
