from collections.abc import Iterator
from pathlib import Path

import pytest

from leads.ledger import Ledger, create_key, find_key, list_keys, open_ledger, revoke_key
from leads.refusal import Refusal


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(f"sqlite:///{tmp_path / 'accord.db'}")
    yield opened
    opened.close()


def test_a_key_is_found_by_itself_alone(ledger: Ledger) -> None:
    key = create_key(ledger, "pk", ["https://www.example.com"], label="contact page")
    found = find_key(ledger, key)
    assert found is not None
    assert (found.kind, found.scope, found.origins, found.label) == (
        "pk",
        "forms",
        ("https://www.example.com",),
        "contact page",
    )
    assert found.id == key[:11]
    assert all(find_key(ledger, wrong) is None for wrong in ("", key[:11], key[:-1], key + "0", key.upper(), "\ud800"))


def test_no_byte_of_the_ledger_holds_a_key(ledger: Ledger, tmp_path: Path) -> None:
    made = [create_key(ledger, "sk"), create_key(ledger, "pk")]
    for key in made:
        find_key(ledger, key)
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        assert not any(key.encode() in data or bytes.fromhex(key[3:]) in data for key in made)


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
