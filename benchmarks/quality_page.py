"""The page `docs/quality.md`, made of the kept results and nothing else."""

from collections.abc import Sequence
from typing import Any

Part = dict[str, Any]
Row = dict[str, Any]

REFERENCES = ("all-time rate", "rate of the last 5 %")
ACCORD = "Accord"
TITLES = {"x-education": "X Education", "bank-marketing": "Bank Marketing"}
LOG_LOSS_SLACK = 0.005
ECE_SLACK = 0.01

INTRODUCTION = """\
# How well Accord predicts

Written by `python benchmarks/quality.py --rolling` from `benchmarks/results/quality.json`; do not edit by hand.

Accord is run as its user runs it (`init`, `train`, `score`, no edit between) and stands beside well-known learners at
their defaults, each fitted on the same rows in the same run. *Log loss* decides: lower is better. *Lift* is the
conversion rate of the best-scored tenth over the overall rate; tied rows count in proportion, so a constant has 1.
*ECE* is the calibration error over 15 equal-width bins. *Accord minus it* is the difference in log loss with its paired
bootstrap 95 % interval (1,000 resamples of the scored rows): below zero Accord is better. Seconds to fit are those of
all steps together; for Accord the whole `train` command, with its start, its tuning budget and its records, for the
others the fit alone.

The learners are given what their documentation asks for. Naive Bayes: Bernoulli on one-hot words and numbers in ten
quantile bins. Logistic: one-hot words, numbers filled with the median, marked where they were missing, standardised.
LightGBM, HistGradientBoosting, XGBoost: words as native categories. CatBoost: words as `cat_features`. The two rates
need no learner: they are the rate of everything seen so far and of its last 5 % of the table.
"""


def number(row: Row, key: str, places: int) -> str:
    return f"{row[key]:.{places}f}"


def difference(row: Row) -> str:
    found = row.get("accord_minus_this")
    return f"{found['mean']:+.4f} ({found['low']:+.4f} to {found['high']:+.4f})" if found else ""


def line(row: Row) -> str:
    if "missing" in row:
        return f"| {row['name']} | {row['missing'].replace('|', '/')} | | | | | | |"
    name = f"**{row['name']}**" if row["name"] == ACCORD else row["name"]
    cells = [
        name,
        number(row, "log_loss", 4),
        number(row, "brier", 4),
        number(row, "roc_auc", 4),
        number(row, "top_decile_lift", 2),
        number(row, "ece", 4),
        number(row, "fit_seconds", 1),
        difference(row),
    ]
    return "| " + " | ".join(cells) + " |"


def table(part: Part) -> str:
    head = (
        "| | log loss | Brier | ROC AUC | lift | ECE | seconds to fit | Accord minus it |\n"
        + "|---"
        + "|---:" * 7
        + "|"
    )
    return "\n".join([head, *(line(row) for row in part["contenders"])])


def heading(part: Part) -> str:
    first, last = part["rows_learned_from"][0], part["rows_learned_from"][-1]
    learned = f"{first:,}" if part["steps"] == 1 else f"{first:,} to {last:,}"
    protocol = "last 20 %" if part["protocol"] == "split" else f"rolling, {part['steps']} steps of 5 %"
    return (
        f"## {TITLES[part['set']]}: {protocol}\n\n"
        f"Learned from {learned} rows ({part['rate_learned_from'][0]:.1%} converted), scored {part['rows_scored']:,} "
        f"({part['rate_scored']:.1%} converted). Accord's tuning budget: {part['accord_budget']:g} s a fit."
    )


def made(part: Part) -> str:
    facts = part["made"]
    commit = (facts["commit"] or "none")[:12] + (" with uncommitted changes" if facts["uncommitted_changes"] else "")
    versions = ", ".join(f"{name} {found}" for name, found in facts["versions"].items() if found)
    return (
        f"Commit {commit}, {facts['at'][:10]}, Python {facts['python']}, {facts['machine']}, "
        f"{facts['cores_used']} of {facts['machine_cores']} cores, seed {facts['seed']}; {versions}."
    )


def told(part: Part) -> str:
    rungs = ", ".join(rung for row in part["contenders"] for rung in row.get("scored_by", []))
    return f"Scored by: {rungs}." if rungs else ""


def measured(part: Part) -> tuple[Row | None, list[Row], list[Row]]:
    rows = [row for row in part["contenders"] if "missing" not in row]
    accord = next((row for row in rows if row["name"] == ACCORD), None)
    references = [row for row in rows if row["name"] in REFERENCES]
    return accord, [row for row in rows if row["name"] not in (*REFERENCES, ACCORD)], references


def verdict(claim: str, accord: float, limit: float, against: str, slack: float = 0.0, strict: bool = False) -> str:
    gap = accord - limit
    reached = gap < 0 if strict else gap <= 0
    word = "reached" if reached else f"short of it, within {slack}" if gap <= slack else "**missed**"
    return f"- {claim}: {word} ({accord:.4f} against {limit:.4f}, {against})."


def part_verdicts(part: Part) -> list[str]:
    place = f"{TITLES[part['set']]}, {'last 20 %' if part['protocol'] == 'split' else 'rolling'}"
    accord, others, references = measured(part)
    if accord is None:
        return [f"- {place}: Accord not measured."]
    if (part["set"], part["protocol"]) == ("bank-marketing", "split"):
        known = next(row for row in references if row["name"] == REFERENCES[0])
        claim = f"{place}, log loss below the rate known at the time"
        return [verdict(claim, accord["log_loss"], known["log_loss"], known["name"], strict=True)]
    best = min(others, key=lambda row: float(row["log_loss"]))
    calibrated = min(others, key=lambda row: float(row["ece"]))
    if part["protocol"] == "rolling":
        first = verdict(
            f"{place}, log loss below every peer", accord["log_loss"], best["log_loss"], best["name"], strict=True
        )
    else:
        claim = f"{place}, log loss at or below the best peer's"
        first = verdict(claim, accord["log_loss"], best["log_loss"], best["name"], LOG_LOSS_SLACK)
    limit, nearest = calibrated["ece"] + ECE_SLACK, f"{calibrated['name']} and {ECE_SLACK}"
    if best is not calibrated:
        nearest += f"; {best['name']}, best by log loss, has {best['ece']:.4f}"
    claim = f"{place}, ECE no more than {ECE_SLACK} above the lowest of a peer"
    return [first, verdict(claim, accord["ece"], limit, nearest)]


def speed_verdict(part: Part) -> str:
    place = f"{TITLES[part['set']]}, untuned audition with refit no slower than CatBoost's default fit"
    mine, other = part["accord_seconds"], part["catboost_seconds"]
    if mine is None or other is None:
        return f"- {place}: not measured, one of the two is not installed."
    word = "reached" if mine <= other else "**missed**"
    return f"- {place}: {word} ({mine:.1f} s against {other:.1f} s on {part['made']['cores_used']} core)."


def verdicts(parts: Sequence[Part]) -> str:
    lines = [line for part in parts if part["protocol"] != "speed" for line in part_verdicts(part)]
    lines += [speed_verdict(part) for part in parts if part["protocol"] == "speed"]
    return "## What it should reach\n\n" + "\n".join(lines)


def section(part: Part) -> str:
    return "\n\n".join(piece for piece in (heading(part), table(part), told(part), made(part)) if piece)


def page(parts: Sequence[Part]) -> str:
    sections = [section(part) for part in parts if part["protocol"] != "speed"]
    return "\n\n".join([INTRODUCTION.rstrip(), verdicts(parts), *sections]) + "\n"
