"""The parts that other modules carry out: their figures, as targets met or missed."""

import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.reliability.replays import trained_files
from benchmarks.reliability.report import CannotRun, Report, Run, Target

Found = dict[str, Any]
FIELDS = """
[form.fields.industry]
kind = "category"
levels = ["Steel", "Wood"]
[form.fields.demo_requested]
kind = "flag"
"""
"""What the leads ask by which a bundle's scores are compared, beside the usual form."""


def bundles(run: Run) -> Report:
    mutations, hostile = (1_000, 200) if run.long else (40, 20)
    attack = _function("benchmarks.hostile_bundles", "attack")
    with tempfile.TemporaryDirectory() as folder:
        files = trained_files(Path(folder) / "home", FIELDS, run.seed)
    found = attack(mutations, run.seed, files, hostile)
    served = sum(count for what, count in found["outcomes"].items() if what in ("hostile equal", "hostile other"))
    targets = [
        Target("damaged bundles served with another score", "exactly", 0, found["wrong"]),
        Target("hostile bundles that were not refused", "exactly", 0, served),
        Target("hostile bundles that ran code", "exactly", 0, int(found["code_ran"])),
        Target("slowest answer of the check", "at most", 5, found["slowest_seconds"], "s"),
    ]
    return Report({"damaged": mutations, "hostile": hostile}, found, targets)


def inputs(run: Run) -> Report:
    drawn, described = (100_000, 20_000) if run.long else (500, 200)
    fuzz = _function("benchmarks.fuzz", "run")
    try:
        ours, unfit = fuzz(drawn, run.seed), 0
    except AssertionError as found:  # it names the smallest request that is answered badly
        ours, unfit = {"answered_badly": str(found)[:2_000], "cases": drawn}, 1
    theirs = _function("benchmarks.schema_fuzz", "run")(described, run.seed)
    targets = [
        Target("requests drawn by Hypothesis", "at least", drawn, ours["cases"]),
        Target("kinds of request answered badly", "exactly", 0, unfit),
        Target("requests drawn from the description", "at least", described, theirs["cases"]),
        Target("answers other than described", "exactly", 0, len(theirs["failures"])),
    ]
    return Report({"hypothesis": drawn, "schemathesis": described}, {"ours": ours, "description": theirs}, targets)


def canaries(run: Run) -> Report:
    people = 1_000 if run.long else 50
    found = _function("benchmarks.canaries", "run")(people, run.seed)
    targets = [
        Target("places outside the ledger that hold what a person wrote", "exactly", 0, len(found["hits"])),
        Target("people found inside the ledger (control: must be there)", "at least", 1, found["found_in_the_ledger"]),
    ]
    return Report({"people": people}, found, targets)


def _function(module: str, name: str) -> Callable[..., Found]:
    try:
        found: Callable[..., Found] = getattr(import_module(module), name)
    except (ImportError, AttributeError) as missing:
        raise CannotRun(f"{module} cannot be used here: {missing}") from None
    return found
