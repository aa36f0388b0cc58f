"""Short form of the report's benchmark: planted months are named, young ones foretold; the seeds are pinned."""

from pathlib import Path

import pytest

from benchmarks.report import attribution, finals
from benchmarks.report.__main__ import Part, main
from benchmarks.report.attribution import EARLY, RIPE, Judged, by_kind, judged
from benchmarks.report.months import CALM, FEW, POOR_HIDDEN, POOR_MIX, SLOW, Kind
from benchmarks.report.page import page
from benchmarks.report.target import Target

SEEDS = 6


@pytest.fixture(scope="module")
def found() -> dict[float, dict[str, list[Judged]]]:
    return {after: by_kind(months) for after, months in judged(range(SEEDS)).items()}


@pytest.mark.parametrize("after", [EARLY, RIPE])
@pytest.mark.parametrize("kind", [POOR_MIX, POOR_HIDDEN, SLOW, FEW], ids=lambda kind: kind.name)
def test_a_planted_month_is_laid_at_the_right_door(
    found: dict[float, dict[str, list[Judged]]], kind: Kind, after: float
) -> None:
    months = found[after][kind.name]
    assert sum(one.right for one in months) >= len(months) - 1


def test_a_calm_month_is_nobodys_matter(found: dict[float, dict[str, list[Judged]]]) -> None:
    assert sum(one.right for one in found[RIPE][CALM.name]) >= SEEDS - 1


def test_what_late_calls_cost_is_what_they_truly_cost(found: dict[float, dict[str, list[Judged]]]) -> None:
    slow = found[RIPE][SLOW.name]
    told, truly = (sum(one.split.follow_up.conversions for one in slow), sum(one.month.lost for one in slow))
    assert told == pytest.approx(truly, rel=0.05)


def test_only_what_the_scores_can_see_is_foreseen(found: dict[float, dict[str, list[Judged]]]) -> None:
    by_mix, hidden = (attribution.summed_up(found[RIPE][kind.name])["means"] for kind in (POOR_MIX, POOR_HIDDEN))
    assert by_mix["foreseen"] > 0.8 * by_mix["quality"]
    assert hidden["unforeseen"] > 0.8 * hidden["quality"]


@pytest.mark.parametrize("company", finals.COMPANIES, ids=lambda company: company.name)
def test_what_young_months_bring_lies_where_it_was_expected(company: finals.Company) -> None:
    months = [finals.foretold(company, seed) for seed in range(SEEDS)]
    for age, widest in zip(finals.AGES, (0.7, 0.45, 0.25), strict=True):
        of_age = [one[age] for one in months]
        assert sum(one.covered for one in of_age) >= SEEDS - 1
        assert finals.summed_up(of_age)["width"] < widest


def test_results_are_kept_and_the_page_is_made_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.report.__main__.SHORT", 1)
    monkeypatch.setattr("benchmarks.report.__main__.PARTS", (Part("finals", finals.played),))
    monkeypatch.setattr(finals, "COMPANIES", finals.COMPANIES[2:3])
    out, written = tmp_path / "report.json", tmp_path / "shortfall.md"
    main(["--out", str(out), "--page", str(written)])
    assert "few leads" in capsys.readouterr().out
    text = written.read_text()
    assert main(["--page-only", "--out", str(out), "--page", str(written)]) == 0
    assert written.read_text() == text
    assert "What young months bring" in text


def test_a_target_below_its_share_is_missed() -> None:
    assert Target("what", 95, 100, 0.95).met
    assert not Target("what", 94, 100, 0.95).met
    missed = {"part": "finals", "seeds": 1, "months": [], "seconds": 1.0, "targets": [Target("what", 1, 9, 0.9).facts]}
    made = {"at": "2026-11-22", "commit": None, "uncommitted_changes": False}
    assert "| what | 90% | 1 of 9 | **missed** |" in page([{**missed, "made": made}])
