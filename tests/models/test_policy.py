import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.agreement import Agreement, Routing, parse_agreement
from leads.lead import Score
from leads.sections import Decay
from models import policy
from models.policy import Before, Price, Verdict, Weighed, band, by_band, cut, index, lot, on_scales, remaining, route

BOUNDS = {"A": 0.3, "B": 0.15, "C": 0.05}
NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
SALT = bytes(range(32))
SUBMISSIONS = [f"sb_{number:032x}" for number in range(100_000)]

shares = st.floats(0, 1)
amounts = st.floats(0.01, 1e6)
waits = st.floats(0, 1e5)
decays = st.builds(
    lambda floor, quick, fast, slow: Decay(
        floor=floor, quick=quick * (1 - floor), quick_minutes=fast, slow_minutes=slow
    ),
    shares,
    shares,
    st.floats(1, 1e4),
    st.floats(1, 1e5),
)


def agreed(routing: str = "", value: str = "3000", sales: str = "") -> Agreement:
    text = f"""
[goal]
within_days = 90
value = {value}
[sales]
{sales}
[routing]
bands = {{ A = 0.3, B = 0.15, C = 0.05 }}
{routing}
[form.fields.email]
kind = "email"
[form.fields.budget]
kind = "money"
[form.fields.seats]
kind = "number"
"""
    return parse_agreement(text)


def lead(probability: float, agreement: Agreement, spread: float | None = None, wait: float = 0) -> Weighed:
    return on_scales(probability, spread, 3000.0, 22.0, wait, agreement)


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(1.0, "A"), (0.3, "A"), (0.2999, "B"), (0.15, "B"), (0.05, "C"), (0.0499, "D"), (0.0, "D")],
)
def test_a_bound_belongs_to_the_band_above_it(probability: float, expected: str) -> None:
    assert band(probability, BOUNDS) == expected


@pytest.mark.parametrize(("sales_from", "to_sales"), [("A", "A"), ("B", "AB"), ("C", "ABC"), ("D", "ABCD")])
def test_sales_gets_the_agreed_band_and_all_above_it(sales_from: str, to_sales: str) -> None:
    routing = Routing(bands=BOUNDS, sales_from=sales_from)
    assert {one: by_band(one, routing) for one in "ABCD"} == {
        one: "sales" if one in to_sales else "nurture" for one in "ABCD"
    }


@pytest.mark.parametrize(("minutes", "left"), [(0, 1.0), (5, 0.95), (60, 0.66), (1440, 0.36), (1e6, 0.25)])
def test_the_usual_decay(minutes: float, left: float) -> None:
    assert remaining(minutes, Decay()) == pytest.approx(left, abs=0.006)


@given(shares, amounts, amounts, st.tuples(waits, waits), decays)
def test_an_index_falls_as_the_lead_waits(
    benefit: float, value: float, minutes: float, both: tuple[float, float], decay: Decay
) -> None:
    sooner, later = (index(benefit, value, minutes, wait, decay) for wait in sorted(both))
    assert later <= sooner * (1 + 1e-12)


@given(shares, st.tuples(amounts, amounts), amounts, waits, decays)
def test_an_index_rises_with_the_value(
    benefit: float, both: tuple[float, float], minutes: float, wait: float, decay: Decay
) -> None:
    less, more = (index(benefit, value, minutes, wait, decay) for value in sorted(both))
    assert less <= more


@given(st.floats(-1, 0), amounts, amounts, waits, decays)
def test_a_call_that_adds_nothing_is_worth_nothing(
    benefit: float, value: float, minutes: float, wait: float, decay: Decay
) -> None:
    assert index(benefit, value, minutes, wait, decay) == 0.0


