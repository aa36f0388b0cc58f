"""Decisions by several champions, the scorecard and degraded service, made again from what the ledger kept."""

import csv
import json
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks.reliability import progress
from benchmarks.reliability.report import Report, Run, Target
from benchmarks.reliability.sending import Clients, form_of
from benchmarks.reliability.workplace import AGREEMENT, Workplace, laid_out, serving
from leads.ledger import champion, load_bundle, open_ledger, promote, save_bundle, tables
from models.bundle import Files, unpack

CHAMPIONS = 3
ROWS = 1_500
LEARNABLE = """
[table]
target = "converted"
positive = "1"
in_order = true
"""
FOLLOWED_SECONDS, QUIET_SECONDS = 120.0, 5.0


def run(run: Run) -> Report:
    return measure(10_000, CHAMPIONS, run.seed) if run.long else measure(500, 2, run.seed)


def measure(decisions: int, champions: int, seed: int) -> Report:
    """As many decisions by each: the scorecard, every champion, and the scorecard instead of a champion that cannot be
    opened, whose leads are then scored again by one that can."""
    with tempfile.TemporaryDirectory() as folder:
        workplace = laid_out(Path(folder) / "home", agreement=AGREEMENT + LEARNABLE)
        forms = _forms(decisions, seed)
        share = len(forms) // (champions + 2)
        with serving(workplace):
            _send(workplace, forms[:share])
        for number in progress.over(range(1, champions + 1), "champions"):
            _train(workplace, seed + number)
            with serving(workplace):
                _send(workplace, forms[share * number : share * (number + 1)])
        best = _promote_what_cannot_be_opened(workplace)
        with serving(workplace):
            _send(workplace, forms[share * (champions + 1) :])
            _promote(workplace, best)
            _wait_for_rescores(workplace, best)
        made = _made(workplace)
        told = json.loads(workplace.accord("replay", "--last", str(sum(made.values())), "--json").stdout)
    return Report(
        {"submissions": len(forms), "champions": champions},
        {"decisions": dict(sorted(made.items())), "different": told["different"][:5]},
        _targets(sum(made.values()), made, champions, told),
    )


def _forms(count: int, seed: int) -> list[dict[str, Any]]:
    random_ = random.Random(seed)
    return [form_of(number, random_) for number in range(count)]


def _send(workplace: Workplace, forms: list[dict[str, Any]]) -> None:
    clients = Clients(workplace.port, workplace.secret, forms, None)
    clients.start(4)
    wrong = Counter(answer.status for answer in clients.finish().complete() if answer.status != 201)
    if wrong:
        raise RuntimeError(f"forms were answered {dict(wrong)}")


def _train(workplace: Workplace, seed: int) -> None:
    random_, table = random.Random(seed), workplace.home / f"table-{seed}.csv"
    with table.open("w", newline="") as out:
        writer = csv.DictWriter(out, ["email", "country", "budget", "message", "converted"])
        writer.writeheader()
        for number in range(ROWS):
            form = form_of(number, random_)
            likely = 0.1 + 0.4 * (form["country"] in ("DE", "AT")) + 0.3 * (form.get("budget", 0) > 50_000)
            writer.writerow(form | {"converted": int(random_.random() < likely)})
    done = workplace.accord("train", str(table), "--budget", "0", "--json")
    if done.returncode:
        raise RuntimeError(f"training failed: {done.stderr[-2000:]}")
    number = int(str(json.loads(done.stdout)["model"]).rpartition("/")[2])
    _promote(workplace, number)


def trained_files(home: Path, fields: str, seed: int) -> Files:
    """The files of a small model's bundle, of a form with more `fields`."""
    workplace = laid_out(home, agreement=AGREEMENT + fields + LEARNABLE)
    _train(workplace, seed)
    ledger = open_ledger(workplace.database)
    saved = load_bundle(ledger, champion(ledger) or 0)
    ledger.close()
    return unpack(saved.data, saved.sha256)


def _promote(workplace: Workplace, number: int) -> None:
    ledger = open_ledger(workplace.database)
    if (now := champion(ledger)) != number:
        promote(ledger, number, now, "the benchmark's turn")
    ledger.close()


def _promote_what_cannot_be_opened(workplace: Workplace) -> int:
    """The number of the champion before."""
    ledger = open_ledger(workplace.database)
    before = champion(ledger)
    promote(ledger, save_bundle(ledger, b'{"no": "bundle"}', {}), before, "to see what happens")
    ledger.close()
    if before is None:
        raise RuntimeError("no champion was trained")
    return before


def _wait_for_rescores(workplace: Workplace, by: int) -> None:
    """Until the service has followed the promotion, scored leads again, and made no decision more for a while."""
    before, since, until = Counter[str](), time.monotonic(), time.monotonic() + FOLLOWED_SECONDS
    while time.monotonic() < until:
        if (now := _made(workplace)) != before:
            before, since = now, time.monotonic()
        elif f"conversion/{by}, rescore" in now and time.monotonic() - since > QUIET_SECONDS:
            return
        time.sleep(0.5)


def _made(workplace: Workplace) -> Counter[str]:
    """Decisions by what made them."""
    here = tables.decisions
    ledger = open_ledger(workplace.database)
    with ledger.reading() as connection:
        kinds = select(here.c.model, here.c.cause, here.c.degraded, func.count()).group_by(
            here.c.model, here.c.cause, here.c.degraded
        )
        rows = connection.execute(kinds).all()
    ledger.close()
    made: Counter[str] = Counter()
    for model, cause, degraded, count in rows:
        made[", ".join(word for word in (model or "scorecard", cause, degraded) if word)] += count
    return made


def _targets(decisions: int, made: Counter[str], champions: int, told: dict[str, Any]) -> list[Target]:
    models = {name.partition(",")[0] for name in made if name.startswith("conversion/")}
    instead = sum(count for name, count in made.items() if name.endswith("champion-unusable"))
    return [
        Target("decisions made again", "exactly", decisions, told["decisions"]),
        Target("decisions that came out differently", "exactly", 0, told["decisions"] - told["same"]),
        Target("champions among them", "exactly", champions, len(models)),
        Target("decisions by the scorecard instead of a champion", "at least", 1, instead),
    ]
