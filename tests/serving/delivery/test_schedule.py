from datetime import UTC, datetime, timedelta

import pytest

from serving.delivery.schedule import STEPS, Outcome, retry_after, verdict

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_the_schedule_is_that_of_standard_webhooks() -> None:
    assert [timedelta(seconds=step) for step in STEPS] == [
        timedelta(),
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=5),
        timedelta(hours=10),
        timedelta(hours=14),
        timedelta(hours=20),
        timedelta(hours=24),
    ]
    assert timedelta(seconds=sum(STEPS)) == timedelta(hours=75, minutes=35, seconds=5)


@pytest.mark.parametrize("attempts", range(1, 10))
@pytest.mark.parametrize("status", [301, 302, 400, 404, 429, 500, 503])
def test_what_failed_is_due_again_never_early_and_at_most_a_tenth_late(attempts: int, status: int) -> None:
    early, late = (verdict(Outcome(status), attempts, NOW, draw) for draw in (0.0, 1.0))
    assert early.state == late.state == "due"
    assert early.due_at == NOW + timedelta(seconds=STEPS[attempts])
    assert (late.due_at - NOW) / (early.due_at - NOW) == pytest.approx(1.1)


def test_after_the_tenth_it_is_dead() -> None:
    assert verdict(Outcome(500), 10, NOW, 0.0).state == "dead"
    assert verdict(Outcome(200, delivered=True), 10, NOW, 0.0).state == "delivered"


def test_gone_disables_and_nothing_else_does() -> None:
    assert verdict(Outcome(410), 1, NOW, 0.0).disable == "It answered 410 Gone."
    assert verdict(Outcome(410), 1, NOW, 0.0).state == "due"
    assert verdict(Outcome(404), 1, NOW, 0.0).disable is None


def test_what_can_never_arrive_is_dead_at_once() -> None:
    assert verdict(Outcome(550, "refused", permanent=True), 1, NOW, 0.0).state == "dead"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Sun, 22 Nov 2026 12:02:00 GMT", 120.0),
        ("Sun, 22 Nov 2026 13:02:00 +0100", 120.0),
        ("Sunday, 22-Nov-26 12:02:00 GMT", 120.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("-5", 0.0),
        ("1.5", 0.0),
        ("١٢", 0.0),
        ("soon", 0.0),
        ("", 0.0),
        ("9" * 400, float("9" * 12)),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str, seconds: float) -> None:
    assert retry_after(header, NOW) == seconds


@pytest.mark.parametrize(
    ("asked", "waited"), [(0.0, 300.0), (100.0, 300.0), (3_600.0, 3_600.0), (86_400.0, 86_400.0), (1e12, 86_400.0)]
)
def test_a_receiver_can_ask_for_more_time_up_to_the_longest_step(asked: float, waited: float) -> None:
    assert verdict(Outcome(429, retry_after=asked), 2, NOW, 0.0).due_at == NOW + timedelta(seconds=waited)