@pytest.mark.parametrize(
    ("value", "values", "expected"),
    [
        ("3000", {}, 3000.0),
        ('{ field = "budget" }', {"budget": 1200.0}, 1200.0),
        ('{ field = "budget" }', {"budget": None}, None),
        ('{ field = "budget" }', {"budget": 0.0}, None),
        ('{ field = "budget", otherwise = 500 }', {"budget": -5.0}, 500.0),
        ('{ field = "budget", otherwise = 500 }', {}, 500.0),
        ('{ field = "budget", otherwise = 500 }', {"budget": 7.0}, 7.0),
    ],
)
def test_what_a_lead_is_worth(value: str, values: dict[str, float | None], expected: float | None) -> None:
    found = policy.weigh(Score(0.2, -1.386, 0, (), "scorecard", None, None), values, agreed(value=value), 0)
    assert found.value == expected
    assert found.index == (None if expected is None else pytest.approx(0.2 * expected / 22))


def test_the_minutes_may_stand_in_a_field() -> None:
    agreement = agreed(sales='minutes_per_lead = { field = "seats", otherwise = 30 }')
    assert policy.minutes_of({"seats": 12.0}, agreement) == 12.0
    assert policy.minutes_of({"seats": None}, agreement) == 30.0


def test_a_lead_whose_worth_nobody_knows_is_routed_by_its_band() -> None:
    agreement = agreed(value='{ field = "budget" }', routing="guard_slice = 0.0")
    for probability, wanted in ((0.2, "sales"), (0.1, "nurture")):
        weighed = on_scales(probability, None, None, 22.0, 0, agreement)
        assert route(weighed, Price(1, 1e9, None), agreement, 0.5, True)[:3] == (wanted, 1.0, "band")


@given(st.floats(0, 100), st.floats(0.01, 100), st.floats(0.01, 50))
@settings(max_examples=50)
def test_the_value_of_a_look_is_what_perfect_information_is_worth(mean: float, price: float, deviation: float) -> None:
    """By numeric integration of what is lost by deciding on the mean alone."""
    told = np.linspace(mean - 12 * deviation, mean + 12 * deviation, 200_001)
    density = np.exp(-(((told - mean) / deviation) ** 2) / 2) / (deviation * math.sqrt(2 * math.pi))
    lost = np.where(mean >= price, np.maximum(price - told, 0), np.maximum(told - price, 0))
    expected = float(np.trapezoid(lost * density, told))
    assert policy.value_of_a_look(mean, price, deviation) == pytest.approx(expected, rel=1e-4, abs=1e-6 * deviation)


def test_a_look_is_worth_most_where_the_route_could_flip() -> None:
    agreement = agreed()
    looks = {share: policy.look(lead(share, agreement, 0.3), 20.0) for share in (0.001, 0.13, 0.147, 0.16, 0.6)}
    assert max(looks, key=lambda share: looks[share]) == 0.147
    assert policy.look(on_scales(0.5, None, None, 22, 0, agreement), 20.0) == 0.0


def test_fold_models_that_differ_make_a_look_worth_more() -> None:
    agreement = agreed()
    assert policy.look(lead(0.1, agreement, 1.5), 20.0) > policy.look(lead(0.1, agreement, 0.0), 20.0)
    assert policy.look(lead(0.1, agreement, 0.0), 20.0) == policy.look(lead(0.1, agreement, None), 20.0) > 0


keyed = st.lists(st.tuples(st.integers(1, 8).map(float), st.floats(0.1, 10)), max_size=10)


@given(keyed, st.floats(0, 60))
def test_a_cut_comes_closest_to_the_amount(pairs: list[tuple[float, float]], amount: float) -> None:
    found = cut(pairs, amount)

    def taken(least: float) -> float:
        return sum(weight for key, weight in pairs if key >= least)

    if found is None:
        assert taken(-math.inf) <= amount + 1e-9
        return
    best = min(abs(taken(least) - amount) for least in [*(key for key, _ in pairs), math.inf])
    assert found == math.inf or found in dict(pairs)
    assert abs(taken(found) - amount) == pytest.approx(best, abs=1e-9)


@given(keyed, st.floats(-1, 60), st.randoms())
def test_a_cut_does_not_depend_on_the_order(pairs: list[tuple[float, float]], amount: float, draw: object) -> None:
    exact = [(key, float(round(weight))) for key, weight in pairs]
    mixed = list(exact)
    draw.shuffle(mixed)  # type: ignore[attr-defined]
    assert cut(mixed, amount) == cut(exact, amount)


