"""How well Accord predicts, beside well-known learners at their defaults, on the same files in one run.

Accord is run as its user runs it (init, train, score); the learners are fitted in this process. Without --rolling the
last 20 % of each table are scored by a model of the first 80 %. With --rolling the eight steps of 5 % from 60 % of the
rows on are scored too, everything refitted at every step. A learner that is not installed is listed as such; XGBoost
and CatBoost come with the `bench` extra.

The results are kept as JSON with commit, versions, seed and cores; the page is written from that JSON alone, so that
`--page-only` writes it again without fitting anything. A part that was not run again keeps its earlier result and its
own commit.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.audition import compare_speed
from benchmarks.front_door import NAME, accord
from benchmarks.metrics import Floats, bootstrap_intervals, headline, row_losses
from benchmarks.peers import Contender, ContenderError, Machine, peers, references
from benchmarks.protocols import SETS, Protocol, Step, single_split, steps_of
from benchmarks.provenance import ROOT, provenance
from benchmarks.quality_page import page

RESAMPLES = 1_000
SPEED_REPEATS = 2


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def pooled(contender: Contender, steps: Sequence[Step]) -> tuple[dict[str, Any], Floats | None]:
    """One row of the table, and the losses of the scored rows in file order (None where it cannot run)."""
    if contender.missing:
        return {"name": contender.name, "missing": contender.missing}, None
    try:
        answers = [contender.score(step) for step in steps]
    except ContenderError as failure:
        say(f"  {contender.name}: {failure}")
        return {"name": contender.name, "missing": f"failed: {failure}"}, None
    converted = np.concatenate([step.test.converted for step in steps])
    probability = np.concatenate([answer.probability for answer in answers])
    row = {
        "name": contender.name,
        **headline(converted, probability),
        "fit_seconds": sum(answer.fit_seconds for answer in answers),
        "scored_by": [answer.scored_by for answer in answers if answer.scored_by],
        "log_loss_by_step": [
            float(row_losses(step.test.converted, answer.probability).mean())
            for step, answer in zip(steps, answers, strict=True)
        ],
    }
    say(f"  {contender.name}: log loss {row['log_loss']:.4f}, {row['fit_seconds']:.1f} s to fit")
    return row, row_losses(converted, probability)


def add_differences(rows: list[dict[str, Any]], losses: dict[str, Floats], seed: int) -> None:
    """Accord's log loss minus each other's, with the paired bootstrap interval, on each other's row."""
    others = [name for name in losses if name != NAME]
    if NAME not in losses or not others:
        return
    differences = np.column_stack([losses[NAME] - losses[name] for name in others])
    intervals = bootstrap_intervals(differences, RESAMPLES, seed)
    found = dict(zip(others, zip(differences.mean(axis=0).tolist(), intervals, strict=True), strict=True))
    for row in rows:
        if row["name"] in found:
            mean, (low, high) = found[row["name"]]
            row["accord_minus_this"] = {"mean": mean, "low": low, "high": high}


def measure(steps: Sequence[Step], contenders: Sequence[Contender], seed: int) -> dict[str, Any]:
    rows, losses = [], {}
    for contender in contenders:
        row, row_loss = pooled(contender, steps)
        rows.append(row)
        if row_loss is not None:
            losses[contender.name] = row_loss
    add_differences(rows, losses, seed)
    scored = np.concatenate([step.test.converted for step in steps])
    return {
        "steps": len(steps),
        "rows_scored": len(scored),
        "rate_scored": float(scored.mean()),
        "rows_learned_from": [len(step.train) for step in steps],
        "rate_learned_from": [float(step.train.converted.mean()) for step in steps],
        "contenders": rows,
    }


def run_part(name: str, protocol: Protocol, options: argparse.Namespace) -> dict[str, Any]:
    say(f"{name}, {protocol}")
    machine = Machine(options.cores, options.seed)
    budget = options.budget if protocol == "split" else options.rolling_budget
    with tempfile.TemporaryDirectory() as folder:
        contenders = [*references(), *peers(machine), accord(Path(folder), budget)]
        measured = measure(steps_of(protocol, options.data / name), contenders, options.seed)
    made = provenance(options.cores, options.seed)
    return {"set": name, "protocol": protocol, "accord_budget": budget, "made": made, **measured}


def run_speed(name: str, options: argparse.Namespace) -> dict[str, Any]:
    say(f"{name}, speed of the untuned audition")
    catboost = next(peer for peer in peers(Machine(options.cores, options.seed)) if peer.name == "CatBoost")
    with tempfile.TemporaryDirectory() as folder:
        step = single_split(options.data / name)[0]
        measured = compare_speed(step, catboost, Path(folder), SPEED_REPEATS)
    return {"set": name, "protocol": "speed", "made": provenance(options.cores, options.seed), **measured}


def keep(part: dict[str, Any], out: Path) -> None:
    """Puts one part into the results, in place of the same part of an earlier run."""
    key = (part["set"], part["protocol"])
    earlier = json.loads(out.read_text())["parts"] if out.exists() else []
    parts = [other for other in earlier if (other["set"], other["protocol"]) != key] + [part]
    parts.sort(key=lambda other: (SETS.index(other["set"]), other["protocol"] == "speed", other["protocol"] != "split"))
    write(out, json.dumps({"parts": parts}, indent=1) + "\n")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def use_cores(cores: int) -> None:
    """Holds this process and all it starts to the same cores, so that seconds compare."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the two sets")
    parser.add_argument("--only", choices=SETS, help="one set instead of both")
    parser.add_argument("--rolling", action="store_true", help="the rolling protocol as well (slow)")
    parser.add_argument("--budget", type=float, default=60, help="seconds Accord may tune on the single split")
    parser.add_argument("--rolling-budget", type=float, default=0, help="the same, at each rolling step")
    parser.add_argument("--cores", type=int, default=1, help="cores that every side may use (default 1)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the learners and of the bootstrap")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "quality.json")
    parser.add_argument("--table", type=Path, default=ROOT / "docs" / "quality.md", help="the page to write")
    parser.add_argument("--page-only", action="store_true", help="write the page again from the kept results")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    options = read_options(arguments)
    use_cores(options.cores)
    protocols: list[Protocol] = ["split", "rolling"] if options.rolling else ["split"]
    for name in [] if options.page_only else [options.only] if options.only else SETS:
        for protocol in protocols:
            keep(run_part(name, protocol, options), options.out)
        keep(run_speed(name, options), options.out)
    write(options.table, page(json.loads(options.out.read_text())["parts"]))
    say(f"Results in {options.out}, page in {options.table}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
