from typing import Any

from benchmarks.quality_page import page

MADE = {
    "commit": "abc",
    "uncommitted_changes": False,
    "at": "2026-11-22T10:00:00+00:00",
    "python": "3.11.7",
    "versions": {"lightgbm": "4.7.0", "catboost": None},
    "machine": "Linux",
    "machine_cores": 2,
    "cores_used": 1,
    "seed": 0,
}


def row(name: str, log_loss: float, ece: float) -> dict[str, Any]:
    rest = {"brier": 0.1, "roc_auc": 0.8, "top_decile_lift": 2.0, "fit_seconds": 1.0, "scored_by": []}
    return {"name": name, "log_loss": log_loss, "ece": ece, **rest}


def part(*rows: dict[str, Any]) -> dict[str, Any]:
    counts = {
        "steps": 1,
        "rows_scored": 100,
        "rows_learned_from": [400],
        "rate_scored": 0.3,
        "rate_learned_from": [0.3],
    }
    place = {"set": "x-education", "protocol": "split", "accord_budget": 60, "made": MADE}
    return {**place, **counts, "contenders": [row("all-time rate", 0.6, 0.0), *rows]}


def test_a_peer_that_is_not_installed_stands_in_the_table() -> None:
    text = page([part(row("LightGBM", 0.4, 0.02), {"name": "CatBoost", "missing": "not installed"})])
    assert "| CatBoost | not installed |" in text
    assert "Accord not measured" in text


def test_a_missed_target_is_said_plainly() -> None:
    text = page([part(row("LightGBM", 0.4, 0.02), row("Accord", 0.41, 0.05))])
    assert "log loss at or below the best peer's: **missed** (0.4100 against 0.4000, LightGBM)" in text
    assert "ECE no more than 0.01 above the lowest of a peer: **missed**" in text


def test_a_gap_within_the_slack_is_not_called_reached() -> None:
    text = page([part(row("LightGBM", 0.4, 0.02), row("Accord", 0.403, 0.02))])
    assert "short of it, within 0.005 (0.4030 against 0.4000, LightGBM)" in text
