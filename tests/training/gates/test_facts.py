"""G0, G4, G5, and what all gates say together."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from benchmarks.gates.harms import origin_of
from leads.agreement import Agreement, parse_agreement
from models.market import Asked, Market
from models.policy import on_scales
from training.gates.capacity import aimed_at, capacity, minutes_routed
from training.gates.data import Column, Origin, data
from training.gates.gate import Gate, Name
from training.gates.value import value
from training.gates.verdict import NEEDED, Kind, verdict
from training.gates.window import Window
from training.off_policy import Logged, difference, estimate, folds, worth

LEADS = 1_000


def window(leads: int = LEADS) -> Window:
    chance = np.random.default_rng(1)
    truth = chance.normal(-1.5, 1.0, leads)
    converted = (chance.random(leads) < 1 / (1 + np.exp(-truth))).astype(float)
    return Window(converted, truth + chance.normal(0, 0.5, leads), truth, np.arange(leads))


def drawn(slice_: float, leads: int, seed: int = 0) -> np.ndarray:
    """Propensities of the taken routes."""
    rare = np.random.default_rng(seed).random(leads) < slice_ / 2
    return np.where(rare, slice_ / 2, 1 - slice_ / 2)


def test_sound_data_pass() -> None:
    of = window()
    lots = np.concatenate([drawn(0.02, LEADS - 100), np.full(50, np.nan), np.ones(50)])
    gate = data(of, replace(origin_of(of), propensity=lots, columns=(Column("Country", 0.9, 0.8, 0.01),)))
    assert gate.passed, gate.sentence
    assert "1,000 leads" in gate.sentence


def later(origin: Origin) -> Origin:
    return replace(origin, known_at=origin.decided_at + np.timedelta64(1, "s"))


FAULTS = {
    "told too late": (later, "1,000 leads the challenger was told something that came after"),
    "learned from the window": (
        lambda origin: replace(origin, learned_until=datetime(2026, 11, 1, 0, 9, tzinfo=UTC)),
        "10 leads to judge by were decided before the challenger stopped learning",
    ),
    "known people": (lambda origin: replace(origin, learned_from=np.array([-1, 3, 4])), "from 2 of the people"),
    "a field gone": (
        lambda origin: replace(origin, columns=(Column("Country", 0.8, 0.0),)),
        "“Country” was given by 80% of the leads",
    ),
    "a flood": (
        lambda origin: replace(origin, columns=(Column("Country", 0.8, 0.9, 0.7),)),
        "70% of the leads say something for “Country” that is new",
    ),
    "too certain": (
        lambda origin: replace(origin, propensity=drawn(0.004, LEADS)),
        "1,000 decisions have a propensity outside 0.005 to 0.995",
    ),
    "wrongly recorded": (
        lambda origin: replace(origin, propensity=np.where(np.random.default_rng(2).random(LEADS) < 0.2, 0.02, 0.98)),
        "The lot took the rarer route far more times",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_refused_and_told(fault: str) -> None:
    broken, said = FAULTS[fault]
    of = window()
    gate = data(of, broken(origin_of(of)))
    assert not gate.passed
    assert said in gate.sentence


def test_few_leads_one_score_for_all_and_scores_too_good_to_be_true_are_refused() -> None:
    of = window(399)
    assert "are too few to judge by" in data(of, origin_of(of)).sentence
    of = window()
    constant = replace(of, challenger=np.full(LEADS, -1.0))
    assert "gives every lead the same probability" in data(constant, origin_of(of)).sentence
    leaky = replace(of, challenger=6 * of.converted - 3)
    assert "too good to be true" in data(leaky, origin_of(of)).sentence


def test_a_true_lot_is_hardly_ever_suspected() -> None:
    of = window(4_000)
    origin = origin_of(of)
    assert all(data(of, replace(origin, propensity=drawn(0.02, 4_000, seed))).passed for seed in range(100))


AGREEMENT = parse_agreement("""
[goal]
within_days = 90
value = 1000
[routing]
guard_slice = 0.02
[form.fields.email]
kind = "email"
""")


def market(probabilities: np.ndarray, agreement: Agreement = AGREEMENT, minutes: float = 2_000.0) -> Market:
    asked = [Asked(on_scales(float(p), 0.2, 1_000.0, 20.0, 0, agreement), True) for p in probabilities]
    return Market(asked, 1.0, minutes, 1.0, agreement)


def test_a_price_fills_the_day_with_scores_that_differ() -> None:
    chance = np.random.default_rng(3)
    gate = capacity(market(chance.beta(1, 9, 500)), market(chance.beta(2, 9, 500)))
    assert gate.passed
    assert abs(gate.numbers["off"]) <= 0.05
    assert "2,000, all that sales has" in gate.sentence


def test_scores_of_which_no_price_can_choose_are_refused_unless_the_champion_is_so_too() -> None:
    fine = market(np.random.default_rng(3).beta(1, 9, 500))
    coarse = market(np.repeat([0.2, 0.1], [160, 340]))
    gate = capacity(coarse, fine)
    assert not gate.passed
    assert gate.numbers["off"] > 0.05
    assert capacity(coarse, coarse).passed


def test_where_fewer_minutes_are_asked_for_no_more_are_wanted() -> None:
    few = market(np.random.default_rng(3).beta(1, 9, 500), minutes=50_000.0)
    assert minutes_routed(few) == pytest.approx(aimed_at(few))
    assert aimed_at(few) < 10_000
    assert capacity(few, few).passed


def test_no_leads_are_no_reason_to_refuse() -> None:
    none = market(np.zeros(0))
    gate = capacity(none, none)
    assert gate.passed
    assert not gate.judged


def logged(leads: int = 4_000, seed: int = 0, slice_: float = 1.0) -> Logged:
    """A call earns 2 where the first half calls and loses 2 elsewhere; the outcome models know nothing of it."""
    chance = np.random.default_rng(seed)
    by_lot = chance.random(leads) < slice_
    sales = np.where(by_lot, chance.random(leads) < 0.5, False)
    propensity = np.where(sales, slice_ / 2, 1 - slice_ / 2)
    half = np.arange(leads) % 2 == 0
    earned = 5 + sales * np.where(half, 2.0, -2.0) + chance.normal(0, 1, leads)
    return Logged(sales, propensity, earned, np.full(leads, 5.0), np.full(leads, 5.0), np.arange(leads))


def first_half(of: Logged) -> np.ndarray:
    return np.arange(len(of.sales)) % 2 == 0


def test_doubly_robust_scores_by_hand() -> None:
    of = Logged(
        np.array([True, False, True]),
        np.array([0.5, 0.8, 0.25]),
        np.array([10.0, 0.0, 0.0]),
        np.array([4.0, 3.0, 2.0]),
        np.array([1.0, 1.0, 1.0]),
        np.arange(3),
    )
    everybody, nobody = np.ones(3, dtype=bool), np.zeros(3, dtype=bool)
    assert worth(of, everybody).tolist() == [4 + 6 / 0.5, 3.0, 2 - 2 / 0.25]
    assert worth(of, nobody).tolist() == [1.0, 1 - 1 / 0.8, 1.0]
    assert difference(of, everybody, everybody).tolist() == [0.0, 0.0, 0.0]


def test_the_lot_tells_what_the_outcome_model_does_not_know() -> None:
    of = logged()
    half = first_half(of)
    found = estimate(difference(of, half, ~half), of.person)
    assert found.low < 2.0 < found.high
    assert found.high - found.low < 0.5


def test_leads_without_a_lot_may_not_be_among_them() -> None:
    of = logged()
    with pytest.raises(ValueError, match=r"0\.005 to 0\.995"):
        replace(of, propensity=np.ones(len(of.propensity)))
    with pytest.raises(ValueError, match="leave out leads without a lot"):
        replace(of, propensity=np.full(len(of.propensity), np.nan))


def test_nobody_stands_in_two_folds() -> None:
    person = np.concatenate([np.repeat(np.arange(300), 6), np.full(200, -1)])
    fold = folds(person, 3, seed=0)
    assert all(len(set(fold[person == one])) == 1 for one in range(300))
    assert set(fold[person < 0]) == {0, 1, 2}
    assert min(np.bincount(fold)) > 500


def test_routes_that_earn_more_pass_and_those_that_earn_less_do_not() -> None:
    of = logged()
    half = first_half(of)
    better, worse = value(of, half, ~half), value(of, ~half, half)
    assert better.passed
    assert better.judged
    assert better.numbers["lower_bound"] > 0
    assert not worse.passed
    assert worse.sentence.endswith("certainly less.")


def test_a_small_loss_that_is_known_to_be_small_is_borne_and_a_greater_one_is_not() -> None:
    of = logged(40_000)
    half = first_half(of)
    few = half & (np.arange(len(half)) % 40 != 0)
    same = value(of, few, half)
    assert -same.numbers["may_lose"] < same.numbers["lower_bound"] < 0
    assert same.judged
    many = half & (np.arange(len(half)) % 4 != 0)
    assert not value(of, many, half).passed


def test_too_little_drawn_by_lot_says_so_and_does_not_block() -> None:
    of = logged(4_000, slice_=0.02)
    half = first_half(of)
    rare = value(of, half & (np.arange(4_000) < 500), np.zeros(4_000, dtype=bool))
    assert rare.passed
    assert not rare.judged
    assert "does not stand in its way" in rare.sentence
    noisy = replace(logged(800), earned=np.random.default_rng(6).normal(5, 40, 800))
    unclear = value(noisy, first_half(noisy), ~first_half(noisy))
    assert unclear.passed
    assert not unclear.judged
    assert "too little was drawn by lot to say more" in unclear.sentence
    alike = value(of, half, half)
    assert alike.passed
    assert "the same way" in alike.sentence


def passing(name: Name) -> Gate:
    return Gate(name, True, f"{name} is fine.", {})


@pytest.mark.parametrize("kind", list(NEEDED))
def test_every_gate_must_pass_and_none_may_be_forgotten(kind: Kind) -> None:
    gates = [passing(name) for name in NEEDED[kind]]
    assert verdict(kind, gates).passed
    for place, gate in enumerate(gates):
        without = verdict(kind, gates[:place] + gates[place + 1 :])
        assert not without.passed
        assert gate.name in without.sentence
        failed = verdict(kind, [*gates[:place], replace(gate, passed=False, sentence="No."), *gates[place + 1 :]])
        assert not failed.passed
        assert failed.sentence == "The champion stays. No."


def test_what_could_not_be_judged_is_said() -> None:
    gates = [replace(passing(name), judged=name != "value") for name in NEEDED["new recipe"]]
    assert verdict("new recipe", gates).sentence.endswith("There was too little to judge value by.")
