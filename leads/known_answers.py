"""What a lead has said so far: a person who writes again rarely fills in everything again."""

from collections.abc import Iterable, Mapping

from pydantic_core import PydanticCustomError

from leads.fields import Field, Value, from_json, is_unset
from leads.form import ARRIVED, CAMPAIGN_FIELDS, campaign_value
from leads.lead import Submission
from leads.marks import doubtful


def values_of(submission: Submission, fields: Mapping[str, Field]) -> dict[str, Value]:
    """What a kept form says under the agreement that is in force now: what does not fit it any more was not given."""
    sent = submission.form
    values = {key: _value(field, sent.get(key)) for key, field in fields.items()}
    campaign = {key: campaign_value(sent.get(key)) for key in CAMPAIGN_FIELDS if key not in fields}
    return values | campaign | {ARRIVED: submission.submitted_at or submission.received_at}


def together(
    newest: Mapping[str, Value], earlier: Iterable[Submission], fields: Mapping[str, Field]
) -> dict[str, Value]:
    """The newest answer to each question, whichever form gave it; `earlier` has the newest first. Consent is never
    carried over, and what looked like a bot's says nothing of the person whose address it used."""
    known = dict(newest)
    for submission in earlier:
        if doubtful(submission.marks):
            continue
        for key, value in values_of(submission, fields).items():
            if known.get(key) is None and (key not in fields or fields[key].kind != "consent"):
                known[key] = value
    return known


def _value(field: Field, sent: object) -> Value:
    try:
        value = from_json(field, sent)
    except PydanticCustomError:
        return None
    return None if is_unset(field, value) else value
