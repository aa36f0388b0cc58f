import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from accord import main
from leads.agreement import Agreement, read_agreement
from training.survey.draft import bands, horizon

DATA = Path(os.environ.get("ACCORD_DATA", Path(__file__).parents[3] / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data sets are not at {DATA} (ACCORD_DATA)")
ROWS = 600
LOT = np.random.default_rng(5)

Init = Callable[..., int]


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Init:
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> int:
        return main(["init", *arguments])

    return run


def table(**changes: Sequence[object]) -> pd.DataFrame:
    columns: dict[str, Sequence[object]] = {
        "Lead Number": [5000 - n for n in range(ROWS)],
        "Source": [str(v) for v in LOT.choice(["Google", "Fair", "Select"], ROWS)],
        "Visits": [int(v) for v in LOT.poisson(3, ROWS)],
        "Won": [str(v) for v in LOT.choice(["yes", "no"], ROWS, p=[0.2, 0.8])],
    }
    return pd.DataFrame(columns | changes)


def saved(frame: pd.DataFrame, name: str = "leads.csv") -> str:
    frame.to_csv(name, index=False) if name.endswith(".csv") else frame.to_parquet(name, index=False)
    return name


def agreed(path: str = "accord.toml") -> Agreement:
    return read_agreement(Path(path))


@needs_data
def test_x_education_leaves_out_what_its_readme_lists_and_keeps_the_rest(init: Init) -> None:
    assert init(str(DATA / "x-education" / "leads.csv"), "--target", "Converted", "--order", "Lead Number") == 0
    said = agreed()
    assert list(said.form.known_after_contact) == [
        "last_activity",
        "tags",
        "lead_quality",
        "lead_profile",
        "asymmetrique_activity_index",
        "asymmetrique_profile_index",
        "asymmetrique_activity_score",
        "asymmetrique_profile_score",
        "last_notable_activity",
    ]
    assert len(said.form.fields) == 20  # of 37: the target, 9 above, 2 identifiers and 5 constants are none
    assert {"lead_source", "lead_origin", "what_is_your_current_occupation", "total_time_spent_on_website"} <= {
        *said.form.fields
    }
    assert said.form.fields["specialization"].unset == ("Select",)
    assert said.form.fields["do_not_email"].kind == "flag"
    assert (said.table.target, said.table.positive, said.table.order) == ("Converted", "1", "Lead Number")
    assert said.routing.bands == {"A": 0.56, "B": 0.39, "C": 0.24}


@needs_data
def test_bank_marketing_leaves_out_the_length_of_the_call_alone(init: Init, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(str(DATA / "bank-marketing" / "leads.csv"), "--target", "y", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told["known_after_contact"]) == ["duration"]
    assert len(told["fields"]) == 19
    assert not told["dropped_columns"]
    assert told["fields"]["poutcome"]["levels"] == ["nonexistent", "failure", "success"]
    assert told["fields"]["job"]["unset"] == ["unknown"]
    assert told["positive"] == "yes"
    assert told["suggestion"].startswith("--in-order")


def test_the_draft_says_what_was_found_and_what_to_type_next(init: Init, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(saved(table(Tags=["won" if w == "yes" else "lost" for w in table()["Won"]])), "--target", "Won") == 0
    said = capsys.readouterr().out
    for words in (
        "category: Source",
        "“Select” in Source",
        "Lead Number: identifier",
        '--order "Lead Number"',
        "accord train leads.csv",
    ):
        assert words in said
    assert agreed().table.order is None


def test_the_same_table_is_read_alike_from_csv_and_parquet(init: Init) -> None:
    frame = table()
    assert init(saved(frame), "--target", "Won", "-o", "one.toml") == 0
    assert init(saved(frame, "leads.parquet"), "--target", "Won", "-o", "two.toml") == 0
    assert agreed("one.toml").digest == agreed("two.toml").digest


def test_an_agreement_is_overwritten_only_by_force(init: Init, capsys: pytest.CaptureFixture[str]) -> None:
    Path("accord.toml").write_text("signed")
    assert init(saved(table()), "--target", "Won") == 2
    assert "--force" in capsys.readouterr().err
    assert Path("accord.toml").read_text() == "signed"
    assert init("leads.csv", "--target", "Won", "--force") == 0
    assert agreed().table.target == "Won"


def test_keep_and_leave_out_overrule(init: Init) -> None:
    assert init(saved(table()), "--target", "Won", "--keep", "Lead Number", "--leave-out", "Visits") == 0
    assert set(agreed().form.fields) == {"lead_number", "source"}
    assert agreed().form.known_after_contact == {"visits": "left out by hand (--leave-out)"}


def arrivals(step: str = "6h") -> list[str]:
    return list(pd.date_range("2026-01-01", periods=ROWS, freq=step).strftime("%Y-%m-%d %H:%M"))


def test_an_obvious_arrival_is_used_and_said(init: Init, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(saved(table(created_at=arrivals())), "--target", "Won") == 0
    assert (agreed().table.arrived, agreed().goal.within_days) == ("created_at", 7)
    assert "created_at" not in agreed().form.fields
    assert "“created_at” tells when each lead arrived" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["birth date", "last modified date", "demo day"])
def test_any_other_date_is_a_field(init: Init, name: str) -> None:
    assert init(saved(table(**{name: arrivals()})), "--target", "Won") == 0
    assert agreed().table.arrived is None
    assert name.replace(" ", "_") in agreed().form.fields


def test_the_horizon_covers_nine_conversions_in_ten() -> None:
    arrived = np.arange(400) * 86_400.0
    later = np.where(np.arange(400) % 2, arrived + 25 * 86_400, np.nan)
    assert horizon(arrived, later)[0] == 30


def test_converted_at_is_read_by_the_table_section(init: Init) -> None:
    frame = table(created_at=arrivals())
    frame["won_at"] = [day if won == "yes" else None for day, won in zip(arrivals(), frame["Won"], strict=True)]
    assert init(saved(frame), "--target", "Won", "--arrived", "created_at", "--converted-at", "won_at") == 0
    assert agreed().table.converted_at == "won_at"
    assert not agreed().form.known_after_contact


@pytest.mark.parametrize("rate", [1e-6, 0.001, 0.05, 0.385, 0.5, 0.9, 0.996, 0.99999])
def test_bands_fall_strictly_and_stay_probabilities(rate: float) -> None:
    a, b, c = bands(rate).values()
    assert 1 > a > b > c > 0


@pytest.mark.parametrize(
    ("values", "positive"),
    [
        (["1", "0"], "1"),
        (["1.0", "0.0"], "1.0"),
        ([True, False], "True"),
        (["Closed Won", "Closed Lost"], "Closed Won"),
        (["customer", "open"], "customer"),
        (["good", "no"], "good"),
        (["blue", "red", "red"], "blue"),
    ],
)
def test_the_value_that_means_converted_is_found(init: Init, values: list[object], positive: str) -> None:
    assert init(saved(table(Won=[values[n % len(values)] for n in range(ROWS)])), "--target", "Won") == 0
    assert agreed().table.positive == positive


def test_a_given_positive_may_be_spelled_as_a_number(init: Init) -> None:
    assert init(saved(table(Won=["1.0", "0.0"] * 300)), "--target", "Won", "--positive", "1") == 0
    assert agreed().table.positive == "1.0"


GAPS = ["yes"] * 10 + [None, "no"] + ["no"] * (ROWS - 12)
REFUSALS: dict[str, tuple[pd.DataFrame, list[str], list[str]]] = {
    "no such target": (table(), ["--target", "won"], ["no column “won”", "Did you mean “Won”"]),
    "target with gaps": (table(Won=GAPS), ["--target", "Won"], ["empty in one row", "row 12", "fill the gaps in"]),
    "one class": (table(Won=["no"] * ROWS), ["--target", "Won"], ["says “no” in 600 rows", "--target"]),
    "three values": (
        table(Won=["a", "b", "c"] * 200),
        ["--target", "Won"],
        ["3 different values", "“a”", "--positive"],
    ),
    "wrong positive": (table(), ["--target", "Won", "--positive", "won"], ["never says “won”", "“yes”"]),
    "unknown keep": (table(), ["--target", "Won", "--keep", "Sauce"], ["--keep names “Sauce”", "“Source”"]),
    "keep and leave out": (table(), ["--target", "Won", "--keep", "Source", "--leave-out", "Source"], ["name it once"]),
    "keep the target": (table(), ["--target", "Won", "--keep", "Won"], ["is the target itself"]),
    "order of words": (table(), ["--target", "Won", "--order", "Source"], ["cannot order them"]),
    "arrival of words": (table(), ["--target", "Won", "--arrived", "Source"], ["is not a time", "row 2"]),
    "no rows": (table().head(0), ["--target", "Won"], ["no rows"]),
    "no columns": (table()[["Lead Number", "Won"]], ["--target", "Won"], ["no column that a form could ask", "--keep"]),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_is_refused_with_place_and_remedy(
    init: Init, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    frame, arguments, words = REFUSALS[case]
    assert init(saved(frame), *arguments) == 2
    said = capsys.readouterr().err
    assert [word for word in words if word not in said] == [], said
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["leads.csv"]


def test_strange_names_and_levels_survive_the_writing(init: Init) -> None:
    strange = 'quote " back \\ slash # 日本'
    frame = table().rename(columns={"Source": strange})
    frame[strange] = [strange if n % 2 else "line\nbreak" for n in range(ROWS)]
    assert init(saved(frame), "--target", "Won") == 0
    (key,) = set(agreed().form.fields) - {"visits"}
    assert agreed().form.fields[key].column == strange
    assert set(agreed().form.fields[key].levels) == {strange, "line\nbreak"}


def test_a_campaign_column_that_knows_the_outcome_is_left_out_and_never_read(tmp_path: Path) -> None:
    from leads.agreement import read_agreement
    from leads.table import read_table, read_values

    rows = [
        {"page": "/thanks" if row % 3 == 0 else "/start", "minutes": row % 7, "won": row % 3 == 0} for row in range(300)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "leads.csv", index=False)
    assert main(["init", str(tmp_path / "leads.csv"), "--target", "won", "-o", str(tmp_path / "accord.toml")]) == 0
    agreement = read_agreement(tmp_path / "accord.toml")
    assert "page" in agreement.form.known_after_contact
    assert "page" not in read_values(read_table(tmp_path / "leads.csv"), agreement).values


def test_a_column_of_conversion_times_must_hold_times(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pd.DataFrame({"industry": ["steel", "wood"] * 50, "n": range(100), "won": [0, 1] * 50}).to_csv(tmp_path / "t.csv")
    assert main(["init", str(tmp_path / "t.csv"), "--target", "won", "--converted-at", "industry"]) == 2
    assert "holds no times" in capsys.readouterr().err
