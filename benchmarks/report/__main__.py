"""Whether the report names the right side for what is missing, and how well it foretells what young months will bring.

Played in the simulated company with pinned seeds. Exit code 1 when a target was missed."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.provenance import ROOT, provenance
from benchmarks.report import attribution, finals
from benchmarks.report.page import page, verdicts
from benchmarks.report.target import Target

PACKAGES = ("accord", "numpy", "pandas", "scipy")
SHORT, LONG = 10, 100


class Part(NamedTuple):
    """`play` takes a number of seeds and the first of them."""

    name: str
    play: Callable[[int, int], tuple[dict[str, Any], list[Target]]]


PARTS = (
    Part("attribution", attribution.played),
    Part("attribution by probability", attribution.played_by_probability),
    Part("finals", finals.played),
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if options.page_only:
        parts = json.loads(options.out.read_text())["parts"]
    else:
        seeds = LONG if options.long else SHORT
        parts = [_outcome(part, seeds, options.seed) for part in PARTS if options.only in (None, part.name)]
        print(verdicts(parts))
    if options.out and not options.page_only:
        parts = _kept(parts, options.out)
    if options.page:
        options.page.write_text(page(parts), encoding="utf-8")
    return 0 if all(target["met"] for part in parts for target in part["targets"]) else 1


def _outcome(part: Part, seeds: int, first: int) -> dict[str, Any]:
    begun = time.monotonic()
    found, targets = part.play(seeds, first)
    took = {"seconds": round(time.monotonic() - begun, 1), "made": provenance(1, first, PACKAGES)}
    return {"part": part.name, "seeds": seeds, **found, "targets": [target.facts for target in targets], **took}


def _kept(parts: Sequence[dict[str, Any]], out: Path) -> list[dict[str, Any]]:
    """Puts the parts into the results, in place of the same ones of an earlier run."""
    earlier = json.loads(out.read_text())["parts"] if out.exists() else []
    known = {part["part"]: part for part in [*earlier, *parts]}
    together = [known[part.name] for part in PARTS if part.name in known]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"parts": together}, indent=1) + "\n", encoding="utf-8")
    return together


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("--only", choices=[part.name for part in PARTS], help="one part instead of all")
    parser.add_argument("--long", action="store_true", help=f"{LONG} seeds; the results and the page are kept")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--out", type=Path, help="where the results are kept, as JSON")
    parser.add_argument("--page", type=Path, help="the page to write of all kept results")
    parser.add_argument("--page-only", action="store_true", help="write the page again, play nothing")
    options = parser.parse_args(arguments)
    if options.long or options.page_only:
        options.out = options.out or ROOT / "benchmarks" / "results" / "report.json"
        options.page = options.page or ROOT / "docs" / "shortfall.md"
    return options


if __name__ == "__main__":
    sys.exit(main())
