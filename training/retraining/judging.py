"""A challenger before the gates: what they ask for, made out of a study."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leads.agreement import Agreement
from leads.consent import may_be_mailed
from models.encoder import Array
from models.market import Asked, Market, settle
from models.policy import Price, minutes_of, on_scales, route, value_of
from training.gates import calibration, capacity, data, prediction, subgroups, value
from training.gates.gate import Gate
from training.gates.verdict import Kind
from training.gates.window import Window
from training.off_policy import RANGE, Logged, Routes
from training.retraining.history import SECONDS, known_at
from training.retraining.study import Study, base_log_odds

MOST_LEVELS = 30
"""A field with more is no kind of lead, but a name."""


@dataclass(frozen=True)
class Said:
    """What a model says of the window's leads: log-odds as they were handled; and the probability of each if sales
    follows up, and if not (None: the model does not know)."""

    log_odds: Array
    p_sales: Array
    p_nurture: Array | None = None

    def where(self, chosen: NDArray[np.bool_]) -> Said:
        nurtured = None if self.p_nurture is None else self.p_nurture[chosen]
        return Said(self.log_odds[chosen], self.p_sales[chosen], nurtured)


@dataclass(frozen=True)
class Claim:
    """`look` writes down that the two are now compared, and says how often anything was compared with this champion by
    these leads before: it is called only when the gates before let the comparison happen. `capacity` is the team's
    minutes a day (None: nobody is in the team)."""

    kind: Kind
    challenger: Said
    champion: Said
    look: Callable[[], int]
    capacity: float | None


def judged(study: Study, claim: Claim, agreement: Agreement) -> list[Gate]:
    """In the order of the gates, up to the first that fails."""
    gates = list[Gate]()
    for gate in _each(study, claim, agreement):
        gates.append(gate)
        if not gate.passed:
            break
    return gates


def _each(study: Study, claim: Claim, agreement: Agreement) -> Iterator[Gate]:
    alike, told = _comparable(study, claim)
    window = judging_leads(alike, told)
    yield data.data(window, _origin(alike))
    yield calibration.calibration(window)
    yield _prediction(alike, told, window)
    yield subgroups.subgroups(window, _kinds(alike))
    if claim.kind != "refresh":
        challenger, champion = (_market(study, said, claim, agreement) for said in (claim.challenger, claim.champion))
        yield _capacity(study, challenger, champion)
        yield _value(study, claim, challenger, champion)


def _comparable(study: Study, claim: Claim) -> tuple[Study, Claim]:
    """Unless both know who followed up, on leads that sales was to follow up: else the route alone, which tells much of
    a lead, would win, or a model would be judged by leads of which it says nothing."""
    if claim.challenger.p_nurture is not None and claim.champion.p_nurture is not None:
        return study, claim
    chosen = study.history.action[study.window.rows] != 0
    window = study.window._replace(rows=study.window.rows[chosen])
    challenger, champion = claim.challenger.where(chosen), claim.champion.where(chosen)
    return replace(study, window=window), replace(claim, challenger=challenger, champion=champion)


def _one_route(study: Study) -> bool:
    """Whether only leads of one route are judged by, since the model learns what comes of follow-up alone."""
    known = np.unique(study.history.action[study.window.rows])
    return len(known[np.isfinite(known)]) == 1


def judging_leads(study: Study, claim: Claim) -> Window:
    """All of them are mature."""
    rows, history = study.window.rows, study.history
    converted = known_at(history, history.until).y[rows]
    return Window(converted, claim.champion.log_odds, claim.challenger.log_odds, history.person[rows])


def _prediction(study: Study, claim: Claim, window: Window) -> Gate:
    """A new recipe must beat the base rate as well: an agreement's points may be off by so much that even what says the
    same of everybody, learned from noise, would seem better. What a call adds is no better prediction of what comes of
    it, so the champion's own recipe need not foresee better for knowing it."""
    if claim.kind != "new recipe":
        return prediction.not_worse(window)
    looked = claim.look()
    found = _superior(window, looked)
    plain = replace(window, champion=np.full(window.leads, base_log_odds(study)))
    if not found.passed or (beaten := _superior(plain, looked)).passed:
        return found
    said = beaten.numbers
    sentence = (
        f"The challenger's error (log loss) is {said['challenger_log_loss']:.4f} and that of the base rate, the same "
        f"probability for all, {said['champion_log_loss']:.4f}: it is not better for certain, so it knows next to "
        "nothing of the leads."
    )
    return replace(found, passed=False, sentence=sentence, numbers=said)


def _superior(window: Window, looked: int) -> Gate:
    if looked:
        return prediction.superior_at_any_look(window)
    return prediction.superior(window)


