import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.experiment import figures
from training.record import Floats

rows = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=80)


def split(pairs: list[tuple[bool, float]]) -> tuple[Floats, Floats]:
    return np.array([label for label, _ in pairs], dtype=np.float64), np.array([score for _, score in pairs])


@given(rows)
def test_calibration_bins_keep_every_row_and_hold_their_intervals(pairs: list[tuple[bool, float]]) -> None:
    labels, probabilities = split(pairs)
    predicted, observed, low, high = figures.calibration_bins(labels, probabilities)
    assert (np.diff(predicted) > 0).all()
    assert predicted.min() >= probabilities.min() - 1e-12
    assert predicted.max() <= probabilities.max() + 1e-12
    assert ((low <= observed) & (observed <= high)).all()
    assert (low >= -1e-12).all()
    assert (high <= 1 + 1e-12).all()


@given(rows)
def test_gains_rise_from_nothing_to_everything(pairs: list[tuple[bool, float]]) -> None:
    labels, scores = split(pairs)
    share, captured = figures.gains_curve(labels, scores)
    assert (share[0], captured[0], share[-1]) == (0, 0, 1)
    assert captured[-1] == (1 if labels.any() else 0)
    assert (np.diff(share) > 0).all()
    assert (np.diff(captured) >= 0).all()


def test_precision_and_recall_agree_with_scikit_learn() -> None:
    from sklearn.metrics import precision_recall_curve

    random = np.random.default_rng(3)
    scores = np.round(random.random(500), 2)
    labels = (random.random(500) < scores).astype(np.float64)
    recall, precision = figures.precision_recall_curve(labels, scores)
    expected_precision, expected_recall, _ = precision_recall_curve(labels, scores)
    np.testing.assert_allclose(recall, expected_recall[-2::-1])
    np.testing.assert_allclose(precision, expected_precision[-2::-1])


def test_leads_of_equal_score_enter_together() -> None:
    share, captured = figures.gains_curve(np.array([1.0, 0.0, 0.0, 1.0]), np.array([0.5, 0.5, 0.5, 0.1]))
    assert list(share) == [0, 0.75, 1]
    assert list(captured) == [0, 0.5, 1]


@pytest.mark.parametrize("count", [2, 30, 3000])
def test_every_figure_is_a_readable_picture_for_few_and_many_rows(count: int) -> None:
    from PIL import Image

    random = np.random.default_rng(count)
    scores = random.random(count)
    labels = (random.random(count) < scores).astype(np.float64)
    labels[:2] = [0, 1]
    both = {"base rate": np.full(count, 0.5), "trees": scores, "blend": scores**2}
    pictures = [
        figures.calibration(labels, scores, "trees"),
        figures.calibration(labels, both["base rate"], "base rate"),
        figures.gains(labels, both, "trees"),
        figures.precision_recall(labels, both, "trees"),
        figures.reasons({f"Field {at}": 1 / at for at in range(1, count + 1)}),
    ]
    for picture in pictures:
        image = Image.open(io.BytesIO(picture))
        image.load()
        assert image.width > 600
        assert len(image.getcolors(100_000) or []) > 10