def test_the_lot_is_uniform_and_stays() -> None:
    drawn = np.array([lot(SALT, submission) for submission in SUBMISSIONS])
    assert ((drawn >= 0) & (drawn < 1)).all()
    counts, _ = np.histogram(drawn, bins=100, range=(0, 1))
    chi_square = float(((counts - 1000) ** 2 / 1000).sum())
    assert 55 < chi_square < 160  # 99 degrees of freedom, one in ten thousand on either side
    assert [lot(SALT, submission) for submission in SUBMISSIONS[:100]] == drawn[:100].tolist()
    assert lot(bytes(32), SUBMISSIONS[0]) != drawn[0]


def test_the_lot_of_a_submission_is_this_very_number() -> None:
    """What was decided years ago must come out again."""
    assert lot(SALT, "sb_01234567-89ab-7def-8000-000000000000") == 0.7211975324550686


@pytest.mark.parametrize("guard_slice", [0.02, 0.1])
@pytest.mark.parametrize("probability", [0.05, 0.5], ids=["to nurture", "to sales"])
def test_the_slice_has_its_share_and_the_propensity_is_how_often_the_route_is_taken(
    guard_slice: float, probability: float
) -> None:
    agreement, price = agreed(f"guard_slice = {guard_slice}"), Price(1, 20.0, None)
    weighed = lead(probability, agreement)
    verdicts = [route(weighed, price, agreement, lot(SALT, one), True) for one in SUBMISSIONS]
    _within(sum(verdict.ruled_by == "lot" for verdict in verdicts), guard_slice)
    for taken in ("sales", "nurture"):
        told = {verdict.propensity for verdict in verdicts if verdict.route == taken}
        (propensity,) = told
        assert propensity is not None
        _within(sum(verdict.route == taken for verdict in verdicts), propensity)


def test_a_look_outside_the_slice_leaves_each_route_half_of_it() -> None:
    agreement, price = agreed("guard_slice = 0.1"), Price(1, 20.0, 0.0)
    verdicts = [route(lead(0.15, agreement), price, agreement, lot(SALT, one), True) for one in SUBMISSIONS]
    assert {(one.route, one.propensity, one.ruled_by) for one in verdicts} == {
        ("review", None, "look"),
        ("sales", 0.05, "lot"),
        ("nurture", 0.05, "lot"),
    }
    _within(sum(one.route == "sales" for one in verdicts), 0.05)


def _within(count: int, share: float) -> None:
    """Five binomial standard deviations."""
    assert abs(count - len(SUBMISSIONS) * share) < 5 * math.sqrt(len(SUBMISSIONS) * share * (1 - share))


def test_without_a_slice_no_lot_is_drawn() -> None:
    agreement = agreed("guard_slice = 0.0")
    assert route(lead(0.5, agreement), Price(1, 20.0, None), agreement, 0.0, True)[:3] == ("sales", 1.0, "price")


def test_a_minute_must_earn_its_price_and_more_than_it_costs() -> None:
    agreement = agreed("guard_slice = 0.0", sales="minute_cost = 2.0")
    at_price = on_scales(0.5, None, 44.0 * 22, 22.0, 0, agreement)
    assert at_price.index == 22.0
    assert route(at_price, Price(1, 22.0, None), agreement, 0.5, True).route == "sales"
    assert route(at_price, Price(1, 22.0001, None), agreement, 0.5, True).route == "nurture"
    at_cost = on_scales(0.5, None, 4.0 * 22, 22.0, 0, agreement)
    assert at_cost.index == 2.0
    assert route(at_cost, Price(1, 2.0, None), agreement, 0.5, True).route == "nurture"


@pytest.mark.parametrize(
    ("probability", "price", "expected"),
    [
        (0.5, Price(1, 20.0, None), "sales"),
        (0.05, Price(1, 20.0, None), "review"),
        (0.15, Price(1, 20.0, 0.0), "sales"),
        (0.2, None, "sales"),
        (0.1, None, "review"),
    ],
    ids=["dear", "cheap", "worth a look as well", "by band", "by band too low"],
)
def test_a_lead_that_may_not_be_nurtured_is_seen_by_a_person(
    probability: float, price: Price | None, expected: str
) -> None:
    agreement = agreed("guard_slice = 0.5")
    for drawn in (0.0, 0.3, 0.9):
        verdict = route(lead(probability, agreement), price, agreement, drawn, False)
        assert verdict[:3] == (expected, None, "consent")


