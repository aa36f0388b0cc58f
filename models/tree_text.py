"""What must hold of a LightGBM model text before LightGBM may read it.

Its reader trusts the text: an index out of range, a list too short or a circle of nodes ends the process or reads
memory that is not its own. So every line of the format (version 4) is checked here, by Python alone."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from models.bundle_document import BundleRefused

MOST_LEAVES = 4096
MOST_TREES = 20_000
HEAD = {"version": "v4", "num_class": "1", "num_tree_per_iteration": "1", "label_index": "0"}
OBJECTIVE = "binary sigmoid:1"
OF_NODES = ("split_feature", "threshold", "decision_type", "left_child", "right_child")
TOLD_OF_NODES = ("split_gain", "internal_value", "internal_weight", "internal_count")
TOLD_OF_LEAVES = ("leaf_weight", "leaf_count")
ALWAYS = {"num_leaves", "num_cat", "leaf_value", "is_linear", "shrinkage", *OF_NODES, *TOLD_OF_NODES, *TOLD_OF_LEAVES}
CATEGORIES = {"cat_boundaries", "cat_threshold"}
NUMBERS = re.compile(r"(-?[0-9][-+.0-9e]*( -?[0-9][-+.0-9e]*)*)?")
NAMES_A_FILE = r"(?:data|valid|machines|\w*file|\w*filename): "
TAIL = re.compile(
    r"\nfeature_importances:\n(?:\w+=\d+\n)*\nparameters:\n"
    rf"(?:\[(?:{NAMES_A_FILE}|(?!{NAMES_A_FILE})\w+: [ -~]{{0,9999}})\]\n)*"
    r"\nend of parameters\n\npandas_categorical:null\n"
)
"""A parameter that names a file must be empty."""


def check_tree_text(name: str, text: str, columns: int) -> None:
    """BundleRefused unless `text` is a model of log-odds over that many columns."""
    try:
        _check(text, columns)
    except (ValueError, KeyError, IndexError) as error:
        raise BundleRefused(f"{name} is not a LightGBM model that can be trusted ({error})"[:200]) from None


def _check(text: str, columns: int) -> None:
    trees, _, tail = text.partition("\nend of trees\n")
    head, *each = re.split(r"\n(?=Tree=)", trees)
    must(text.isascii() and TAIL.fullmatch(tail) is not None, "its end is damaged or cut off")
    must(0 < len(each) <= MOST_TREES, "the number of trees")
    _check_head(head, columns, [len(tree) + 1 for tree in each])
    for number, tree in enumerate(each):
        first, _, rest = tree.partition("\n")
        must(first == f"Tree={number}" and rest.endswith("\n\n"), "the order of its trees")
        _check_tree(_lines(rest), columns)


def _check_head(text: str, columns: int, sizes: Sequence[int]) -> None:
    first, _, rest = text.partition("\n")
    head = _lines(rest)
    must(first == "tree" and rest.endswith("\n"), "its first line")
    must(set(head) == {*HEAD, "max_feature_idx", "objective", "feature_names", "feature_infos", "tree_sizes"}, "head")
    must(all(head[key] == value for key, value in HEAD.items()) and head["objective"] == OBJECTIVE, "what it is for")
    must(head["max_feature_idx"] == str(columns - 1), "the number of columns")
    must(all(len(head[key].split(" ")) == columns for key in ("feature_names", "feature_infos")), "its columns")
    must(re.fullmatch(r"(\w+ ?)+", head["feature_names"]) is not None, "the names of its columns")
    must(_integers(head["tree_sizes"]) == list(sizes), "the sizes of its trees")


def _check_tree(tree: dict[str, str], columns: int) -> None:
    leaves, categories = _integers(tree["num_leaves"])[0], _integers(tree["num_cat"])[0]
    must(0 < leaves <= MOST_LEAVES and 0 <= categories < leaves, "the number of leaves")
    must(set(tree) == ALWAYS | (CATEGORIES if categories else set()), "the lines of a tree")
    must(tree["is_linear"] == "0" and len(_numbers(tree["shrinkage"])) == 1, "the kind of a tree")
    must(len(_numbers(tree["leaf_value"])) == leaves, "its leaves")
    for key in TOLD_OF_LEAVES:
        must(len(_numbers(tree[key])) in ({0, 1} if leaves == 1 else {leaves}), key)
    # A split at infinity parts the missing from all others.
    finite = tree | {"threshold": re.sub(r"-?\binf\b", "0", tree["threshold"])}
    for key in (*OF_NODES, *TOLD_OF_NODES):
        must(len(_numbers(finite[key])) == leaves - 1, key)
    must(min(_integers(tree["leaf_count"]), default=0) >= 0, "leaf_count")
    must(min(_integers(tree["internal_count"]), default=1) > 0, "internal_count")
    _check_nodes(tree, leaves, columns, categories)
    if categories:
        _check_categories(_integers(tree["cat_boundaries"]), _integers(tree["cat_threshold"]), categories)


def _check_nodes(tree: dict[str, str], leaves: int, columns: int, categories: int) -> None:
    left, right = _integers(tree["left_child"]), _integers(tree["right_child"])
    # Every leaf and every node but the root has one parent, and it stands before its children: no walk can go astray.
    must(sorted(left + right) == [*range(-leaves, 0), *range(1, leaves - 1)] or leaves == 1, "the order of its nodes")
    must(all(child < 0 or child > node for sides in (left, right) for node, child in enumerate(sides)), "a circle")
    must(all(0 <= column < columns for column in _integers(tree["split_feature"])), "split_feature")
    for kind, threshold in zip(_integers(tree["decision_type"]), tree["threshold"].split(), strict=True):
        must(0 <= kind < 12, "decision_type")
        must(not kind & 1 or (threshold.isdigit() and int(threshold) < categories), "threshold")


def _check_categories(boundaries: list[int], threshold: list[int], categories: int) -> None:
    rising = all(before < after for before, after in pairwise(boundaries))
    must(rising and len(boundaries) == categories + 1, "cat_boundaries")
    must(boundaries[0] == 0 and boundaries[-1] == len(threshold), "cat_boundaries")
    must(all(0 <= bits < 2**32 for bits in threshold), "cat_threshold")


def _lines(text: str) -> dict[str, str]:
    return dict(_pairs(text.rstrip("\n").split("\n")))


def _pairs(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for line in lines:
        key, equals, value = line.partition("=")
        must(bool(equals) and key not in seen, "a line of it")
        seen.add(key)
        yield key, value


def _integers(text: str) -> list[int]:
    must(re.fullmatch(r"(-?\d{1,12}( -?\d{1,12})*)?", text) is not None, "an integer")
    return [int(number) for number in text.split()]


def _numbers(text: str) -> list[float]:
    must(NUMBERS.fullmatch(text) is not None, "a number")
    found = [float(number) for number in text.split()]
    must(all(map(math.isfinite, found)), "a number that is not finite")
    return found


def must(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)
