"""All figures of a report, from its facts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leads.ledger.standing import Standing
from models.delay import DelayCurve
from models.ladder import Expected
from serving.report.attribution import BYS, TOUCHES, By, Row, Touch, all_costs, row, rows
from serving.report.bands import BandRow, bands_before, bands_now
from serving.report.expectation import expectation
from serving.report.facts import Facts
from serving.report.gap import gap
from serving.report.period import Period
from serving.report.response import Responses, responses, responses_by_person
from serving.report.shortfall import Shortfall


@dataclass(frozen=True)
class Promises:
    """Of the agreement, for as much of the period as is over; None where nothing was promised."""

    conversions: float | None
    qualified_leads: float | None
    first_response_minutes: int


@dataclass(frozen=True)
class Report:
    """`all` sums up every lead of the period; `history` of them were imported, and `late` converted after the horizon.
    `standing` is what scores now, `shortfall` None where no goal was agreed, or no lead came."""

    period: Period
    horizon: int
    agreement: int
    promises: Promises
    all: Row
    history: int
    bots: int
    late: int
    curve: DelayCurve
    responses: Responses
    people: Sequence[Responses]
    bands: Sequence[BandRow]
    bands_before: Sequence[BandRow]
    tables: Mapping[tuple[Touch, By], Sequence[Row]]
    standing: Standing
    scored_by: Mapping[str, int]
    shortfall: Shortfall | None

    @property
    def expected(self) -> Expected:
        return self.all.expected

    @property
    def acceptance(self) -> float | None:
        """Of the leads that sales gave an answer to."""
        answered = self.all.accepted + self.all.rejected
        return self.all.accepted / answered if answered else None

    @property
    def settled(self) -> bool:
        """Every lead is old enough to judge, and no more will come."""
        return not self.period.running and not self.all.young


def figures(facts: Facts, number: int, now: Standing) -> Report:
    expected = expectation(facts)
    return Report(
        period=facts.period,
        horizon=facts.agreement.goal.within_days,
        agreement=number,
        promises=_promises(facts),
        all=row("all", facts.leads, expected, all_costs(facts)),
        history=sum(not one.decided for one in facts.leads),
        bots=facts.bots,
        late=sum(one.converted_late for one in facts.leads),
        curve=expected.ladder.curve,
        responses=responses(facts),
        people=responses_by_person(facts),
        bands=bands_now(facts, expected),
        bands_before=bands_before(facts, expected),
        tables={(touch, by): rows(facts, expected, by, touch) for touch in TOUCHES for by in BYS},
        standing=now,
        scored_by=Counter(one.scored_by for one in facts.leads if one.decided),
        shortfall=gap(facts, expected),
    )


def _promises(facts: Facts) -> Promises:
    months, goal = facts.period.months, facts.agreement.goal.per_month
    owed = facts.agreement.marketing.qualified_leads_per_month
    return Promises(
        None if goal is None else goal * months,
        None if owed is None else owed * months,
        facts.agreement.sales.first_response_minutes,
    )
