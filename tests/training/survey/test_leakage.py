import numpy as np
import pandas as pd
import pytest

from training.survey.fields import Survey, survey

ROWS = 3000
LOT = np.random.default_rng(11)
WON = (LOT.random(ROWS) < 0.3).astype(np.float64)
VISITS = np.round(LOT.gamma(2, 2, ROWS) + WON, 1)


def blurred(strength: float) -> list[float]:
    return [float(v) for v in np.round(strength * WON + LOT.normal(0, 1, ROWS), 3)]


def when(mark: np.ndarray, value: object) -> list[object]:
    return [value if said else None for said in mark]


def surveyed(target: str = "Converted", **columns: object) -> Survey:
    frame = pd.DataFrame({"Visits": VISITS, **{n.replace("__", " "): v for n, v in columns.items()}})
    return survey(frame, target, WON)


def levels(right: float) -> list[str]:
    """ "hot" for converted leads and "cold" for the others, right in this share of the rows."""
    return ["hot" if (w == 1) == (r < right) else "cold" for w, r in zip(WON, LOT.random(ROWS), strict=True)]


@pytest.mark.parametrize(
    ("name", "values", "evidence"),
    [
        ("x17", levels(1.0), "alone it ranks 100%"),
        ("Lead Quality", levels(0.75), "known only after contact"),
        ("LastActivity", levels(0.75), "known only after contact"),
        ("lead_stage", levels(0.75), "known only after contact"),
        ("duration", blurred(1.3), "the best column with a harmless name"),
        ("status", levels(0.9), "the best column with a harmless name"),
        ("Tags", levels(0.95), "converts at"),
        ("Lost Reason", when((WON == 0) & (LOT.random(ROWS) < 0.6), "price"), "filled in for lost leads only"),
        ("x18", when((WON == 1) & (LOT.random(ROWS) < 0.4), "2026-05-01"), "filled in for converted leads only"),
        ("Order value", [v if w and v > 5 else 0 for v, w in zip(VISITS, WON, strict=True)], "neither empty nor zero"),
        ("Converted reason", levels(0.75), "speaks of"),
    ],
)
def test_what_knows_the_outcome_is_left_out_with_the_evidence(name: str, values: object, evidence: str) -> None:
    found = surveyed(**{name: values})
    assert name not in found.fields
    assert evidence in found.known_after_contact[name]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Marital Status", levels(0.6)),
        ("employment status", levels(0.9)),
        ("credit score", blurred(2.0)),
        ("Duration in months", blurred(0.3)),
        ("status", levels(0.6)),
        ("profile_completed", levels(0.6)),
        ("Lead Quality", levels(0.5)),
        ("Daily minutes online", blurred(2.5)),
        ("Source", levels(0.9)),
        ("Order value", blurred(1.0)),
        ("previous outcome", levels(0.7)),
        ("Referred by", when(LOT.random(ROWS) < 0.1 + 0.2 * WON, "a friend")),
    ],
)
def test_ordinary_power_or_a_name_alone_does_not_suffice(name: str, values: object) -> None:
    found = surveyed(**{name: values})
    assert name in found.fields
    assert not found.known_after_contact


def test_columns_filled_in_on_the_same_rows_and_named_alike_go_together() -> None:
    known = LOT.random(ROWS) < 0.5
    score = [v if k else None for v, k in zip(levels(0.8), known, strict=True)]
    index = [v if k else None for v, k in zip(levels(0.5), known, strict=True)]
    other = [v if k else None for v, k in zip(levels(0.5), LOT.random(ROWS) < 0.5, strict=True)]
    found = surveyed(**{"Acme Activity Score": score, "Acme Index": index, "Acme Other": other})
    assert set(found.known_after_contact) == {"Acme Activity Score", "Acme Index"}
    assert "same rows as “Acme Activity Score”" in found.known_after_contact["Acme Index"]


def test_what_only_drifts_with_time_does_not_hide_what_knows_the_outcome() -> None:
    """A rate that tells the season ranks all leads well, but not the leads of one season; a call's length does both."""
    season = np.repeat(np.arange(10), ROWS // 10)
    won = (LOT.random(ROWS) < np.linspace(0.02, 0.9, 10)[season]).astype(np.float64)
    frame = pd.DataFrame({"rate": season / 7, "duration": np.round(won * 1.2 + LOT.normal(0, 1, ROWS), 2)})
    assert list(survey(frame, "won", won).known_after_contact) == ["duration"]


def test_a_table_sorted_by_its_outcome_is_judged_like_any_other() -> None:
    frame = pd.DataFrame(
        {"Visits": VISITS, "Lead Quality": levels(0.75), "Source": levels(0.7), "row": np.arange(ROWS)}
    )
    order = np.argsort(WON, kind="stable")
    found = survey(frame.iloc[order].assign(row=np.arange(ROWS)), "won", WON[order])
    assert list(found.known_after_contact) == ["Lead Quality"]
    assert list(found.fields) == ["Visits", "Source"]
    assert "identifier" in found.dropped["row"]


def test_too_few_leads_prove_nothing() -> None:
    frame = pd.DataFrame({"Lead Quality": ["hot", "cold"] * 6, "Source": ["a", "b", "c"] * 4})
    won = np.array([1.0, 0.0] * 6)
    assert not survey(frame, "won", won).known_after_contact


def test_personal_values_never_stand_in_the_evidence() -> None:
    frame = pd.DataFrame({"Owner mail": ["a@b.example" if w else "c@d.example" for w in WON]})
    said = survey(frame, "won", WON).known_after_contact["Owner mail"]
    assert "@" not in said
