"""Whether the scores were right: of each band, what was foretold and what happened."""

from collections.abc import Sequence
from dataclasses import dataclass

from leads.lead import Band
from models.interval import wilson
from models.ladder import Expected
from models.policy import BANDS
from serving.report.expectation import Expectation
from serving.report.fact import Fact
from serving.report.facts import Facts

UNKNOWN = 0.9
"""An interval as wide as this tells nothing."""


@dataclass(frozen=True)
class BandRow:
    """`predicted` is the mean chance at the first decision, which nothing changes afterwards. `low` and `high`
    bound the rate (95 %): by what happened where all leads are old enough to judge, else by the least and the most that
    is expected in the end."""

    band: Band
    leads: int
    predicted: float | None
    converted: int
    expected: Expected
    young: int
    low: float | None
    high: float | None

    @property
    def rate(self) -> float | None:
        return self.expected.conversions / self.leads if self.leads else None

    @property
    def told(self) -> bool:
        """Of leads that came minutes ago nothing is known yet."""
        return self.low is not None and self.high is not None and self.high - self.low < UNKNOWN

    @property
    def as_foretold(self) -> bool | None:
        if self.predicted is None or self.low is None or self.high is None:
            return None
        return self.low <= self.predicted <= self.high


def bands_now(facts: Facts, expected: Expectation) -> list[BandRow]:
    """Of the leads of the period on which somebody decided: history was not scored when it came."""
    return _bands([one for one in facts.leads if one.decided], expected)


def bands_before(facts: Facts, expected: Expectation) -> list[BandRow]:
    return _bands(facts.judged, expected)


def _bands(leads: Sequence[Fact], expected: Expectation) -> list[BandRow]:
    return [_band(band, [one for one in leads if one.band == band], expected) for band in BANDS]


def _band(band: Band, leads: Sequence[Fact], expected: Expectation) -> BandRow:
    final, young, converted = expected.of(leads), expected.young(leads), sum(one.converted for one in leads)
    predicted = sum(one.chance for one in leads) / len(leads) if leads else None
    low = wilson(final.low, len(leads))[0] if leads else None
    high = wilson(final.high, len(leads))[1] if leads else None
    return BandRow(band, len(leads), predicted, converted, final, young, low, high)
