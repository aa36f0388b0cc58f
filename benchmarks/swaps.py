"""Champions that are swapped under load: a real `accord serve`, senders that never pause, and a promotion as soon as
the one before was followed.

Every request must be answered 201 at the first try. Each answer names its model; from the row that was kept with the
decision that bundle is asked again in this process, and must say the same to 1e-12. As a control the next model is
asked too, and must say something else. Traffic goes to loopback only."""

import argparse
import http.client
import json
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from benchmarks.provenance import provenance
from benchmarks.reliability.sending import form_of
from benchmarks.reliability.workplace import AGREEMENT, Workplace, laid_out, serving
from features.matrix import many, plan
from leads.agreement import parse_agreement
from leads.ledger import (
    Ledger,
    LedgerUnavailable,
    champion,
    decisions_by_id,
    load_bundle,
    open_ledger,
    promote,
    save_bundle,
)
from leads.table import read_values
from models.boosting import TreesRecipe
from models.bundle import bundle_files, open_bundle, pack, unpack
from models.logistic import LogisticRecipe
from models.scorer import Scorer
from training.golden import golden_leads
from training.recipe import Recipe, fit_recipe

MODELS = 5
TOLERANCE = 1e-12
AT_ONCE = 500
FOLLOW_SECONDS = 60.0
FORMS = 40
"""Different ones; everybody who sends one is somebody else, by an address of the same length."""


class Answered(NamedTuple):
    decision: str
    model: str | None
    probability: float
    seconds: float


