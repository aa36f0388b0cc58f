"""How much one column alone tells about the outcome, judged on rows it did not learn from."""

from dataclasses import dataclass

import numpy as np

from training.survey.sighting import Codes, Floats, Sighting

MOST_BINS = 32
FEWEST_BINS = 6
ROWS_IN_BIN = 60
FOLDS = 5
PRIOR_ROWS = 10.0
ROWS_IN_STRETCH = 500
MOST_STRETCHES = 50


@dataclass(frozen=True)
class Outcome:
    """1 and 0 for each row; `stretch` numbers the stretches of neighbouring rows within which leads are compared. What
    only drifts with time tells little about neighbours, what was written after the outcome tells as much as ever."""

    converted: Floats
    stretch: Codes
    fold: Codes

    @property
    def rate(self) -> float:
        return float(self.converted.mean())

    @property
    def rarer(self) -> int:
        """Rows of the rarer outcome."""
        return int(min(self.converted.sum(), (1 - self.converted).sum()))


def outcome_of(converted: Floats, position: Codes | None = None) -> Outcome:
    """`position` is each row's place in time; without it the file's own order counts. Where neighbours hardly differ in
    their outcome, because someone sorted the file by it, all rows are one stretch."""
    rows = len(converted)
    place = np.arange(rows) if position is None else position
    stretches = int(np.clip(rows // ROWS_IN_STRETCH, 1, MOST_STRETCHES))
    stretch = (place * stretches // max(1, rows)).astype(np.int64)
    fold = (np.random.default_rng(0).permutation(rows) % FOLDS).astype(np.int64)
    sizes, won = np.bincount(stretch), np.bincount(stretch, weights=converted)
    expected = (sizes**2).sum() * converted.mean() * (1 - converted.mean())
    if (won * (sizes - won)).sum() < 0.3 * expected:
        stretch = np.zeros(rows, dtype=np.int64)
    return Outcome(converted, stretch, fold)


def power(seen: Sighting, outcome: Outcome) -> float:
    """Area under the ROC curve of the column alone, from .5 (knows nothing) to 1 (knows all)."""
    return _area(_expected(bins_of(seen), outcome), outcome)


def bins_of(seen: Sighting) -> Codes:
    """Level 0 is missing; numbers of many values are cut into bins."""
    bins = int(np.clip(seen.rows // ROWS_IN_BIN, FEWEST_BINS, MOST_BINS))
    if seen.numeric < 0.95 or seen.distinct <= bins:
        return seen.codes + 1
    numbers = seen.row_numbers()
    known = np.isfinite(numbers)
    cuts = np.linspace(0, 1, bins + 1)[1:-1]
    # By rows and by distinct values, so that the few that are not zero have bins of their own as well.
    edges = np.unique([np.quantile(numbers[known], cuts), np.quantile(seen.numbers[np.isfinite(seen.numbers)], cuts)])
    return np.where(known, np.searchsorted(edges, numbers, side="right") + 1, 0).astype(np.int64)


def _expected(levels: Codes, outcome: Outcome) -> Floats:
    """Each row's rate of conversion, from the rows of the other folds with its level."""
    size, converted = int(levels.max()) + 1, outcome.converted
    rows = np.bincount(outcome.fold * size + levels, minlength=FOLDS * size).reshape(FOLDS, size)
    won = np.bincount(outcome.fold * size + levels, weights=converted, minlength=FOLDS * size).reshape(FOLDS, size)
    others, others_won = rows.sum(0) - rows, won.sum(0) - won
    prior = outcome.rate  # of all rows: a rate for each fold would itself tell a little about the fold left out
    rates = (others_won + PRIOR_ROWS * prior) / (others + PRIOR_ROWS)
    return np.asarray(rates[outcome.fold, levels], dtype=np.float64)


def _area(scores: Floats, outcome: Outcome) -> float:
    """Share of the pairs of a converted and a lost lead of one stretch that the scores put right; ties count half."""
    values, place = np.unique(scores, return_inverse=True)
    stretches = int(outcome.stretch.max()) + 1
    cell = outcome.stretch * len(values) + place
    shape = (stretches, len(values))
    rows = np.bincount(cell, minlength=stretches * len(values)).reshape(shape)
    won = np.bincount(cell, weights=outcome.converted, minlength=stretches * len(values)).reshape(shape)
    lost = rows - won
    below = np.cumsum(lost, axis=1) - lost
    pairs = (won.sum(1) * lost.sum(1)).sum()
    return float((won * (below + lost / 2)).sum() / pairs) if pairs else 0.5
