"""What gives a bot away. What is marked is stored and decided all the same, and waits in quarantine for a person."""

from datetime import timedelta

from serving.arrival import Arrival

FASTEST_HAND = timedelta(seconds=2)


def marks_of(arrival: Arrival) -> tuple[str, ...]:
    """Reasons to doubt that a person sent this, by name."""
    marks = []
    if arrival.website:
        marks.append("honeypot")
    if arrival.opened_at and arrival.arrived_at - arrival.opened_at < FASTEST_HAND:
        marks.append("too-fast")
    return tuple(marks)