def _origin(study: Study) -> data.Origin:
    """Features are made of what was known at the decision, so nothing of them is newer."""
    history, rows, older = study.history, study.window.rows, study.older
    decided = (history.decided_at * SECONDS * 1e6).astype("datetime64[us]")
    return data.Origin(
        decided_at=decided[rows],
        known_at=decided[rows],
        learned_until=decided[older].max().astype(datetime).replace(tzinfo=UTC),
        learned_from=history.person[older],
        columns=[_column(study, feature.label, feature.name) for feature in study.features],
        propensity=np.full(len(rows), np.nan) if _one_route(study) else history.propensity[rows],
    )


def _column(study: Study, label: str, name: str) -> data.Column:
    """Names and campaigns have new levels every day; a field of few levels has not."""
    before, now = (study.matrix[name].iloc[rows] for rows in (study.older, study.window.rows))
    given = now.dropna()
    few = before.dtype == object and before.nunique() <= MOST_LEVELS
    unknown = float((~given.isin(before.unique())).sum() / len(now)) if few else 0.0
    return data.Column(label, float(before.notna().mean()), float(now.notna().mean()), unknown)


def _kinds(study: Study) -> Mapping[str, NDArray[np.object_]]:
    """By label, the level of each lead of the window."""
    rows = study.window.rows
    levels = {one.label: study.matrix[one.name].iloc[rows] for one in study.features if one.kind == "level"}
    return {label: found.to_numpy(dtype=object) for label, found in levels.items() if found.nunique() <= MOST_LEVELS}


def _market(study: Study, said: Said, claim: Claim, agreement: Agreement) -> Market:
    days = max(1.0, study.window.ended - study.window.began)
    values = study.history.values.iloc[study.window.rows]
    asked = [_asked(said, place, row, agreement) for place, row in enumerate(_dicts(values))]
    return Market(asked, 1 / days, claim.capacity or 0.0, 1.0, agreement)


def _asked(said: Said, place: int, values: dict[str, object], agreement: Agreement) -> Asked:
    known = {key: value for key, value in values.items() if isinstance(value, str | int | float)}
    p_nurture = None if said.p_nurture is None else float(said.p_nurture[place])
    worth, minutes = value_of(known, agreement), minutes_of(known, agreement)
    weighed = on_scales(float(said.p_sales[place]), None, worth, minutes, 0, agreement, p_nurture)
    return Asked(weighed, may_be_mailed(agreement, values))


def _dicts(values: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(key): value for key, value in row.items()} for row in values.to_dict("records")]


def _capacity(study: Study, challenger: Market, champion: Market) -> Gate:
    """Leads of one route alone would fill the days of a part of the team."""
    if challenger.capacity and not _one_route(study):
        return capacity.capacity(challenger, champion)
    sentence = "Nobody of sales is there in the next days, so there are no minutes to fill."
    if challenger.capacity:
        sentence = (
            "Only leads that sales had are judged by, so how many minutes all of them would ask for is not known."
        )
    return Gate("capacity", True, sentence, {"leads": float(len(challenger.asked))}, judged=False)


def _value(study: Study, claim: Claim, challenger: Market, champion: Market) -> Gate:
    """The doubly robust difference on leads whose route a lot could change; any outcome model will do, since the
    propensities are the lot's own."""
    history, rows = study.history, study.window.rows
    if _one_route(study):
        sentence = "Only leads of one route are judged by, so what other routes would earn is not known."
        return Gate("value", True, f"{sentence} This does not stop it.", {"leads": float(len(rows))}, judged=False)
    low, high = RANGE
    drawn = (history.propensity[rows] >= low) & (history.propensity[rows] <= high) & np.isfinite(history.action[rows])
    worth = np.array([one.weighed.value or 1.0 for one in challenger.asked])[drawn]
    said = claim.challenger
    nurtured = said.p_sales if said.p_nurture is None else said.p_nurture
    logged = Logged(
        sales=history.action[rows][drawn] == 1,
        propensity=history.propensity[rows][drawn],
        earned=worth * known_at(history, history.until).y[rows][drawn],
        if_sales=worth * said.p_sales[drawn],
        if_nurtured=worth * nurtured[drawn],
        person=history.person[rows][drawn],
    )
    if not drawn.any():
        sentence = "No lead of the window had a lot, so what the routes would earn is not known. This does not stop it."
        return Gate("value", True, sentence, {"leads": 0.0}, judged=False)
    return value.value(logged, _to_sales(challenger)[drawn], _to_sales(champion)[drawn])


def _to_sales(market: Market) -> Routes:
    """The routes without any lot, at the price that the model's own scores settle."""
    price = Price(0, settle(market).value, None)
    return np.array([route(one.weighed, price, market.agreement, 1.0, True).route == "sales" for one in market.asked])
