import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 15
SMALLEST = 1e-15  # a certain and wrong answer costs -ln(1e-15) = 34.5, not infinity


def row_losses(converted: Floats, probability: Floats) -> Floats:
    """Negative log-likelihood of each row, in nats; their mean is the log loss."""
    sure = np.clip(probability, SMALLEST, 1 - SMALLEST)
    return -(converted * np.log(sure) + (1 - converted) * np.log1p(-sure))


def brier(converted: Floats, probability: Floats) -> float:
    return float(np.mean((probability - converted) ** 2))


def roc_auc(converted: Floats, probability: Floats) -> float:
    """Chance that a converted lead stands above an unconverted one, ties counting half (Mann-Whitney)."""
    _, place, counts = np.unique(probability, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    ranks = mean_rank[place]
    won = converted.sum()
    lost = len(converted) - won
    return float((ranks[converted == 1].sum() - won * (won + 1) / 2) / (won * lost))


def top_decile_lift(converted: Floats, probability: Floats) -> float:
    """Conversion rate of the best-scored tenth over the overall rate. Rows that tie at the edge of the tenth
    count in proportion, so that a constant score has a lift of 1 whatever the order of the file."""
    wanted = int(np.ceil(len(converted) / 10))
    edge = np.sort(probability)[::-1][wanted - 1]
    above = probability > edge
    tied = probability == edge
    gained = converted[above].sum() + (wanted - above.sum()) * converted[tied].mean()
    return float(gained / wanted / converted.mean())


def ece(converted: Floats, probability: Floats) -> float:
    """Expected calibration error: |mean probability - rate| over 15 equal-width bins, weighted by rows
    (Naeini, Cooper, Hauskrecht 2015)."""
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=probability - converted, minlength=BINS)
    return float(np.abs(gaps).sum() / len(converted))


def headline(converted: Floats, probability: Floats) -> dict[str, float]:
    return {
        "log_loss": float(row_losses(converted, probability).mean()),
        "brier": brier(converted, probability),
        "roc_auc": roc_auc(converted, probability),
        "top_decile_lift": top_decile_lift(converted, probability),
        "ece": ece(converted, probability),
    }


def bootstrap_intervals(differences: Floats, resamples: int, seed: int) -> list[tuple[float, float]]:
    """95 % intervals of the column means of `differences` (rows are leads, columns are comparisons).
    Every column sees the same resampled rows, so the comparison is paired."""
    random = np.random.default_rng(seed)
    rows = len(differences)
    means = np.array([differences[random.integers(0, rows, rows)].mean(axis=0) for _ in range(resamples)])
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    return list(zip(low.tolist(), high.tolist(), strict=True))
