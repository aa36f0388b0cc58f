"""The facts of a lead's life; once written to the ledger they are never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import uuid_utils

Rung = Literal["scorecard", "logistic", "trees", "blend"]
Route = Literal["sales", "nurture", "review", "quarantine"]
Band = Literal["A", "B", "C", "D"]
Cause = Literal["submission", "kept", "rescore", "override", "restore", "objection"]
"""Why a lead was decided: it sent a form; a form that looks like a bot's came under its name, and all stays as it was;
the model can answer again; a person said so; it is no bot; it objected."""


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
    log-odds over the fold models, None where there is only one."""

    probability: float
    log_odds: float
    base: float
    contributions: tuple[Contribution, ...]
    scored_by: Rung
    model: str | None
    spread: float | None


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


@dataclass(frozen=True, slots=True)
class Decision:
    """Who takes the reins of one lead at one moment; `features` is the row that was scored. `degraded` says
    why the champion did not score it, and such a lead is re-scored; `note` is what a person said of it."""

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


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the outside hears of a decision: `data` goes to every receiver that wants the event, `mail` to people."""

    event: str
    at: datetime
    data: Mapping[str, object]
    mail_to: tuple[str, ...] = ()
    mail: Mapping[str, str] | None = None


def lead_id() -> str:
    return f"ld_{uuid_utils.uuid7()}"


def decision_id() -> str:
    return f"dc_{uuid_utils.uuid7()}"


def submission_id() -> str:
    return f"sb_{uuid_utils.uuid7()}"


def message_id() -> str:
    return f"msg_{uuid_utils.uuid7().hex}"


def receiver_id() -> str:
    return f"ep_{uuid_utils.uuid7()}"
