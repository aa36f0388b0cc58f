"""A small form of `python -m benchmarks.reliability deliveries`."""

from benchmarks.reliability import deliveries

UNDER_WAY = 8
"""What one killed worker may have delivered without anybody knowing: four attempts to each of two receivers."""


def test_every_message_arrives_under_one_id_whatever_happens_to_worker_and_receivers() -> None:
    report = deliveries.measure(decisions=250, kills=4, seed=31)
    # So few messages make the share of two in a hundred a matter of luck; what a kill may cost is none.
    assert set(report.missed(timed=False)) <= {"messages that were taken twice"}, report.figures
    assert report.figures["taken_twice"] <= 4 * UNDER_WAY
