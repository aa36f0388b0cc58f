import numpy as np
import pytest

from training.splits import Protocol, block_protocol, forward_protocol, people


def labels(rows: int, seed: int = 0, rate: float = 0.3) -> np.ndarray:
    return (np.random.default_rng(seed).random(rows) < rate).astype(float)


def disjoint(protocol: Protocol) -> bool:
    return all(not set(split.fit) & set(split.judge) for split in protocol.splits)


def test_forward_windows_are_judged_only_by_what_came_before() -> None:
    protocol = forward_protocol(labels(1000), None)
    assert protocol is not None
    assert len(protocol.splits) == 5
    assert all(split.fit.max() < split.judge.min() for split in protocol.splits)
    assert protocol.newest.min() > protocol.judged.max()


def test_the_newest_tenth_chooses_nothing() -> None:
    for protocol in (forward_protocol(labels(1000), None), block_protocol(labels(1000), None)):
        assert protocol is not None
        assert len(protocol.newest) == 100
        assert not set(protocol.newest) & {row for s in protocol.splits for row in (*s.fit, *s.judge)}


def test_blocks_of_the_file_are_contiguous_and_cover_it() -> None:
    protocol = block_protocol(labels(1000), None)
    assert protocol is not None
    assert all(np.all(np.diff(split.judge) == 1) for split in protocol.splits)
    assert sorted(protocol.judged) == list(range(900))
    assert disjoint(protocol)


@pytest.mark.parametrize("rows", [30, 300, 3000])
def test_a_file_sorted_by_its_target_is_drawn_by_lot_and_that_is_said(rows: int) -> None:
    protocol = block_protocol(np.sort(labels(rows)), None)
    assert protocol is not None
    assert "by lot" in protocol.words
    y = np.sort(labels(rows))
    assert all(0 < y[split.judge].sum() < len(split.judge) for split in protocol.splits)
    assert disjoint(protocol)


def test_no_person_stands_on_both_sides_of_a_split() -> None:
    person = np.random.default_rng(1).integers(-1, 200, 1000)
    for protocol in (forward_protocol(labels(1000), person), block_protocol(labels(1000), person)):
        assert protocol is not None
        for split in protocol.splits:
            both = set(person[split.fit]) & set(person[split.judge])
            assert both <= {-1}  # people who gave no address cannot be told apart


def test_one_class_alone_cannot_be_judged() -> None:
    assert block_protocol(np.zeros(50), None) is None
    assert forward_protocol(np.zeros(50), None) is None


def test_an_address_that_many_leads_share_is_no_person() -> None:
    shared = ["desk@example.com"] * 30 + ["jo@example.com"] * 2 + [None]
    assert people(shared).tolist() == [-1] * 30 + [1, 1, -1]


def test_rows_of_a_few_shared_mailboxes_still_teach() -> None:
    person = people([f"desk{row % 5}@example.com" for row in range(400)])
    protocol = block_protocol(labels(400), person)
    assert protocol is not None
    assert all(len(split.fit) == 288 for split in protocol.splits)


def test_a_split_that_people_empty_is_left_out() -> None:
    person = np.arange(400) % 5  # every person stands in every block
    assert block_protocol(labels(400), person) is None
