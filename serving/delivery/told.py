"""What people and programs are told of receivers and messages: never a secret, and nothing that a lead wrote."""

from datetime import datetime
from typing import Any

from leads.ledger import Delivery, Receiver

BY_HAND = "It was disabled by hand."


def receiver_told(receiver: Receiver) -> dict[str, Any]:
    return {
        "endpoint": receiver.id,
        "url": receiver.url,
        "events": list(receiver.events),
        "label": receiver.label,
        "created_at": time_told(receiver.created_at),
        "disabled_at": time_told(receiver.disabled_at),
        "disabled_why": receiver.disabled_why,
        "last_success": time_told(receiver.last_success),
        "due": receiver.due,
        "dead": receiver.dead,
    }


def delivery_told(delivery: Delivery) -> dict[str, Any]:
    return {
        "message": delivery.message,
        "endpoint": delivery.receiver,
        "mail_to": delivery.mail_to,
        "event": delivery.event,
        "lead": delivery.lead,
        "decision": delivery.decision,
        "state": delivery.state,
        "created_at": time_told(delivery.created_at),
        "due_at": time_told(delivery.due_at),
        "finished_at": time_told(delivery.finished_at),
        "attempts": delivery.attempts,
        "last_attempt_at": time_told(delivery.last_at),
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
    }


def time_told(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
