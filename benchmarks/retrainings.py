"""Two retrainings at once, over and over, on one real ledger: two `accord retrain` start together in processes of their
own. One must work and the other say that it is running; afterwards one retraining more is told, it came to an end, and
the champion is the one before or the one that it brought."""

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, NamedTuple

import pandas as pd

from benchmarks.provenance import ROOT, provenance
from benchmarks.reliability.postgres import database
from benchmarks.reliability.workplace import environment
from leads.ledger import champion, open_ledger, promotions
from leads.ledger.retraining import Retraining, retrainings
from training.company.presets import PRESETS
from training.simulate import history, simulate

AT_ONCE = 2
LEADS, DAYS, SEED = 1_800, 540, 3
MOST_SECONDS = 600
NOWHERE = "postgresql://127.0.0.1:1/mlflow"
"""Nothing listens there: this is about the ledger."""
COLUMNS = ["email", "country", "source", "employees", "pages_viewed", "demo_requested", "pricing_page_seen"]
AGREEMENT = """
[goal]
within_days = 60
value = 3000

[table]
target = "converted"
positive = "1"
arrived = "created_at"
converted_at = "won_date"

[scorecard]
base_rate = 0.1
[[scorecard.rules]]
points = 20
when = { demo_requested = true }

[form.fields.email]
kind = "email"
[form.fields.country]
kind = "country"
[form.fields.source]
kind = "category"
[form.fields.employees]
kind = "number"
[form.fields.pages_viewed]
kind = "number"
[form.fields.demo_requested]
kind = "flag"
[form.fields.pricing_page_seen]
kind = "flag"
"""


def crm() -> pd.DataFrame:
    """What its CRM exports: arrival, form and outcome of each lead."""
    world = PRESETS["xed"]
    told = history(world, simulate(world, LEADS, DAYS, SEED), SEED)
    return told[["created_at", *COLUMNS, "converted", "won_date"]]


class Place(NamedTuple):
    folder: Path
    database: str

    @property
    def environment(self) -> dict[str, str]:
        more = {"ACCORD_DATABASE_URL": self.database, "ACCORD_AGREEMENT": str(self.folder / "accord.toml")}
        return environment(self.folder / "home") | more | {"MLFLOW_TRACKING_URI": NOWHERE}

    def begin(self, *words: str) -> subprocess.Popen[str]:
        call = [sys.executable, str(ROOT / "accord.py"), *words]
        return subprocess.Popen(call, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def looked_at(self) -> tuple[int | None, int, list[Retraining]]:
        """The champion, how many promotions there were, and the retrainings, newest first."""
        with closing(open_ledger(self.database)) as ledger:
            return champion(ledger), len(promotions(ledger)), retrainings(ledger)


def main() -> None:
    options = _options()
    with TemporaryDirectory() as folder, database(options.database) as url:
        place = laid_out(Place(Path(folder), url or f"sqlite:///{Path(folder) / 'accord.db'}"))
        result = {"database": options.database, **played(place, options.rounds)}
    result |= {"provenance": provenance(cores=2, seed=SEED, packages=("accord", "lightgbm"))}
    text = json.dumps(result, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n")


def laid_out(place: Place) -> Place:
    """Its ledger holds what the company's CRM knew, and no model serves yet."""
    (place.folder / "home").mkdir()
    (place.folder / "accord.toml").write_text(AGREEMENT)
    crm().to_csv(place.folder / "crm.csv", index=False)
    importing = place.begin("import", "leads", str(place.folder / "crm.csv"))
    said = importing.communicate(timeout=MOST_SECONDS)[0]
    if importing.returncode:
        raise RuntimeError(said)
    return place


def played(place: Place, rounds: int) -> dict[str, Any]:
    begun, results, wrong = monotonic(), Counter[str](), list[str]()
    for number in range(rounds):
        before = place.looked_at()
        both = [place.begin("retrain", "--budget", "0", "--json") for _ in range(AT_ONCE)]
        said = [one.communicate(timeout=MOST_SECONDS)[0] for one in both]
        worked = [text for one, text in zip(both, said, strict=True) if one.returncode == 0]
        results["worked"] += len(worked)
        results["said that another is running"] += sum("running already" in text for text in said)
        wrong += [f"round {number}: {fault}" for fault in faults(worked, before, place.looked_at())]
    seconds = round(monotonic() - begun, 1)
    return {"rounds": rounds, "at_once": AT_ONCE, "results": dict(results), "wrong": wrong, "seconds": seconds}


def faults(
    worked: list[str],
    before: tuple[int | None, int, list[Retraining]],
    after: tuple[int | None, int, list[Retraining]],
) -> Iterator[str]:
    (was, promoted, told), (now, promoted_since, told_since) = before, after
    if len(worked) != 1 or len(told_since) != len(told) + 1:
        yield f"{len(worked)} worked, {len(told_since) - len(told)} more are told"
        return
    last = told_since[0]
    if last.ended_at is None or last.result not in ("promoted", "kept"):
        yield f"retraining {last.id} ended as {last.result}"
    brings = last.bundle if last.result == "promoted" else was
    if now != brings or promoted_since - promoted != (last.result == "promoted"):
        yield f"champion {now} after {was}, by a retraining that ended as {last.result} with model {last.bundle}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrainings", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite", help="(default: sqlite)")
    parser.add_argument("--rounds", type=int, default=50, help="rounds of two at once (default: 50)")
    parser.add_argument("--out", type=Path, help="write the result there as JSON too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
