"""What moved: are the leads that come now still like those before, since when not, and what does that do to the scores?

Of each feature the leads before a month are held against those since, for every month, and the month at which they
differ most is taken. How much they would differ by chance is found by drawing the same leads into the months again and
again, so that noise is not reported, however many features and months were looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.matrix import Feature
from leads.agreement import Agreement
from models.encoder import RARE, Array
from models.reasons import told_value
from training.assessment.segments import OTHERS, UNSAID

FALSE_ALARM = 0.01
"""The chance that anything at all is reported where nothing moved."""
LEAST_INDEX = 0.05
"""Of the population stability index; less than this is not worth a word, however certain."""
LEAST_LEADS = 100
"""Before a month, and since."""
BINS = 8
WORTH_TELLING = 0.02
"""Log-odds: the odds change by less than 2 %."""
SCORE = Feature("score", "", "The scores", "number", (), float)
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Course:
    """What is followed over the months: a level's share, or the mean of a number."""

    what: str
    before: float
    since: float
    months: Sequence[tuple[str, float]]
    is_share: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """`index` is the population stability index between the leads before `since` and the others. `effect` is by how
    much this alone moved the mean log-odds of the scores; None where the model does not read it."""

    feature: Feature
    since: str
    index: float
    course: Course
    effect: float | None


@dataclass(frozen=True)
class Drift:
    """`looked_at` features over `months`; `too_early` where there are too few leads or months."""

    moved: Sequence[Moved]
    looked_at: int
    months: Sequence[str]
    too_early: bool


@dataclass(frozen=True)
class Seen:
    """One row a lead: features, month, and what the present model says: its log-odds, and by the features' names what
    each adds to them."""

    features: Sequence[Feature]
    matrix: pd.DataFrame
    months: NDArray[np.object_]
    log_odds: Array
    effects: pd.DataFrame


def drift(seen: Seen, agreement: Agreement) -> Drift:
    months = sorted(set(seen.months))
    place = np.searchsorted(np.array(months), seen.months.astype(str)) if months else np.zeros(0, dtype=np.int64)
    splits = _splits(np.bincount(place, minlength=len(months)))
    asked = [feature for feature in seen.features if not _of_the_calendar(feature, agreement)]
    if not splits:
        return Drift((), len(asked) + 1, months, True)
    found = [one for feature in (SCORE, *asked) if (one := _moved(feature, seen, place, months, splits, len(asked)))]
    return Drift(_one_a_field(found), len(asked) + 1, months, False)


def _splits(leads: Numbers) -> list[int]:
    before = leads.cumsum()
    return [
        month
        for month in range(1, len(leads))
        if min(before[month - 1], leads.sum() - before[month - 1]) >= LEAST_LEADS
    ]


def _of_the_calendar(feature: Feature, agreement: Agreement) -> bool:
    """The month of a date moves with the date of today."""
    field = agreement.form.fields.get(feature.field)
    return field is not None and field.kind == "date" and feature.kind == "level"


def _moved(
    feature: Feature, seen: Seen, place: Numbers, months: Sequence[str], splits: Sequence[int], others: int
) -> Moved | None:
    column = pd.Series(seen.log_odds) if feature is SCORE else seen.matrix[feature.name]
    bins, names = binned(column, feature)
    table = np.zeros((len(months), len(names)), dtype=np.int64)
    np.add.at(table, (place, bins), 1)
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return None
    differ = _differ(table[None], splits)[0]
    split = splits[int(differ.argmax())]
    index = stability(table[:split].sum(axis=0), table[split:].sum(axis=0))
    if index < LEAST_INDEX or chance(table, splits, others + 1) > FALSE_ALARM:
        return None
    course = _course(feature, column, bins, names, place, months, split)
    return Moved(feature, months[split], index, course, _effect(feature, seen, place >= split))


