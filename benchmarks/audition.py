"""How long Accord's audition takes at its first settings, with the refit of the winner on every row, beside CatBoost's
default fit on the same rows and cores. Neither side's time holds imports or the reading of the file."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.front_door import Workplace, accord_command
from benchmarks.peers import Contender, ContenderError
from benchmarks.protocols import TARGET, Step
from features.matrix import many, plan
from leads.agreement import read_agreement
from models.scorecard import scorecard_scorer
from training.audition import hold_audition
from training.cohort import read_cohort
from training.recipe import fit_recipe
from training.stage import make_stages
from training.train import choose_protocol


def untuned_audition(table: Path, agreement_file: Path) -> Callable[[], object]:
    """The work to be timed: features, every candidate on every stage, the winner refitted on every row."""
    agreement = read_agreement(agreement_file)
    cohort = read_cohort(table, agreement)
    protocol = choose_protocol(cohort)
    scorecard = scorecard_scorer(agreement).log_odds_table(cohort.values)
    if protocol is None:
        raise ContenderError(f"{table.name} has too few leads for an audition")

    def work() -> object:
        features = plan(agreement.form.fields, agreement.sales.timezone)
        matrix = many(features, cohort.values)
        stages = make_stages(features, matrix, cohort.y, protocol)
        winner = hold_audition(stages, scorecard[protocol.judged]).winner
        return winner and winner.recipe and fit_recipe(features, matrix, cohort.y, winner.recipe)

    return work


def best_of(repeats: int, work: Callable[[], object]) -> float:
    def seconds() -> float:
        begun = time.perf_counter()
        work()
        return time.perf_counter() - begun

    return min(seconds() for _ in range(repeats))


def audition_seconds(step: Step, folder: Path, repeats: int) -> float | None:
    command = accord_command()
    if command is None:
        return None
    place = Workplace(folder, command, budget=0)
    train = folder / "train.csv"
    step.train.cells.to_csv(train, index=False)
    place.run(folder, "init", str(train), "--target", TARGET, "--in-order", "-o", str(place.agreement))
    return best_of(repeats, untuned_audition(train, place.agreement))


def compare_speed(step: Step, catboost: Contender, folder: Path, repeats: int) -> dict[str, Any]:
    accord = audition_seconds(step, folder, repeats)
    other = None if catboost.missing else min(catboost.score(step).fit_seconds for _ in range(repeats))
    return {"accord_seconds": accord, "catboost_seconds": other}
