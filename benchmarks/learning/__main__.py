"""What is learned of leads that are too young to have converted, of a rate that moves, and of one's own choices.

All is played in the simulated company with pinned seeds, judged by its true probabilities. Exit code 1 when a
target was missed."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from threadpoolctl import threadpool_limits

from benchmarks.learning import added, drift, figure, labels, loop, year
from benchmarks.policy.page import verdicts
from benchmarks.policy.target import Target
from benchmarks.provenance import ROOT, provenance

PACKAGES = ("accord", "numpy", "scipy", "scikit-learn", "lightgbm")
RESULTS = ROOT / "benchmarks" / "results" / "learning.json"
PAGE = ROOT / "docs" / "learning-year.svg"


class Part(NamedTuple):
    """`play` takes a number of seeds and the first of them."""

    name: str
    play: Callable[[int, int], tuple[dict[str, Any], list[Target]]]
    short: int
    long: int


PARTS = (
    Part("labels", labels.played, 4, 12),
    Part("drift", drift.played, 6, 72),
    Part("what a call adds", added.played, 2, 6),
    Part("loop", loop.every_four_weeks, 3, 6),
    Part("weekly loop", loop.every_week, 2, 8),
    Part("year", year.played, 1, 1),
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if options.page_only:
        parts = json.loads(options.out.read_text())["parts"]
        _draw(options.page, parts)
        return 0
    with threadpool_limits(limits=1):
        parts = [_outcome(part, options.long, options.seed) for part in PARTS if options.only in (None, part.name)]
    print(verdicts(parts))
    if options.out:
        _draw(options.page, _write(options.out, parts))
    return 0 if all(target["met"] for part in parts for target in part["targets"]) else 1


def _outcome(part: Part, long: bool, first: int) -> dict[str, Any]:
    seeds, begun = part.long if long else part.short, time.monotonic()
    found, targets = part.play(seeds, first)
    about = {"part": part.name, "form": "long" if long else "short", "seeds": seeds}
    took = {"seconds": round(time.monotonic() - begun, 1), "made": provenance(1, first, PACKAGES)}
    return {**about, **found, "targets": [target.facts for target in targets], **took}


def _draw(path: Path, parts: Sequence[dict[str, Any]]) -> None:
    for part in parts:
        if part["part"] == "year":
            figure.draw(part["years"], path)


def _write(out: Path, parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Puts the parts into the results, in place of the same ones of an earlier run."""
    earlier = json.loads(out.read_text())["parts"] if out.exists() else []
    known = {part["part"]: part for part in [*earlier, *parts]}
    together = [known[part.name] for part in PARTS if part.name in known]
    unfinished = out.with_name(out.name + ".unfinished")
    unfinished.write_text(json.dumps({"parts": together}, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(out)
    return together


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning", description=__doc__)
    parser.add_argument("--only", choices=[part.name for part in PARTS], help="one part instead of all")
    parser.add_argument("--long", action="store_true", help="more seeds")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the results are kept, as JSON")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the figure of the year is drawn, as SVG")
    parser.add_argument("--page-only", action="store_true", help="draw the figure again, play nothing")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
