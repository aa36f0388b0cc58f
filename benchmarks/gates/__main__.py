"""How often the gates promote what is no better, refuse what does harm, and see what is better.

All is drawn with a known truth and pinned seeds. Exit code 1 when a target was missed."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from benchmarks.gates import harms, looks, refits, slices
from benchmarks.gates.contests import CLOSER, as_strangers, contest, gain
from benchmarks.provenance import ROOT, provenance
from training.company.world import World

PACKAGES = ("accord", "numpy", "scipy", "lightgbm", "scikit-learn")
SMALLEST = 400


class Share(NamedTuple):
    """Of `runs`; `most` and `least` are what it should reach, as measured."""

    what: str
    measured: float
    runs: int
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool:
        return (self.least is None or self.measured >= self.least) and (self.most is None or self.measured <= self.most)

    @property
    def facts(self) -> dict[str, Any]:
        low, high = stats.binomtest(round(self.measured * self.runs), self.runs).proportion_ci(method="wilson")
        return self._asdict() | {"low": round(float(low), 4), "high": round(float(high), 4), "met": self.met}


def of_looks(long: bool) -> Iterator[Share]:
    runs, resamples = (400, 2_000) if long else (100, 200)
    equal, better = looks.contests(runs, 1.0), looks.contests(runs, CLOSER)
    yield Share("equal, any of 12 looks, confidence sequence", looks.promoted_at_any_look(equal), runs, most=0.05)
    yield Share("equal, one look", looks.promoted_at_one_look(equal, resamples), runs)
    yield Share("equal, any of 12 looks, bootstrap", looks.promoted_by_peeking(equal, 400), runs, least=0.12)
    yield Share("equal, any of 12 looks, point estimate", looks.better_by_points(equal), runs)
    gained = f"better by {1e3 * gain(CLOSER):.1f}e-3"
    yield Share(f"{gained}, any of 12 looks", looks.promoted_at_any_look(better), runs, least=0.70)
    yield Share(f"{gained}, one look", looks.promoted_at_one_look(better, 500), runs, least=0.70)
    for noise in (0.9, 0.8, 0.3) if long else ():
        other = looks.contests(runs, noise)
        yield Share(f"better by {1e3 * gain(noise):.1f}e-3, any of 12 looks", looks.promoted_at_any_look(other), runs)
        yield Share(f"better by {1e3 * gain(noise):.1f}e-3, one look", looks.promoted_at_one_look(other, 500), runs)
    yield from _of_one_look(1_000 if long else 100)


def _of_one_look(runs: int) -> Iterator[Share]:
    small = [contest(run, SMALLEST) for run in range(runs)]
    yield Share(f"equal, one look at {SMALLEST} leads", looks.promoted_at_one_look(small, 500), runs)
    repeated = [contest(run, 4 * SMALLEST, leads_each=4) for run in range(runs)]
    strangers = [as_strangers(of) for of in repeated]
    yield Share("equal, one look, four leads of each person", looks.promoted_at_one_look(repeated, 500), runs)
    yield Share("the same, each lead taken for a person", looks.promoted_at_one_look(strangers, 500), runs, least=0.12)


def of_harms(long: bool) -> Iterator[Share]:
    runs, few = (300, 30) if long else (100, 5)
    source, level = harms.refused_in_one_source(runs), harms.refused_as_miscalibrated(runs)
    yield Share("better but wrong in one source: refused", source["wrong"], runs, least=0.95)
    yield Share("the same: ahead over all leads", source["wrong_and_ahead"], runs)
    yield Share("better and harmless: refused by subgroups", source["harmless"], runs, most=0.05)
    yield Share("just as good: refused by subgroups", source["equal"], runs)
    yield Share("log-odds 0.4 too high: refused", level["miscalibrated"], runs, least=0.95)
    yield Share("better and harmless: refused by calibration", level["harmless"], runs, most=0.05)
    for name, passed in harms.promoted_though_hopeless(few).items():
        yield Share(f"{name}: promoted", passed, few, most=0.0)


def of_slices(long: bool) -> Iterator[Share]:
    runs = 300 if long else 100
    worlds = {"who is likely buys anyway": slices.WORLD, "who is likely gains most": World(align=0.3)}
    for name, world in worlds.items() if long else [*worlds.items()][:1]:
        found = slices.played(slices.company(0, world), runs)
        held = {estimator: float(np.mean([one.covered for one in readings])) for estimator, readings in found.items()}
        yield Share(f"truth within the interval, doubly robust, {name}", held["doubly robust"], runs, least=0.90)
        yield Share(f"truth within the interval, any look, {name}", held["at any look"], runs, least=0.95)
        alone = held["outcome model alone"]
        yield Share(f"truth within the interval, outcome model alone, {name}", alone, runs, most=0.80)


def of_refits(long: bool) -> Iterator[Share]:
    sizes, seeds = (refits.SIZES, range(4)) if long else (refits.SIZES[:1], range(1))
    found = [one for leads in sizes for seed in seeds for one in refits.played(leads, seed)]
    yield Share(
        "refitted on every lead: near", float(np.mean([one.honest.passed for one in found])), len(found), least=1
    )
    broken = float(np.mean([one.broken.passed for one in found]))
    yield Share("refitted with labels one row off: near", broken, len(found), most=0)


PARTS: dict[str, Callable[[bool], Iterator[Share]]] = {
    "looks": of_looks,
    "harms": of_harms,
    "slices": of_slices,
    "refits": of_refits,
}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    parts = []
    for name in PARTS if options.only is None else [options.only]:
        parts.append(_played(name, options.long))
        if options.out:
            _keep(parts[-1], options.out)
    return 0 if all(share["met"] for part in parts for share in part["shares"]) else 1


def _played(name: str, long: bool) -> dict[str, Any]:
    begun, shares = time.monotonic(), []
    for share in PARTS[name](long):
        shares.append(share.facts)
        verdict = "" if share.least is share.most is None else "met" if share.met else "MISSED"
        print(f"{share.what:<75} {share.measured:7.3f} of {share.runs:5} {verdict}", flush=True)
    made = provenance(1, 0, PACKAGES)
    return {"part": name, "form": "long" if long else "short", "shares": shares, "made": made} | {
        "seconds": round(time.monotonic() - begun, 1)
    }


def _keep(part: dict[str, Any], out: Path) -> None:
    """Puts the part into the results, in place of the same one of an earlier run."""
    earlier = json.loads(out.read_text())["parts"] if out.exists() else []
    known = {one["part"]: one for one in [*earlier, part]}
    together = [known[name] for name in PARTS if name in known]
    unfinished = out.with_name(out.name + ".unfinished")
    unfinished.write_text(json.dumps({"parts": together}, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(out)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gates", description=__doc__)
    parser.add_argument("--only", choices=[*PARTS], help="one part instead of all")
    parser.add_argument("--long", action="store_true", help="as many runs as the kept results have; they are kept")
    parser.add_argument("--out", type=Path, help="where the results are kept, as JSON")
    options = parser.parse_args(arguments)
    if options.long:
        options.out = options.out or ROOT / "benchmarks" / "results" / "gates.json"
    return options


if __name__ == "__main__":
    sys.exit(main())
