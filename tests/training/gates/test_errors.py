"""How often the gates err, by contests whose truth is known; the seeds are pinned. At length: benchmarks/gates."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from benchmarks.gates import harms, looks, refits, slices
from benchmarks.gates.__main__ import Share, main
from benchmarks.gates.contests import CLOSER, as_strangers, contest, gain
from training.gates.prediction import not_worse

EQUAL_RUNS = 400


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Many small products: threads only wait for each other, most of all on a busy machine."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def equal() -> list[looks.Contest]:
    return looks.contests(EQUAL_RUNS, 1.0)


def test_equal_recipes_are_hardly_ever_promoted_however_often_one_looks(equal: list[looks.Contest]) -> None:
    assert looks.promoted_at_any_look(equal) <= 0.05


def test_the_bootstrap_is_for_one_look_only(equal: list[looks.Contest]) -> None:
    """The control: asked every week it promotes so often that the test above would bite."""
    assert looks.promoted_by_peeking(equal, resamples=200) > 0.12
    assert looks.better_by_points(equal) > 0.5


def test_at_one_look_equal_recipes_are_promoted_about_one_time_in_twenty() -> None:
    small = looks.promoted_at_one_look([contest(run, 1_200) for run in range(EQUAL_RUNS)], resamples=300)
    assert small <= 0.08  # 5 % and three standard errors


def test_a_better_recipe_is_seen() -> None:
    assert gain(CLOSER, 400_000) == pytest.approx(10e-3, abs=0.5e-3)
    better = looks.contests(200, CLOSER)
    assert looks.promoted_at_any_look(better) >= 0.70
    assert looks.promoted_at_one_look(better[:40], resamples=300) >= 0.85


def test_the_leads_of_one_person_are_no_independent_witnesses() -> None:
    repeated = [contest(run, 1_600, leads_each=4) for run in range(200)]
    assert looks.promoted_at_one_look(repeated, resamples=300) <= 0.10
    assert looks.promoted_at_one_look([as_strangers(of) for of in repeated], resamples=300) > 0.12


def test_a_challenger_that_is_wrong_in_one_source_is_refused() -> None:
    refused = harms.refused_in_one_source(100)
    assert refused["wrong"] >= 0.95
    assert refused["wrong_and_ahead"] > 0.5, "it must look better over all leads, or the test proves nothing"
    assert refused["harmless"] <= 0.05
    assert refused["equal"] <= 0.12


def test_a_miscalibrated_challenger_is_refused_and_a_harmless_one_is_not() -> None:
    refused = harms.refused_as_miscalibrated(100)
    assert refused["miscalibrated"] >= 0.95
    assert refused["harmless"] <= 0.05


def test_worse_constant_shuffled_broken_and_leaky_challengers_never_serve() -> None:
    promoted = harms.promoted_though_hopeless(5)
    assert promoted == dict.fromkeys(("worse", "constant", "shuffled", "broken (NaN)", "leaky"), 0.0)


def test_a_refresh_that_is_as_good_but_for_little_noise_passes() -> None:
    """Refitted on newer leads a recipe says nearly the same; that is not refused for lack of certainty."""
    passed = []
    for run in range(20):
        window, chance = contest(run, looks.PLANNED).window, np.random.default_rng(run)
        newer = window.champion + 0.1 * chance.normal(0, 1, window.leads)
        again = type(window)(window.converted, window.champion, newer, window.person)
        passed.append(not_worse(again, resamples=300).passed)
    assert np.mean(passed) >= 0.5


@pytest.fixture(scope="module")
def readings() -> dict[str, list[slices.Reading]]:
    return slices.played(slices.company(), 100)


def test_the_doubly_robust_interval_covers_the_truth(readings: dict[str, list[slices.Reading]]) -> None:
    assert sum(one.covered for one in readings["doubly robust"]) >= 90
    errors = [one.error for one in readings["doubly robust"]]
    assert abs(np.mean(errors)) <= 3 * np.std(errors) / 10
    assert sum(one.covered for one in readings["at any look"]) >= 95


def test_the_outcome_model_alone_does_not(readings: dict[str, list[slices.Reading]]) -> None:
    assert sum(one.covered for one in readings["outcome model alone"]) < 80


def test_a_refit_stays_near_and_a_broken_one_does_not() -> None:
    (refit,) = refits.played(3_000, 0, ("logistic",))
    assert refit.honest.passed
    assert not refit.broken.passed


def test_the_results_are_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "gates.json"
    out.write_text(json.dumps({"parts": [{"part": "looks", "shares": [Share("x", 0.5, 10).facts]}]}))
    assert main(["--only", "refits", "--out", str(out)]) == 0
    assert [part["part"] for part in json.loads(out.read_text())["parts"]] == ["looks", "refits"]
    assert "met" in capsys.readouterr().out
