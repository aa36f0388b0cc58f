"""What must hold of a bundle's texts before anything is made of them."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from models.bundle_document import BundleRefused, Files, read_json, trees_file
from models.tree_text import check_tree_text, must

MANIFEST = {
    "format", "rung", "timezone", "form", "features", "columns", "shift", "logistic_weight", "trees_weight", "boosters",
}  # fmt: skip
RUNGS = ("logistic", "trees", "blend")
FORMAT = 1
MOST_GOLDEN = 1000


def check_files(files: Files) -> None:
    """BundleRefused unless every text says what it should and all of them fit together."""
    try:
        manifest = _manifest(files)
        if "logistic.json" in files:
            _check_logistic(read_json(files["logistic.json"]), manifest["columns"])
        golden = read_json(files["golden.json"])
        must(isinstance(golden, list) and 0 < len(golden) <= MOST_GOLDEN, "its invented leads")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BundleRefused(f"it cannot be read ({type(error).__name__})") from None
    for place in range(manifest["boosters"]):
        check_tree_text(trees_file(place), files[trees_file(place)], len(manifest["columns"]))


def _manifest(files: Files) -> dict[str, Any]:
    manifest: dict[str, Any] = read_json(files["manifest.json"])
    must(set(manifest) - {"rules"} == MANIFEST and manifest["rung"] in RUNGS, "manifest")
    if manifest["format"] != FORMAT:
        raise BundleRefused(f"its format is {str(manifest['format'])[:20]}, this Accord reads format {FORMAT}")
    must(all(map(_finite, (manifest[key] for key in ("shift", "logistic_weight", "trees_weight")))), "a weight")
    ZoneInfo(manifest["timezone"])
    names = [column["name"] for column in manifest["columns"]]
    must(all(isinstance(name, str) for name in names) and len(set(names)) == len(names), "columns")
    for column in manifest["columns"]:
        levels = column.get("levels", [])
        must(set(column) <= {"name", "levels"} and all(isinstance(level, str) for level in levels), "columns")
        must(isinstance(levels, list) and len(set(levels)) == len(levels), "levels")
    boosters = sum(name.startswith("trees-") for name in files)
    must(type(manifest["boosters"]) is int and manifest["boosters"] == boosters, "boosters")
    must(boosters > 0 or "logistic.json" in files, "an estimator")
    return manifest


def _check_logistic(logistic: dict[str, Any], columns: list[dict[str, Any]]) -> None:
    must(set(logistic) in ({"base", "terms"}, {"base", "terms", "called"}) and _finite(logistic["base"]), "logistic")
    _check_terms(logistic["terms"], columns)
    if "called" in logistic:
        called = logistic["called"]
        place = called["place"]
        must(set(called) == {"place", "terms"} and type(place) is int and 0 <= place < len(columns), "called")
        _check_terms(called["terms"], columns)


def _check_terms(terms: list[dict[str, Any]], columns: list[dict[str, Any]]) -> None:
    for column, term in zip(columns, terms, strict=True):
        if "levels" in column:
            must(set(term) == {"levels"} and len(term["levels"]) == len(column["levels"]) + 2, "levels")
            must(all(map(_finite, term["levels"])), "a weight")
            continue
        knots = term["knots"]
        must(set(term) == {"knots", "values", "missing"} and len(knots) == len(term["values"]) > 0, "a curve")
        must(all(map(_finite, (*knots, *term["values"], term["missing"]))), "a curve")
        must(all(before < after for before, after in pairwise(knots)), "a curve")


def _finite(number: object) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)
