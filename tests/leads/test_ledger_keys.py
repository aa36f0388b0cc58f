from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from leads.ledger import Ledger, create_key, find_key, list_keys, open_ledger, revoke_key, roll_key
from leads.refusal import Refusal

HOUR = timedelta(hours=1)


def test_a_key_is_found_by_itself_alone(ledger: Ledger) -> None:
    key = create_key(ledger, "pk", ["https://www.example.com"], label="contact page")
    found = find_key(ledger, key)
    assert found is not None
    assert (found.kind, found.scopes, found.origins, found.label) == (
        "pk",
        ("forms",),
        ("https://www.example.com",),
        "contact page",
    )
    assert found.id == key[:11]
    assert all(find_key(ledger, wrong) is None for wrong in ("", key[:11], key[:-1], key + "0", key.upper(), "\ud800"))


def test_no_byte_of_the_ledger_holds_a_key(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'accord.db'}")
    made = [create_key(ledger, "sk"), create_key(ledger, "pk")]
    for key in made:
        find_key(ledger, key)
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        assert not any(key.encode() in data or bytes.fromhex(key[3:]) in data for key in made)
    ledger.close()


def test_keys_are_long_and_never_the_same(ledger: Ledger) -> None:
    made = {create_key(ledger, "sk") for _ in range(20)}
    assert len(made) == 20
    assert {len(key) for key in made} == {67}


@pytest.mark.parametrize("letters", [11, 67])
def test_a_revoked_key_is_not_found_but_stays_listed(ledger: Ledger, letters: int) -> None:
    key = create_key(ledger, "sk")
    first = revoke_key(ledger, key[:letters]).revoked_at
    assert find_key(ledger, key) is None
    assert [known.revoked_at for known in list_keys(ledger)] == [first]
    assert revoke_key(ledger, key[:letters]).revoked_at == first


def test_revoking_a_key_that_does_not_exist_is_refused(ledger: Ledger) -> None:
    key = create_key(ledger, "sk")
    for name in ("sk_00000000", key[:-1] + "!", ""):
        with pytest.raises(Refusal, match="keys list"):
            revoke_key(ledger, name)


def test_a_key_may_what_its_scopes_name_and_nothing_else(ledger: Ledger) -> None:
    page, usual, narrow = (
        create_key(ledger, "pk"),
        create_key(ledger, "sk"),
        create_key(ledger, "sk", (), ["leads", "metrics"]),
    )
    may = {
        key: [scope for scope in ("forms", "leads", "receivers", "metrics") if found.may(scope)]
        for key in (page, usual, narrow)
        if (found := find_key(ledger, key))
    }
    assert may == {page: ["forms"], usual: ["forms", "leads", "receivers", "metrics"], narrow: ["leads", "metrics"]}


def test_a_key_ends_at_its_time(ledger: Ledger) -> None:
    now = datetime.now(UTC)
    short, over = create_key(ledger, "sk", expires_at=now + HOUR), create_key(ledger, "sk", expires_at=now)
    found = find_key(ledger, short)
    assert found is not None
    assert found.expires_at == now + HOUR
    assert found.ended(now + HOUR)
    assert not found.ended(now + HOUR - timedelta(microseconds=1))
    assert find_key(ledger, over) is None
    assert len(list_keys(ledger)) == 2


def test_a_rolled_key_and_its_successor_both_work_until_the_overlap_is_over(ledger: Ledger) -> None:
    old = create_key(ledger, "pk", ["https://www.example.com"], label="contact page", rate="600/minute")
    begun = datetime.now(UTC)
    new = roll_key(ledger, old[:11], HOUR)
    before, after = find_key(ledger, old), find_key(ledger, new)
    assert before is not None
    assert after is not None
    assert before.expires_at is not None
    assert begun + HOUR <= before.expires_at <= datetime.now(UTC) + HOUR
    assert (after.kind, after.origins, after.scopes, after.label, after.rate, after.expires_at) == (
        "pk",
        ("https://www.example.com",),
        ("forms",),
        "contact page",
        "600/minute",
        None,
    )
    roll_key(ledger, new, timedelta(0))
    assert find_key(ledger, new) is None


def test_rolling_makes_no_key_live_longer(ledger: Ledger) -> None:
    end = datetime.now(UTC) + HOUR
    old = create_key(ledger, "sk", expires_at=end)
    new = find_key(ledger, roll_key(ledger, old, 24 * HOUR))
    assert new is not None
    assert {key.expires_at for key in list_keys(ledger)} == {end}


def test_a_key_that_ended_is_not_rolled(ledger: Ledger) -> None:
    key = create_key(ledger, "sk")
    revoke_key(ledger, key)
    with pytest.raises(Refusal, match="keys create"):
        roll_key(ledger, key, HOUR)
    with pytest.raises(Refusal, match="keys list"):
        roll_key(ledger, "sk_00000000", HOUR)
    assert len(list_keys(ledger)) == 1
