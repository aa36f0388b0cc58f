"""How a demo learns: a retraining that a gate refuses, since the CRM forgot conversions, and one that is promoted."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from rich.console import Console

from leads.agreement import read_agreement
from leads.ledger import open_ledger
from leads.refusal import Failure
from leads.table import read_table, read_values, write_chunks
from models.champion import serving_scorer
from models.encoder import Array
from training.company.forms import FORM

FORGOTTEN_DAYS = 110
"""The newest conversions that the first export lacks: enough of them that the leads that judge have hardly any."""
SCORED = 500
"""Leads whose scores are compared before and after a refusal."""
ASKED = {
    "data": "Are there leads enough to judge by, and did nothing of them come from the future?",
    "prediction": "Does it foresee better who converts, on leads that it has not seen?",
    "calibration": "Do as many convert as it promises?",
    "subgroups": "Is there no source, country or size of lead for which it is worse?",
    "capacity": "Would the leads it sends fill the team's days as planned?",
    "value": "Would its routes earn no less?",
    "refit": "Fitted on every lead, is it still what was judged?",
}

Run = Callable[..., str]
"""An `accord` command in a process of its own: the demo's place, where its output goes, and its words."""


class Exports(NamedTuple):
    """What the CRM hands over: all leads, without the newest conversions, and then those."""

    leads: Path
    forgotten: Path
    conversions: int


def exports(place: Path, history: Path) -> Exports:
    table = read_table(history)
    won = pd.to_datetime(table["won_date"], utc=True)
    lacking = won > pd.to_datetime(table["created_at"], utc=True).max() - pd.Timedelta(days=FORGOTTEN_DAYS)
    late = table.loc[lacking]
    told = pd.DataFrame({"person": late["email"], "type": "converted", "occurred_at": late["won_date"]})
    kept = table[["created_at", *FORM, "converted", "won_date"]].copy()
    kept.loc[lacking, "converted"], kept.loc[lacking, "won_date"] = "0", None
    made = Exports(place / "leads.csv", place / "conversions.csv", len(told))
    write_chunks(made.leads, [kept])
    write_chunks(made.forgotten, [told])
    return made


def learn_by_gates(place: Path, history: Path, budget: float, run: Run, console: Console) -> list[dict[str, Any]]:
    """Both retrainings, as `accord retrain --json` tells them, the refused one first."""
    made, before = exports(place, history), scores(place, history)
    shown = 2 if console.stderr else None
    console.print("\nTaking the leads of the past year into the ledger, as the CRM exports them.", style="bold")
    run(place, shown, "import", "leads", str(made.leads))
    console.print(
        f"What we know and the CRM does not say: its sync has stopped, and the conversions of the last "
        f"{FORGOTTEN_DAYS} days are missing. Accord learns from what it is told."
    )
    refused = retrained(place, 0.0, run, console)
    if refused["promoted"] or not (before == scores(place, history)).all():
        raise Failure("A retraining on an export that lacks conversions was not refused as it should be.")
    console.print(
        f"So nothing changed: the agreement's points go on answering, and the {len(before):,} newest leads have the "
        "very same scores as before. Hardly anybody seems to convert any more, so that a model which learned in better "
        "months promises too much. The gates do not know why, but they let nothing through that they cannot confirm."
    )
    console.print(f"\nSomebody repairs the sync: {made.conversions} conversions come in late.", style="bold")
    run(place, shown, "import", "outcomes", str(made.forgotten))
    return [refused, retrained(place, budget, run, console)]


def retrained(place: Path, budget: float, run: Run, console: Console) -> dict[str, Any]:
    console.print("Learning from the ledger: `accord retrain`.")
    told: dict[str, Any] = json.loads(run(place, subprocess.PIPE, "retrain", "--json", "--budget", f"{budget:g}"))
    console.print(f"  {told['leads']:,} leads may teach. What learned from the older ones is asked about the newest:")
    for gate in told["gates"]:
        console.print(gate_line(gate), style="green" if gate["passed"] else "bold red")
    console.print(f"  {outcome(told)}")
    return told


def gate_line(gate: Mapping[str, Any]) -> str:
    answer = ("yes" if gate.get("judged", True) else "too little to tell") if gate["passed"] else "NO"
    return f"  {gate['name']:<12} {ASKED[gate['name']]} {answer}"


def outcome(told: Mapping[str, Any]) -> str:
    if told["promoted"]:
        return f"Promoted: {told['model']} passed every gate and serves from now on. Back: `accord rollback`"
    return f"Refused. {told['why'].removeprefix('The champion stays. ')}"


def scores(place: Path, history: Path) -> Array:
    """Of the newest leads, by what serves now."""
    ledger, agreement = open_ledger(f"sqlite:///{place / 'accord.db'}"), read_agreement(place / "accord.toml")
    try:
        values = read_values(read_table(history).tail(SCORED), agreement).values
        return serving_scorer(ledger, agreement).log_odds_table(values)
    finally:
        ledger.close()