def binned(column: pd.Series, feature: Feature) -> tuple[Numbers, list[str]]:
    """Each lead's bin and the names of the bins: levels, rare ones pooled; yes and no; or about equally many leads."""
    if feature.kind == "number":
        values = column.to_numpy(dtype=np.float64)
        there = values[~np.isnan(values)]
        edges = np.unique(np.quantile(there, np.linspace(0, 1, BINS + 1)[1:-1])) if len(there) else np.zeros(0)
        bins = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="left"))
        return bins.astype(np.int64), [*("" for _ in range(len(edges) + 1)), UNSAID]
    told = column.map(lambda value: UNSAID if value is None or value != value else told_value(feature, value))
    counts = told.value_counts()
    names = [str(level) for level in counts.index if counts[level] >= RARE or level == UNSAID]
    codes = {name: number for number, name in enumerate(names)}
    return told.map(lambda level: codes.get(level, len(names))).to_numpy(dtype=np.int64), [*names, OTHERS]


def stability(before: Numbers, since: Numbers) -> float:
    """The population stability index: the sum of (difference of shares) · (log of their ratio). Half a lead is added to
    each bin, so that an empty one does not make it endless."""
    p, q = (before + 0.5) / (before + 0.5).sum(), (since + 0.5) / (since + 0.5).sum()
    return float(((q - p) * np.log(q / p)).sum())


def chance(table: Numbers, splits: Sequence[int], looks: int) -> float:
    """How likely leads that do not change would differ as much at any month in any of the features."""
    from scipy.stats import random_table

    draws = ceil(2 * looks / FALSE_ALARM)
    drawn = random_table(table.sum(axis=1), table.sum(axis=0), seed=0).rvs(draws, method="patefield")
    seen = _differ(table[None], splits).max()
    as_far = int((_differ(drawn, splits).max(axis=1) >= seen).sum())
    return min(1.0, looks * (1 + as_far) / (1 + draws))


def _differ(tables: NDArray[np.float64] | Numbers, splits: Sequence[int]) -> Array:
    """Pearson's chi-square between the months before each split and the others: (tables, splits)."""
    upto = np.asarray(tables, dtype=np.float64).cumsum(axis=1)
    before, whole = upto[:, [split - 1 for split in splits]], upto[:, -1:]
    since, n_before = whole - before, before.sum(axis=2, keepdims=True)
    n_since = since.sum(axis=2, keepdims=True)
    apart = (before * n_since - since * n_before) ** 2 / (n_before * n_since * whole)
    return np.asarray(apart.sum(axis=2), dtype=np.float64)


def _course(
    feature: Feature,
    column: pd.Series,
    bins: Numbers,
    names: Sequence[str],
    place: Numbers,
    months: Sequence[str],
    split: int,
) -> Course:
    """Of the bin that moved most where bins have names, else of the mean."""
    later = place >= split
    shares = [np.bincount(bins[some], minlength=len(names)) / some.sum() for some in (~later, later)]
    change = np.abs(shares[1] - shares[0])
    most = int(np.argmax(change)) if feature.kind != "number" else len(names) - 1
    if feature.kind != "number" or change[most] >= max(0.05, change[:-1].max()):
        followed, what, is_share = (bins == most).astype(np.float64), names[most], True
    else:
        values = column.to_numpy(dtype=np.float64)
        followed = 1 / (1 + np.exp(-values)) if feature is SCORE else values
        what, is_share = "", feature is SCORE
    with np.errstate(invalid="ignore"):
        by_month = [(name, _mean(followed[place == number])) for number, name in enumerate(months)]
    return Course(what, _mean(followed[~later]), _mean(followed[later]), by_month, is_share)


def _mean(values: Array) -> float:
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else float("nan")


def _effect(feature: Feature, seen: Seen, later: NDArray[np.bool_]) -> float | None:
    if feature is SCORE:
        return float(seen.log_odds[later].mean() - seen.log_odds[~later].mean())
    if feature.name not in seen.effects:
        return None
    column = seen.effects[feature.name].to_numpy()
    return float(column[later].mean() - column[~later].mean())


def _one_a_field(found: Sequence[Moved]) -> list[Moved]:
    """Of the features of one field the one that moved most; the scores first, then by how far they moved."""
    return list(_distinct(sorted(found, key=lambda one: (one.feature is not SCORE, -one.index))))


def _distinct(ranked: Sequence[Moved]) -> Iterator[Moved]:
    told = set[str]()
    for one in ranked:
        if one.feature.field not in told:
            told.add(one.feature.field)
            yield one
