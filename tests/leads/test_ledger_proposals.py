"""An agreement comes into force by the approvals of both teams, and by nothing less."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from leads.ledger import (
    Approved,
    Chapter,
    Key,
    Ledger,
    NoSuchAgreement,
    NoTeam,
    NotProposed,
    Scope,
    adopt_agreement,
    agreement_in_force,
    approve,
    chapters,
    create_key,
    find_key,
    open_ledger,
    propose,
)
from leads.refusal import Refusal

AT = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _first(ledger: Ledger) -> None:
    assert adopt_agreement(ledger, "first", "1" * 64) == 1


def key(ledger: Ledger, *scopes: Scope) -> Key:
    found = find_key(ledger, create_key(ledger, "sk", scopes=scopes, label=" ".join(scopes)))
    assert found is not None
    return found


def proposed(ledger: Ledger, number: int, minutes: int = 0) -> None:
    """As the agreement of this number, which must come out."""
    at = AT + timedelta(minutes=minutes)
    assert propose(ledger, f"text {number}", str(number) * 64, at).number == number


def in_force(ledger: Ledger) -> int:
    now = agreement_in_force(ledger)
    assert now is not None
    return now.number


def test_both_teams_bring_it_into_force_and_neither_alone(ledger: Ledger) -> None:
    sales, marketing = key(ledger, "approve-sales"), key(ledger, "approve-marketing")
    proposed(ledger, 2)
    assert in_force(ledger) == 1
    assert approve(ledger, 2, sales, AT) == Approved(2, "sales", ("marketing",), True)
    assert approve(ledger, 2, sales, AT) == Approved(2, "sales", ("marketing",), False)
    assert approve(ledger, 2, key(ledger, "approve-sales"), AT) == Approved(2, "sales", ("marketing",), False)
    assert in_force(ledger) == 1
    assert approve(ledger, 2, marketing, AT) == Approved(2, "marketing", (), True)
    assert in_force(ledger) == 2
    assert approve(ledger, 2, marketing, AT) == Approved(2, "marketing", (), False)
    assert [chapter.state for chapter in chapters(ledger)] == ["was in force", "in force"]


def test_a_key_speaks_for_one_team_by_name(ledger: Ledger) -> None:
    proposed(ledger, 2)
    with pytest.raises(Refusal, match="one team"):
        create_key(ledger, "sk", scopes=["approve-sales", "approve-marketing"])
    for scopes in ([], ["all"], ["leads"], ["approve-sales", "approve-marketing"]):
        held = key(ledger, "leads")
        with pytest.raises(NoTeam):
            approve(ledger, 2, Key(held.id, "sk", (), tuple(scopes), None, None, AT, None, None), AT)
    assert chapters(ledger)[1].approvals == ()


def test_what_is_not_proposed_cannot_be_approved(ledger: Ledger) -> None:
    sales, marketing = key(ledger, "approve-sales"), key(ledger, "approve-marketing")
    with pytest.raises(NoSuchAgreement):
        approve(ledger, 2, sales, AT)
    with pytest.raises(NotProposed, match="in force already"):
        approve(ledger, 1, sales, AT)
    proposed(ledger, 2)
    approve(ledger, 2, sales, AT)
    proposed(ledger, 3, 1)
    with pytest.raises(NotProposed, match="agreement 3, and not 2"):
        approve(ledger, 2, marketing, AT)
    approve(ledger, 3, marketing, AT)
    assert in_force(ledger) == 1
    approve(ledger, 3, sales, AT)
    with pytest.raises(NotProposed, match="Agreement 2 is not proposed"):
        approve(ledger, 2, marketing, AT)
    assert in_force(ledger) == 3


def test_an_approval_counts_for_what_was_proposed_then(ledger: Ledger) -> None:
    """Proposed once more it needs both approvals anew."""
    sales, marketing = key(ledger, "approve-sales"), key(ledger, "approve-marketing")
    proposed(ledger, 2)
    approve(ledger, 2, sales, AT)
    proposed(ledger, 3, 1)
    proposed(ledger, 2, 2)
    assert approve(ledger, 2, marketing, AT).waits_for == ("sales",)
    assert in_force(ledger) == 1


def test_an_agreement_that_came_in_force_otherwise_ends_a_proposal(ledger: Ledger) -> None:
    proposed(ledger, 2)
    adopt_agreement(ledger, "text 3", "3" * 64)
    with pytest.raises(NotProposed):
        approve(ledger, 2, key(ledger, "approve-sales"), AT)


def test_the_same_again_keeps_its_approvals_and_what_is_in_force_is_no_proposal(ledger: Ledger) -> None:
    proposed(ledger, 2)
    approve(ledger, 2, key(ledger, "approve-sales"), AT)
    assert propose(ledger, "text 2", "2" * 64, AT).anew is False
    assert approve(ledger, 2, key(ledger, "approve-marketing"), AT).waits_for == ()
    with pytest.raises(Refusal, match="agreement 2, which is in force"):
        propose(ledger, "text 2", "2" * 64, AT)


def test_an_older_agreement_comes_back_under_its_number_and_the_story_tells_all(ledger: Ledger) -> None:
    sales, marketing = key(ledger, "approve-sales"), key(ledger, "approve-marketing")
    for number, minutes in ((2, 1), (3, 2)):
        proposed(ledger, number, minutes)
    far = datetime.now(UTC) + timedelta(days=1)
    assert propose(ledger, "first, laid out otherwise", "2" * 64, far).anew
    approve(ledger, 2, marketing, far)
    approve(ledger, 2, sales, far)
    later = far + timedelta(days=1)
    assert propose(ledger, "first", "1" * 64, later).number == 1
    told = chapters(ledger)
    assert [_gist(chapter) for chapter in sorted(told, key=lambda one: (one.number, one.state))] == [
        (1, 2, "proposed", [], False),
        (1, None, "was in force", [], True),
        (2, 1, "in force", ["marketing", "sales"], True),
        (2, 1, "not adopted", [], False),
        (3, 1, "not adopted", [], False),
    ]
    first = next(chapter for chapter in told if chapter.instead_of is None)
    second = next(chapter for chapter in told if chapter.state == "in force")
    assert first.in_force_to == second.in_force_from == far
    assert second.proposed_at == far
    assert [(one.key, one.label) for one in second.approvals] == [
        (marketing.id, "approve-marketing"),
        (sales.id, "approve-sales"),
    ]
    approve(ledger, 1, sales, later)
    approve(ledger, 1, marketing, later)
    assert in_force(ledger) == 1


def _gist(chapter: Chapter) -> tuple[object, ...]:
    teams = [one.team for one in chapter.approvals]
    return chapter.number, chapter.instead_of, chapter.state, teams, chapter.in_force_from is not None


def test_both_teams_at_the_same_instant(ledger: Ledger) -> None:
    keys = [key(ledger, "approve-sales"), key(ledger, "approve-marketing")]
    url = ledger.engine.url.render_as_string(hide_password=False)
    others = [open_ledger(url) for _ in keys]
    for number in range(2, 7):
        proposed(ledger, number)
        barrier = Barrier(2)

        def both(place: int, number: int = number, barrier: Barrier = barrier) -> Approved:
            barrier.wait(30)
            return approve(others[place], number, keys[place], AT)

        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(both, range(2)))
        assert sorted(len(one.waits_for) for one in done) == [0, 1]
        assert in_force(ledger) == number
    for other in others:
        other.close()