@dataclass
class Traffic:
    """What the senders were answered so far; `stop` ends them."""

    port: int
    key: str
    answers: list[Answered] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)

    def send(self, sender: int) -> None:
        chance, number = random.Random(sender), 0
        forms = [form_of(one, random.Random(one)) for one in range(FORMS)]
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.stop.is_set():
            number += 1
            form = chance.choice(forms) | {"email": f"person{number:07}@sender{sender:03}.example.com"}
            try:
                self._send(connection, form)
            except (OSError, http.client.HTTPException) as error:
                self.failures[type(error).__name__] += 1
                connection.close()
        connection.close()

    def _send(self, connection: http.client.HTTPConnection, form: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        begun = time.perf_counter()
        connection.request("POST", "/v1/leads", json.dumps(form), headers)
        answer = connection.getresponse()
        body = answer.read()
        seconds = time.perf_counter() - begun
        if answer.status != 201:
            self.failures[str(answer.status)] += 1
            return
        told = json.loads(body)
        self.answers.append(Answered(told["decision"], told["model"], told["probability"], seconds))


def main() -> None:
    options = _options()
    with TemporaryDirectory() as folder:
        result = measure(Path(folder), options.swaps, options.requests, options.senders, options.seconds)
    result |= {"provenance": provenance(cores=2, seed=0, packages=("accord", "numpy", "lightgbm"))}
    text = json.dumps(result, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n")


def measure(folder: Path, swaps: int, requests: int, senders: int, seconds: float) -> dict[str, Any]:
    place = laid_out(folder / "home")
    ledger = open_ledger(place.database)
    for seed in range(MODELS):
        save_bundle(ledger, trained(seed), {})
    promote(ledger, 1, None, "benchmark")
    with serving(place):
        begun = time.monotonic()
        traffic, swapped = _under_load(place, ledger, swaps, requests, senders, begun + seconds)
        spent = time.monotonic() - begun
    found = checked(ledger, traffic.answers)
    ledger.close()
    times = sorted(answer.seconds for answer in traffic.answers)
    return {
        "swaps": swapped,
        "requests": len(times) + traffic.failures.total(),
        "failed": dict(traffic.failures),
        **found,
        "milliseconds": {"p50": _ms(statistics.median(times)), "p99": _ms(times[len(times) * 99 // 100])},
        "senders": senders,
        "seconds": round(spent, 1),
    }


def _under_load(
    place: Workplace, ledger: Ledger, swaps: int, requests: int, senders: int, until: float
) -> tuple[Traffic, int]:
    """The traffic, and how many promotions answers showed to be followed."""
    traffic, swapped = Traffic(place.port, place.secret), 0
    threads = [threading.Thread(target=traffic.send, args=(number,)) for number in range(senders)]
    for thread in threads:
        thread.start()
    try:
        _wait_for(traffic, 1, until)
        while time.monotonic() < until and (swapped < swaps or len(traffic.answers) < requests):
            if swapped < swaps:
                _promote(ledger, champion(ledger) or 0)
                swapped += _wait_for(traffic, champion(ledger) or 0, until)
            else:
                time.sleep(0.05)
    finally:
        traffic.stop.set()
        for thread in threads:
            thread.join()
    return traffic, swapped


def _promote(ledger: Ledger, before: int) -> None:
    while True:
        try:
            return promote(ledger, before % MODELS + 1, before, "benchmark")
        except LedgerUnavailable:  # the service was writing
            continue


def _wait_for(traffic: Traffic, number: int, until: float) -> bool:
    until = min(until, time.monotonic() + FOLLOW_SECONDS)
    while not traffic.answers or traffic.answers[-1].model != f"conversion/{number}":
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def checked(ledger: Ledger, answers: list[Answered]) -> dict[str, Any]:
    """Each answer against the model that it names, and as a control against another."""
    score, other, beyond = _scores(ledger), 0, Counter[str]()
    models, farthest = Counter[str](), 0.0
    for answer, model, row in _kept(ledger, answers):
        models[answer.model or "scorecard"] += 1
        if answer.model != model:
            beyond["another model than was kept"] += 1
            continue
        if answer.model is None:  # the champion took too long, or was just being laid aside
            continue
        number = int(answer.model.partition("/")[2])
        distance = abs(score(number, row) - answer.probability)
        farthest = max(farthest, distance)
        beyond["off"] += distance > TOLERANCE
        other += abs(score(number % MODELS + 1, row) - answer.probability) > TOLERANCE
    wrong = {name: count for name, count in beyond.items() if count}
    return {"wrong": wrong, "farthest": farthest, "told_from_the_next_model": other, "models": dict(models)}


def _kept(ledger: Ledger, answers: list[Answered]) -> Iterator[tuple[Answered, str | None, frozenset[Any]]]:
    for first in range(0, len(answers), AT_ONCE):
        part = answers[first : first + AT_ONCE]
        with ledger.reading() as connection:
            found = decisions_by_id(connection, [answer.decision for answer in part])
        for answer in part:
            decision = found[answer.decision]
            yield answer, decision.score.model, frozenset(decision.features.items())


def _scores(ledger: Ledger) -> Any:
    """By the bytes of the ledger; they are our own, so they need no child process that checks them."""

    @cache
    def opened(number: int) -> Scorer:
        saved = load_bundle(ledger, number)
        return open_bundle(unpack(saved.data, saved.sha256), None)

    return cache(lambda number, row: opened(number).score_row(dict(row)).probability)


@cache
def trained(seed: int) -> bytes:
    """A small blend for the workplace's form; each seed learns from other leads."""
    agreement, draw = parse_agreement(AGREEMENT), np.random.default_rng(seed)
    rows, fields = 400, agreement.form.fields
    country, budget = draw.choice(["DE", "FR", "AT", "US"], rows), draw.integers(100, 100_000, rows)
    log_odds = -2 + 1.0 * (country == "DE") + budget / 50_000
    table = pd.DataFrame(
        {
            "email": [f"person{number}@example.com" for number in range(rows)],
            "country": country,
            "budget": pd.Series(budget.astype(object)).where(draw.random(rows) < 0.5, None),
        }
    )
    values, features = read_values(table.astype(object), agreement).values, plan(fields, "UTC")
    labels = (draw.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(float)
    recipe = Recipe(LogisticRecipe(), TreesRecipe(rounds=20, min_data_in_leaf=10))
    blend = fit_recipe(features, many(features, values), labels, recipe)
    return pack(bundle_files(Scorer(features, blend, "blend"), fields, "UTC", golden_leads(fields, values)))


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.swaps", description=__doc__)
    parser.add_argument("--swaps", type=int, default=100, help="promotions, one after another (default: 100)")
    parser.add_argument("--requests", type=int, default=100_000, help="requests at least (default: 100000)")
    parser.add_argument("--senders", type=int, default=8, help="connections at once (default: 8)")
    parser.add_argument("--seconds", type=float, default=3600.0, help="ends then in any case (default: 3600)")
    parser.add_argument("--out", type=Path, help="write the result there as JSON too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
