"""What calling by index earns, and whether the daily price fills sales' days and no more.

Two parts, played in the simulated company with pinned seeds. Exit code 1 when a target was missed."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.policy import order, utilisation
from benchmarks.policy.page import page, verdicts
from benchmarks.policy.target import Target
from benchmarks.provenance import ROOT, provenance

PACKAGES = ("accord", "numpy", "pandas", "scipy")


class Part(NamedTuple):
    """`play` takes a number of seeds and the first of them."""

    name: str
    play: Callable[[int, int], tuple[dict[str, Any], list[Target]]]
    short: int
    long: int


PARTS = (Part("order", order.played, 20, 60), Part("utilisation", utilisation.played, 2, 16))


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    if options.page_only:
        parts = json.loads(options.out.read_text())["parts"]
    else:
        parts = [_outcome(part, options.long, options.seed) for part in PARTS if options.only in (None, part.name)]
        print(verdicts(parts))
    if options.out and not options.page_only:
        parts = _kept(parts, options.out)
    if options.page:
        _write(options.page, page(parts))
    return 0 if all(target["met"] for part in parts for target in part["targets"]) else 1


def _outcome(part: Part, long: bool, first: int) -> dict[str, Any]:
    seeds, begun = part.long if long else part.short, time.monotonic()
    found, targets = part.play(seeds, first)
    about = {"part": part.name, "form": "long" if long else "short", "seeds": seeds}
    took = {"seconds": round(time.monotonic() - begun, 1), "made": provenance(1, first, PACKAGES)}
    return {**about, **found, "targets": [target.facts for target in targets], **took}


def _kept(parts: Sequence[dict[str, Any]], out: Path) -> list[dict[str, Any]]:
    """Puts the parts into the results, in place of the same ones of an earlier run."""
    earlier = json.loads(out.read_text())["parts"] if out.exists() else []
    known = {part["part"]: part for part in [*earlier, *parts]}
    together = [known[part.name] for part in PARTS if part.name in known]
    _write(out, json.dumps({"parts": together}, indent=1) + "\n")
    return together


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policy", description=__doc__)
    parser.add_argument("--only", choices=[part.name for part in PARTS], help="one part instead of both")
    parser.add_argument("--long", action="store_true", help="more seeds; the results and the page are kept")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--out", type=Path, help="where the results are kept, as JSON")
    parser.add_argument("--page", type=Path, help="the page to write of all kept results")
    parser.add_argument("--page-only", action="store_true", help="write the page again, play nothing")
    options = parser.parse_args(arguments)
    if options.long or options.page_only:
        options.out = options.out or ROOT / "benchmarks" / "results" / "policy.json"
        options.page = options.page or ROOT / "docs" / "policy.md"
    return options


if __name__ == "__main__":
    sys.exit(main())
