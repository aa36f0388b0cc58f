"""Everything that is known of a person, as one JSON object, for the person."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from leads.lead import Submission
from leads.ledger import HookFault, Ledger, faults_about, lead_story, leads_of, objections, sent_on
from serving import answers
from serving.rights.answers import message_body
from serving.views.lead_story import story_body


def person_export(ledger: Ledger, people: Sequence[str], zone: ZoneInfo) -> dict[str, Any]:
    with ledger.reading() as connection:
        found = leads_of(connection, people)
        said = [
            {"objects": one.objects, "said_at": answers.time_told(one.said_at, zone)}
            for one in objections(connection, people)
        ]
        not_read = faults_about(connection, people, found)
        messages = {lead: [message_body(one, zone) for one in sent_on(connection, lead)] for lead in found}
    stories = [story for lead in found if (story := lead_story(ledger, lead))]
    return {
        "exported_at": answers.time_told(datetime.now(UTC), zone),
        "leads": [
            story_body(story, zone)
            | {
                "submissions": [_submission(one, zone) for one in story.submissions],
                "decisions": [answers.full_decision_body(one, zone) for one in story.decisions],
                "messages": messages[story.lead],
            }
            for story in stories
        ],
        "objections": said,
        "not_read": [_not_read(fault, zone) for fault in not_read],
    }


def _submission(submission: Submission, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "submission": submission.id,
        "received_at": answers.time_told(submission.received_at, zone),
        "submitted_at": answers.time_told(submission.submitted_at, zone),
        "key": submission.key,
        "marks": list(submission.marks),
        "form": dict(submission.form),
    }


def _not_read(fault: HookFault, zone: ZoneInfo) -> dict[str, Any]:
    return {"received_at": answers.time_told(fault.received_at, zone), "hook": fault.hook, "payload": fault.payload}
