import json
from typing import Any

from benchmarks.provenance import ROOT
from benchmarks.reliability.page import page
from benchmarks.reliability.report import Target

RESULTS, PAGE = ROOT / "benchmarks" / "results" / "reliability.json", ROOT / "docs" / "reliability.md"
MADE = {
    "commit": "abc",
    "uncommitted_changes": False,
    "at": "2026-11-22T10:00:00+00:00",
    "python": "3.11.7",
    "versions": {"SQLite": "3.40.1", "psycopg": None},
    "machine": "Linux",
    "machine_cores": 2,
    "seed": 0,
}


def part(name: str, *targets: Target, **more: Any) -> dict[str, Any]:
    known = {"part": name, "form": "long", "database": "sqlite", "several_databases": name == "kills", "seed": 0}
    told = {"sizes": {"submissions": 10_000}, "figures": {"setbacks": {"503": 2}}, "seconds": 1.5, "made": MADE}
    return known | told | {"targets": [target.facts() for target in targets]} | more


def test_a_target_is_met_or_missed_by_its_distance() -> None:
    text = page(
        [
            part(
                "kills",
                Target("lost", "exactly", 0, 0),
                Target("slowest restart", "at most", 5, 7.5, "s"),
                Target("duplicates (control)", "at least", 1, 0),
            )
        ]
    )
    assert "| kills, SQLite | lost | 0 | 0 | met |" in text
    assert "| kills, SQLite | slowest restart | at most 5 s | 7.5 s | **missed** by 2.5 s |" in text
    assert "| kills, SQLite | duplicates (control) | at least 1 | 0 | **missed** by 1 |" in text
    assert "submissions 10,000" in text
    assert "setbacks: 503 2" in text


def test_a_part_that_could_not_be_run_says_why() -> None:
    text = page([part("power", not_run="this part needs strace")])
    assert "| power | not run: this part needs strace | | | |" in text


def test_the_page_is_that_of_the_kept_results() -> None:
    assert PAGE.read_text() == page(json.loads(RESULTS.read_text())["parts"])
