"""The facts of a lead's life; once written to the ledger they are never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from leads.ids import next_id

Rung = Literal["scorecard", "logistic", "trees", "blend"]
Route = Literal["sales", "nurture", "review", "quarantine"]
Band = Literal["A", "B", "C", "D"]
Cause = Literal[
    "submission",
    "kept",
    "rescore",
    "override",
    "restore",
    "objection",
    "rejected",
    "returned",
    "imported",
    "engagement",
    "nightly",
]
"""Why a lead was decided: it sent a form; a form that looks like a bot's came under its name, and all stays as it was;
the model can answer again; a person said so; it is no bot; it objected; sales gave it back; the time for which sales
gave it back is over; it is history, and nobody decided; the person did something after the form; the nightly run scored
it again."""
SCORED_AGAIN: frozenset[Cause] = frozenset({"rescore", "engagement", "nightly"})
"""The person sent nothing new, so that a route must not change back and forth."""
RuledBy = Literal["band", "price", "lot", "look", "held", "owner", "consent", "bot", "hand"]
"""What had the last word on a route: the agreed band, while there is no price; the price of a sales minute; the lot; a
human look is worth most here; too little changed for another route, or too early; sales has the lead already; it may
not be mailed; it looks like a bot's; a person."""
StepKind = Literal["assigned", "queued", "reminded", "reassigned", "escalated", "returned", "answered", "ended"]
"""What happened to a lead of sales: a person has it; nobody can take it now; its owner was reminded; it went on to
another person; to the lead of the team; back into the queue, since its owner is away; its owner answered for it; it is
no longer a matter for sales."""
NextStep = Literal["remind", "due"]
"""What the clock does at an assignment's `next_at`."""
OutcomeType = Literal["accepted", "rejected", "contacted", "meeting", "converted", "lost", "reopened"]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one feature added to the log-odds of one lead, and how a person would say it."""

    feature: str
    field: str
    text: str
    effect: float


@dataclass(frozen=True, slots=True)
class Score:
    """base + the sum of all contributions' effects = log_odds (to 1e-6); spread is the standard deviation of the
    log-odds over the fold models, None where there is only one. Where the model knows who follows up, all of this is
    under follow-up by sales, and `p_nurture` is the probability without a call; else it is None."""

    probability: float
    log_odds: float
    base: float
    contributions: tuple[Contribution, ...]
    scored_by: Rung
    model: str | None
    spread: float | None
    p_nurture: float | None = None

    @property
    def p_sales(self) -> float | None:
        """The probability, where it is known to be that under follow-up by sales."""
        return None if self.p_nurture is None else self.probability


@dataclass(frozen=True, slots=True)
class Submission:
    """One sending of a form, as it was sent. `submitted_at` is the sender's own word, where it gave one; `marks` say
    what looked like a bot or was put right; `content` is a keyed digest of what was written, to find repetitions."""

    id: str
    lead: str
    received_at: datetime
    form: Mapping[str, object]
    key: str | None
    submitted_at: datetime | None = None
    marks: tuple[str, ...] = ()
    content: str | None = None

    @property
    def interest_at(self) -> datetime:
        """When the person sent it, by the sender's word where there is one."""
        return self.submitted_at or self.received_at


@dataclass(frozen=True, slots=True)
class Decision:
    """Who takes the reins of one lead at one moment; `features` is the row that was scored. `degraded` says
    why the champion did not score it, and such a lead is re-scored; `note` is what a person said of it. `index` is the
    expected value of a sales minute (`value` times what a call adds, by `minutes`, decayed), `price` what one had to
    earn then, row `price_number` of the prices; `lot` is the submission's, on [0, 1), and `chosen` the
    route that the policy would have taken without one. `track` is how marketing nurtures it; None where it does not, or
    may not by mail."""

    id: str
    lead: str
    submission: str
    decided_at: datetime
    score: Score
    horizon_days: int
    band: Band
    route: Route
    owner: str
    respond_by: datetime | None
    agreement: int
    price: float | None
    propensity: float | None
    features: Mapping[str, float | str | None]
    cause: Cause = "submission"
    degraded: str | None = None
    note: str | None = None
    price_number: int | None = None
    value: float | None = None
    minutes: float | None = None
    index: float | None = None
    lot: float | None = None
    ruled_by: RuledBy | None = None
    chosen: Route | None = None
    track: str | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where a lead of sales stands: with `owner`, or in the queue (None), since when, and by when it is to be answered.
    `next_at` is when the clock looks at it again. `benefit`, `value`, `minutes` and `interest_at`, the person's last
    sign of interest, give its index at any moment; `value` is None where nobody said what it is worth."""

    lead: str
    decision: str
    owner: str | None
    owned_before: tuple[str, ...]
    since: datetime
    respond_by: datetime
    next_step: NextStep | None
    next_at: datetime | None
    escalated: bool
    answered_at: datetime | None
    ended_at: datetime | None
    benefit: float
    value: float | None
    minutes: float
    interest_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a lead of sales, and why in words."""

    lead: str
    decision: str
    at: datetime
    kind: StepKind
    owner: str | None
    owner_before: str | None
    respond_by: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What people say became of a lead. `event` is the sender's own id of it, once a lead; `occurred_at` is when it
    happened, `received_at` when we knew; `reason` is one of the agreement's; `value` is in its currency.
    Training takes no conversion that is `left_out`. `told_by` is the owner whose mail held the link that told it; then
    there is no `key`."""

    lead: str
    event: str
    type: OutcomeType
    occurred_at: datetime
    received_at: datetime
    reason: str | None
    value: float | None
    key: str | None
    left_out: bool = False
    told_by: str | None = None


@dataclass(frozen=True, slots=True)
class Engagement:
    """A later sign of interest, or of none: a page seen, a reply, a mail opened. `event` is the sender's own id of it,
    once a lead; `occurred_at` is when it happened, `received_at` when we knew; `kind` is one of the agreement's;
    `properties` name the mail, the page or the asset, never the person."""

    lead: str
    event: str
    kind: str
    occurred_at: datetime
    received_at: datetime
    properties: Mapping[str, str | float | bool]
    key: str | None


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the outside hears of a decision: `data` goes to every receiver that wants the event, `mail` to people."""

    event: str
    at: datetime
    data: Mapping[str, object]
    mail_to: tuple[str, ...] = ()
    mail: Mapping[str, str] | None = None


def lead_id() -> str:
    return f"ld_{next_id()}"


def decision_id() -> str:
    return f"dc_{next_id()}"


def submission_id() -> str:
    return f"sb_{next_id()}"


def message_id() -> str:
    return f"msg_{next_id().hex}"


def receiver_id() -> str:
    return f"ep_{next_id()}"