PRICE = Price(7, 20.0, None)


@pytest.mark.parametrize(
    ("before", "weight", "days", "expected"),
    [
        ("nurture", 21.0, None, ("nurture", "held")),
        ("nurture", 22.9, None, ("nurture", "held")),
        ("nurture", 23.1, None, ("sales", "price")),
        ("sales", 19.0, None, ("sales", "held")),
        ("sales", 17.1, None, ("sales", "held")),
        ("sales", 16.9, None, ("nurture", "price")),
        ("nurture", 99.0, 6.9, ("nurture", "held")),
        ("sales", 0.1, 6.9, ("sales", "held")),
        ("nurture", 99.0, 7.1, ("sales", "price")),
        ("sales", 21.0, 1.0, ("sales", "price")),
        ("review", 21.0, 1.0, ("review", "held")),
        ("review", 21.0, 7.1, ("sales", "price")),
        ("review", 21.0, None, ("sales", "price")),
    ],
)
def test_a_re_score_changes_sides_only_for_a_reason(
    before: str, weight: float, days: float | None, expected: tuple[str, str]
) -> None:
    agreement = agreed("guard_slice = 0.0")
    weighed = on_scales(0.5, None, 2 * 22 * weight, 22.0, 0, agreement)
    earlier = Before(before, None if days is None else NOW - timedelta(days=days))  # type: ignore[arg-type]
    verdict = route(weighed, PRICE, agreement, 0.5, True, earlier, NOW)
    assert (verdict.route, verdict.ruled_by) == expected
    assert route(weighed, PRICE, agreement, 0.5, True).route == ("sales" if weight >= 20 else "nurture")


def test_a_lot_holds_through_every_re_score() -> None:
    agreement = agreed("guard_slice = 0.02")
    for number in range(50):
        verdict = route(lead(number / 50, agreement), PRICE, agreement, 0.015, True, Before("sales", NOW), NOW)
        assert (verdict.route, verdict.ruled_by) == ("nurture", "lot")


@pytest.mark.parametrize("guard_slice", [0.02, 0.2])
@pytest.mark.parametrize("least_look", [None, 0.5])
@pytest.mark.parametrize(("first", "then"), [(21.0, 19.0), (19.0, 21.0), (19.0, 30.0), (21.0, 5.0)])
def test_a_propensity_is_how_often_the_lot_takes_that_route_also_after_a_re_score(
    guard_slice: float, least_look: float | None, first: float, then: float
) -> None:
    agreement, price = agreed(f"guard_slice = {guard_slice}"), Price(1, 20.0, least_look)
    taken: list[Verdict] = []
    for number in range(10_000):
        lot = (number + 0.5) / 10_000
        before = route(on_scales(0.5, 0.2, 2 * 22 * first, 22.0, 0, agreement), price, agreement, lot, True)
        weighed = on_scales(0.5, 0.2, 2 * 22 * then, 22.0, 0, agreement)
        taken.append(
            route(
                weighed, price, agreement, lot, True, policy.before("rescore", before.route, before.chosen, None), NOW
            )
        )
    often = Counter(verdict.route for verdict in taken)
    for verdict in set(taken):
        assert verdict.propensity in (None, pytest.approx(often[verdict.route] / 10_000))


@given(st.floats(0, 1), st.floats(0.5, 500), shares, st.booleans(), st.sampled_from([0.0, 0.02, 0.5]))
def test_the_same_facts_give_the_same_verdict(
    probability: float, value: float, drawn: float, may_nurture: bool, guard_slice: float
) -> None:
    agreement, price = agreed(f"guard_slice = {guard_slice}"), Price(1, value, value / 4)
    told = [route(lead(probability, agreement, 0.2), price, agreement, drawn, may_nurture) for _ in range(2)]
    assert told[0] == told[1]
    assert (told[0].propensity is None) == (told[0].route == "review" or not may_nurture)
